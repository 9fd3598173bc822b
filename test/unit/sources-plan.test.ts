import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planReads } from '../../src/engine/source/plan.ts'

const range = (start: number, end: number) => ({ start, end })

describe('planning reads', () => {
  it('merges what overlaps, touches or lies close, in order of start', () => {
    expect(planReads([range(100, 200), range(0, 10), range(150, 160), range(200, 210), range(20, 30)], 10)).toEqual([
      { start: 0, end: 30, ranges: [1, 4] },
      { start: 100, end: 210, ranges: [0, 2, 3] },
    ])
  })

  it('keeps apart what lies further than the gap', () => {
    expect(planReads([range(0, 10), range(21, 30)], 10)).toHaveLength(2)
    expect(planReads([range(0, 10), range(20, 30)], 10)).toHaveLength(1)
    expect(planReads([range(0, 10), range(11, 30)], 0)).toHaveLength(2)
  })

  it('keeps reads within the limit, except one range that is longer', () => {
    expect(planReads([range(0, 60), range(60, 100), range(100, 300), range(120, 130)], 0, 100)).toEqual([
      { start: 0, end: 100, ranges: [0, 1] },
      { start: 100, end: 300, ranges: [2, 3] },
    ])
  })

  it('leaves out empty ranges', () => {
    expect(planReads([range(5, 5), range(7, 6)], 100)).toEqual([])
  })

  it('answers every range with one read, and reads no two bytes twice nor more than asked for and gaps', () => {
    const ranges = fc.array(
      fc.tuple(fc.nat(2000), fc.integer({ min: 1, max: 300 })).map(([start, length]) => range(start, start + length)),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(ranges, fc.nat(200), (wanted, gap) => {
        const reads = planReads(wanted, gap)
        expect(reads.flatMap((read) => read.ranges).sort((a, b) => a - b)).toEqual(wanted.map((_, i) => i))
        for (const read of reads) {
          for (const i of read.ranges) expect(wanted[i].start >= read.start && wanted[i].end <= read.end).toBe(true)
        }
        for (let i = 1; i < reads.length; i++) expect(reads[i].start - reads[i - 1].end).toBeGreaterThan(gap)
        const bytes = new Set(
          wanted.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i)),
        )
        const read = reads.reduce((sum, { start, end }) => sum + end - start, 0)
        const merged = wanted.length - reads.length
        expect(read).toBeLessThanOrEqual(bytes.size + merged * gap)
      }),
    )
  })
})
