import { describe, expect, it } from 'vitest'
import {
  COMPLEMENT,
  NUCLEOTIDE_LETTERS,
  PROTEIN_LETTERS,
  decodeCodes,
  detectAlphabet,
  encodeLetters,
} from '../../src/engine/sequence/alphabet.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (letters: Uint8Array) => new TextDecoder().decode(letters)
const detect = (...records: string[]) => detectAlphabet(records.map(bytes))

function encoded(letters: string, alphabet: 'dna' | 'rna' | 'protein') {
  const result = encodeLetters(bytes(letters), alphabet)
  if (!('codes' in result)) throw new Error(result.reason)
  return result
}

describe('codes', () => {
  it('are those of the kernels: A C G T and the IUPAC codes, and NCBIstdaa', () => {
    expect([...encoded('ACGTRYMKWSBDHVN', 'dna').codes]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
    expect([...encoded('ACGU', 'rna').codes]).toEqual([0, 1, 2, 3])
    expect([...encoded('-ABCDEFGHIKLMNPQRSTVWXYZU*OJ', 'protein').codes]).toEqual([...Array(28).keys()])
  })

  it('come back as the letters that went in, in upper case', () => {
    for (const letters of [NUCLEOTIDE_LETTERS, NUCLEOTIDE_LETTERS.replace('T', 'U')]) {
      const { codes, uracil } = encoded(letters.toLowerCase(), 'dna')
      expect(text(decodeCodes(codes, 'dna', uracil))).toBe(letters)
    }
    expect(text(decodeCodes(encoded(PROTEIN_LETTERS.toLowerCase(), 'protein').codes, 'protein'))).toBe(PROTEIN_LETTERS)
  })

  it('tell RNA by its U, whichever nucleotide alphabet is asked for', () => {
    expect(encoded('ACGU', 'dna').uracil).toBe(true)
    expect(encoded('acgu', 'rna').uracil).toBe(true)
    expect(encoded('ACGT', 'rna').uracil).toBe(false)
    expect(encoded('ACG', 'rna').uracil).toBe(false)
    expect(encoded('MUT', 'protein').uracil).toBe(false)
  })

  it('name the first byte that is no letter of the alphabet', () => {
    expect(encodeLetters(bytes('ACGEF'), 'dna')).toEqual({ position: 3, reason: "'E' is not a letter of DNA" })
    expect(encodeLetters(bytes('MK1'), 'protein')).toEqual({ position: 2, reason: "'1' is not a letter of protein" })
    expect(encodeLetters(Uint8Array.of(65, 0), 'rna')).toEqual({
      position: 1,
      reason: 'byte 0x00 is not a letter of RNA',
    })
    expect(encodeLetters(Uint8Array.of(65, 233), 'dna')).toMatchObject({ position: 1 })
  })

  it('refuse T and U in one record, which one flag could not give back', () => {
    expect(encodeLetters(bytes('ACTGU'), 'rna')).toEqual({ position: 4, reason: 'has both T and U' })
    expect(encodeLetters(bytes('uact'), 'dna')).toEqual({ position: 3, reason: 'has both T and U' })
  })

  it('have complements that pair each letter with what pairs with its bases', () => {
    const bases: Record<string, string> = {
      A: 'A', C: 'C', G: 'G', T: 'T', R: 'AG', Y: 'CT', M: 'AC', K: 'GT', W: 'AT', S: 'CG',
      B: 'CGT', D: 'AGT', H: 'ACT', V: 'ACG', N: 'ACGT',
    } // prettier-ignore
    const opposite: Record<string, string> = { A: 'T', C: 'G', G: 'C', T: 'A' }
    expect(COMPLEMENT).toHaveLength(15)
    for (let code = 0; code < 15; code++) {
      const complement = NUCLEOTIDE_LETTERS[COMPLEMENT[code]]
      const expected = [...bases[NUCLEOTIDE_LETTERS[code]]].map((base) => opposite[base]).sort()
      expect([...bases[complement]].sort()).toEqual(expected)
    }
  })
})

describe('the alphabet of a set of records', () => {
  it.each<[string, 'dna' | 'rna' | 'protein', string[]]>([
    ['plain DNA', 'dna', ['ACGTACGT', 'GGCCA']],
    ['lower case', 'dna', ['acgtacgt']],
    ['RNA', 'rna', ['ACGUACGU', 'GGAUC']],
    ['more U than T over all records', 'rna', ['ACGUUUACGU', 'GGTTC']],
    ['proteins', 'protein', ['MKVLLTEEF', 'MNPQRSTV']],
    ['every IUPAC code', 'dna', ['ACGTRYMKWSBDHVN'.repeat(4)]],
    ['a degenerate primer', 'dna', ['GTGYCAGCMGCCGCGGTAA']],
    ['only N', 'dna', ['NNNNNNNN']],
    ['only X', 'protein', ['XXXXXX']],
    ['a masked read', 'dna', ['ACGTXXXXXXXXXXXXXXXXXXXXXXXXACGTNNNNACG']],
    ['a peptide of nucleotide letters among proteins', 'protein', ['GATTACA', 'MKVLLTEEF', 'LIPEQ']],
    ['a read like a peptide among reads', 'dna', ['MKRWSDH', 'ACGTACGTAC', 'ACGGTTACGA']],
    ['a peptide without the letters that only proteins have', 'protein', ['MKWDHSRVK']],
    ['a protein with a selenocysteine and a stop', 'protein', ['MKUVLEEF*KL']],
    ['DNA with one wrong letter', 'dna', ['ACGTACGTACGTACGTACGTACGTE']],
    ['a long record of ambiguity codes', 'dna', ['RYKMSW'.repeat(20)]],
    ['a tie: the side with more letters', 'protein', ['ACGTACGT', 'MKVLLTEEFPQ']],
    ['a tie: the side with more letters', 'dna', ['ACGTACGTACGTACGT', 'MKVLLTEEFPQ']],
    ['nothing', 'dna', []],
  ])('%s: %s', (_, expected, records) => {
    expect(detect(...records)).toBe(expected)
  })

  it('does not change when one record of DNA is a protein by mistake', () => {
    expect(detect(...Array<string>(99).fill('ACGTTGCA'), 'MKVLLTEEFPQMKVLLTEEFPQ')).toBe('dna')
  })
})
