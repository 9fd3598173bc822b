import { schemeOf } from './scheme.ts'
import type { SeedScheme } from './scheme.ts'
import type { ClusterRule, Clusters, RecordClusters, SeedMode, SeedParameters } from './types.ts'

/** Hits that a step of a chain may pass over: bounds the time that repeats take. */
export const LOOK_BACK = 4096
/** Clusters that pure chance may give a piece, about: the threshold of `fast`. */
const FAST_CHANCE = 500
/** The same for `sensitive`: more where the catalog is large, as reading its hits takes longer, too; from how many residues on. */
const SENSITIVE_CHANCE = { least: 4000, most: 10_000, from: 6e6, power: 0.25 }
const BAND = 8
const GAP = 240

/**
 * The rule for a piece of `length` residues. The lowest score is the one that chance reaches about so many times; it depends on
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
  const positions = (pairs - Math.log2(mode === 'fast' ? FAST_CHANCE : sensitiveChance(residues))) / perPosition
  return { band: BAND, gap: GAP, threshold: Math.max(4 * scheme.weight + 4, Math.round(4 * positions)) }
}

function sensitiveChance(residues: number): number {
  const { least, most, from, power } = SENSITIVE_CHANCE
  return Math.min(most, least * Math.max(1, residues / from) ** power)
}

/** A seed hit: where its first residue is in the query and in the segment, and its mask. */
export interface SeedHit {
  query: number
  subject: number
  mask: number
}

/** What a hit adds to a chain that ends with a hit before it; −Infinity where it cannot follow. */
function gainOf(hit: SeedHit, before: SeedHit, minus: boolean, rule: ClusterRule, scheme: SeedScheme): number {
  const distance = hit.query - before.query
  const turn = diagonalOf(hit, minus, scheme) - diagonalOf(before, minus, scheme)
  const change = Math.abs(turn)
  if (distance > rule.gap || change > rule.band) return -Infinity
  if (change === 0)
    return 4 * scheme.gains[(hit.mask * 2 + before.mask) * 64 + Math.min(63, distance)] - (distance >> 4)
  // Both sequences have to move on.
  const moved = Math.min(distance, distance + (minus ? -turn : turn))
  if (moved <= 0) return -Infinity
  const fresh = Math.floor((4 * scheme.weight * Math.min(moved, scheme.span)) / scheme.span)
  return fresh - 8 - 2 * change - (distance >> 4)
}

/**
 * Chains of hits on one strand, which are in order of (query, mask, diagonal), as wasm/seed-clusters.ts scores them: `scores[i]` is that
 * of the best chain ending with hit i, `rests[i]` what its best continuation adds. A hit brings 4 for each position that it
 * matches anew. Against the hit before it in the chain, on the same diagonal, these are the positions that hit does not
 * match; on another, of the mask's weight the share that the shorter step has of the longest span, less 8 and 2 for each
 * diagonal between them. Each 16 residues between them cost 1.
 */
export function chainHits(
  hits: readonly SeedHit[],
  minus: boolean,
  rule: ClusterRule,
  scheme: SeedScheme,
): { best: number; scores: Int32Array; rests: Int32Array } {
  const scores = new Int32Array(hits.length)
  const rests = new Int32Array(hits.length)
  let best = 0
  for (let i = 0; i < hits.length; i++) {
    scores[i] = 4 * scheme.weight
    for (let j = i - 1; j >= Math.max(0, i - LOOK_BACK); j--) {
      scores[i] = Math.max(scores[i], scores[j] + gainOf(hits[i], hits[j], minus, rule, scheme))
    }
    best = Math.max(best, scores[i])
  }
  for (let i = hits.length - 1; i > 0; i--) {
    for (let j = i - 1; j >= Math.max(0, i - LOOK_BACK); j--) {
      rests[j] = Math.max(rests[j], rests[i] + gainOf(hits[i], hits[j], minus, rule, scheme))
    }
  }
  return { best, scores, rests }
}

/**
 * Clusters of hits on one strand: groups without the hits that are in no chain of at least the threshold, grouped again; so what
 * is left does not depend on hits that chance put beside it.
 */
export function clusterHits(
  hits: readonly SeedHit[],
  minus: boolean,
  rule: ClusterRule,
  scheme: SeedScheme,
): { score: number; hits: SeedHit[] }[] {
  const clusters: { score: number; hits: SeedHit[] }[] = []
  for (const group of groupHits(hits, minus, rule, scheme)) {
    const { best, scores, rests } = chainHits(group, minus, rule, scheme)
    if (best < rule.threshold) continue
    const chained = group.filter((_, i) => scores[i] + rests[i] >= rule.threshold)
    for (const part of groupHits(chained, minus, rule, scheme)) {
      clusters.push({ score: chainHits(part, minus, rule, scheme).best, hits: part })
    }
  }
  return clusters
}

function diagonalOf({ query, subject, mask }: SeedHit, minus: boolean, scheme: SeedScheme): number {
  return minus ? subject + query + scheme.spans[mask] - 1 : subject - query
}

/**
 * Groups hits of one strand: those whose neighbouring diagonals differ by at most the band, cut where the query jumps by more
 * than the gap. Each group is in the order that `chainHits` wants.
 */
function groupHits(hits: readonly SeedHit[], minus: boolean, rule: ClusterRule, scheme: SeedScheme): SeedHit[][] {
  const diagonal = (hit: SeedHit): number => diagonalOf(hit, minus, scheme)
  const sorted = [...hits].sort((a, b) => diagonal(a) - diagonal(b))
  const groups: SeedHit[][] = []
  for (let from = 0; from < sorted.length;) {
    let to = from + 1
    while (to < sorted.length && diagonal(sorted[to]) - diagonal(sorted[to - 1]) <= rule.band) to++
    const group = sorted
      .slice(from, to)
      .sort((a, b) => a.query - b.query || a.mask - b.mask || diagonal(a) - diagonal(b))
    for (let start = 0, i = 1; i <= group.length; i++) {
      if (i < group.length && group[i].query - group[i - 1].query <= rule.gap) continue
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
    const { spans } = this.#scheme
    const clusters = { ...newClusters(this.strands.length, this.#hits.length), records: Uint32Array.from(this.records) }
    clusters.strands.set(this.strands)
    clusters.scores.set(this.scores)
    clusters.hitStarts.set(this.hitStarts)
    this.#hits.forEach(({ query, subject, mask }, h) => {
      clusters.hitQueries[h] = query
      clusters.hitSubjects[h] = subject
      clusters.hitMasks[h] = mask
    })
    clusters.queryStarts.fill(0xffffffff)
    clusters.subjectStarts.fill(Infinity)
    clusters.diagonalLows.fill(Infinity)
    clusters.diagonalHighs.fill(-Infinity)
    for (let i = 0; i < clusters.count; i++) {
      for (let h = this.hitStarts[i]; h < this.hitStarts[i + 1]; h++) {
        const hit = this.#hits[h]
        const { query, subject, mask } = hit
        const diagonal = diagonalOf(hit, this.strands[i] === 1, this.#scheme)
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

/** Room for `count` clusters with so many hits in all. */
export function newClusters(count: number, hits: number): Clusters {
  return {
    count,
    strands: new Uint8Array(count),
    scores: new Uint32Array(count),
    queryStarts: new Uint32Array(count),
    queryEnds: new Uint32Array(count),
    subjectStarts: new Float64Array(count),
    subjectEnds: new Float64Array(count),
    diagonalLows: new Float64Array(count),
    diagonalHighs: new Float64Array(count),
    hitStarts: new Uint32Array(count + 1),
    hitQueries: new Uint32Array(hits),
    hitSubjects: new Float64Array(hits),
    hitMasks: new Uint8Array(hits),
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
 * Clusters by record, once the records are known: hits of each cluster are shared out among records and clustered anew, so that
 * what is found in a record does not depend on its neighbours. A cluster that lies in one record stays as it is. `starts`: positions where
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
      for (const cluster of clusterHits(hits, minus, rule, scheme)) {
        columns.add(clusters.strands[i], cluster.score, cluster.hits, record)
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
