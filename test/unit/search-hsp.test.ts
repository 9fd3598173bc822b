import { describe, expect, it } from 'vitest'
import { frameCoordinates, roundedEvalue, withoutContained } from '../../src/engine/search/hsp.ts'
import { pairs } from '../support/alignments.ts'

describe('frameCoordinates', () => {
  it('counts from the strand that is translated', () => {
    // 20 nt: frame 2 starts at base 2; frame −1 starts at base 20, frame −3 at base 18.
    expect(frameCoordinates(0, 2, 2, 20)).toEqual([2, 7])
    expect(frameCoordinates(0, 2, -1, 20)).toEqual([20, 15])
    expect(frameCoordinates(1, 2, -3, 20)).toEqual([15, 13])
  })
})

describe('withoutContained', () => {
  it('drops what lies inside a better alignment', () => {
    const best = pairs(0, 0, 100)
    expect(withoutContained([best, pairs(10, 30, 20)], 0)).toEqual([best])
  })

  it('keeps what reaches out of it in either sequence', () => {
    const all = [pairs(0, 0, 100), pairs(10, 90, 20), pairs(90, 10, 20)]
    expect(withoutContained(all, 0)).toEqual(all)
  })

  it('keeps distant diagonals where a separation is given', () => {
    const all = [pairs(0, 0, 200), pairs(10, 80, 20)]
    expect(withoutContained(all, 50)).toEqual(all)
    expect(withoutContained([all[0], pairs(10, 50, 20)], 50)).toEqual([all[0]])
  })
})

describe('roundedEvalue', () => {
  it('keeps six digits', () => {
    expect(roundedEvalue(1.2345671e-30)).toBe(1.23457e-30)
    expect(roundedEvalue(0)).toBe(0)
  })
})
