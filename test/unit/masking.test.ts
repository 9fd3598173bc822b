import { describe, expect, it } from 'vitest'
import { dustIntervals } from '../../src/engine/sequence/masking/dust.ts'
import { segIntervals } from '../../src/engine/sequence/masking/seg.ts'
import { codesOf } from '../support/statistics-blast.ts'

const HEAD = 'MKVLATRWDEHNPFGYISCQ'
const seg = (residues: string): number[] => [...segIntervals(codesOf(residues, 'protein'))]
const dust = (residues: string): number[] => [...dustIntervals(codesOf(residues, 'dna'))]

describe('SEG', () => {
  it('masks a run of one residue and nothing around it', () => {
    expect(seg(HEAD + 'Q'.repeat(30) + 'MKVLATRWDEHNPFGYISCA')).toEqual([19, 50])
  })
  it('masks nothing in short or varied sequences', () => {
    for (const residues of ['', 'Q', 'QQQQQQQQQQQ', HEAD, HEAD + HEAD]) expect(seg(residues)).toEqual([])
  })
  it('masks no unknown residues', () => {
    expect(seg(HEAD + 'X'.repeat(40) + HEAD)).toEqual([])
  })
})

describe('DUST', () => {
  const VARIED = 'ACGTTGCATCGGATCCTAGCAAGTCTGACC'
  it('masks repeats of one and two bases', () => {
    expect(dust(VARIED + 'A'.repeat(30) + VARIED.slice(1))).toEqual([30, 60])
    const [start, end] = dust(VARIED + 'CA'.repeat(20) + VARIED)
    expect(start).toBeGreaterThanOrEqual(28)
    expect(end).toBeLessThanOrEqual(74)
    expect(end - start).toBeGreaterThanOrEqual(38)
  })
  it('masks nothing in short or varied sequences', () => {
    for (const residues of ['', 'A', 'AA', 'AAA', VARIED]) expect(dust(residues)).toEqual([])
  })
  it('masks a whole repeat longer than the window', () => {
    expect(dust('T'.repeat(500))).toEqual([0, 500])
  })
  it('takes runs of N for any bases', () => {
    expect(dust(VARIED + 'N'.repeat(200) + VARIED)).toEqual(dust(VARIED + 'N'.repeat(200) + VARIED))
    const masked = dust(VARIED + 'N'.repeat(200) + VARIED).reduce((sum, at, i) => sum + (i % 2 ? at : -at), 0)
    expect(masked).toBeLessThan(60)
  })
})
