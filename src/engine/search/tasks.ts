import type { ClusterRule, Clusters, Lookups, SeedLists } from '../index/seeds/types.ts'
import type { Hsp, ResolvedOptions } from './types.ts'

/** A query on its way to the workers. Structured-cloneable. */
export interface TaskQuery {
  /** Residue codes as given, of the query's own alphabet. */
  codes: Uint8Array
}

/** What all tasks of one batch of queries share. */
export interface Batch {
  /** Distinguishes the batches of one job: workers prepare a batch once. */
  id: number
  /** Where the catalog's files are: a URL or directory that the worker's host can open. */
  location: string
  options: ResolvedOptions
  queries: TaskQuery[]
  /** Residues and entries of the whole catalog, for the statistics. */
  databaseResidues: number
  databaseEntries: number
}

/** One of several equal parts of a chunk's windows: long records are shared among workers. */
export interface Part {
  index: number
  count: number
}

/** Candidates of one chunk: parallel columns, in order of (query, record). */
export interface ScanAnswer {
  /** Position of the query in the batch. */
  query: Uint32Array
  record: Uint32Array
  /** Best E-value of the record over all contexts, and the raw score that gave it. */
  evalue: Float64Array
  score: Int32Array
  /** All records of the highest score that did not pass, per query of the batch, with that score and their E-values. */
  excludedQuery: Uint32Array
  excludedRecord: Uint32Array
  excludedScore: Int32Array
  excludedEvalue: Float64Array
  bytesRead: number
}

/** Pairs of one chunk to align: position of the query in the batch, record number. */
export interface Pairs {
  query: Uint32Array
  record: Uint32Array
}

export interface AlignAnswer {
  /** HSPs of each pair, best first, after the filters of the options. */
  hsps: Hsp[][]
  bytesRead: number
}

/**
 * Windows of records to compare with queries: columns. A *pair* is a query and a record; the windows of one pair stand
 * together, in the order of (context, start). Structured-cloneable.
 */
export interface WindowWork {
  /** Per pair: position of the query in the batch, number of the record, and residues of the whole record. */
  queries: Uint32Array
  records: Uint32Array
  subjectLengths: Uint32Array
  /** First window of each pair: pairs + 1 values. */
  windowStarts: Uint32Array
  /** Per window: position among the query's contexts, and the part [start, end) of that context that is compared. */
  contexts: Uint8Array
  queryStarts: Uint32Array
  queryEnds: Uint32Array
  /** Per window: its place [start, end) in the record, and where its codes begin. */
  subjectStarts: Uint32Array
  subjectEnds: Uint32Array
  codeStarts: Uint32Array
  /** Per window: lowest and highest diagonal (place in the record − place in the context) that seeds were found on. */
  diagonalLows: Float64Array
  diagonalHighs: Float64Array
  /** Residue codes of all windows. */
  codes: Uint8Array
}

/** Best of each pair over its windows and contexts. */
export interface WindowScores {
  /** Lowest E-value, Infinity where none passes the limit, and the raw score that gave it. */
  evalues: Float64Array
  scores: Int32Array
  /** Highest raw score that did not pass, 0 for none, and its E-value. */
  excludedScores: Int32Array
  excludedEvalues: Float64Array
}

/** A window that an alignment leaves: where it has to grow. */
export interface WindowGrowth {
  pair: number
  /** Index of the window in the work. */
  window: number
  queryStart: boolean
  queryEnd: boolean
  subjectStart: boolean
  subjectEnd: boolean
}

export interface WindowAlignments {
  /** HSPs of each pair, best first, after the filters of the options; of no meaning for a pair with a window to grow. */
  hsps: Hsp[][]
  growths: WindowGrowth[]
}

/** The lists of one segment for some queries. Structured-cloneable. */
export interface SeedWork {
  lookups: Lookups
  lists: SeedLists
  /** Per piece of the lookups: what makes a cluster. */
  rules: ClusterRule[]
  /** Per occurrence: 0 where it is left out. */
  keep: Uint8Array
}

export interface SeedAnswer {
  /** Clusters of each piece that reach its threshold. */
  clusters: Clusters[]
}
