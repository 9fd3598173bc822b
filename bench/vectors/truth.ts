import type { VectorKernels } from '../../src/engine/kernels/vectors.ts'
import { DIMENSIONS } from './data.ts'

const KEPT = 50
const STEP = 4096

/** The `k` nearest of `base` to each query, all compared: in 16 bits first, the best 50 in double precision. */
export function exactNeighbours(
  kernels: VectorKernels,
  base: Float32Array,
  queries: Float32Array,
  k: number,
): Int32Array[] {
  const count = base.length / DIMENSIONS
  const prepared = kernels.prepare(queries, DIMENSIONS, null, null)
  const asked = queries.length / DIMENSIONS
  const best = Array.from({ length: asked }, () => ({
    values: new Int32Array(KEPT).fill(-(2 ** 31)),
    rows: new Int32Array(KEPT),
    least: 0,
  }))
  for (let from = 0; from < count; from += STEP) {
    const to = Math.min(count, from + STEP)
    const rows = kernels.prepare(base.subarray(from * DIMENSIONS, to * DIMENSIONS), DIMENSIONS, null, null)
    best.forEach((held, q) => {
      const dots = kernels.dotRows(prepared.subarray(q * DIMENSIONS, (q + 1) * DIMENSIONS), rows)
      for (let row = 0; row < dots.length; row++) {
        if (dots[row] <= held.values[held.least]) continue
        held.values[held.least] = dots[row]
        held.rows[held.least] = from + row
        for (let i = 0; i < KEPT; i++) if (held.values[i] < held.values[held.least]) held.least = i
      }
    })
  }
  return best.map(({ rows }, q) => {
    const dot = (row: number): number => {
      let sum = 0
      for (let d = 0; d < DIMENSIONS; d++) sum += base[row * DIMENSIONS + d] * queries[q * DIMENSIONS + d]
      return sum
    }
    const scored = Array.from(rows, (row) => [row, dot(row)])
    scored.sort((a, b) => b[1] - a[1] || a[0] - b[0])
    return Int32Array.from(scored.slice(0, k), ([row]) => row)
  })
}

export interface Measured {
  recall: number
  p50: number
  p99: number
  /** Queries a second, one after the other. */
  perSecond: number
}

/** Asks every query once, one after the other, after a tenth of them for warmth. */
export async function measure(
  queries: Float32Array,
  truth: readonly Int32Array[],
  search: (query: Float32Array) => Promise<ArrayLike<number>>,
): Promise<Measured> {
  const query = (q: number): Float32Array => queries.slice(q * DIMENSIONS, (q + 1) * DIMENSIONS)
  for (let q = 0; q < truth.length; q += 10) await search(query(q))
  const times: number[] = []
  let hits = 0
  let asked = 0
  for (const [q, expected] of truth.entries()) {
    const started = performance.now()
    const found = await search(query(q))
    times.push(performance.now() - started)
    const ids = new Set(Array.from(found).slice(0, expected.length))
    hits += expected.filter((row) => ids.has(row)).length
    asked += expected.length
  }
  const total = times.reduce((sum, time) => sum + time, 0)
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))]
  return { recall: hits / asked, p50: at(0.5), p99: at(0.99), perSecond: (1000 * times.length) / total }
}
