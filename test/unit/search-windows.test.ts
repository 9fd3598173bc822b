import { describe, expect, it } from 'vitest'
import { cutWindows, joinWindows } from '../../src/engine/search/windows.ts'

describe('cutWindows', () => {
  it('leaves short sequences whole', () => {
    const windows = cutWindows(
      new Uint8Array(30),
      [
        { start: 0, length: 10 },
        { start: 10, length: 20 },
      ],
      1,
      5,
    )
    expect([...windows.starts]).toEqual([0, 10])
    expect([...windows.lengths]).toEqual([10, 20])
    expect([...windows.recordStarts]).toEqual([0, 1, 2])
  })

  it('gives an empty frame one empty window', () => {
    const windows = cutWindows(new Uint8Array(0), [{ start: 0, length: 0 }], 1, 5)
    expect([...windows.lengths]).toEqual([0])
  })

  it('holds every stretch of the overlap length in one window, and ends with the sequence', () => {
    for (const [length, overlap] of [
      [8192, 100],
      [8193, 100],
      [16_284, 100],
      [16_285, 100],
      [100_000, 3000],
      [1_000_000, 20_000],
    ]) {
      const windows = cutWindows(new Uint8Array(length), [{ start: 0, length }], 1, overlap)
      const ends = [...windows.starts].map((start, i) => start + windows.lengths[i])
      expect(windows.starts[0]).toBe(0)
      expect(ends.at(-1)).toBe(length)
      for (let i = 1; i < ends.length; i++) {
        expect(ends[i - 1] - windows.starts[i]).toBe(overlap)
        expect(ends[i]).toBeGreaterThan(ends[i - 1])
      }
    }
  })

  it('keeps frames of one record together', () => {
    const strips = [4, 3, 5, 2].map((length, i) => ({ start: i * 10, length }))
    const windows = cutWindows(new Uint8Array(40), strips, 2, 5)
    expect([...windows.recordStarts]).toEqual([0, 2, 4])
    expect([...windows.frame]).toEqual([0, 1, 0, 1])
  })
})

describe('joinWindows', () => {
  const windows = cutWindows(
    new Uint8Array(100_000),
    [
      { start: 0, length: 50_000 },
      { start: 50_000, length: 50_000 },
    ],
    1,
    100,
  )

  it('joins neighbours and keeps strangers apart', () => {
    const chosen = new Set([0, 1, 4])
    expect(joinWindows(windows, 0, (w) => chosen.has(w))).toEqual([
      { frame: 0, start: 0, end: 8192 + 8092, codesStart: 0 },
      { frame: 0, start: 4 * 8092, end: 4 * 8092 + 8192, codesStart: 4 * 8092 },
    ])
  })

  it('sees only windows of its record', () => {
    const first = windows.recordStarts[1]
    expect(joinWindows(windows, 0, (w) => w >= first)).toEqual([])
    expect(joinWindows(windows, 1, (w) => w === first)).toEqual([{ frame: 0, start: 0, end: 8192, codesStart: 50_000 }])
  })
})
