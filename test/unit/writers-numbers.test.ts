import { describe, expect, it } from 'vitest'
import {
  coveragePercent,
  formatBitScore,
  formatCount,
  formatEvalue,
  formatEvalueInTable,
  formatFixed,
  wholePercent,
} from '../../src/engine/io/write-numbers.ts'

describe('numbers as BLAST writes them', () => {
  it.each([
    [0, '0.0', '0.0'],
    [9.9e-181, '0.0', '0.0'],
    [1e-180, '1e-180', '1.00e-180'],
    [1.93216e-112, '2e-112', '1.93e-112'],
    [4.96918e-13, '5e-13', '4.97e-13'],
    [1.9e-6, '2e-06', '1.90e-06'],
    [9.96e-10, '1e-09', '9.96e-10'],
    [0.000899, '9e-04', '8.99e-04'],
    [0.0009, '0.001', '0.001'],
    [0.005, '0.005', '0.005'],
    [0.09996, '0.100', '0.100'],
    [0.12, '0.12', '0.12'],
    [0.998, '1.00', '1.00'],
    [2.14, '2.1', '2.1'],
    [10, '10', '10'],
    [17.6, '18', '18'],
    [123456.7, '123457', '123457'],
  ])('E-value %s', (value, report, table) => {
    expect(formatEvalue(value)).toBe(report)
    expect(formatEvalueInTable(value)).toBe(table)
  })

  it.each([
    [9.54, '9.5'],
    [54.7, '54.7'],
    [99.9, '99.9'],
    [99.96, '99'],
    [100.97, '100'],
    [172.555, '172'],
    [99999, '99999'],
    [123456, '1.235e+05'],
  ])('bit score %s', (value, text) => {
    expect(formatBitScore(value)).toBe(text)
  })

  it('rounds exact halves to the even digit, as printf does', () => {
    expect(formatFixed(1.5625, 3)).toBe('1.562')
    expect(formatFixed(4.6875, 3)).toBe('4.688')
    expect(formatFixed(0.5, 0)).toBe('0')
    expect(formatFixed(1.5, 0)).toBe('2')
    expect(formatFixed(2.5, 0)).toBe('2')
    expect(formatFixed(0.25, 1)).toBe('0.2')
    expect(formatFixed(0.35, 1)).toBe('0.3')
    expect(formatFixed(99.99951, 3)).toBe('100.000')
    expect(formatFixed(37.5, 3)).toBe('37.500')
  })

  it('gives 100% to whole matches alone', () => {
    expect(wholePercent(116, 116)).toBe(100)
    expect(wholePercent(9999, 10000)).toBe(99)
    expect(wholePercent(26, 67)).toBe(39)
    expect(wholePercent(0, 67)).toBe(0)
    expect(coveragePercent(99.7)).toBe(99)
    expect(coveragePercent(100)).toBe(100)
    expect(coveragePercent(42.5)).toBe(43)
  })

  it('groups thousands', () => {
    expect([0, 999, 1000, 1842773].map(formatCount)).toEqual(['0', '999', '1,000', '1,842,773'])
  })
})
