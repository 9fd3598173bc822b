import type { ResolvedOptions } from './types.ts'

/** A query prepared once by the coordinator: everything a worker needs to make its contexts. Structured-cloneable. */
export interface PreparedQuery {
  /** Position in the request. */
  index: number
  /** Residue codes as given. */
  codes: Uint8Array
  /** Masked intervals (0-based start, end, start, end …) on the plus strand, per context where the query is translated. */
  masks: Uint32Array[]
}

export interface ScanTask {
  /** Where the catalog's files are: a URL or directory the worker's host can open. */
  location: string
  options: ResolvedOptions
  queries: PreparedQuery[]
  databaseResidues: number
  databaseEntries: number
}

/** Candidates of one chunk: parallel columns. */
export interface ScanAnswer {
  /** Position of the query in the task. */
  query: Uint32Array
  record: Uint32Array
  /** Best E-value of the record over all contexts, and its raw score. */
  evalue: Float64Array
  score: Int32Array
  /** Bits of the contexts (subject frame × query context) whose score passed, for `align`. */
  contexts: Uint32Array
  /** Per query of the task: the best record that did not pass (−1 for none), its E-value and score. */
  excludedRecord: Int32Array
  excludedEvalue: Float64Array
  excludedScore: Int32Array
  bytesRead: number
}

export interface AlignTask extends ScanTask {
  /** Pairs to align: position of the query in the task, record number, context bits as `ScanAnswer` gave them. */
  query: Uint32Array
  record: Uint32Array
  contexts: Uint32Array
}

/** An HSP as workers return it: coordinates in residues of the given sequences, before formatting. */
export interface RawHsp {
  score: number
  evalue: number
  bitScore: number
  queryFrame: number
  subjectFrame: number
  queryStart: number
  queryEnd: number
  subjectStart: number
  subjectEnd: number
  length: number
  identities: number
  positives: number
  mismatches: number
  gaps: number
  gapOpens: number
  querySequence: string
  midline: string
  subjectSequence: string
}

export interface AlignAnswer {
  /** HSPs of each pair of the task, in order. */
  hsps: RawHsp[][]
  bytesRead: number
}
