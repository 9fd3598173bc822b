import type { EmbedKernels } from '../../kernels/embed-types.ts'

/** Vectors of a record's windows: all of them, block by block, and those looked up elsewhere. */
export interface RecordVectors {
  /** Windows of the record. */
  count: number
  /** All where there are no more than `MOST_LOOKED_UP`, else that many, evenly spread. */
  sample: Float32Array
  /** All, in order. */
  blocks(): AsyncIterable<Float32Array> | Iterable<Float32Array>
}

/** Windows of one record that are compared with all windows of another. */
export const MOST_LOOKED_UP = 512

/** Numbers of the windows that are looked up. */
export function sampledWindows(count: number): Uint32Array {
  if (count <= MOST_LOOKED_UP) return Uint32Array.from({ length: count }, (_, i) => i)
  return Uint32Array.from({ length: MOST_LOOKED_UP }, (_, i) => Math.floor((i * (count - 1)) / (MOST_LOOKED_UP - 1)))
}

/**
 * Similarity of two records: the mean, over the windows of both, of the highest cosine with a window of the other. 1 where
 * all windows are the same; the same digits whichever comes first; 0 where either has no windows.
 */
export async function similarity(
  a: RecordVectors,
  b: RecordVectors,
  dimensions: number,
  kernels: EmbedKernels,
): Promise<number> {
  if (a.count === 0 || b.count === 0) return 0
  const small = a.count <= MOST_LOOKED_UP && b.count <= MOST_LOOKED_UP
  if (small) {
    const { rows, columns } = kernels.bestDots(a.sample, b.sample, dimensions)
    return (total(rows) + total(columns)) / (rows.length + columns.length)
  }
  const forward = await highest(a.sample, b, dimensions, kernels)
  const backward = await highest(b.sample, a, dimensions, kernels)
  return (total(forward) + total(backward)) / (forward.length + backward.length)
}

async function highest(
  sample: Float32Array,
  other: RecordVectors,
  dimensions: number,
  kernels: EmbedKernels,
): Promise<Float32Array> {
  const best = new Float32Array(sample.length / dimensions).fill(-Infinity)
  for await (const block of other.blocks()) {
    const { rows } = kernels.bestDots(sample, block, dimensions)
    rows.forEach((dot, i) => (best[i] = Math.max(best[i], dot)))
  }
  return best
}

function total(values: Float32Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}
