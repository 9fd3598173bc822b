import { throwIfAborted } from '../../errors.ts'
import { checkComparable, type VectorSpace } from './space.ts'
import type { NeighbourControl, NeighbourList, Pair } from './types.ts'

/** The `k` records most similar to each record, itself left out, one list at a time in order of rank. */
export async function* nearestRecords(
  space: VectorSpace,
  k: number,
  options: NeighbourControl = {},
): AsyncGenerator<NeighbourList> {
  const { count } = space.records
  for (let rank = 0; rank < count; rank++) {
    throwIfAborted(options.signal)
    const query = await space.vectorsOf(rank, options)
    yield { rank, neighbours: await space.nearest(query, k, { signal: options.signal, exclude: rank }) }
    options.onProgress?.({ done: rank + 1, total: count })
  }
}

/**
 * Reciprocal best hits: pairs of records of two catalogs each of which is the other's most similar one (ties: the lowest id),
 * in order of the first one's rank.
 * @throws `usage` where the catalogs' vectors are of different models.
 */
export async function reciprocalBestHits(
  first: VectorSpace,
  second: VectorSpace,
  options: NeighbourControl & { threshold?: number } = {},
): Promise<Pair[]> {
  checkComparable(first, second)
  const total = first.records.count + second.records.count
  const forward = await bestHits(first, second, options, 0, total)
  const backward = await bestHits(second, first, options, first.records.count, total)
  const pairs: Pair[] = []
  forward.ranks.forEach((other, rank) => {
    if (other < 0 || backward.ranks[other] !== rank) return
    const similarity = forward.similarities[rank]
    if (similarity >= (options.threshold ?? -1)) pairs.push({ first: rank, second: other, similarity })
  })
  return pairs
}

async function bestHits(
  from: VectorSpace,
  to: VectorSpace,
  options: NeighbourControl,
  before: number,
  total: number,
): Promise<{ ranks: Int32Array; similarities: Float64Array }> {
  const ranks = new Int32Array(from.records.count).fill(-1)
  const similarities = new Float64Array(from.records.count)
  for (let rank = 0; rank < ranks.length; rank++) {
    throwIfAborted(options.signal)
    const [best] = await to.nearest(await from.vectorsOf(rank, options), 1, { signal: options.signal })
    if (best) {
      ranks[rank] = best.rank
      similarities[rank] = best.similarity
    }
    options.onProgress?.({ done: before + rank + 1, total })
  }
  return { ranks, similarities }
}
