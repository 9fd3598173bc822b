import { throwIfAborted } from '../../errors.ts'
import type { VectorSpace } from './space.ts'
import type { Cluster, Neighbour, NeighbourControl } from './types.ts'

export interface ClusterOptions extends NeighbourControl {
  /** A record joins the representative that is most similar to it, if it is at least so similar. */
  threshold: number
  /** `greedy`: as described. `components`: everything that a chain of such similar records connects. */
  method: 'greedy' | 'components'
}

/** Neighbours looked at by `components`: the most similar ones of each record. */
const LINKS = 20

/**
 * Clusters of all records of a catalog, in order of their representatives' ranks. Records are taken from the longest to
 * the shortest, equal ones by id: each joins the most similar representative so far, or becomes one (as CD-HIT and
 * UCLUST do, by similarity of vectors).
 */
export async function clusterRecords(space: VectorSpace, options: ClusterOptions): Promise<Cluster[]> {
  return options.method === 'greedy' ? greedy(space, options) : components(space, options)
}

async function greedy(space: VectorSpace, options: ClusterOptions): Promise<Cluster[]> {
  const { records } = space
  const members = new Map<number, Neighbour[]>()
  let done = 0
  for (const rank of longestFirst(records.lengths)) {
    throwIfAborted(options.signal)
    const query = await space.vectorsOf(rank, options)
    const accepts = (other: number): boolean => members.has(other)
    const [best] = members.size === 0 ? [] : await space.nearest(query, 1, { signal: options.signal, accepts })
    if (best && best.similarity >= options.threshold) {
      members.get(best.rank)!.push({ rank, similarity: best.similarity })
    } else members.set(rank, [{ rank, similarity: 1 }])
    options.onProgress?.({ done: ++done, total: records.count })
  }
  return inOrder(members)
}

async function components(space: VectorSpace, options: ClusterOptions): Promise<Cluster[]> {
  const { records } = space
  const parents = Uint32Array.from({ length: records.count }, (_, rank) => rank)
  const root = (rank: number): number => {
    while (parents[rank] !== rank) rank = parents[rank] = parents[parents[rank]]
    return rank
  }
  const nearest = new Float64Array(records.count)
  for (let rank = 0; rank < records.count; rank++) {
    throwIfAborted(options.signal)
    const query = await space.vectorsOf(rank, options)
    for (const each of await space.nearest(query, LINKS, { signal: options.signal, exclude: rank })) {
      if (each.similarity < options.threshold) break
      nearest[rank] = Math.max(nearest[rank], each.similarity)
      nearest[each.rank] = Math.max(nearest[each.rank], each.similarity)
      const [a, b] = [root(rank), root(each.rank)]
      parents[Math.max(a, b)] = Math.min(a, b)
    }
    options.onProgress?.({ done: rank + 1, total: records.count })
  }
  const members = new Map<number, Neighbour[]>()
  const representatives = new Map<number, number>()
  for (const rank of longestFirst(records.lengths)) {
    const own = root(rank)
    const representative = representatives.get(own)
    if (representative === undefined) {
      representatives.set(own, rank)
      members.set(rank, [{ rank, similarity: 1 }])
    } else members.get(representative)!.push({ rank, similarity: nearest[rank] })
  }
  return inOrder(members)
}

function longestFirst(lengths: Uint32Array): Uint32Array {
  return Uint32Array.from(lengths.keys()).sort((a, b) => lengths[b] - lengths[a] || a - b)
}

function inOrder(members: Map<number, Neighbour[]>): Cluster[] {
  return Array.from(members, ([representative, own]) => ({
    representative,
    members: own.sort((a, b) => a.rank - b.rank),
  })).sort((a, b) => a.representative - b.representative)
}
