import { CODES } from './types.ts'
import { QUERY_BLOCK, TWENTY } from './words.ts'
import type { WordBlocks, WordRequest } from './words-types.ts'

/** See wasm/words.ts. */
const LEFT = 24
const COLUMNS = 56
const MOST = 8

/** What `WordRun.found` answers for every query, in plain loops: the oracle of the kernel. */
export function findWordsScalar(request: WordRequest): number[][] {
  const { matrix, shapes, threshold, queries, blocks } = request
  return queries.map(({ codes, limit }) => {
    const found: number[] = []
    for (let block = 0; block < blocks.start.length; block++) {
      const least = limit + blocks.limit[block]
      if (shapes.some((shape) => meets(matrix, [0, ...shape], threshold, codes, blocks, block, least)))
        found.push(block)
    }
    return found
  })
}

function meets(
  matrix: Int8Array,
  shape: readonly number[],
  threshold: number,
  query: Uint8Array,
  blocks: WordBlocks,
  block: number,
  least: number,
): boolean {
  const from = blocks.sequenceStart[block]
  const sequence = blocks.codes.subarray(from, blocks.sequenceEnd[block])
  /** Places of each word in the block, and how many places of a query's block each word has met. */
  const places = new Map<number, { word: number[]; at: number[] }>()
  for (let s = blocks.start[block] - from; s < blocks.end[block] - from; s++) {
    const word = wordAt(sequence, s, shape)
    if (word === null) continue
    const key = word.reduce((sum, code) => sum * CODES + code, 0)
    const known = places.get(key)
    if (known === undefined) places.set(key, { word, at: [s] })
    else if (known.at.length < MOST) known.at.push(s)
  }
  const met = new Map<number, number>()
  for (let q = 0; q < query.length; q++) {
    if (q % QUERY_BLOCK === 0) met.clear()
    const own = wordAt(query, q, shape)
    if (own === null) continue
    for (const [key, { word, at }] of places) {
      let score = 0
      for (let i = 0; i < word.length; i++) score += matrix[own[i] * CODES + word[i]]
      if (score < threshold) continue
      const before = met.get(key) ?? 0
      met.set(key, before + 1)
      if (before < MOST && at.some((s) => bestAround(matrix, query, q, sequence, s) >= least)) return true
    }
  }
  return false
}

function wordAt(codes: Uint8Array, at: number, shape: readonly number[]): number[] | null {
  const word = shape.map((offset) => codes[at + offset] ?? 0)
  return word.every((code) => TWENTY.includes(code)) ? word : null
}

/** Best sum of consecutive scores on the diagonal of q and s. */
function bestAround(matrix: Int8Array, query: Uint8Array, q: number, subject: Uint8Array, s: number): number {
  let sum = 0
  let best = 0
  for (let x = -LEFT; x < COLUMNS - LEFT; x++) {
    const inside = q + x >= 0 && q + x < query.length && s + x >= 0 && s + x < subject.length
    sum = inside ? Math.max(0, Math.min(255, sum + matrix[query[q + x] * CODES + subject[s + x]])) : 0
    best = Math.max(best, sum)
  }
  return best
}
