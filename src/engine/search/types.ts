import type { Alphabet } from '../format/types.ts'
import type { RecordFilter } from './filter.ts'

export type Program = 'blastn' | 'blastp' | 'blastx' | 'tblastn' | 'tblastx'
export type Task = 'blastn' | 'megablast' | 'blastn-short'
/** Where the candidates of one query come from. */
export type QueryMode = 'exact' | 'fast' | 'sensitive' | 'exhaustive' | 'vector'
/** `auto`, the default, decides for each query: `exhaustive` where that takes few cells, else `sensitive`. */
export type Mode = 'auto' | QueryMode
export type Strand = 'both' | 'plus' | 'minus'

/** What a caller may ask; every field is optional and has BLAST's default. Names are BLAST's, in camel case. */
export interface SearchOptions {
  mode?: Mode
  program?: Program
  task?: Task
  /** Largest E-value reported; default 10. */
  evalue?: number
  /** Entries reported per query; default 500, in mode `vector` 50. */
  maxTargetSeqs?: number
  /** HSPs per query and entry; default: all. */
  maxHsps?: number
  matrix?: string
  reward?: number
  penalty?: number
  gapopen?: number
  gapextend?: number
  strand?: Strand
  /** Percent of identical columns an HSP needs. */
  percIdentity?: number
  /** Percent of the query an HSP has to cover. */
  qcovHspPerc?: number
  seg?: boolean
  dust?: boolean
  /** 'none', or 'bias': a query-composition bias in the profile (Hauser et al. 2016). */
  compositionBias?: boolean
  queryGencode?: number
  dbGencode?: number
  /** Residues to assume for the database. */
  dbsize?: number
  /** Effective search space to assume. */
  searchsp?: number
  /** Report only entries that pass this predicate (docs/guide/filters.md). E-values stay those of the whole catalog. */
  where?: string
  /** Mode `vector` alone: also align the hits; without it they are ranked by cosine and have no HSPs. Default false. */
  align?: boolean
}

/** Options with every default filled in: what a result states. */
export interface ResolvedOptions {
  mode: Mode
  program: Program
  /** Only for blastn. */
  task: Task | null
  evalue: number
  maxTargetSeqs: number
  maxHsps: number | null
  /** Only for protein comparisons. */
  matrix: string | null
  /** Only for blastn. */
  reward: number | null
  penalty: number | null
  /** null where no gaps are allowed (tblastx). */
  gapopen: number | null
  gapextend: number | null
  strand: Strand
  percIdentity: number
  qcovHspPerc: number
  seg: boolean
  dust: boolean
  compositionBias: boolean
  queryGencode: number
  dbGencode: number
  dbsize: number | null
  searchsp: number | null
  where: string | null
  /** Null in other modes than `vector`. */
  align: boolean | null
}

/** A query as it was given. */
export interface Query {
  /** First word of the header; `Query_1` … where there is none. */
  id: string
  /** The rest of the header. */
  description: string
  /** Residues in upper case. */
  residues: string
  alphabet: Alphabet
}

/** One local alignment of a hit. Coordinates are 1-based and inclusive, in residues of the sequence as it was given. */
export interface Hsp {
  score: number
  bitScore: number
  evalue: number
  /** −3 … 3; 0 where the query is not translated; for blastn 1. */
  queryFrame: number
  /** −3 … 3 for translated subjects, 1 or −1 for blastn, 0 for blastp and blastx. */
  subjectFrame: number
  /** As BLAST reports: `queryStart > queryEnd` for minus frames of a query, `subjectStart > subjectEnd` for minus strands. */
  queryStart: number
  queryEnd: number
  subjectStart: number
  subjectEnd: number
  /** Columns of the alignment. */
  length: number
  identities: number
  positives: number
  mismatches: number
  gaps: number
  gapOpens: number
  /** The aligned rows, `-` for gaps, and BLAST's midline between them. */
  querySequence: string
  midline: string
  subjectSequence: string
}

/** One entry found by a query. Entries of the same record have the same HSPs. */
export interface Hit {
  accession: string
  description: string
  /** SHA-256 of the record, hex. */
  recordId: string
  /** Entry number in this catalog as it is laid out; written nowhere, since another layout numbers otherwise. */
  entry: number
  subjectLength: number
  metadata: Record<string, string | number | boolean | null>
  /** None in mode `vector` unless alignments are asked for, or where nothing aligns. */
  hsps: Hsp[]
  /** Percent of the query covered by all HSPs together. */
  queryCoverage: number
  /** Mode `vector` alone: highest cosine of a window of the query with one of the record; hits are ranked by it. */
  cosine?: number
}

/** The numbers behind the E-values of one query. */
export interface QueryStatistics {
  lambda: number
  k: number
  h: number
  ungappedLambda: number
  ungappedK: number
  ungappedH: number
  /** 'spouge' (finite-size correction per subject) or 'length-adjustment'. */
  method: 'spouge' | 'length-adjustment'
  lengthAdjustment: number
  effectiveSearchSpace: number
  databaseResidues: number
  databaseEntries: number
}

/** Intervals of the query, 1-based inclusive, that were masked. */
export interface Masking {
  method: 'seg' | 'dust'
  intervals: [number, number][]
}

export interface QueryResult {
  /** Position in the request. */
  index: number
  query: { id: string; description: string; length: number }
  /** How candidates were found: what `auto` decided, or the mode asked for. */
  mode: QueryMode
  hits: Hit[]
  /** Entries that passed the E-value (mode `vector`: that are near) before `maxTargetSeqs` cut the list. */
  found: number
  /** Best hit above the E-value limit, if any: shown where there are no hits. */
  nearestExcluded: { accession: string; description: string; evalue: number; score: number } | null
  masking: Masking | null
  statistics: QueryStatistics
  warnings: string[]
}

/** What a whole search states about itself, known before the first result. */
export interface SearchHeader {
  /** "genomic-catalog 0.1.0". */
  writer: string
  options: ResolvedOptions
  catalog: {
    title: string
    /** Content digest: names the version of the content whatever its layout. */
    digest: string
    /** Digest of the parameters learned or counted for the catalog's indexes; null where it has none. */
    parameters: string | null
    alphabet: Alphabet
    entries: number
    residues: number
    /** Names of the metadata fields, in order. */
    fields: string[]
  }
  queries: number
}

export interface SearchProgress {
  stage: 'reading' | 'scoring' | 'aligning'
  /** Matrix cells for scoring, candidates for aligning, bytes for reading. */
  done: number
  total: number
  /** Queries answered so far. */
  queriesDone: number
  queries: number
  bytesRead: number
}

export interface SearchControl {
  signal?: AbortSignal
  /** Entries that may be reported; the options of the result have to say what it was made of. */
  filter?: RecordFilter | null
  onProgress?: (progress: SearchProgress) => void
}

/** A running search: the header at once, then one result per query in the order of the request. */
export interface SearchRun {
  header: SearchHeader
  results: AsyncIterable<QueryResult>
}
