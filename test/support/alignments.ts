import { OP_PAIR, type Alignment } from '../../src/engine/kernels/types.ts'

/** An alignment without gaps; its score is its length. */
export const pairs = (queryStart: number, subjectStart: number, length: number): Alignment => ({
  score: length,
  queryStart,
  queryEnd: queryStart + length,
  subjectStart,
  subjectEnd: subjectStart + length,
  operations: Uint32Array.of((length << 2) | OP_PAIR),
})
