import type { VectorModel } from './types.ts'

/** Work for one thread. Rows stay with the worker under a key; everything else is given and answered. */
export type VectorTask =
  PrepareTask | RowsTask | ListsTask | ResidualsTask | CodesTask | DropTask | ModelTask | EncodeTask

/** Prepares raw vectors and holds them. */
export interface PrepareTask {
  kind: 'prepare'
  key: string
  raw: Float32Array
  dimensions: number
  mean: Float32Array | null
  rotation: Float32Array | null
}

/** Held rows by number. */
export interface RowsTask {
  kind: 'rows'
  key: string
  rows: Uint32Array
  dimensions: number
}

/** A round of k-means over held rows. */
export interface ListsTask {
  kind: 'lists'
  key: string
  centroids: Int16Array
  dimensions: number
}

/** Held rows become their differences from their nearest centroid. */
export interface ResidualsTask {
  kind: 'residuals'
  key: string
  centroids: Int16Array
  dimensions: number
}

/** A round of k-means in every part of held rows. */
export interface CodesTask {
  kind: 'codes'
  key: string
  codebooks: Int16Array
  parts: number
  entries: number
}

export interface DropTask {
  kind: 'drop'
  key: string
}

/** The model that `encode` uses from now on. */
export interface ModelTask {
  kind: 'model'
  model: VectorModel
}

export interface EncodeTask {
  kind: 'encode'
  raw: Float32Array
  /** Prepared vectors in 8 bits are wanted too. */
  exact: boolean
}

/** Sums of the rows nearest to each centroid (or entry), whole numbers, and their number. */
export interface Sums {
  sums: Float64Array
  counts: Uint32Array
}

/** Codes of raw vectors, in their order. */
export interface EncodedVectors {
  lists: Uint32Array
  /** `codeBytes` each. */
  codes: Uint8Array
  /** 2¹⁵ · UNIT / the length of what the code (and the centroid) stands for. */
  scales: Uint16Array
  /** Prepared vectors, each scaled to 8 bits by its greatest value; where asked for. */
  exact: Int8Array | null
}

interface Answers {
  prepare: { rows: number }
  rows: { rows: Int16Array }
  lists: Sums
  residuals: Record<string, never>
  codes: Sums
  drop: Record<string, never>
  model: Record<string, never>
  encode: EncodedVectors
}
export type VectorAnswer<T extends VectorTask> = Answers[T['kind']]
