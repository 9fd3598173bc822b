import { describe, expect, it } from 'vitest'
import { aboutSeconds, bytes, evalueParts, large, percent } from '../../src/lib/format.ts'
import { ticks } from '../../src/lib/search/ticks.ts'

describe('numbers on the page', () => {
  it.each([
    [0, '0', null],
    [1.234e-80, '1.2', -80],
    [5.06e-190, '5.1', -190],
    [9.96e-5, '1.0', -4],
    [0.0034, '0.0034', null],
    [0.38, '0.38', null],
    [4.1, '4.1', null],
    [123.4, '123', null],
    [2.5e9, '2.5', 9],
  ])('parts the E-value %d, so that its exponent %s can be raised', (value, mantissa, exponent) => {
    expect(evalueParts(value)).toEqual({ mantissa, exponent })
  })

  it.each([
    [100, '100'],
    [99.999, '99.9'],
    [99.95, '99.9'],
    [12.34, '12.3'],
    [0, '0.0'],
  ])('writes %d percent as %s: never 100 for less', (value, text) => {
    expect(percent(value)).toBe(text)
  })

  it('writes sizes, counts and times with what matters of them', () => {
    expect([0, 999, 1000, 57_344, 2_949_120, 999_600].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '57 kB',
      '2.9 MB',
      '1.0 MB',
    ])
    expect([870, 2_266_908, 37_000_000_000].map(large)).toEqual(['870', '2.3 million', '37 billion'])
    expect([0.2, 4.4, 100, 7200].map(aboutSeconds)).toEqual(['under 1 s', 'about 4 s', 'about 2 min', 'about 2.0 h'])
  })

  it('marks both ends of an axis and round numbers between', () => {
    expect(ticks(813, 8)).toEqual([1, 200, 400, 600, 813])
    expect(ticks(1, 8)).toEqual([1])
    for (const length of [2, 7, 50, 1000, 123_456, 3e9]) {
      const marks = ticks(length, 8)
      expect([marks[0], marks.at(-1)]).toEqual([1, length])
      expect(marks).toEqual([...new Set(marks)].sort((a, b) => a - b))
      expect(marks.length).toBeLessThan(12)
    }
  })
})
