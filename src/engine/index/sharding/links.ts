import { mix } from './sketch.ts'
import { NO_WORD, SKETCH_WORDS } from './types.ts'

/** Words looked at in all, so that memory stays bounded: beyond, only the lowest of each record. */
const MOST_WORDS = 1 << 25

/** Records in an order that keeps relatives together. */
export interface SimilarityOrder {
  order: Uint32Array
  /** Place in `order` of each group's first record, then the number of records. */
  groups: Uint32Array
}

/**
 * Links records that share words of their sketches, those that share most first, into groups of at most `capacity` bytes.
 * What a full group could not take in comes next to it. Groups stand in the order of a hash of their lowest word, so
 * records added elsewhere move none of them past another.
 */
export function orderBySimilarity(sketches: Uint32Array, bytes: Float64Array, capacity: number): SimilarityOrder {
  const count = bytes.length
  const { from, to, weight } = candidateLinks(sketches, count)
  const byWeight = orderOfWeights(weight)
  const groups = new Chains(count)
  const sizes = bytes.slice()
  const refused: number[] = []
  for (const link of byWeight) {
    const a = groups.find(from[link])
    const b = groups.find(to[link])
    if (a === b) continue
    if (sizes[a] + sizes[b] > capacity) {
      refused.push(link)
      continue
    }
    const size = sizes[a] + sizes[b]
    sizes[groups.join(a, b)] = size
  }
  const clusters = new Chains(count)
  for (const link of refused) {
    const a = clusters.find(groups.find(from[link]))
    const b = clusters.find(groups.find(to[link]))
    if (a !== b) clusters.join(a, b)
  }
  return layOut(sketches, groups, clusters, count)
}

function layOut(sketches: Uint32Array, groups: Chains, clusters: Chains, count: number): SimilarityOrder {
  const lowest = new Uint32Array(count).fill(NO_WORD)
  for (let record = 0; record < count; record++) {
    const cluster = clusters.find(groups.find(record))
    lowest[cluster] = Math.min(lowest[cluster], sketches[record * SKETCH_WORDS])
  }
  const keys = new Uint32Array(count)
  const heads: number[] = []
  for (let record = 0; record < count; record++) {
    if (groups.find(record) === record && clusters.find(record) === record) heads.push(record)
    keys[record] = mix(lowest[record])
  }
  heads.sort((a, b) => keys[a] - keys[b] || a - b)
  const order = new Uint32Array(count)
  const starts: number[] = []
  let at = 0
  for (const head of heads) {
    for (let group = clusters.first(head); group !== END; group = clusters.next(group)) {
      starts.push(at)
      for (let record = groups.first(group); record !== END; record = groups.next(record)) order[at++] = record
    }
  }
  starts.push(at)
  return { order, groups: Uint32Array.from(starts) }
}

/** Pairs of records that share a word, and how many they share: each record with two others at most for each word. */
function candidateLinks(sketches: Uint32Array, count: number) {
  const words = Math.max(1, Math.min(SKETCH_WORDS, Math.floor(MOST_WORDS / count)))
  const total = count * words
  const places = sortedPlaces(sketches, lexicographic(sketches, count), words)
  const from: number[] = []
  const to: number[] = []
  const weight: number[] = []
  const link = (a: number, b: number): void => {
    from.push(a)
    to.push(b)
    weight.push(sharedWords(sketches, a, b))
  }
  for (let i = 0; i < total;) {
    const word = sketches[places[i]]
    if (word === NO_WORD) break
    const first = Math.floor(places[i] / SKETCH_WORDS)
    let last = first
    for (i++; i < total && sketches[places[i]] === word; i++) {
      const record = Math.floor(places[i] / SKETCH_WORDS)
      link(last, record)
      if (last !== first) link(first, record)
      last = record
    }
  }
  return { from, to, weight: Uint8Array.from(weight) }
}

/** Places in `sketches` of the first `words` words of each record, by word; of equal ones as `records` has their records. */
function sortedPlaces(sketches: Uint32Array, records: Uint32Array, words: number): Uint32Array {
  const places = new Uint32Array(records.length * words)
  for (let i = 0; i < records.length; i++)
    for (let j = 0; j < words; j++) places[i * words + j] = records[i] * SKETCH_WORDS + j
  return radixSort(
    places.map((place) => sketches[place]),
    places,
  )
}

/** Records by their first words: those that share most of them stand next to each other. */
function lexicographic(sketches: Uint32Array, count: number): Uint32Array {
  let records: Uint32Array = Uint32Array.from({ length: count }, (_, i) => i)
  for (let j = 2; j >= 0; j--) {
    const keys = records.map((record) => sketches[record * SKETCH_WORDS + j])
    records = radixSort(keys, records)
  }
  return records
}

/** `items` in ascending order of their keys; equal ones stay in order. Both arrays are used up. */
function radixSort(keys: Uint32Array, items: Uint32Array): Uint32Array {
  let [otherKeys, otherItems]: Uint32Array[] = [new Uint32Array(keys.length), new Uint32Array(items.length)]
  for (let shift = 0; shift < 32; shift += 8) {
    const next = new Uint32Array(257)
    for (const key of keys) next[((key >>> shift) & 255) + 1]++
    for (let i = 0; i < 256; i++) next[i + 1] += next[i]
    for (let i = 0; i < keys.length; i++) {
      const place = next[(keys[i] >>> shift) & 255]++
      otherKeys[place] = keys[i]
      otherItems[place] = items[i]
    }
    ;[keys, otherKeys] = [otherKeys, keys]
    ;[items, otherItems] = [otherItems, items]
  }
  return items
}

function orderOfWeights(weight: Uint8Array): Uint32Array {
  const next = new Uint32Array(SKETCH_WORDS + 2)
  for (const value of weight) next[SKETCH_WORDS - value + 1]++
  for (let i = 0; i <= SKETCH_WORDS; i++) next[i + 1] += next[i]
  const order = new Uint32Array(weight.length)
  for (let i = 0; i < weight.length; i++) order[next[SKETCH_WORDS - weight[i]]++] = i
  return order
}

function sharedWords(sketches: Uint32Array, a: number, b: number): number {
  let i = a * SKETCH_WORDS
  let j = b * SKETCH_WORDS
  const [iEnd, jEnd] = [i + SKETCH_WORDS, j + SKETCH_WORDS]
  let shared = 0
  while (i < iEnd && j < jEnd) {
    const difference = sketches[i] - sketches[j]
    if (difference === 0 && sketches[i] === NO_WORD) break
    if (difference === 0) shared++
    if (difference <= 0) i++
    if (difference >= 0) j++
  }
  return shared
}

const END = 0xffffffff

/** Disjoint sets whose members are chained in the order in which they were joined. */
class Chains {
  readonly #parent: Uint32Array
  readonly #size: Uint32Array
  readonly #first: Uint32Array
  readonly #last: Uint32Array
  readonly #next: Uint32Array

  constructor(count: number) {
    this.#parent = Uint32Array.from({ length: count }, (_, i) => i)
    this.#size = new Uint32Array(count).fill(1)
    this.#first = this.#parent.slice()
    this.#last = this.#parent.slice()
    this.#next = new Uint32Array(count).fill(END)
  }

  find(item: number): number {
    const parent = this.#parent
    while (parent[item] !== item) item = parent[item] = parent[parent[item]]
    return item
  }

  /** Joins two sets, given by their roots; answers the new root. The larger one's members come first. */
  join(a: number, b: number): number {
    const [root, other] = this.#size[a] >= this.#size[b] ? [a, b] : [b, a]
    this.#parent[other] = root
    this.#size[root] += this.#size[other]
    this.#next[this.#last[root]] = this.#first[other]
    this.#last[root] = this.#last[other]
    return root
  }

  first(root: number): number {
    return this.#first[root]
  }

  next(item: number): number {
    return this.#next[item]
  }
}
