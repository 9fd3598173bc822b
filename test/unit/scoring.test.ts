import { describe, expect, it } from 'vitest'
import { CatalogError } from '../../src/engine/errors.ts'
import { CODES } from '../../src/engine/kernels/types.ts'
import { NUCLEOTIDE_LETTERS, PROTEIN_LETTERS } from '../../src/engine/sequence/alphabet.ts'
import { compositionBias } from '../../src/engine/sequence/masking/bias.ts'
import { MATRIX_NAMES, NEVER, proteinMatrix } from '../../src/engine/search/matrices.ts'
import { defaultsFor, profileOf, resolveScoring, type Scoring } from '../../src/engine/search/scoring.ts'
import type { Program, ResolvedOptions, Task } from '../../src/engine/search/types.ts'
import { codesOf } from '../support/statistics-blast.ts'

function scoring(program: Program, changes: Partial<ResolvedOptions> = {}, task: Task | null = null): Scoring {
  const matrix = program === 'blastn' ? null : (changes.matrix ?? 'BLOSUM62')
  return resolveScoring({ program, task, ...defaultsFor(program, task, matrix), matrix, ...changes } as ResolvedOptions)
}

function nucleotide(system: Scoring, a: string, b: string): number {
  return system.matrix[NUCLEOTIDE_LETTERS.indexOf(a) * CODES + NUCLEOTIDE_LETTERS.indexOf(b)]
}

describe('matrices', () => {
  it.each(MATRIX_NAMES)('%s is symmetric, with U as C, O as X, and gaps never aligned', (name) => {
    const matrix = proteinMatrix(name)!
    const at = (a: string, b: string): number => matrix[PROTEIN_LETTERS.indexOf(a) * CODES + PROTEIN_LETTERS.indexOf(b)]
    for (let i = 0; i < CODES; i++) {
      for (let j = 0; j < CODES; j++) expect(matrix[i * CODES + j]).toBe(matrix[j * CODES + i])
    }
    for (const letter of 'ACDEFGHIKLMNPQRSTVWYBZJX*') {
      expect(at('U', letter)).toBe(at('C', letter))
      expect(at('O', letter)).toBe(at('X', letter))
      expect(at('-', letter)).toBe(NEVER)
    }
    expect(at('U', 'U')).toBe(at('C', 'C'))
    expect(matrix[28 * CODES + 1]).toBe(NEVER)
  })

  it('are null where unknown', () => {
    for (const name of ['BLOSUM63', 'blosum62', '', 'toString']) expect(proteinMatrix(name)).toBeNull()
  })
})

describe('defaults', () => {
  it("are BLAST's", () => {
    const costs = Object.fromEntries(
      MATRIX_NAMES.map((name) => {
        const { gapopen, gapextend } = defaultsFor('blastp', null, name)
        return [name, [gapopen, gapextend]]
      }),
    )
    // `-gapopen` and `-gapextend` of blastp's manual page for each matrix.
    expect(costs).toEqual({
      BLOSUM45: [14, 2], BLOSUM50: [13, 2], BLOSUM62: [11, 1], BLOSUM80: [10, 1], BLOSUM90: [10, 1],
      PAM30: [9, 1], PAM70: [10, 1], PAM250: [14, 2], IDENTITY: [15, 2],
    }) // prettier-ignore
    expect(defaultsFor('blastn', 'blastn', null)).toEqual({ reward: 2, penalty: -3, gapopen: 5, gapextend: 2 })
    expect(defaultsFor('blastn', 'megablast', null)).toEqual({ reward: 1, penalty: -2, gapopen: 0, gapextend: 0 })
    expect(defaultsFor('blastn', 'blastn-short', null)).toEqual({ reward: 1, penalty: -3, gapopen: 5, gapextend: 2 })
    expect(defaultsFor('tblastx', null, 'BLOSUM62').gapopen).toBeNull()
  })
})

describe('nucleotide scores', () => {
  it('give ambiguity codes the mean of their bases, halves away from zero', () => {
    const system = scoring('blastn', {}, 'blastn')
    expect(nucleotide(system, 'A', 'A')).toBe(2)
    expect(nucleotide(system, 'A', 'C')).toBe(-3)
    expect(nucleotide(system, 'A', 'R')).toBe(-1) // (2 − 3) / 2 = −0.5
    expect(nucleotide(system, 'A', 'Y')).toBe(-3)
    expect(nucleotide(system, 'A', 'N')).toBe(-2) // (2 − 9) / 4 = −1.75
    expect(nucleotide(system, 'R', 'V')).toBe(-1) // (2 − 6) / 3 = −1.33
    expect(nucleotide(system, 'N', 'N')).toBe(-2)
    expect(system.gaps).toEqual({ open: 5, extend: 2 })
    expect(system.roundDown).toBe(true)
  })

  it('are doubled where linear gaps cost halves', () => {
    const system = scoring('blastn', {}, 'megablast')
    expect(system.scale).toBe(2)
    expect(system.gaps).toEqual({ open: 0, extend: 5 })
    expect([nucleotide(system, 'A', 'A'), nucleotide(system, 'A', 'C')]).toEqual([2, -4])
    expect([7, 8, 9].map((score) => system.rawScore(score))).toEqual([3, 4, 4])
    expect(system.kernelScore(4)).toBe(8)
  })

  it('stay as they are where linear gaps cost whole numbers', () => {
    const system = scoring('blastn', { reward: 2, penalty: -3 }, 'megablast')
    expect(system.scale).toBe(1)
    expect(system.gaps).toEqual({ open: 0, extend: 4 })
  })

  it('share parameters with their smallest multiple', () => {
    const single = scoring('blastn', { reward: 2, penalty: -3, gapopen: 5, gapextend: 2 }, 'blastn')
    const double = scoring('blastn', { reward: 4, penalty: -6, gapopen: 10, gapextend: 4 }, 'blastn')
    expect(double.karlin).toEqual({ ...single.karlin, lambda: single.karlin!.lambda / 2 })
  })

  it('have no parameters of their own for gap costs that hardly allow gaps', () => {
    expect(scoring('blastn', { gapopen: 6, gapextend: 4 }, 'blastn')).toMatchObject({
      karlin: null,
      alpha: null,
      beta: -2,
    })
  })
})

describe('unsupported scores', () => {
  it.each([
    ['blastp', { matrix: 'BLOSUM61' }, /no matrix BLOSUM61.*BLOSUM62.*IDENTITY/],
    ['blastp', { gapopen: 1 }, /1 \(open\) and 1 \(extend\).*BLOSUM62.*11, 1/],
    ['blastn', { reward: 7 }, /Reward 7 and penalty -3.*2\/-3/],
    ['blastn', { reward: 0 }, /Reward 0/],
    ['blastn', { penalty: 3 }, /penalty 3/],
    ['blastn', { gapopen: 1 }, /1 \(open\) and 2 \(extend\).*4, 2.*6, 4 upwards/],
    ['blastn', { reward: 1, penalty: -1, gapopen: 0, gapextend: 0 }, /0 \(open\) and 0/],
    ['blastn', { reward: 200, penalty: -300, gapopen: 600, gapextend: 400 }, /too large/],
  ] as [Program, Partial<ResolvedOptions>, RegExp][])('of %s are refused: %o', (program, changes, message) => {
    const ask = (): Scoring => scoring(program, changes, program === 'blastn' ? 'blastn' : null)
    expect(ask).toThrow(CatalogError)
    expect(ask).toThrow(message)
  })
})

describe('profiles', () => {
  const system = scoring('blastp')
  const rowsOf = (profile: ReturnType<typeof profileOf>, i: number): Int8Array =>
    profile.rows.subarray(profile.index[i] * CODES, (profile.index[i] + 1) * CODES)
  const matrixRow = (letter: string): Int8Array => {
    const at = PROTEIN_LETTERS.indexOf(letter) * CODES
    return system.matrix.subarray(at, at + CODES)
  }

  it('hold the rows of the matrix', () => {
    const profile = profileOf(system, codesOf('MKVW', 'protein'))
    expect(profile.length).toBe(4)
    expect([...'MKVW'].map((_, i) => rowsOf(profile, i))).toEqual([...'MKVW'].map(matrixRow))
  })

  it('mask as X', () => {
    const profile = profileOf(system, codesOf('MKVW', 'protein'), { masked: Uint32Array.of(1, 3) })
    expect([0, 1, 2, 3].map((i) => rowsOf(profile, i))).toEqual([...'MXXW'].map(matrixRow))
  })

  it('add the composition bias, within the range of a profile', () => {
    const codes = codesOf('MKVWACDEFGHIKQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQLMNPQRSTVWY', 'protein')
    const bias = compositionBias(system.matrix, codes)
    const profile = profileOf(system, codes, { bias: true })
    codes.forEach((code, i) => {
      for (let other = 0; other < CODES; other++) {
        const score = system.matrix[code * CODES + other]
        expect(rowsOf(profile, i)[other]).toBe(score === NEVER ? NEVER : score + bias[i])
      }
    })
    // 33 glutamines (5 each), H, I, K, L, M and N: 161 / 40 = 4.0 among the neighbours, −0.9 against any residue.
    expect(bias[30]).toBe(-5)
    expect(profile.rows.length / CODES).toBeLessThanOrEqual(codes.length)
  })

  it('leave a sequence of no bias as it is', () => {
    expect(compositionBias(system.matrix, codesOf('', 'protein'))).toHaveLength(0)
    const profile = profileOf(system, new Uint8Array(0), { bias: true })
    expect(profile).toMatchObject({ length: 0 })
  })
})
