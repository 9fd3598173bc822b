import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COLUMNS } from '../../src/engine/io/write-columns.ts'
import { parseOutputFormat, writeResults } from '../../src/engine/io/write-results.ts'
import type { Program } from '../../src/engine/search/types.ts'
import { requiresShared, requiresTools, sharedPath } from '../support/requires.ts'
import { blast, type BlastRun, blastRun, join, stream } from '../support/writers-blast.ts'

const proteins = 'data/proteins/scope35_dev.fasta.gz'
const nucleotides = 'data/demo/ncbi_rrna.fasta.gz'
const tools = requiresTools('blastp', 'blastn', 'blastx', 'tblastn', 'tblastx', 'makeblastdb')
const data = requiresShared(proteins, nucleotides)

/** BLAST knows no records; of taxa it writes 0 in one column and N/A in the others. */
const OURS_ALONE = new Set(['cosine', 'recordid', 'staxids'])
const columns = COLUMNS.map((column) => column.name).filter((name) => !OURS_ALONE.has(name))

interface Case {
  program: Program
  database: string
  query: string
  args: string[]
  /** HSPs that BLAST 2.12 reports at least. */
  hsps: number
}

const cases: Case[] = [
  { program: 'blastp', database: 'protein', query: 'protein.fa', args: ['-comp_based_stats', '0'], hsps: 450 },
  {
    program: 'blastp',
    database: 'protein',
    query: 'protein.fa',
    args: ['-comp_based_stats', '0', '-seg', 'yes', '-evalue', '1'],
    hsps: 200,
  },
  {
    program: 'blastn',
    database: 'dna',
    query: 'dna.fa',
    args: ['-task', 'blastn', '-max_target_seqs', '250'],
    hsps: 1000,
  },
  {
    program: 'blastn',
    database: 'dna',
    query: 'dna.fa',
    args: ['-task', 'blastn', '-word_size', '7', '-evalue', '100000', '-max_target_seqs', '40'],
    hsps: 1000,
  },
  {
    program: 'blastx',
    database: 'protein',
    query: 'dna.fa',
    args: ['-comp_based_stats', '0', '-sum_stats', 'false'],
    hsps: 20,
  },
  {
    program: 'tblastn',
    database: 'dna',
    query: 'protein.fa',
    args: ['-comp_based_stats', '0', '-sum_stats', 'false', '-evalue', '100'],
    hsps: 200,
  },
  {
    program: 'tblastx',
    database: 'dna',
    query: 'dna.fa',
    args: ['-sum_stats', 'false', '-max_target_seqs', '50'],
    hsps: 1000,
  },
]

describe.runIf(tools && data)('written as BLAST 2.12 writes the same results', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'genomic-catalog-writers-'))
    const makeDatabase = (source: string, name: string, type: string) => {
      const text = gunzipSync(readFileSync(sharedPath(source)))
        .toString()
        // BLAST's list of hits leaves out the full stop of this abbreviation alone.
        .replaceAll('sp. ', 'sp ')
      writeFileSync(path.join(folder, `${name}.fasta`), text)
      const args = ['-in', path.join(folder, `${name}.fasta`), '-dbtype', type, '-out', path.join(folder, name)]
      execFileSync('makeblastdb', [...args, '-title', `The ${name} set`])
      return text.split(/^>/m).slice(1)
    }
    const protein = makeDatabase(proteins, 'protein', 'prot')
    const dna = makeDatabase(nucleotides, 'dna', 'nucl')
    const every = (records: string[], step: number, count: number) =>
      records.filter((_, i) => i % step === 7).slice(0, count)
    const write = (file: string, records: string[]) =>
      writeFileSync(path.join(folder, file), records.map((record) => `>${record}`).join(''))
    write('protein.fa', [...every(protein, 331, 25), 'none no hit at all\nWWWWWHHHHHWWWWW\n'])
    write(
      'dna.fa',
      every(dna, 250, 6).map((record, i) => {
        const end = record.indexOf('\n')
        const residues = record.slice(end).replaceAll('\n', '')
        const piece = residues.slice(100 + 40 * i, 400 + 60 * i)
        return `${record.slice(0, end)}\n${i % 2 ? reverseComplement(piece) : piece}\n`
      }),
    )
  })

  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  const argsOf = ({ query, database, args }: Case) => [
    ...['-query', path.join(folder, query), '-db', path.join(folder, database)],
    ...args,
  ]
  const ours = (run: BlastRun, format: string) =>
    join(writeResults(run.header, stream(run.results), parseOutputFormat(format)))

  it.each(cases)('every column: $program $args', async (test) => {
    const runs = asRounded(blastRun(test.program, argsOf(test), `The ${test.database} set`))
    const format = `6 ${columns.join(' ')}`
    const expected = blast(test.program, argsOf(test), format).trimEnd().split('\n')
    const [written, ...rounded] = await Promise.all(
      runs.map(async (run) =>
        (await ours(run, format))
          .trimEnd()
          .split('\n')
          .map((line) => line.split('\t')),
      ),
    )
    expect(written.length).toBe(expected.length)
    expect(written.length).toBeGreaterThanOrEqual(test.hsps)
    const different: string[] = []
    for (const [i, line] of expected.entries()) {
      const cells = line.split('\t')
      expect(cells.length).toBe(columns.length)
      for (const [c, column] of columns.entries()) {
        const candidates = [written[i][c], ...rounded.map((lines) => lines[i][c])]
        if (!candidates.includes(cells[c])) different.push(`${column} ${written[i][c]} for ${cells[c]} in ${line}`)
      }
    }
    // Of translated queries BLAST 2.12 takes the columns of the HSP, not the residues they stand for.
    const translated = test.program === 'blastx' || test.program === 'tblastx'
    expect(different.filter((text) => !(translated && text.startsWith('qcovhsp ')))).toEqual([])
  })

  it.each(cases)('commented table: $program $args', async (test) => {
    const expected = blast(test.program, argsOf(test), '7').split('\n')
    const written = (await texts(test, path.join(folder, test.database), '7')).map((text) =>
      text.split('\n').filter((line) => !/^# (Catalog digest|Options): /.test(line)),
    )
    expectLines(written, expected, /^# T?BLAST[NPX] /)
  })

  it.each(cases)('pairwise report: $program $args', async (test) => {
    // Masks of frames: neither -outfmt 15 nor our results say which frame an interval belongs to.
    const plain = (line: string) =>
      /^T?BLASTX/i.test(test.program) && line.startsWith('Query  ') ? line.toUpperCase() : line
    const lines = (report: string) => reportLines(report).map(plain)
    const written = await texts(test, `The ${test.database} set`, '0')
    expectLines(written.map(lines), lines(blast(test.program, argsOf(test), '0')))
  })

  function texts(test: Case, title: string, format: string): Promise<string[]> {
    return Promise.all(asRounded(blastRun(test.program, argsOf(test), title)).map((run) => ours(run, format)))
  }
})

/**
 * The run, and twice again with scores and E-values moved by half a unit of their sixth digit: all that `-outfmt 15`
 * holds, so that a value rounded again for a table may be any of the three.
 */
function asRounded(run: BlastRun): BlastRun[] {
  const moved = (factor: number): BlastRun => ({
    header: run.header,
    results: run.results.map((result) => ({
      ...result,
      hits: result.hits.map((hit) => ({
        ...hit,
        hsps: hit.hsps.map((hsp) => ({ ...hsp, evalue: hsp.evalue * factor, bitScore: hsp.bitScore * factor })),
      })),
    })),
  })
  return [run, moved(1 + 5e-6), moved(1 - 5e-6)]
}

/** Every line is BLAST's, word by word, but for `except`. */
function expectLines([written, ...rounded]: string[][], expected: string[], except?: RegExp): void {
  expect(written.length).toBe(expected.length)
  const same = (line: string, i: number): boolean => {
    if (line === written[i] || except?.test(line)) return true
    const words = [written, ...rounded].map((lines) => lines[i].split(/\s+/))
    return line.split(/\s+/).every((word, w) => words.some((candidate) => candidate[w] === word))
  }
  expect(expected.flatMap((line, i) => (same(line, i) ? [] : [{ ours: written[i], theirs: line }]))).toEqual([])
}

/** What both reports tell of the queries, without statistics that `-outfmt 15` leaves out. */
function reportLines(report: string): string[] {
  const lines = report.split('\n')
  const start = lines.findIndex((line) => line.startsWith('Query='))
  const end = lines.findIndex((line) => line.startsWith('  Database: '))
  return lines
    .slice(start, end)
    .filter((line) => !/^(Masked by| {2}\d|Lambda|Gapped| +[\d.]+ +[\d.]+ +[\d.e-]+ )/.test(line))
    .map((line) => line.trimEnd())
}

function reverseComplement(dna: string): string {
  const pairs: Record<string, string> = { A: 'T', C: 'G', G: 'C', T: 'A' }
  return [...dna]
    .reverse()
    .map((letter) => pairs[letter] ?? 'N')
    .join('')
}
