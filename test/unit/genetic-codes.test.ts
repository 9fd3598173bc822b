import { describe, expect, it } from 'vitest'
import { CatalogError } from '../../src/engine/errors.ts'
import { decodeCodes } from '../../src/engine/sequence/alphabet.ts'
import { codonTable, GENETIC_CODES } from '../../src/engine/sequence/genetic-codes.ts'
import { codesOf, translateFrame } from '../support/statistics-blast.ts'

function translate(residues: string, code = 1): string {
  return new TextDecoder().decode(decodeCodes(translateFrame(codesOf(residues, 'dna'), 1, codonTable(code)), 'protein'))
}

describe('genetic codes', () => {
  it("are NCBI's 27", () => {
    const numbers = [
      1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33,
    ]
    expect(GENETIC_CODES.map(({ code }) => code)).toEqual(numbers)
  })
  it('translate', () => {
    expect(translate('ATGGCCATTGTAATGGGCCGCTGAAAGGGTGCCCGATAG')).toBe('MAIVMGR*KGAR*')
    expect(translate('ATAAGATGA', 2)).toBe('M*W')
    expect(translate('TAGTAATGA', 32)).toBe('W**')
  })
  it('read ambiguity codes where all readings agree', () => {
    expect(translate('GCNMGRYTRTARATHNNNRAYACS')).toBe('ARL*IXXT')
  })
  it('that do not exist are refused with a list', () => {
    for (const code of [0, 7, 8, 34, 1.5, NaN]) {
      expect(() => codonTable(code)).toThrow(CatalogError)
      expect(() => codonTable(code)).toThrow(/1, 2, 3.*33/)
    }
  })
})
