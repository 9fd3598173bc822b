import type { EmbedKernels } from './embed-types.ts'
import type { VectorKernels } from './vectors.ts'
import type { WordKernels } from './words-types.ts'
import type { SeedKernels } from '../index/seeds/types.ts'

/** Letters of a scoring matrix row: residue codes are below this. */
export const CODES = 32

/** A query as the kernels see it: position i scores residue code c as `rows[index[i] * CODES + c]`. */
export interface Profile {
  /** Residues in the query. */
  length: number
  /** rowCount × CODES scores, each within −128 … 127. */
  rows: Int8Array
  /** Row of each query position. */
  index: Uint16Array
}

/** A gap of k residues costs `open + k * extend`. `null` where gaps are not allowed. */
export type GapCosts = { open: number; extend: number } | null

/** Sequences of residue codes laid end to end. */
export interface SequenceBatch {
  codes: Uint8Array
  starts: Uint32Array
  lengths: Uint32Array
}

/**
 * Local alignment scores (Smith–Waterman–Gotoh) of every profile against every subject.
 * The work is done in slices so that its worker stays able to answer.
 */
export interface ScoreRun {
  /** Computes at most about `cells` more matrix cells; true when all is done. */
  step(cells: number): boolean
  /** Cells done so far and in all. */
  readonly done: number
  readonly total: number
  /** Best score of profile p and subject s at `[p * subjects + s]`; valid when done. */
  readonly scores: Int32Array
  /** Frees the run's wasm memory. */
  dispose(): void
}

export const OP_PAIR = 0
/** Residues of the query against a gap. */
export const OP_INSERT = 1
/** Residues of the subject against a gap. */
export const OP_DELETE = 2

/** One local alignment. Coordinates are 0-based, half open, on the given strand or frame. */
export interface Alignment {
  score: number
  queryStart: number
  queryEnd: number
  subjectStart: number
  subjectEnd: number
  /** Runs, in order: `length << 2 | op`. */
  operations: Uint32Array
}

export interface AlignRequest {
  profile: Profile
  /** Residue codes of one subject (or window of one). */
  subject: Uint8Array
  gaps: GapCosts
  /** Alignments below this are not looked for. */
  minScore: number
  /** At most this many. */
  limit: number
}

export interface BandRequest extends Omit<AlignRequest, 'limit'> {
  /** Lowest and highest diagonal (subject − query position) that is computed; H is 0 beyond them. */
  low: number
  high: number
}

/** The best alignment of a band, and the lowest and highest diagonal that it pairs residues on or comes by. */
export interface BandAlignment {
  alignment: Alignment
  lowest: number
  highest: number
}

export interface Kernels {
  /** Starts scoring. Memory is bounded by the subjects given: callers pass a few MB at a time. */
  score(profiles: readonly Profile[], subjects: SequenceBatch, gaps: GapCosts): ScoreRun
  /**
   * All local alignments scoring at least `minScore` that share no pair of positions, best first (Waterman and Eggert
   * 1987). Of equal scores the one whose end comes first in the subject, then in the query. Of equal paths to that end the
   * one found from there by taking a pair where that explains the score, else the shortest insert, else the shortest
   * delete, up to the first place where the score is 0.
   */
  align(request: AlignRequest): Generator<void, Alignment[]>
  /** The best local alignment within a band of diagonals, by the rules of `align`; null where none has `minScore`. */
  alignBanded(request: BandRequest): Generator<void, BandAlignment | null>
  /** 2-bit packing of nucleotide codes 0–3 (others are written as 0), 4 per byte, first residue in the low bits. */
  packNucleotides(codes: Uint8Array): Uint8Array
  unpackNucleotides(packed: Uint8Array, length: number): Uint8Array
  /** 5-bit packing of protein codes 0–31, 8 residues in 5 bytes, first residue in the low bits. */
  packProtein(codes: Uint8Array): Uint8Array
  unpackProtein(packed: Uint8Array, length: number): Uint8Array
  /** Reverse complement of nucleotide codes, ambiguity codes included. */
  reverseComplement(codes: Uint8Array): Uint8Array
  /**
   * Translates from `offset` (0, 1 or 2) to the last whole codon. `table` gives the protein code of each of the
   * 16 × 16 × 16 codons of nucleotide codes (ambiguity codes included); it may not change between calls.
   */
  translate(codes: Uint8Array, offset: number, table: Uint8Array): Uint8Array
  /** Terms, lists and clusters of spaced seeds. */
  readonly seeds: SeedKernels
  /** k-mer embeddings and cosines. */
  readonly embedding: EmbedKernels
  /** Kernels of IVF-PQ. */
  readonly vectors: VectorKernels
  /** The functions of wasm/statistics.ts, for src/engine/search/statistics.ts alone. */
  readonly statistics: StatisticsExports
  /** Word seeds of proteins. */
  readonly words: WordKernels
}

/** Pure f64 functions compiled from wasm/statistics.ts: the same digits on every host. */
export interface StatisticsExports {
  /** Natural logarithm and exponential, correctly reproducible. */
  ln(x: number): number
  exp(x: number): number
  erfc(x: number): number
  /**
   * BLAST's `BLAST_SpougeStoE` (blast_stat.c; Spouge's finite-size correction) for one subject.
   * Order: score, λ, K, a, b, α, β, σ, τ, query length, subject length, database residues (already divided by 3 where
   * the subjects are translated).
   */
  spougeEvalue(
    score: number,
    lambda: number,
    k: number,
    a: number,
    b: number,
    alpha: number,
    beta: number,
    sigma: number,
    tau: number,
    queryLength: number,
    subjectLength: number,
    databaseResidues: number,
  ): number
  /** searchSpace · K · e^(−λ·score). */
  karlinEvalue(score: number, lambda: number, k: number, searchSpace: number): number
  bitScore(score: number, lambda: number, k: number): number
}
