import type { EmbeddingDescription } from './types.ts'

type Windowing = Pick<EmbeddingDescription, 'window' | 'step'>

/** Windows of a record of `length` residues: one where it is no longer than a window; none where it is empty. */
export function windowCount(length: number, { window, step }: Windowing): number {
  return length === 0 ? 0 : length <= window ? 1 : Math.ceil((length - window) / step) + 1
}

/**
 * Where window `index` of a record begins. Windows are spread evenly, the first at its start and the last at its end, no
 * more than `step` apart (a residue more where rounded), and the same from either end: the reverse complement has the
 * same windows.
 */
export function windowStart(index: number, length: number, windowing: Windowing): number {
  const last = windowCount(length, windowing) - 1
  if (last < 1) return 0
  const room = length - windowing.window
  return 2 * index < last ? Math.floor((index * room) / last) : room - Math.floor(((last - index) * room) / last)
}

/** Starts of all windows of a record that begin at residue `from` or later and, at full size, end by `to`. */
export function windowStarts(length: number, windowing: Windowing, from = 0, to = length): Uint32Array {
  const count = windowCount(length, windowing)
  const room = length - windowing.window
  const size = Math.min(windowing.window, length)
  // One early, since starts are rounded.
  let index = from === 0 || room <= 0 ? 0 : Math.max(0, Math.floor((from * (count - 1)) / room) - 1)
  const starts: number[] = []
  for (; index < count; index++) {
    const start = windowStart(index, length, windowing)
    if (start + size > to) break
    if (start >= from) starts.push(start)
  }
  return Uint32Array.from(starts)
}

/**
 * Where windows with these starts end. The one in the middle of a record where an odd number of residues is left beside
 * it is a residue shorter, to stand in the middle.
 */
export function windowEnds(starts: Uint32Array, length: number, windowing: Windowing): Uint32Array {
  const room = length - windowing.window
  const middle = room > 0 && room % 2 === 1 && windowCount(length, windowing) % 2 === 1 ? (room + 1) / 2 : -1
  return starts.map((start) => Math.min(length, start + windowing.window - (start === middle ? 1 : 0)))
}
