/** Scalar twins of wasm/embed.ts: the same digits, one f32 operation at a time. */
import type { EmbedKernels, KmerTables } from './embed-types.ts'

const f32 = Math.fround

function total4(lanes: Float32Array): number {
  return f32(f32(f32(lanes[0] + lanes[1]) + lanes[2]) + lanes[3])
}

/** What a window's k-mers add up to before the mean is taken off, and their number. */
export function kmerSums(tables: KmerTables, codes: Uint8Array): { sums: Float32Array; kmers: number } {
  const { dimensions, layers, signs } = tables
  const counts = new Uint16Array(dimensions * layers)
  let kmers = 0
  for (const { offsets, span, slots } of tables.masks) {
    for (let at = 0; at + span <= codes.length; at++) {
      const classes = offsets.map((offset) => tables.classes[codes[at + offset]])
      if (classes.some((each) => each >= 0x80)) continue
      counts[slots[classes.reduce((code, each) => (code << tables.bits) | each, 0)]]++
      kmers++
    }
  }
  const sums = new Float32Array(dimensions)
  for (let slot = 0; slot < counts.length; slot++)
    sums[slot % dimensions] += f32(f32(Math.sqrt(counts[slot])) * signs[slot])
  return { sums, kmers }
}

function embedWindow(tables: KmerTables, codes: Uint8Array, vector: Float32Array): void {
  const { sums, kmers } = kmerSums(tables, codes)
  const [dots, squares] = [new Float32Array(4), new Float32Array(4)]
  for (let d = 0; d < vector.length; d++) {
    vector[d] = sums[d] - f32(tables.mean[d] * kmers)
    dots[d & 3] += f32(vector[d] * tables.common[d])
  }
  const dot = total4(dots)
  for (let d = 0; d < vector.length; d++) {
    vector[d] -= f32(dot * tables.common[d])
    squares[d & 3] += f32(vector[d] * vector[d])
  }
  const length = f32(Math.sqrt(total4(squares)))
  for (let d = 0; d < vector.length; d++) vector[d] = kmers === 0 || length === 0 ? 0 : vector[d] / length
}

export const embedScalar: EmbedKernels = {
  embedKmers(tables, codes, starts, ends) {
    const { dimensions } = tables
    const vectors = new Float32Array(starts.length * dimensions)
    starts.forEach((start, i) => {
      embedWindow(tables, codes.subarray(start, ends[i]), vectors.subarray(i * dimensions, (i + 1) * dimensions))
    })
    return vectors
  },
  bestDots(rows, columns, dimensions) {
    const best = {
      rows: new Float32Array(rows.length / dimensions).fill(-Infinity),
      columns: new Float32Array(columns.length / dimensions).fill(-Infinity),
    }
    for (let i = 0; i < best.rows.length; i++) {
      for (let j = 0; j < best.columns.length; j++) {
        const sums = new Float32Array(4)
        for (let d = 0; d < dimensions; d++) sums[d & 3] += f32(rows[i * dimensions + d] * columns[j * dimensions + d])
        best.rows[i] = Math.max(best.rows[i], total4(sums))
        best.columns[j] = Math.max(best.columns[j], total4(sums))
      }
    }
    return best
  },
}
