import type { Kernels } from '../../kernels/types.ts'
import { schemeOf } from './scheme.ts'
import type { Lookups, SeedMode, SeedParameters, SeedQuery } from './types.ts'

/** Queries longer than this are cut into pieces of it. */
export const PIECE = 1024
/** Residues that two neighbouring pieces share: a shorter match lies within one of them. */
export const PIECE_OVERLAP = 256
/**
 * Hits of a piece that are clustered at most, over the whole catalog: bounds a query's memory, at four bytes each. A piece of
 * random residues has fewer in any catalog whose weight was chosen for its size; where more are there, a record that
 * several segments hold counts several times in what is left out.
 */
export const MOST_HITS = 32 << 20

/** What the queries of a batch look up. Seeds that touch a masked interval are left out. */
export function planLookups(
  kernels: Kernels,
  queries: readonly SeedQuery[],
  parameters: SeedParameters,
  mode: SeedMode,
): Lookups {
  const scheme = schemeOf(parameters)
  const limit = mode === 'fast' ? parameters.fastSampling : parameters.sampling
  const stopped = (parameters.stopTerms ?? []).map((hashes) => new Set(hashes))
  const pieceQueries: number[] = []
  const pieceStarts: number[] = []
  const pieceEnds: number[] = []
  const occurrenceStarts: number[] = [0]
  // Term keys (mask × 2^32 + hash), until they are numbered.
  const keys: number[] = []
  const places: number[] = []
  queries.forEach((query, q) => {
    const length = query.codes.length
    const masked = maskedBefore(query.masks, length)
    const found = parameters.masks.map((_, mask) => kernels.seeds.terms(query.codes, parameters, mask, limit))
    const next = found.map(() => 0)
    for (let start = 0; ; start += PIECE - PIECE_OVERLAP) {
      const end = start + PIECE >= length ? length : start + PIECE
      found.forEach((terms, mask) => {
        const span = scheme.spans[mask]
        let i = next[mask]
        while (i < terms.count && terms.places[i] >>> 2 < start) i++
        next[mask] = i
        for (; i < terms.count; i++) {
          const at = terms.places[i] >>> 2
          if (at + span > end) break
          if (masked !== null && masked[at + span] > masked[at]) continue
          if (stopped[mask]?.has(terms.hashes[i])) continue
          keys.push(mask * 2 ** 32 + terms.hashes[i])
          places.push(terms.places[i])
        }
      })
      pieceQueries.push(q)
      pieceStarts.push(start)
      pieceEnds.push(end)
      occurrenceStarts.push(keys.length)
      if (end === length) break
    }
  })
  const distinct = distinctOf(Float64Array.from(keys))
  return {
    parameters,
    termMasks: Uint8Array.from(distinct, (key) => Math.floor(key / 2 ** 32)),
    termHashes: Uint32Array.from(distinct),
    pieceQueries: Uint32Array.from(pieceQueries),
    pieceStarts: Uint32Array.from(pieceStarts),
    pieceEnds: Uint32Array.from(pieceEnds),
    occurrenceStarts: Uint32Array.from(occurrenceStarts),
    occurrenceTerms: Uint32Array.from(keys, (key) => indexOf(distinct, key)),
    occurrencePlaces: Uint32Array.from(places),
  }
}

/**
 * Which occurrences are looked up (1) when the hits of their piece would pass `cap`: the longest lists are left out first, by
 * `counts`, the postings of each term in the whole catalog; of equal ones the later term.
 */
export function keepOccurrences(lookups: Lookups, counts: ArrayLike<number>, cap = MOST_HITS): Uint8Array {
  const { occurrenceStarts, occurrenceTerms, occurrencePlaces } = lookups
  const keep = new Uint8Array(occurrenceTerms.length).fill(1)
  for (let piece = 0; piece + 1 < occurrenceStarts.length; piece++) {
    const hitsOf = (i: number): number => counts[occurrenceTerms[i]] * ((occurrencePlaces[i] & 3) === 2 ? 2 : 1)
    const all: number[] = []
    let hits = 0
    for (let i = occurrenceStarts[piece]; i < occurrenceStarts[piece + 1]; i++) {
      all.push(i)
      hits += hitsOf(i)
    }
    if (hits <= cap) continue
    all.sort(
      (a, b) => counts[occurrenceTerms[b]] - counts[occurrenceTerms[a]] || occurrenceTerms[b] - occurrenceTerms[a],
    )
    for (let i = 0; i < all.length && hits > cap;) {
      const term = occurrenceTerms[all[i]]
      for (; i < all.length && occurrenceTerms[all[i]] === term; i++) {
        keep[all[i]] = 0
        hits -= hitsOf(all[i])
      }
    }
  }
  return keep
}

/** Masked positions before each position, or null where nothing is masked. */
function maskedBefore(masks: Uint32Array | null, length: number): Uint32Array | null {
  if (masks === null || masks.length === 0) return null
  const flags = new Uint8Array(length)
  for (let i = 0; i < masks.length; i += 2) flags.fill(1, masks[i], masks[i + 1])
  const before = new Uint32Array(length + 1)
  for (let i = 0; i < length; i++) before[i + 1] = before[i] + flags[i]
  return before
}

function distinctOf(keys: Float64Array): Float64Array {
  const sorted = keys.slice().sort()
  let count = 0
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[count++] = sorted[i]
  }
  return sorted.slice(0, count)
}

function indexOf(sorted: Float64Array, key: number): number {
  let low = 0
  let high = sorted.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] < key) low = middle + 1
    else high = middle
  }
  return low
}
