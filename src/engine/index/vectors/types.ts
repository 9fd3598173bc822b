import type { DataFile, FileReference } from '../../format/types.ts'
import type { ReadOptions } from '../../source/types.ts'
import type { VectorAnswer, VectorTask } from './tasks.ts'

/**
 * IVF-PQ (Jégou, Douze and Schmid 2011) in whole numbers. A raw vector is *prepared* — mean taken off, rotated, scaled to
 * length `UNIT`, rounded to i16 — and from there on everything is integer arithmetic: the same bytes on every host and
 * for any number of workers. Vectors are compared by cosine; distances are squared Euclidean ones between prepared vectors,
 * 2 · UNIT² · (1 − cosine).
 */

/** Length of a prepared vector. */
export const UNIT = 16384

/** What a set of vectors is trained with. JSON-able. */
export interface VectorOptions {
  /** Values per vector, a multiple of 8, at most 4,096. */
  dimensions: number
  /** Lists (coarse centroids), 1 to 65,536. See `listsFor`. */
  lists: number
  /** Parts that are coded one by one; divides `dimensions`. Default of a model of 384 dimensions: 96. */
  subvectors: number
  /** Bits per part: 8, or 4 for fast scans. */
  bits: 8 | 4
  /** Codes are of the difference from the list's centroid, rather than of the vector itself. */
  residual: boolean
  /** The sample's mean is taken off every vector. */
  centred: boolean
  /** `random`: a seeded orthogonal matrix, which spreads unequal values over all parts. */
  rotation: 'none' | 'random'
  /** Lists scanned for a query. */
  nprobe: number
  /** Candidates refined with exact vectors, per neighbour asked for; 0: answers are ranked by their codes. */
  refine: number
  /** Rounds of k-means. */
  rounds: number
  seed: number
}

/** A catalog's vector parameters, as its manifest holds them. */
export interface VectorParameters extends VectorOptions {
  /** Mean, rotation, centroids and codebooks (SPEC-vectors.md). */
  file: FileReference
}

/** Parameters in memory. */
export interface VectorModel {
  readonly options: VectorOptions
  /** `dimensions` values, or null where nothing is taken off. */
  readonly mean: Float32Array | null
  /** dimensions × dimensions, row by row: value i of the rotated vector is row i · vector. Null: none. */
  readonly rotation: Float32Array | null
  /** lists × dimensions. */
  readonly centroids: Int16Array
  /** subvectors × 2^bits × (dimensions / subvectors). */
  readonly codebooks: Int16Array
}

/** The vector index of one segment, as the manifest holds it. */
export interface VectorFiles {
  /** Vectors in it. */
  vectors: number
  /** First row of each list, and the number of rows (uint32); read whole. `directoryOffset`: byte where they begin. */
  directory: DataFile
  directoryOffset: number
  /** Rows in order of (list, position): a list is one byte range. */
  lists: DataFile
  /** Byte offset of the first row in `lists`, and bytes per row. */
  rowOffset: number
  rowBytes: number
  /** Prepared vectors in 8 bits, in the order of the lists; null where they are recomputed from residues. */
  exact: (DataFile & { rowOffset: number }) | null
}

/** One thread's kernels: `VectorCompute` of compute.ts, here or behind a worker's messages (tasks and answers are cloneable). */
export interface VectorWorker {
  run<T extends VectorTask>(task: T): Promise<VectorAnswer<T>>
}

export interface TrainProgress {
  stage: 'preparing' | 'lists' | 'codes'
  /** Rounds. */
  done: number
  total: number
}

export interface TrainOptions {
  onProgress?: (progress: TrainProgress) => void
  signal?: AbortSignal
}

/** Raw vectors, count × dimensions. */
export type RawVectors = Float32Array

/** `trainVectors` of train.ts: the model depends on the rows and their order, and not on the number of workers. */
export type TrainVectors = (
  sample: RawVectors,
  options: VectorOptions,
  workers: readonly VectorWorker[],
  run?: TrainOptions,
) => Promise<VectorModel>

/** `VectorIndexWriter` of writer.ts. */
export interface VectorWriter<Files> {
  /** Adds raw vectors (count × dimensions) with their positions, below 2³² and each only once; both are copied. */
  add(vectors: RawVectors, positions: Uint32Array): Promise<void>
  /** Writes the files, after the last `add`. */
  write(): Promise<Files>
  /** Frees scratch space; to be called whatever happened. */
  remove(): Promise<void>
}

/** A query, prepared, and the lists it reads: a matter of the parameters alone. */
export interface PreparedQuery {
  /** `dimensions` values of length UNIT (all 0 where the raw vector is). */
  vector: Int16Array
  /** The `nprobe` nearest lists, nearest first (ties: lower number). */
  lists: Uint32Array
  /** vector · centroid of each of them. */
  products: Int32Array
}

/** Candidates of one segment by ascending (distance, position). */
export interface Candidates {
  positions: Uint32Array
  /** Squared distances, 0 to 4 · UNIT² but for rounding; estimates from the codes unless refined. See `cosineOf`. */
  distances: Int32Array
  /** Row of each in `lists` and `exact`. */
  rows: Uint32Array
}

export interface CandidateOptions extends ReadOptions {
  /** 1 for each position (ascending, of one list) that may be an answer: filters act before any cut-off. Runs once per list. */
  accepts?: (positions: Uint32Array) => Uint8Array
}

export interface VectorSearchOptions extends CandidateOptions {
  /**
   * Raw vectors at positions (ascending), count × dimensions, for refinement. By default the index's own `exact` rows; where
   * there are none nothing is refined.
   */
  vectorsAt?: (positions: Uint32Array, options?: ReadOptions) => Promise<RawVectors>
  /** Instead of the catalog's, which answers depend on. 0: nothing is refined. */
  nprobe?: number
  refine?: number
}

/** One segment's index: `openVectorIndex` of reader.ts. */
export interface VectorIndexReader {
  readonly files: VectorFiles
  readonly model: VectorModel
  prepare(query: RawVectors, nprobe?: number): PreparedQuery
  /** Reads the lists of several queries in one round, as far as the cache has room for them. */
  load(queries: readonly PreparedQuery[], options?: ReadOptions): Promise<void>
  /** The `count` candidates nearest by their codes, and all that tie with the last of them. */
  candidates(query: PreparedQuery, count: number, options?: CandidateOptions): Promise<Candidates>
  /** Candidates with exact distances, in their order. */
  refine(query: PreparedQuery, candidates: Candidates, options?: VectorSearchOptions): Promise<Candidates>
  /**
   * The k nearest vectors of this segment and all that tie with the last of them. Over several segments the candidates to be
   * refined have to be cut together: `searchVectors`.
   */
  search(query: RawVectors | PreparedQuery, k: number, options?: VectorSearchOptions): Promise<Candidates>
}

/** Neighbours in several segments by ascending (distance, segment, position). */
export interface Neighbours {
  /** Index into the readers asked. */
  segments: Uint32Array
  positions: Uint32Array
  /** Squared distances between prepared vectors; estimates where nothing was refined. See `cosineOf`. */
  distances: Int32Array
}

/** Cosine of two vectors from their distance. */
export function cosineOf(distance: number): number {
  return 1 - distance / (2 * UNIT * UNIT)
}

/** Lists for about `vectors` vectors: the power of two nearest to 1.024 · √vectors, from 1 to 16,384; 1,024 at a million. */
export function listsFor(vectors: number): number {
  const lists = 2 ** Math.round(Math.log2(Math.max(1, 1.024 * Math.sqrt(vectors))))
  return Math.min(16384, Math.max(1, lists))
}
