import type { InputEntry, MetadataTable, Rejection } from '../../io/types.ts'
import type { PlanBalance, PlanOptions } from '../../index/sharding/types.ts'
import type { EmbeddedVectorParameters } from '../../index/embedding/types.ts'
import type { SeedFiles, SeedParameters } from '../../index/seeds/types.ts'
import type { VectorFiles } from '../../index/vectors/types.ts'
import type { FileSink, FileStore, Scratch } from '../../source/types.ts'
import type { Alphabet, CatalogParameters, Manifest, SegmentIndexer } from '../types.ts'

/** Where a catalog is built. */
export interface BuildTarget {
  sink: FileSink
  scratch: Scratch
}

export interface BuildProgress {
  /** 'reading' the input, 'planning' the order of records, 'writing' them, 'indexing', 'publishing' the files. */
  stage: 'reading' | 'planning' | 'writing' | 'indexing' | 'publishing'
  /** Entries read, planned or written, residues indexed, or bytes published so far. */
  done: number
  /** The same when all is done; 0 where that is not known (reading). */
  total: number
  residues: number
}

/** What an index builder is told of the segment that it is for. */
export interface IndexerContext {
  alphabet: Alphabet
  records: number
  entries: number
  /** Residues of the segment's records. */
  residues: number
  /** End of the segment's positions. */
  positions: number
  /** Parameters that the catalog has; null for the first segment of one that was given none. */
  parameters: CatalogParameters | null
  scratch: Scratch
  signal?: AbortSignal
}

/** The indexes of a segment that is being written: of one kind for all segments of a catalog. */
export interface SegmentIndexers {
  seeds: SegmentIndexer<SeedFiles, SeedParameters> | null
  /** One for each model. */
  vectors: SegmentIndexer<VectorFiles, EmbeddedVectorParameters>[]
}

export type CreateIndexers = (context: IndexerContext) => SegmentIndexers | Promise<SegmentIndexers>

/** How a segment is written, whatever it is made of. */
export interface WriteOptions {
  /** Files that the residues are split into; by default one for every 64 MiB. */
  shards?: number
  /** How records are ordered and dealt to shards; by default in order of id. `shards` above goes before its own. */
  sharding?: PlanOptions
  /** Told how a plan turned out, before anything is written. Not called for `hash`. */
  onPlan?: (balance: PlanBalance) => void
  /** Makes the index builders of a segment; by default it has no indexes. */
  indexers?: CreateIndexers
  onProgress?: (progress: BuildProgress) => void
  signal?: AbortSignal
  /** When this version is published; default: now. */
  published?: Date
  /** Bytes of rows sorted in memory at a time; default 32 MiB. */
  sortMemory?: number
  /** Positions of a segment at most; what is more goes to a further one. Default: as many as the format allows. */
  segmentPositions?: number
}

/** How input becomes entries. */
export interface IntakeOptions {
  metadata?: MetadataTable
  /** Fields that input entries bring themselves (`InputEntry.metadata`), in their order. */
  fields?: readonly string[]
  /** Any record that cannot be kept makes the build fail, with nothing published. */
  strict?: boolean
  /** Records that were rejected before they came here: they count for `strict` and in the report. */
  rejectedBefore?: () => number
  onReject?: (rejection: Rejection) => void
}

export interface BuildOptions extends WriteOptions, IntakeOptions {
  /** Detected from the first sequences where it is not given. */
  alphabet?: Alphabet
  title: string
  description?: string
  source?: string
  licence?: string
  citation?: string
  /** Another catalog's parameters, to start with instead of learning them; their files are copied from its store. */
  parameters?: { values: CatalogParameters; store: FileStore }
}

export interface BuildReport {
  manifest: Manifest
  /** SHA-256 of the manifest: the version's name. */
  version: string
  /** Bytes of all files written for this version. */
  bytes: number
  /** Input records that were not kept. */
  rejected: number
  /** Gap characters (`-`) left out. */
  gaps: number
  metadata: { matched: number; entriesWithoutRow: number; rowsWithoutEntry: number } | null
}

/** Input records one by one, or as many at once as there are: that is faster for short ones. */
export type BuildInput = AsyncIterable<InputEntry | readonly InputEntry[]>
