import { schemeOf } from './scheme.ts'
import type { SeedScheme } from './scheme.ts'
import type { ClusterRule, Clusters, RecordClusters, SeedMode, SeedParameters } from './types.ts'

/** Hits that a chain may go back over. */
export const LOOK_BACK = 256
/** Clusters that pure chance may give a piece, about: the threshold of each mode. */
const CHANCE = { fast: 16, sensitive: 160 }
const BAND = 8
const GAP = 240

/**
 * The rule for a piece of `length` residues. The lowest score is the one that chance reaches about `CHANCE` times; it depends on
 * nothing but the piece's length, the catalog's residues and its parameters.
 */
export function clusterRule(parameters: SeedParameters, length: number, residues: number, mode: SeedMode): ClusterRule {
  const scheme = schemeOf(parameters)
  const limit = mode === 'fast' ? parameters.fastSampling : parameters.sampling
  const density = (limit / 2 ** scheme.bits) * parameters.masks.length
  const strands = scheme.oriented ? 2 : 1
  const seeds = Math.max(1, (length - scheme.span + 1) * density)
  // Pairs of seeds by chance, on diagonals of the band: each further matching position makes them rarer by a factor.
  const perPosition = scheme.bits / scheme.weight
  const pairs = Math.log2(strands * residues * seeds * Math.min(seeds, GAP * density) * (2 * BAND + 1))
  const positions = (pairs - Math.log2(CHANCE[mode])) / perPosition
  return { band: BAND, gap: GAP, threshold: Math.max(4 * scheme.weight + 4, Math.round(4 * positions)) }
}

/** A seed hit: where its first residue is in the query and in the segment, and its mask. */
export interface SeedHit {
  query: number
  subject: number
  mask: number
}

/** The best chain of hits: its score, and its hits by index, ascending. */
export interface Chain {
  score: number
  hits: number[]
}

/**
 * The best chain of hits on one strand, which are in order of (query, mask, diagonal): its score is what wasm/seeds.ts computes.
 * A hit brings 4 for each position that it matches anew. Against the hit before it in the chain, on the same diagonal, these
 * are the positions that hit does not match; on another, of the mask's weight the share that the shorter step has of the
 * longest span, less 8 and 2 for each diagonal between them. Each 16 residues between them cost 1. Of equal chains the one
 * that ends first, and goes back to the nearest hit.
 */
export function bestChain(hits: readonly SeedHit[], minus: boolean, rule: ClusterRule, scheme: SeedScheme): Chain {
  const { gains, span } = scheme
  const all = 4 * scheme.weight
  const diagonals = hits.map((hit) => diagonalOf(hit, minus, scheme))
  const scores = new Int32Array(hits.length)
  const before = new Int32Array(hits.length).fill(-1)
  let last = -1
  for (let i = 0; i < hits.length; i++) {
    const { query, mask } = hits[i]
    let score = all
    for (let j = i - 1; j >= Math.max(0, i - LOOK_BACK); j--) {
      const distance = query - hits[j].query
      if (distance > rule.gap) break
      const turn = diagonals[i] - diagonals[j]
      const change = Math.abs(turn)
      if (change > rule.band) continue
      let gain = scores[j] - (distance >> 4)
      if (change === 0) gain += 4 * gains[(mask * 2 + hits[j].mask) * 64 + Math.min(63, distance)]
      else {
        // Both sequences have to move on.
        const moved = Math.min(distance, distance + (minus ? -turn : turn))
        if (moved <= 0) continue
        gain += (moved >= span ? all : Math.floor((all * moved) / span)) - 8 - 2 * change
      }
      if (gain > score) {
        score = gain
        before[i] = j
      }
    }
    scores[i] = score
    if (last < 0 || score > scores[last]) last = i
  }
  const chain: number[] = []
  for (let i = last; i >= 0; i = before[i]) chain.push(i)
  return { score: last < 0 ? 0 : scores[last], hits: chain.reverse() }
}

function diagonalOf({ query, subject, mask }: SeedHit, minus: boolean, scheme: SeedScheme): number {
  return minus ? subject + query + scheme.spans[mask] - 1 : subject - query
}

/**
 * Groups hits of one strand: those whose neighbouring diagonals differ by at most the band, cut where the query jumps by more
 * than the gap. Indices into `hits`, each group in the order that `bestChain` wants.
 */
export function groupHits(hits: readonly SeedHit[], minus: boolean, rule: ClusterRule, scheme: SeedScheme): number[][] {
  const diagonals = hits.map((hit) => diagonalOf(hit, minus, scheme))
  const order = hits.map((_, i) => i).sort((a, b) => diagonals[a] - diagonals[b])
  const groups: number[][] = []
  for (let from = 0; from < order.length;) {
    let to = from + 1
    while (to < order.length && diagonals[order[to]] - diagonals[order[to - 1]] <= rule.band) to++
    const group = order
      .slice(from, to)
      .sort((a, b) => hits[a].query - hits[b].query || hits[a].mask - hits[b].mask || diagonals[a] - diagonals[b])
    for (let start = 0, i = 1; i <= group.length; i++) {
      if (i < group.length && hits[group[i]].query - hits[group[i - 1]].query <= rule.gap) continue
      groups.push(group.slice(start, i))
      start = i
    }
    from = to
  }
  return groups
}

/** Collects clusters into columns. */
export class ClusterColumns {
  readonly #scheme: SeedScheme
  readonly strands: number[] = []
  readonly scores: number[] = []
  readonly records: number[] = []
  readonly hitStarts: number[] = [0]
  readonly #hits: SeedHit[] = []

  constructor(scheme: SeedScheme) {
    this.#scheme = scheme
  }

  add(strand: number, score: number, hits: readonly SeedHit[], record = 0): void {
    this.strands.push(strand)
    this.scores.push(score)
    this.records.push(record)
    for (const hit of hits) this.#hits.push(hit)
    this.hitStarts.push(this.#hits.length)
  }

  finish(): RecordClusters {
    const count = this.strands.length
    const { spans } = this.#scheme
    const clusters: RecordClusters = {
      count,
      strands: Uint8Array.from(this.strands),
      scores: Uint32Array.from(this.scores),
      records: Uint32Array.from(this.records),
      queryStarts: new Uint32Array(count).fill(0xffffffff),
      queryEnds: new Uint32Array(count),
      subjectStarts: new Float64Array(count).fill(Infinity),
      subjectEnds: new Float64Array(count),
      diagonalLows: new Float64Array(count).fill(Infinity),
      diagonalHighs: new Float64Array(count).fill(-Infinity),
      hitStarts: Uint32Array.from(this.hitStarts),
      hitQueries: Uint32Array.from(this.#hits, (hit) => hit.query),
      hitSubjects: Float64Array.from(this.#hits, (hit) => hit.subject),
      hitMasks: Uint8Array.from(this.#hits, (hit) => hit.mask),
    }
    for (let i = 0; i < count; i++) {
      for (let h = this.hitStarts[i]; h < this.hitStarts[i + 1]; h++) {
        const { query, subject, mask } = this.#hits[h]
        const diagonal = this.strands[i] === 1 ? subject + query + spans[mask] - 1 : subject - query
        clusters.queryStarts[i] = Math.min(clusters.queryStarts[i], query)
        clusters.queryEnds[i] = Math.max(clusters.queryEnds[i], query + spans[mask])
        clusters.subjectStarts[i] = Math.min(clusters.subjectStarts[i], subject)
        clusters.subjectEnds[i] = Math.max(clusters.subjectEnds[i], subject + spans[mask])
        clusters.diagonalLows[i] = Math.min(clusters.diagonalLows[i], diagonal)
        clusters.diagonalHighs[i] = Math.max(clusters.diagonalHighs[i], diagonal)
      }
    }
    return clusters
  }
}

/** Hits of one cluster. */
export function hitsOfCluster(clusters: Clusters, index: number): SeedHit[] {
  const hits: SeedHit[] = []
  for (let h = clusters.hitStarts[index]; h < clusters.hitStarts[index + 1]; h++) {
    hits.push({ query: clusters.hitQueries[h], subject: clusters.hitSubjects[h], mask: clusters.hitMasks[h] })
  }
  return hits
}

/**
 * Clusters by record, once the records are known: hits of each cluster are shared out among records and grouped anew; each chain
 * that reaches the threshold, the best first, becomes a cluster of its own hits. So what is found in a record depends neither
 * on its neighbours nor on where it lies. `starts`: positions where
 * the records begin, ascending, of all records that the clusters may touch, and the end of the last.
 */
export function splitByRecord(
  clusters: Clusters,
  starts: Float64Array,
  rule: ClusterRule,
  parameters: SeedParameters,
): RecordClusters {
  const scheme = schemeOf(parameters)
  const columns = new ClusterColumns(scheme)
  for (let i = 0; i < clusters.count; i++) {
    const minus = clusters.strands[i] === 1
    const byRecord = new Map<number, SeedHit[]>()
    for (const hit of hitsOfCluster(clusters, i)) {
      const record = recordAt(starts, hit.subject)
      if (record < 0) continue
      const hits = byRecord.get(record)
      if (hits === undefined) byRecord.set(record, [hit])
      else hits.push(hit)
    }
    for (const [record, hits] of [...byRecord].sort((a, b) => a[0] - b[0])) {
      for (const group of groupHits(hits, minus, rule, scheme)) {
        for (let left = group.map((h) => hits[h]); left.length > 0;) {
          const chain = bestChain(left, minus, rule, scheme)
          if (chain.score < rule.threshold) break
          const chosen = new Set(chain.hits)
          columns.add(
            clusters.strands[i],
            chain.score,
            chain.hits.map((h) => left[h]),
            record,
          )
          left = left.filter((_, h) => !chosen.has(h))
        }
      }
    }
  }
  return columns.finish()
}

/** Index of the last start at or before `position`; −1 where it lies outside. */
function recordAt(starts: Float64Array, position: number): number {
  if (starts.length < 2 || position < starts[0] || position >= starts[starts.length - 1]) return -1
  let low = 0
  let high = starts.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle] <= position) low = middle
    else high = middle - 1
  }
  return low
}
