import type { Catalog, Entry } from '../format/types.ts'
import type { RecordFilter } from './filter.ts'
import type { RankKey } from './rank.ts'
import type { RecordRows } from './rows.ts'
import type { Job } from './schedule.ts'
import type { Scoring } from './scoring.ts'
import type { SearchHost } from './search.ts'
import type { Batch } from './tasks.ts'
import type { Hsp, ResolvedOptions, SearchControl, SearchProgress } from './types.ts'

/** A query of a batch and a record. */
export interface Pair {
  query: number
  record: number
}

/** What was found for one query. */
export interface QueryCandidates {
  /** Records that may pass the E-value limit with the keys known so far, once each. */
  candidates: RankKey[]
  /** The best record that did not pass, where that is known. */
  excluded: RankKey | null
}

/** What all parts of one search share. */
export interface SearchScope {
  catalog: Catalog
  options: ResolvedOptions
  scoring: Scoring
  host: SearchHost
  control: SearchControl
  job: Job
  filter: RecordFilter | null
  progress(stage: SearchProgress['stage'], done: number, total: number): void
  /** Counts bytes that workers have read. */
  countBytes(bytes: number): void
}

/**
 * Where a mode's candidates come from: a scan of everything, digests, seeds or vectors. One per search and mode; batches
 * come one after the other.
 */
export interface CandidateSource {
  /** Rows of all records that the last `find` named. */
  readonly rows: RecordRows
  /**
   * Candidates of each query of the batch. A source with a cut-off of its own asks the scope's filter before it; records
   * whose entries are all filtered out may be named, and are left out afterwards.
   */
  find(batch: Batch): Promise<QueryCandidates[]>
  /** HSPs of each pair, best first, after the filters of the options. `onDone` counts pairs as they are aligned. */
  align(batch: Batch, pairs: readonly Pair[], onDone: (pairs: number) => void): Promise<Hsp[][]>
  /** Entries of each given record, in order, all told (the filter is the caller's). */
  entriesOf(records: readonly number[]): Promise<Entry[][]>
}
