/** A query's residues for word seeds. */
export interface WordQuery {
  /** Residue codes; masked residues as X, which is in no word and scores as X. */
  codes: Uint8Array
  /** Score that a block with limit 0 has to reach. */
  limit: number
}

/** Stretches of subjects, in any order: words start at positions [start, end) of `codes` and scores stay within the sequence. */
export interface WordBlocks {
  codes: Uint8Array
  start: Uint32Array
  end: Uint32Array
  sequenceStart: Uint32Array
  sequenceEnd: Uint32Array
  /** Added to the query's limit; the sum may not pass 255. */
  limit: Uint8Array
}

export interface WordRequest {
  /** CODES × CODES scores. */
  matrix: Int8Array
  /** Distances of the second and third residue of a word from its first, each below 32. */
  shapes: readonly (readonly [number, number])[]
  /** Score of two words that meet. */
  threshold: number
  queries: readonly WordQuery[]
  blocks: WordBlocks
}

/**
 * Finds the (query, block) pairs that have two words that meet where the best ungapped score of the 56 columns around
 * them, 24 of them before the words, reaches the limit. Of the places of one word that a query's 1,024 residues or a block
 * hold, the first eight count.
 */
export interface WordRun {
  /** Does a few milliseconds' work; true when all is done. */
  step(): boolean
  /** Share of the work done, 0 to 1. */
  readonly done: number
  /** Blocks found for a query, ascending; valid when done. */
  found(query: number): number[]
  /** Frees the run's wasm memory. */
  dispose(): void
}

export interface WordKernels {
  find(request: WordRequest): WordRun
}
