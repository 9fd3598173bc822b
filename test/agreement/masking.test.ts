import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { dustIntervals } from '../../src/engine/sequence/masking/dust.ts'
import { segIntervals } from '../../src/engine/sequence/masking/seg.ts'
import { full, requiresShared, requiresTools, sharedPath } from '../support/requires.ts'
import { codesOf, readFasta, writeFasta, type FastaRecord } from '../support/statistics-blast.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'genomic-catalog-masking-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a masker; half-open intervals per record, merged where they touch. */
function mask(tool: string, records: readonly FastaRecord[], options: readonly string[] = []): number[][] {
  const file = writeFasta(path.join(folder, `${tool}.fa`), records)
  const text = execFileSync(tool, ['-in', file, '-infmt', 'fasta', '-outfmt', 'interval', ...options], {
    maxBuffer: 1 << 30,
  }).toString()
  return text
    .split(/^>.*\n/m)
    .slice(1)
    .map((lines) => {
      const merged: number[] = []
      for (const line of lines.split('\n').filter((text) => text !== '')) {
        const [start, last] = line.split(' - ').map(Number)
        if (merged.length > 0 && start <= merged[merged.length - 1]) {
          merged[merged.length - 1] = Math.max(merged[merged.length - 1], last + 1)
        } else {
          merged.push(start, last + 1)
        }
      }
      return merged
    })
}

interface Comparison {
  records: number
  intervals: number
}

/** Asserts that every record has the very same intervals, and counts them. */
function compare(
  theirs: readonly number[][],
  records: readonly FastaRecord[],
  own: (record: FastaRecord) => Uint32Array,
): Comparison {
  expect(theirs).toHaveLength(records.length)
  records.forEach((record, i) =>
    expect({ id: record.id, at: [...own(record)] }).toEqual({ id: record.id, at: theirs[i] }),
  )
  return { records: records.length, intervals: theirs.reduce((sum, at) => sum + at.length / 2, 0) }
}

const proteins = ['scope35_dev.fasta.gz', 'uniprot_queries.fasta', 'uniprot_20k.fasta.gz', 'bacmet2_proteins.fasta.gz']
const available = requiresTools('segmasker') && requiresShared(...proteins.map((name) => `data/proteins/${name}`))

describe.runIf(available)('SEG and segmasker', () => {
  it.each([
    ['scope35_dev.fasta.gz', 4, 2000, 500],
    ['uniprot_queries.fasta', 1, 500, 1000],
    ['uniprot_20k.fasta.gz', 10, 1900, 3000],
    ['bacmet2_proteins.fasta.gz', 2, 100, 50],
  ])('mask the same in %s', (name, step, records, intervals) => {
    const sample = readFasta(sharedPath('data/proteins', name), full ? 1 : step)
    const found = compare(mask('segmasker', sample), sample, (record) =>
      segIntervals(codesOf(record.residues, 'protein')),
    )
    expect(found.records).toBeGreaterThanOrEqual(records)
    expect(found.intervals).toBeGreaterThanOrEqual(intervals)
  })

  it('mask the same with other parameters', () => {
    const sample = readFasta(sharedPath('data/proteins/uniprot_queries.fasta'), 2)
    for (const [window, locut, hicut] of [
      [10, 1.8, 2.1],
      [25, 3.0, 3.3],
      [45, 3.4, 3.75],
    ]) {
      const options = ['-window', `${window}`, '-locut', `${locut}`, '-hicut', `${hicut}`]
      const found = compare(mask('segmasker', sample, options), sample, (record) =>
        segIntervals(codesOf(record.residues, 'protein'), { window, locut, hicut }),
      )
      expect(found.intervals).toBeGreaterThan(50)
    }
  })

  it('mask the same among X, stops and rare letters', () => {
    const letters = 'XX*BZJUO'
    const sample = readFasta(sharedPath('data/proteins/uniprot_queries.fasta'), 2).map((record, i) => ({
      ...record,
      residues: [...record.residues]
        .map((letter, at) => ((at * 7 + i) % 11 === 0 ? letters[(at + i) % 8] : letter))
        .join(''),
    }))
    const found = compare(mask('segmasker', sample), sample, (record) =>
      segIntervals(codesOf(record.residues, 'protein')),
    )
    expect(found.intervals).toBeGreaterThan(100)
  })
})

const genomes = [
  'genes/resistance_and_virulence_genes.fasta.gz',
  'viral/dengue_genomes.fasta.gz',
  'short/mirbase_hairpin.fasta.gz',
  'demo/ncbi_rrna.fasta.gz',
  'genomes/bacterial_assembly.fasta.gz',
]
const nucleotidesAvailable = requiresTools('dustmasker') && requiresShared(...genomes.map((name) => `data/${name}`))

describe.runIf(nucleotidesAvailable)('DUST and dustmasker', () => {
  it.each([
    ['genes/resistance_and_virulence_genes.fasta.gz', 8, 2000, 1000],
    ['viral/dengue_genomes.fasta.gz', 8, 180, 500],
    ['short/mirbase_hairpin.fasta.gz', 8, 3000, 150],
    ['demo/ncbi_rrna.fasta.gz', 2, 800, 500],
    ['genomes/bacterial_assembly.fasta.gz', 1, 1, 500],
  ])('mask the same in %s', (name, step, records, intervals) => {
    const sample = readFasta(sharedPath('data', name), full ? 1 : step).filter(({ residues }) => !longRunOfN(residues))
    const found = compare(mask('dustmasker', sample), sample, (record) =>
      dustIntervals(codesOf(record.residues, 'dna')),
    )
    expect(found.records).toBeGreaterThanOrEqual(records)
    expect(found.intervals).toBeGreaterThanOrEqual(intervals)
  })

  it('mask the same among ambiguity codes', () => {
    const letters = 'NNNNRYKV'
    const sample = readFasta(sharedPath('data', genomes[3]), 4).map((record, i) => ({
      ...record,
      residues: [...record.residues]
        .map((letter, at) => (at > 0 && (at * 5 + i) % 13 === 0 ? letters[(at + i) % 8] : letter))
        .join('')
        .replace(/N$/, 'A'),
    }))
    const found = compare(mask('dustmasker', sample), sample, (record) =>
      dustIntervals(codesOf(record.residues, 'dna')),
    )
    expect(found.intervals).toBeGreaterThan(100)
  })

  it('mask the same with other parameters', () => {
    const sample = readFasta(sharedPath('data', genomes[3]), 4)
    for (const [level, window, linker] of [
      [10, 64, 1],
      [20, 32, 1],
      [15, 48, 20],
    ]) {
      const options = ['-level', `${level}`, '-window', `${window}`, '-linker', `${linker}`]
      const found = compare(mask('dustmasker', sample, options), sample, (record) =>
        dustIntervals(codesOf(record.residues, 'dna'), { level, window, linker }),
      )
      expect(found.intervals).toBeGreaterThan(50)
    }
  })
})

/** dustmasker, unlike blastn, sets aside runs of N at the ends and those longer than the window. */
function longRunOfN(residues: string): boolean {
  return /^N|N$|N{65}/.test(residues)
}
