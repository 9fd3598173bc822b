import type { Sums } from './tasks.ts'

/** Means of the rows; an entry that has none takes half of the entry that has most. */
export function nextCentroids(before: Int16Array, { sums, counts }: Sums, width: number): Int16Array {
  const next = Int16Array.from(before)
  const left = counts.slice()
  counts.forEach((count, i) => {
    for (let d = i * width; count > 0 && d < (i + 1) * width; d++) next[d] = Math.round(sums[d] / count)
  })
  counts.forEach((count, i) => {
    if (count > 0) return
    const most = left.reduce((best, n, j) => (n > left[best] ? j : best), 0)
    left[i] = left[most] >> 1
    left[most] -= left[i]
    for (let d = 0; d < width; d++) {
      const value = next[most * width + d]
      const step = (1 + (Math.abs(value) >> 6)) * (d & 1 ? -1 : 1)
      next[i * width + d] = clamp(value + step)
      next[most * width + d] = clamp(value - step)
    }
  })
  return next
}

function clamp(value: number): number {
  return Math.max(-32767, Math.min(32767, value))
}
