import { CatalogError } from '../errors.ts'
import { LOOK_BACK, newClusters } from '../index/seeds/clusters.ts'
import { PIECE } from '../index/seeds/lookups.ts'
import { schemeOf } from '../index/seeds/scheme.ts'
import type { SeedScheme } from '../index/seeds/scheme.ts'
import type {
  ClusterRule,
  Clusters,
  Lookups,
  SeedKernels,
  SeedListEncoder,
  SeedLists,
  SeedMatch,
  SeedParameters,
  SeedTerms,
} from '../index/seeds/types.ts'
import type { SeedExports } from './exports.ts'
import type { KernelMemory } from './memory.ts'

/** Residues whose terms are taken at a time. */
const CHUNK = 1 << 16
const SPARE = 64
const HISTOGRAM = 16384
/** Bytes of a chunk of hits, and the hits of four bytes in it. */
const HIT_CHUNK = 1024
const CHUNK_HITS = 255
/** Diagonals that are sorted out at a time, as a power of two: a hit has so many bits for them, and its bins stay in the cache. */
const PARTITION = 20
/** Diagonals of a bin, as a power of two. */
const BIN = 4
/** Positions, and what they may be taken for while a list is read, are below this. */
const MOST_POSITIONS = 2 ** 37
const BOTH = [0, 1]
/** Room beyond eight bytes a posting that a list may take. */
const LIST_SPARE = 4096

export function seedKernels(wasm: SeedExports, memory: KernelMemory): SeedKernels {
  return {
    terms: (codes, parameters, mask, limit) => termsOf(wasm, memory, codes, parameters, mask, limit),
    match: (lookups, lists) => new Match(wasm, memory, lookups, lists),
    encoder: (most) => new ListEncoder(wasm, memory, most),
  }
}

function termsOf(
  wasm: SeedExports,
  memory: KernelMemory,
  codes: Uint8Array,
  parameters: SeedParameters,
  mask: number,
  limit: number,
): SeedTerms {
  const scheme = schemeOf(parameters)
  const span = scheme.spans[mask]
  const chunk = Math.min(CHUNK, codes.length)
  const room = chunk + span + SPARE
  const block = memory.allocate(1024 + 9 * room)
  const table = writeMask(memory.bytes, block, scheme, mask)
  const input = block + 1024
  const hashesAt = (input + room + 3) & ~3
  const placesAt = hashesAt + 4 * room
  const parts: { count: number; hashes: Uint32Array; places: Uint32Array }[] = []
  try {
    for (let at = 0; at + span <= codes.length; at += CHUNK) {
      const piece = codes.subarray(at, at + CHUNK + span - 1)
      memory.bytes.set(piece, input)
      const count = scheme.oriented
        ? wasm.seedTerms(input, piece.length, span, table.kept, block, table.runs, scheme.bits, limit, hashesAt, placesAt)
        : wasm.seedGroupTerms(
            input, piece.length, span, block, parameters.groups!.length, block + 64, scheme.weight, scheme.bits, limit, hashesAt, placesAt,
          ) // prettier-ignore
      const places = new Uint32Array(memory.memory.buffer, placesAt, count).slice()
      if (at > 0) for (let i = 0; i < count; i++) places[i] += at * 4
      parts.push({ count, hashes: new Uint32Array(memory.memory.buffer, hashesAt, count).slice(), places })
    }
  } finally {
    memory.release(block)
  }
  if (parts.length === 1) return parts[0]
  const count = parts.reduce((sum, part) => sum + part.count, 0)
  const all = { count, hashes: new Uint32Array(count), places: new Uint32Array(count) }
  let at = 0
  for (const part of parts) {
    all.hashes.set(part.hashes, at)
    all.places.set(part.places, at)
    at += part.count
  }
  return all
}

/** Nucleotides: runs of matching positions as (shift, bits). Proteins: groups of codes, then the mask's positions. */
function writeMask(bytes: Uint8Array, at: number, scheme: SeedScheme, mask: number): { kept: bigint; runs: number } {
  if (!scheme.oriented) {
    bytes.set(scheme.groupOfCode, at)
    bytes.set(scheme.offsets[mask], at + 64)
    return { kept: 0n, runs: 0 }
  }
  const view = new DataView(bytes.buffer, at)
  const offsets = scheme.offsets[mask]
  const span = scheme.spans[mask]
  let kept = 0n
  let runs = 0
  for (let from = 0; from < offsets.length;) {
    let to = from + 1
    while (to < offsets.length && offsets[to] === offsets[to - 1] + 1) to++
    // The run's last position stands `below` bases above the window's lowest; `left` positions of the code come after it.
    const below = span - 1 - offsets[to - 1]
    const left = offsets.length - to
    const ones = (1n << BigInt(2 * (to - from))) - 1n
    kept |= ones << BigInt(2 * below)
    view.setBigUint64(16 * runs, BigInt(2 * (below - left)), true)
    view.setBigUint64(16 * runs + 8, ones << BigInt(2 * left), true)
    runs++
    from = to
  }
  return { kept, runs }
}

/** The lists of one segment in the kernels' memory. */
class Match implements SeedMatch {
  readonly #wasm: SeedExports
  readonly #memory: KernelMemory
  readonly #lookups: Lookups
  readonly #lists: Omit<SeedLists, 'bytes'>
  readonly #scheme: SeedScheme
  readonly #bytes: number
  readonly #gains: number
  /** No position is beyond this. */
  readonly #reach: number

  constructor(wasm: SeedExports, memory: KernelMemory, lookups: Lookups, lists: SeedLists) {
    this.#wasm = wasm
    this.#memory = memory
    this.#lookups = lookups
    this.#lists = { offsets: lists.offsets, counts: lists.counts }
    this.#scheme = schemeOf(lookups.parameters)
    this.#bytes = memory.allocate(lists.bytes.length + SPARE)
    this.#gains = memory.allocate(256)
    memory.bytes.set(lists.bytes, this.#bytes)
    memory.bytes.fill(0, this.#bytes + lists.bytes.length, this.#bytes + lists.bytes.length + SPARE)
    memory.bytes.set(this.#scheme.gains, this.#gains)
    this.#reach = reachOf(lists)
  }

  clusters(piece: number, rule: ClusterRule, keep: Uint8Array): Clusters {
    const { occurrenceStarts, occurrenceTerms, occurrencePlaces } = this.#lookups
    const { counts } = this.#lists
    let total = 0
    for (let i = occurrenceStarts[piece]; i < occurrenceStarts[piece + 1]; i++) {
      if (keep[i] === 1) total += counts[occurrenceTerms[i]] * ((occurrencePlaces[i] & 3) === 2 ? 2 : 1)
    }
    // No chain scores more than all positions of its hits.
    const least = Math.ceil(rule.threshold / (4 * this.#scheme.weight))
    if (total < least) return newClusters(0, 0)
    const partitions = Math.ceil((this.#reach + 2 * PIECE) / 2 ** PARTITION)
    const chunks = Math.min(total, Math.floor(total / CHUNK_HITS) + 2 * partitions) + 1
    const heads = this.#memory.allocate(8 * partitions)
    const read = this.#memory.allocate(HIT_CHUNK * (chunks + 1))
    const hits = this.#memory.allocate(16 * total + SPARE)
    const table = this.#memory.allocate(2 ** (PARTITION - BIN) + SPARE)
    const spare = { scores: 0, out: 0 }
    try {
      this.#memory.bytes.fill(0, heads, heads + 8 * partitions)
      this.#read(piece, keep, heads, partitions, Math.ceil(read / HIT_CHUNK) * HIT_CHUNK)
      const left = this.#wasm.seedNeighbours(heads, partitions, PARTITION, Math.min(3, least), table, hits)
      spare.scores = this.#memory.allocate(16 * left)
      spare.out = this.#memory.allocate(8 * Math.ceil(left / least))
      const { band, gap, threshold } = rule
      const found = this.#wasm.seedClusters(
        hits,
        left,
        this.#scheme.span,
        band,
        gap,
        LOOK_BACK,
        threshold,
        least,
        this.#gains,
        spare.scores,
        spare.out,
      )
      return this.#collect(piece, found, hits, spare.out)
    } finally {
      for (const block of [heads, read, hits, table, spare.scores, spare.out]) this.#memory.release(block)
    }
  }

  /** Reads the lists of a piece into the partitions; `next`: where their chunks begin. */
  #read(piece: number, keep: Uint8Array, heads: number, partitions: number, next: number): void {
    const { occurrenceStarts, occurrenceTerms, occurrencePlaces, termMasks, pieceStarts, pieceEnds } = this.#lookups
    const { offsets, counts } = this.#lists
    const start = pieceStarts[piece]
    const oriented = this.#scheme.oriented ? 1 : 0
    // Added to every diagonal of the plus strand, so that none is negative.
    const base = pieceEnds[piece] - start
    for (let i = occurrenceStarts[piece]; i < occurrenceStarts[piece + 1]; i++) {
      const term = occurrenceTerms[i]
      if (keep[i] === 0 || counts[term] === 0) continue
      const orientation = occurrencePlaces[i] & 3
      const query = (occurrencePlaces[i] >>> 2) - start
      const mask = termMasks[term]
      const list = this.#bytes + offsets[term]
      const minus = query + this.#scheme.spans[mask] - 1
      const turn = orientation === 2 ? 0 : oriented
      for (const strand of orientation === 2 ? BOTH : [orientation]) {
        next = this.#wasm.seedHits(
          list,
          counts[term],
          oriented,
          turn,
          strand,
          base - query,
          minus,
          query * 2 + mask,
          PARTITION,
          heads,
          partitions,
          next,
        )
      }
    }
  }

  /** Columns of what `seedClusters` found: `hits` are those of all clusters, `numbers` their scores and hits. */
  #collect(piece: number, count: number, hits: number, numbers: number): Clusters {
    const start = this.#lookups.pieceStarts[piece]
    const base = this.#lookups.pieceEnds[piece] - start
    const { spans } = this.#scheme
    const pairs = new Uint32Array(this.#memory.memory.buffer, numbers, 2 * count)
    let all = 0
    for (let c = 0; c < count; c++) all += pairs[2 * c + 1]
    const words = new Uint32Array(this.#memory.memory.buffer, hits, 2 * all)
    const clusters = newClusters(count, all)
    let at = 0
    for (let c = 0; c < count; c++) {
      const end = at + pairs[2 * c + 1]
      const strand = (words[2 * at + 1] >>> 2) & 1
      let [queryStart, queryEnd, low, high] = [Infinity, 0, Infinity, 0]
      let [subjectStart, subjectEnd] = [Infinity, 0]
      for (; at < end; at++) {
        const word = words[2 * at + 1]
        const turned = (word & 3) * 2 ** 32 + words[2 * at]
        const mask = (word >>> 3) & 1
        const query = word >>> 4
        const subject = strand === 1 ? turned - query - spans[mask] + 1 : turned + query - base
        clusters.hitQueries[at] = query + start
        clusters.hitSubjects[at] = subject
        clusters.hitMasks[at] = mask
        queryStart = Math.min(queryStart, query)
        queryEnd = Math.max(queryEnd, query + spans[mask])
        subjectStart = Math.min(subjectStart, subject)
        subjectEnd = Math.max(subjectEnd, subject + spans[mask])
        low = Math.min(low, turned)
        high = Math.max(high, turned)
      }
      // Diagonals are of the whole query: the kernels count from the piece's start.
      const shift = strand === 1 ? start : -base - start
      clusters.strands[c] = strand
      clusters.scores[c] = pairs[2 * c]
      clusters.queryStarts[c] = queryStart + start
      clusters.queryEnds[c] = queryEnd + start
      clusters.subjectStarts[c] = subjectStart
      clusters.subjectEnds[c] = subjectEnd
      clusters.diagonalLows[c] = low + shift
      clusters.diagonalHighs[c] = high + shift
      clusters.hitStarts[c + 1] = end
    }
    return clusters
  }

  dispose(): void {
    this.#memory.release(this.#bytes)
    this.#memory.release(this.#gains)
  }
}

/** A bound of all positions in the lists, whatever their bits are: what the part in unary can amount to. */
function reachOf({ bytes, offsets, counts }: SeedLists): number {
  let reach = 0
  for (let term = 0; term < counts.length; term++) {
    if (counts[term] === 0) continue
    let at = offsets[term] + 1
    let unary = 0
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++]
      unary += (byte & 127) * scale
      if (byte < 128) break
    }
    reach = Math.max(reach, 8 * unary * 2 ** bytes[offsets[term]])
  }
  if (reach > MOST_POSITIONS)
    throw new CatalogError('corrupt', 'A list of the seed index has positions beyond all records.')
  return reach
}

/** Sorts postings and writes them as lists. */
class ListEncoder implements SeedListEncoder {
  readonly #wasm: SeedExports
  readonly #memory: KernelMemory
  readonly #most: number
  readonly #keys: number
  readonly #spare: number
  readonly #histogram: number
  #sorted = 0

  constructor(wasm: SeedExports, memory: KernelMemory, most: number) {
    this.#wasm = wasm
    this.#memory = memory
    this.#most = most
    this.#keys = memory.allocate(8 * most + LIST_SPARE)
    this.#spare = memory.allocate(8 * most + LIST_SPARE)
    this.#histogram = memory.allocate(HISTOGRAM)
  }

  /** Takes keys of two words, (position × 2 + orientation) and then (hash × 2), as one uint64 each; sorts them by `bits` of hash. */
  sort(keys: readonly Uint8Array[], bits: number): Uint32Array {
    let at = this.#keys
    for (const part of keys) {
      this.#memory.bytes.set(part, at)
      at += part.length
    }
    const count = (at - this.#keys) / 8
    if (count > this.#most) throw new RangeError(`${count} postings do not fit`)
    this.#sorted = this.#wasm.seedSort(this.#keys, count, this.#spare, this.#histogram, 33, 33 + bits)
    return new Uint32Array(this.#memory.memory.buffer, this.#sorted, 2 * count)
  }

  /** The list of `count` sorted keys from number `from` on; valid until the next call. */
  encode(from: number, count: number, low: number, oriented: boolean): Uint8Array {
    const out = this.#sorted === this.#keys ? this.#spare : this.#keys
    const bytes = this.#wasm.seedEncode(this.#sorted + 8 * from, count, low, oriented ? 1 : 0, out)
    return this.#memory.bytes.subarray(out, out + bytes)
  }

  dispose(): void {
    for (const block of [this.#keys, this.#spare, this.#histogram]) this.#memory.release(block)
  }
}
