import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CODES } from '../../src/engine/kernels/types.ts'
import { PROTEIN_LETTERS } from '../../src/engine/sequence/alphabet.ts'
import { MATRIX_NAMES, proteinMatrix } from '../../src/engine/search/matrices.ts'
import { requires } from '../support/requires.ts'

/** Matrices as text, from Debian's ncbi-data. */
const FOLDER = '/usr/share/ncbi/data'
const names = MATRIX_NAMES.filter((name) => name !== 'IDENTITY')

describe.runIf(requires('ncbi-data', existsSync(`${FOLDER}/BLOSUM62`)))('matrices', () => {
  it.each(names)("%s is NCBI's", (name) => {
    const matrix = proteinMatrix(name)!
    const [columns, ...rows] = readFileSync(`${FOLDER}/${name}`, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.trim().split(/\s+/))
    let compared = 0
    for (const [letter, ...scores] of rows) {
      scores.forEach((score, i) => {
        const at = PROTEIN_LETTERS.indexOf(letter) * CODES + PROTEIN_LETTERS.indexOf(columns[i])
        expect(`${letter}${columns[i]} ${matrix[at]}`).toBe(`${letter}${columns[i]} ${Number(score)}`)
        compared++
      })
    }
    expect(compared).toBeGreaterThanOrEqual(24 * 24)
  })
})
