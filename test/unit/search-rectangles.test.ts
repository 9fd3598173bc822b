import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sharePair } from '../../src/engine/search/compare-windows.ts'
import { grow, mergeRectangles, reachOf, rectangleOf, type Rectangle } from '../../src/engine/search/rectangles.ts'
import { pairs } from '../support/alignments.ts'

const rectangle = (queryStart: number, subjectStart: number, length: number, context = 0): Rectangle => ({
  context,
  queryStart,
  queryEnd: queryStart + length,
  subjectStart,
  subjectEnd: subjectStart + length,
  diagonalLow: subjectStart - queryStart,
  diagonalHigh: subjectStart - queryStart,
})

describe('rectangleOf', () => {
  it('takes in the whole of a short query and as much of the record as it can reach', () => {
    const { queryStart, queryEnd, subjectStart, subjectEnd } = rectangleOf(rectangle(100, 5000, 50), 300, 1_000_000)
    expect([queryStart, queryEnd]).toEqual([0, 300])
    expect(subjectStart).toBeLessThan(4900)
    expect(subjectEnd).toBeGreaterThan(5200)
  })

  it('stays within the record', () => {
    const whole = rectangleOf(rectangle(100, 10, 50), 300, 80)
    expect([whole.subjectStart, whole.subjectEnd]).toEqual([0, 80])
  })

  it('takes in what is near the cluster of a long query, and no more than was read for it', () => {
    fc.assert(
      fc.property(fc.nat(90_000), fc.integer({ min: 1_000_000, max: 2_000_000 }), (start, subject) => {
        const cluster = rectangle(start, subject, 200)
        const { queryStart, queryEnd, subjectStart, subjectEnd } = rectangleOf(cluster, 100_000, 4_000_000)
        expect(queryEnd - queryStart).toBeLessThanOrEqual(1000)
        expect(queryStart).toBeLessThanOrEqual(start)
        const [before, after] = reachOf(start, start + 200, 100_000)
        expect([subjectStart, subjectEnd]).toEqual([subject - before, subject + 200 + after])
      }),
    )
  })
})

describe('mergeRectangles', () => {
  const anyRectangle = fc
    .record({
      query: fc.nat(3000),
      subject: fc.nat(20_000),
      length: fc.integer({ min: 1, max: 900 }),
      context: fc.nat(1),
    })
    .map(({ query, subject, length, context }) => rectangle(query, subject, length, context))

  it('covers what it was given, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(anyRectangle, { maxLength: 12 }), (given) => {
        const merged = mergeRectangles(given)
        for (const one of given) {
          const holder = merged.find(
            (other) =>
              other.context === one.context &&
              other.queryStart <= one.queryStart &&
              other.queryEnd >= one.queryEnd &&
              other.subjectStart <= one.subjectStart &&
              other.subjectEnd >= one.subjectEnd,
          )
          expect(holder).toBeDefined()
        }
        expect(mergeRectangles([...given].reverse())).toEqual(merged)
        expect(mergeRectangles(merged)).toEqual(merged)
      }),
    )
  })

  it('keeps strands and distant diagonals of long pairs apart', () => {
    expect(mergeRectangles([rectangle(0, 0, 100), rectangle(50, 50, 100, 1)])).toHaveLength(2)
    const band = { ...rectangle(0, 0, 20_000), diagonalLow: -10, diagonalHigh: 10 }
    expect(mergeRectangles([band, rectangle(5000, 5060, 1000)])).toHaveLength(1)
    expect(mergeRectangles([band, rectangle(5000, 9000, 1000)])).toHaveLength(2)
  })
})

describe('grow', () => {
  it('widens the sides that it is told to, until query and record end', () => {
    const sides = { queryStart: false, queryEnd: true, subjectStart: true, subjectEnd: false }
    let grown = rectangle(2000, 30_000, 500)
    for (let round = 0; round < 12; round++) {
      const next = grow(grown, sides, 5000, 40_000)
      expect([next.queryStart, next.subjectEnd]).toEqual([2000, 30_500])
      grown = next
    }
    expect([grown.queryEnd, grown.subjectStart]).toEqual([5000, 0])
  })
})

describe('sharePair', () => {
  it('tells alignments that pair the same residues from those that only overlap', () => {
    expect(sharePair(pairs(0, 100, 50), pairs(20, 120, 50))).toBe(true)
    expect(sharePair(pairs(0, 100, 50), pairs(20, 121, 50))).toBe(false)
    expect(sharePair(pairs(0, 100, 50), pairs(50, 150, 50))).toBe(false)
  })
})
