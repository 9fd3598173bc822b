/** Bytes [start, end) of a file. */
export interface ByteRange {
  start: number
  end: number
}

/** One read that answers several ranges. */
export interface PlannedRead extends ByteRange {
  /** Indices of the ranges that lie in it, by their start. */
  ranges: number[]
}

/**
 * The reads that answer `ranges`: ranges that overlap or lie at most `gap` bytes apart become one read, as long as it
 * stays within `limit` bytes (a single longer range is still one read). Empty ranges are left out.
 */
export function planReads(ranges: readonly ByteRange[], gap: number, limit = Infinity): PlannedRead[] {
  const order = ranges.map((_, i) => i).filter((i) => ranges[i].end > ranges[i].start)
  order.sort((a, b) => ranges[a].start - ranges[b].start || ranges[a].end - ranges[b].end)
  const reads: PlannedRead[] = []
  for (const i of order) {
    const { start, end } = ranges[i]
    const last = reads.at(-1)
    const inside = last !== undefined && end <= last.end
    if (last !== undefined && (inside || (start - last.end <= gap && end - last.start <= limit))) {
      last.end = Math.max(last.end, end)
      last.ranges.push(i)
    } else {
      reads.push({ start, end, ranges: [i] })
    }
  }
  return reads
}
