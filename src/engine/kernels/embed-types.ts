/** What turns counts of k-mers into a vector. Tables may not change once a kernel has seen them. */
export interface KmerTables {
  /** Values per vector, a multiple of 4. */
  dimensions: number
  /** Slots that share a dimension; slot = layer × dimensions + dimension. */
  layers: number
  /** Class of each of 32 residue codes, below 2^bits; 0x80: no k-mer with this residue counts. */
  classes: Uint8Array
  /** Bits per class; with the letters of a k-mer at most 8. */
  bits: number
  masks: readonly KmerMask[]
  /** Per slot: 1 or −1, 0 where it is unused. */
  signs: Float32Array
  /** Per dimension: what a k-mer adds on average. */
  mean: Float32Array
  /** A direction that most vectors share, of length √(1 − f): what a vector has along it is shrunk to a share f. */
  common: Float32Array
}

export interface KmerMask {
  /** Places of the letters that count, ascending from 0. */
  offsets: readonly number[]
  /** Last of them + 1. */
  span: number
  /** Slot of each k-mer: 256 values. The first letter has the highest bits. */
  slots: Uint16Array
}

/** Highest dot products of vectors of two sets. */
export interface BestDots {
  rows: Float32Array
  columns: Float32Array
}

export interface EmbedKernels {
  /**
   * Vectors of windows [starts[i], ends[i]) of residue codes, in order of their starts: windows × dimensions, of length 1,
   * or all 0 where no k-mer counts.
   */
  embedKmers(tables: KmerTables, codes: Uint8Array, starts: Uint32Array, ends: Uint32Array): Float32Array
  /** For each vector of either set the highest dot product with one of the other; −Infinity where that is empty. */
  bestDots(rows: Float32Array, columns: Float32Array, dimensions: number): BestDots
}
