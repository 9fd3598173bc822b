import type { SequenceBatch } from '../kernels/types.ts'
import type { Part } from './tasks.ts'

/** Windows of the subjects of one chunk, in order of (record, frame, start). */
export interface Windows extends SequenceBatch {
  /** First window of each record: `records + 1` values. */
  recordStarts: Uint32Array
  /** Per window: index into the subject frames, and the window's start on that frame. */
  frame: Uint8Array
  offset: Uint32Array
}

/** One frame of one subject. */
export interface Strip {
  /** Where the frame's residues stand in the shared codes. */
  start: number
  length: number
}

/** Windows shorter than this would cost more in overlap than they save. */
const SHORTEST_WINDOW = 8192
/** Subjects that the kernels compare at a time. */
const LANES = 16

/** Length of windows: long against their overlap, but short enough that a few long sequences keep all lanes busy. */
function windowSize(strips: readonly Strip[], overlap: number): number {
  const size = Math.max(SHORTEST_WINDOW, 4 * overlap)
  let windows = 0
  let longest = 0
  for (const { length } of strips) {
    windows += Math.max(1, Math.ceil((length - overlap) / (size - overlap)))
    longest = Math.max(longest, length)
  }
  return windows >= LANES ? size : Math.max(SHORTEST_WINDOW, overlap + Math.ceil(longest / LANES))
}

/**
 * Cuts long sequences into windows that overlap by `overlap`, so that every alignment that spans at most `overlap`
 * residues lies whole in one of them. `strips[record * frames + frame]` are the sequences.
 */
export function cutWindows(codes: Uint8Array, strips: readonly Strip[], frames: number, overlap: number): Windows {
  const size = windowSize(strips, overlap)
  const step = size - overlap
  const starts: number[] = []
  const lengths: number[] = []
  const frame: number[] = []
  const offset: number[] = []
  const recordStarts = new Uint32Array(strips.length / frames + 1)
  strips.forEach((strip, index) => {
    if (index % frames === 0) recordStarts[index / frames] = starts.length
    for (let at = 0; at === 0 || at + overlap < strip.length; at += step) {
      starts.push(strip.start + at)
      lengths.push(Math.min(size, strip.length - at))
      frame.push(index % frames)
      offset.push(at)
      if (at + size >= strip.length) break
    }
  })
  recordStarts[strips.length / frames] = starts.length
  return {
    codes,
    starts: Uint32Array.from(starts),
    lengths: Uint32Array.from(lengths),
    recordStarts,
    frame: Uint8Array.from(frame),
    offset: Uint32Array.from(offset),
  }
}

/** The `index`th of `count` nearly equal parts of the windows; records without a window in it have none. */
export function partOfWindows(windows: Windows, { index, count }: Part): Windows {
  const total = windows.lengths.length
  const first = Math.floor((index * total) / count)
  const end = Math.floor(((index + 1) * total) / count)
  const starts = windows.starts.slice(first, end)
  // Windows stand in order of their residues: only the stretch that these need is kept.
  const from = starts.length === 0 ? 0 : starts[0]
  const to = starts.length === 0 ? 0 : windows.starts[end - 1] + windows.lengths[end - 1]
  return {
    codes: windows.codes.subarray(from, to),
    starts: starts.map((start) => start - from),
    lengths: windows.lengths.slice(first, end),
    frame: windows.frame.slice(first, end),
    offset: windows.offset.slice(first, end),
    recordStarts: windows.recordStarts.map((start) => Math.min(Math.max(start - first, 0), end - first)),
  }
}

/** Joins the windows chosen by `passes` that overlap or touch, per frame: [frame, start, end) on that frame. */
export function joinWindows(
  windows: Windows,
  record: number,
  passes: (window: number) => boolean,
): { frame: number; start: number; end: number; codesStart: number }[] {
  const regions: { frame: number; start: number; end: number; codesStart: number }[] = []
  for (let w = windows.recordStarts[record]; w < windows.recordStarts[record + 1]; w++) {
    if (!passes(w)) continue
    const start = windows.offset[w]
    const end = start + windows.lengths[w]
    const last = regions.at(-1)
    if (last !== undefined && last.frame === windows.frame[w] && start <= last.end) last.end = end
    else regions.push({ frame: windows.frame[w], start, end, codesStart: windows.starts[w] })
  }
  return regions
}
