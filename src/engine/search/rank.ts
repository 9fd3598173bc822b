import { roundedEvalue } from './hsp.ts'
import type { Hsp } from './types.ts'

/** What decides a record's place: E-value, then score, then id; in mode `vector` its cosine, then id. */
export interface RankKey {
  /** Highest cosine of a window with one of the query: mode `vector` alone. */
  cosine?: number
  evalue: number
  score: number
  /** Record number: a name for the record, never a reason for its place. */
  record: number
}

export interface AlignedRecord extends RankKey {
  hsps: Hsp[]
}

/** Orders records by id. */
export type CompareIds = (a: number, b: number) => number

export function compareKeys(a: RankKey, b: RankKey, compareIds: CompareIds): number {
  if (a.cosine !== undefined && b.cosine !== undefined) return b.cosine - a.cosine || compareIds(a.record, b.record)
  return roundedEvalue(a.evalue) - roundedEvalue(b.evalue) || b.score - a.score || compareIds(a.record, b.record)
}

/**
 * The global ranking of one query: takes candidates from best to worst and decides how many must be aligned before the
 * best `limit` entries are certain, whatever the filters drop.
 */
export class Ranking {
  readonly #candidates: RankKey[]
  readonly #entriesOf: (record: number) => number
  readonly #limit: number
  readonly #compare: (a: RankKey, b: RankKey) => number
  readonly #aligned: AlignedRecord[] = []
  /** Cosines of candidates that have one: they are kept whether anything of them aligns or not. */
  readonly #cosines: Map<number, number | undefined>
  #next = 0
  #dropped = 0
  #round = 0

  constructor(
    candidates: readonly RankKey[],
    entriesOf: (record: number) => number,
    limit: number,
    compareIds: CompareIds,
  ) {
    this.#compare = (a, b) => compareKeys(a, b, compareIds)
    this.#candidates = [...candidates].sort(this.#compare)
    this.#cosines = new Map(candidates.map(({ record, cosine }) => [record, cosine]))
    this.#entriesOf = entriesOf
    this.#limit = limit
  }

  /** Entries of all candidates but those that filters and masks have dropped. */
  get found(): number {
    let entries = -this.#dropped
    for (const { record } of this.#candidates) entries += this.#entriesOf(record)
    return entries
  }

  /** Records to align next; empty when the ranking is certain. */
  nextRecords(): number[] {
    const records: number[] = []
    let certain = this.#certainEntries()
    if (certain >= this.#limit) return records
    // Where filters drop much, rounds grow: each costs a trip to the workers.
    while ((certain < this.#limit || records.length < 2 * this.#round) && this.#next < this.#candidates.length) {
      const { record } = this.#candidates[this.#next++]
      records.push(record)
      certain += this.#entriesOf(record)
    }
    this.#round = records.length
    return records
  }

  add(record: number, hsps: Hsp[]): void {
    const cosine = this.#cosines.get(record)
    if (cosine !== undefined) this.#aligned.push({ record, hsps, cosine, evalue: 0, score: 0 })
    else if (hsps.length > 0) {
      const [{ evalue, score }] = hsps
      this.#aligned.push({ record, hsps, evalue, score })
    } else this.#dropped += this.#entriesOf(record)
  }

  /** Entries of candidates that filters and masks have dropped. */
  get dropped(): number {
    return this.#dropped
  }

  /** The final order, cut where `limit` entries are reached (the last record may reach beyond it). */
  best(): AlignedRecord[] {
    const sorted = this.#aligned.sort(this.#compare)
    let entries = 0
    const end = sorted.findIndex(({ record }) => (entries += this.#entriesOf(record)) >= this.#limit)
    return end < 0 ? sorted : sorted.slice(0, end + 1)
  }

  /** Entries of aligned records that no candidate still waiting can overtake. */
  #certainEntries(): number {
    const waiting = this.#candidates.at(this.#next)
    let entries = 0
    for (const aligned of this.#aligned) {
      if (waiting === undefined || this.#compare(aligned, waiting) < 0) entries += this.#entriesOf(aligned.record)
    }
    return entries
  }
}
