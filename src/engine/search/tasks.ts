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
  /** Per query of the batch: the highest-scoring record that did not pass (−1 for none), its score and E-value. */
  excludedRecord: Int32Array
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
