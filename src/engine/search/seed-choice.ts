import type { SegmentWindow } from '../format/types.ts'
import { splitByRecord } from '../index/seeds/clusters.ts'
import type { Clusters, SeedParameters } from '../index/seeds/types.ts'
import { reachOf, type Rectangle } from './rectangles.ts'
import { rowAt, type KnownRows, type RecordRow, type SegmentRange } from './residue-windows.ts'
import { compareIds } from './rows.ts'
import type { PieceClusters } from './seed-lookup.ts'

/** What a cluster's coordinates are of. */
export interface SeedTarget {
  /** Position of the query in its batch. */
  query: number
  /** Residues of the query as it was looked up. */
  length: number
  /** Position among the query's contexts of what matched on each strand of the lookup; −1 where it is not searched. */
  contexts: readonly [plus: number, minus: number]
}

/** A cluster of seed hits: it may still lie in several records. */
export interface FoundCluster {
  part: PieceClusters
  index: number
  target: SeedTarget
  /** The most that its part in one record can score. */
  score: number
}

/** A record of one query, with what its seeds point to. */
export interface RecordCandidate {
  row: RecordRow
  /** Of its best cluster. */
  score: number
  /** In coordinates of context and record. */
  clusters: Rectangle[]
}

/**
 * Chooses the best records of one query by their seeds: at most `most`, ties by id. Clusters are taken from the best on;
 * as one may lie across the border of two records, where its parts score less, more are taken until none of the rest can
 * change the choice. What is chosen depends on the records alone, not on their neighbours.
 */
export class SeedChoice {
  readonly #rows: KnownRows
  readonly #parameters: SeedParameters
  readonly #most: number
  readonly #clusters: FoundCluster[]
  readonly #records = new Map<number, RecordCandidate>()
  /** Which records the filter lets pass; null where there is none. */
  readonly #passes: Map<number, boolean> | null
  #taken = 0
  #asked: FoundCluster[] = []

  constructor(
    clusters: readonly FoundCluster[],
    most: number,
    rows: KnownRows,
    parameters: SeedParameters,
    isFiltered: boolean,
  ) {
    this.#clusters = clusters.length > most ? [...clusters].sort((a, b) => b.score - a.score) : [...clusters]
    this.#passes = isFiltered ? new Map() : null
    this.#most = most
    this.#rows = rows
    this.#parameters = parameters
  }

  /** Clusters to read next: the best of those left with all that tie with the last; none when the choice is certain. */
  next(): FoundCluster[] {
    const clusters = this.#clusters
    if (this.#taken === clusters.length || this.#isCertain()) return []
    const first = this.#taken
    let end = Math.min(clusters.length, first + this.#most)
    while (end < clusters.length && clusters[end].score === clusters[end - 1].score) end++
    this.#taken = end
    this.#asked = clusters.slice(first, end)
    return this.#asked
  }

  /** Takes the windows of what `next` gave, in its order. */
  take(windows: readonly SegmentWindow[]): void {
    this.#asked.forEach((cluster, i) => this.#split(cluster, windows[i]))
    this.#asked = []
  }

  /** Records of which it is not known yet whether the filter lets them pass. */
  unfiltered(): RecordRow[] {
    const passes = this.#passes
    if (passes === null) return []
    return [...this.#records.values()].filter(({ row }) => !passes.has(row.record)).map(({ row }) => row)
  }

  filter(record: number, passes: boolean): void {
    this.#passes?.set(record, passes)
  }

  #isPassing({ row }: RecordCandidate): boolean {
    return this.#passes === null || this.#passes.get(row.record) === true
  }

  /** The choice, once it is certain: in no order. */
  chosen(): RecordCandidate[] {
    const passing = [...this.#records.values()].filter((candidate) => this.#isPassing(candidate))
    if (passing.length <= this.#most && this.#taken === this.#clusters.length) return passing
    const compare = compareIds(this.#rows)
    const ordered = passing.sort(
      (a, b) => b.score - a.score || compare(a.row.record, b.row.record) || a.row.record - b.row.record,
    )
    const ids = new Set<string>()
    const chosen = ordered.filter(({ row }) => ids.add(row.key).size <= this.#most)
    this.#addRest(chosen)
    return chosen
  }

  #isCertain(): boolean {
    const bound = this.#clusters[this.#taken].score
    const certain = new Set<string>()
    for (const candidate of this.#records.values()) {
      if (candidate.score > bound && this.#isPassing(candidate)) certain.add(candidate.row.key)
    }
    return certain.size >= this.#most
  }

  /** Gives each chosen record the weaker clusters that were never read. */
  #addRest(chosen: readonly RecordCandidate[]): void {
    if (this.#taken === this.#clusters.length) return
    const order = [...chosen].sort((a, b) => a.row.segment - b.row.segment || a.row.position - b.row.position)
    for (let i = this.#taken; i < this.#clusters.length; i++) {
      const { part, index } = this.#clusters[i]
      const [start, end] = [part.clusters.subjectStarts[index], part.clusters.subjectEnds[index]]
      for (const candidate of order) {
        const { segment, position, length } = candidate.row
        if (segment !== part.segment || position >= end || position + length <= start) continue
        if (start >= position && end <= position + length) this.#add(candidate, this.#clusters[i], part.clusters, index)
        else this.#addParts(this.#clusters[i], Float64Array.of(position, position + length), () => candidate)
      }
    }
  }

  #split(cluster: FoundCluster, window: SegmentWindow): void {
    const { part, index } = cluster
    const { clusters, segment } = part
    const first = rowAt(window, clusters.subjectStarts[index])
    const last = rowAt(window, clusters.subjectEnds[index] - 1)
    const candidateOf = (row: number): RecordCandidate => {
      const known = this.#rows.add(segment, window.firstRecord, window.records, row)
      let candidate = this.#records.get(known.record)
      if (candidate === undefined) {
        candidate = { row: known, score: 0, clusters: [] }
        this.#records.set(known.record, candidate)
      }
      return candidate
    }
    if (first === last) {
      this.#add(candidateOf(first), cluster, clusters, index)
      return
    }
    const { positions, lengths } = window.records
    const starts = Float64Array.of(...positions.subarray(first, last + 1), positions[last] + lengths[last])
    this.#addParts(cluster, starts, (which) => candidateOf(first + which))
  }

  /** Adds the parts of a cluster that lie in one record each. */
  #addParts(cluster: FoundCluster, starts: Float64Array, candidateOf: (record: number) => RecordCandidate): void {
    const { part, index } = cluster
    const parts = splitByRecord(oneCluster(part.clusters, index), starts, part.rule, this.#parameters)
    for (let i = 0; i < parts.count; i++) this.#add(candidateOf(parts.records[i]), cluster, parts, i)
  }

  #add(candidate: RecordCandidate, { target }: FoundCluster, clusters: Clusters, index: number): void {
    candidate.score = Math.max(candidate.score, clusters.scores[index])
    candidate.clusters.push(inRecord(target, clusters, index, candidate.row.position))
  }
}

/** Positions to read for a cluster before it is known which records it lies in. */
export function rangeOf({ part, index, target }: FoundCluster, segmentEnd: number): SegmentRange {
  const { clusters, segment } = part
  const [before, after] = reachOf(clusters.queryStarts[index], clusters.queryEnds[index], target.length)
  const isMinus = clusters.strands[index] === 1
  return {
    segment,
    start: Math.max(0, clusters.subjectStarts[index] - (isMinus ? after : before)),
    end: Math.min(segmentEnd, clusters.subjectEnds[index] + (isMinus ? before : after)),
  }
}

/** A cluster in coordinates of its context, where minus strands run backwards, and of a record. */
function inRecord(target: SeedTarget, clusters: Clusters, index: number, position: number): Rectangle {
  const { length } = target
  const isMinus = clusters.strands[index] === 1
  const [start, end] = [clusters.queryStarts[index], clusters.queryEnds[index]]
  const shift = position + (isMinus ? length - 1 : 0)
  return {
    context: target.contexts[isMinus ? 1 : 0],
    queryStart: isMinus ? length - end : start,
    queryEnd: isMinus ? length - start : end,
    subjectStart: clusters.subjectStarts[index] - position,
    subjectEnd: clusters.subjectEnds[index] - position,
    diagonalLow: clusters.diagonalLows[index] - shift,
    diagonalHigh: clusters.diagonalHighs[index] - shift,
  }
}

function oneCluster(clusters: Clusters, index: number): Clusters {
  const end = index + 1
  const [from, to] = [clusters.hitStarts[index], clusters.hitStarts[end]]
  return {
    count: 1,
    strands: clusters.strands.slice(index, end),
    scores: clusters.scores.slice(index, end),
    queryStarts: clusters.queryStarts.slice(index, end),
    queryEnds: clusters.queryEnds.slice(index, end),
    subjectStarts: clusters.subjectStarts.slice(index, end),
    subjectEnds: clusters.subjectEnds.slice(index, end),
    diagonalLows: clusters.diagonalLows.slice(index, end),
    diagonalHighs: clusters.diagonalHighs.slice(index, end),
    hitStarts: Uint32Array.of(0, to - from),
    hitQueries: clusters.hitQueries.slice(from, to),
    hitSubjects: clusters.hitSubjects.slice(from, to),
    hitMasks: clusters.hitMasks.slice(from, to),
  }
}
