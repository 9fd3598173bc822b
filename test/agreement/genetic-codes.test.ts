import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { codonTable, GENETIC_CODES } from '../../src/engine/sequence/genetic-codes.ts'
import { decodeCodes } from '../../src/engine/sequence/alphabet.ts'
import { CODES } from '../../src/engine/kernels/types.ts'
import { proteinMatrix } from '../../src/engine/search/matrices.ts'
import { requiresTools } from '../support/requires.ts'
import { codesOf, translateFrame } from '../support/statistics-blast.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'genomic-catalog-codes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const blosum62 = proteinMatrix('BLOSUM62')!
const BASES = [...'TCAG']
const AMBIGUOUS = 'ATH CTN RAY SAR MGR YTR TGR TAR NNN AAY RTG GCB WSN TTN KTA CGV ACD MTH TRA ATR AAR AAM'.split(' ')
const codons = [...BASES.flatMap((a) => BASES.flatMap((b) => BASES.map((c) => a + b + c))), ...AMBIGUOUS]
/** Codons that mean the same in every code, around each tested one, so that the alignment does not break. */
const text = codons.map((codon) => `TGGCAT${codon}TGGCAC`).join('')

/** blastx knows every code but 32. */
const codes = GENETIC_CODES.filter(({ code }) => code !== 32)

describe.runIf(requiresTools('blastx'))('genetic codes and blastx', () => {
  it.each(codes)('translate every codon the same in code $code, $name', ({ code }) => {
    const residues = translateFrame(codesOf(text, 'dna'), 1, codonTable(code))
    const protein = new TextDecoder().decode(decodeCodes(residues, 'protein'))
    const query = path.join(folder, `${code}.fna`)
    const subject = path.join(folder, `${code}.faa`)
    writeFileSync(query, `>q\n${text}\n`)
    writeFileSync(subject, `>s\n${protein}\n`)
    const options = ['-seg', 'no', '-comp_based_stats', '0', '-strand', 'plus', '-outfmt', '6 qstart qend qseq score']
    const lines = execFileSync('blastx', [
      '-query', query, '-subject', subject, '-query_gencode', String(code), ...options,
    ]).toString() // prettier-ignore
    const [start, end, translation, score] = lines.split('\n')[0].split('\t')
    expect([Number(start), Number(end)]).toEqual([1, text.length])
    // BLAST shows B, Z and J for codons that mean D or N, E or Q, I or L, but scores them as X: the score tells.
    expect(translation.replace(/[BZJ]/g, 'X')).toBe(protein)
    expect(Number(score)).toBe(residues.reduce((sum, residue) => sum + blosum62[residue * CODES + residue], 0))
    expect(codons).toHaveLength(86)
  })
})
