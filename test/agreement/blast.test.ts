import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Hsp, Program, QueryResult, SearchOptions } from '../../src/engine/search/types.ts'
import { full, requiresShared, requiresTools, sharedPath } from '../support/requires.ts'
import { searchCatalog, temporaryCatalog, temporaryFolder } from '../support/search.ts'
import { blastRun } from '../support/writers-blast.ts'

interface Agreement {
  /** Pairs of query and subject that BLAST reports. */
  pairs: number
  found: number
  /** Pairs whose best HSP scores lower here than in BLAST. */
  lower: number
  /** HSPs of the same pair with the same raw score. */
  equalScores: number
  bitsAgree: number
  evaluesAgree: number
  /** Pairs whose best HSPs have the same raw score, and those whose best HSP stands in the same place in both. */
  equalBest: number
  coordinatesAgree: number
}

function compare(ours: readonly QueryResult[], theirs: readonly QueryResult[]): Agreement {
  const sum: Agreement = {
    pairs: 0,
    found: 0,
    lower: 0,
    equalScores: 0,
    bitsAgree: 0,
    evaluesAgree: 0,
    equalBest: 0,
    coordinatesAgree: 0,
  }
  theirs.forEach((result, q) => {
    const byAccession = new Map(ours[q].hits.map((hit) => [hit.accession, hit]))
    for (const hit of result.hits) {
      sum.pairs++
      const own = byAccession.get(hit.accession)
      if (own === undefined) continue
      sum.found++
      if (own.hsps[0].score < hit.hsps[0].score) sum.lower++
      // Further HSPs of low-complexity pairs lie in each other's way, and their order decides which is found where.
      if (own.hsps[0].score === hit.hsps[0].score) {
        sum.equalBest++
        if (own.hsps.some((hsp) => sameCoordinates(hsp, hit.hsps[0]))) sum.coordinatesAgree++
      }
      for (const hsp of hit.hsps) {
        const same = own.hsps.filter((candidate) => candidate.score === hsp.score)
        if (same.length === 0) continue
        sum.equalScores++
        if (same.some((candidate) => Math.abs(candidate.bitScore - hsp.bitScore) <= 0.1)) sum.bitsAgree++
        if (same.some((candidate) => evaluesAgree(candidate.evalue, hsp.evalue))) sum.evaluesAgree++
      }
    }
  })
  return sum
}

/** BLAST reports E-values below 1e-180 as 0. */
function evaluesAgree(own: number, theirs: number): boolean {
  return theirs === 0 ? own < 1e-179 : Math.abs(own / theirs - 1) <= 0.05
}

function sameCoordinates(a: Hsp, b: Hsp): boolean {
  return (
    a.queryStart === b.queryStart &&
    a.queryEnd === b.queryEnd &&
    a.subjectStart === b.subjectStart &&
    a.subjectEnd === b.subjectEnd
  )
}

function fasta(file: string): { id: string; text: string }[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  return `\n${text}`
    .split('\n>')
    .slice(1)
    .map((record) => ({ id: record.split(/\s/, 1)[0], text: `>${record.trimEnd()}\n` }))
}

/** Every `step`th record, in a file. */
function sample(file: string, step: number, name: string): string {
  const seen = new Set<string>()
  const chosen = fasta(file).filter(({ id }, i) => i % step === 0 && !seen.has(id) && seen.add(id))
  const target = path.join(temporaryFolder(), name)
  writeFileSync(target, chosen.map(({ text }) => text).join(''))
  return target
}

interface Case {
  title: string
  program: Program
  queries: () => string
  database: () => string
  options: SearchOptions
  blast: string[]
  /** Comparisons that must take place: pairs, and HSPs of equal score. */
  least: [number, number]
}

const proteins = 'data/proteins/uniprot_20k.fasta.gz'
const proteinQueries = 'data/proteins/uniprot_queries.fasta'
const genes = 'data/genes/resistance_and_virulence_genes.fasta.gz'
const step = full ? 1 : 5

const cases: Case[] = [
  {
    title: 'blastp -comp_based_stats 0',
    program: 'blastp',
    queries: () => sample(sharedPath(proteinQueries), 2 * step, 'queries.fasta'),
    database: () => sample(sharedPath(proteins), step, 'proteins.fasta'),
    options: { seg: false, maxTargetSeqs: 10_000 },
    blast: ['-comp_based_stats', '0', '-seg', 'no'],
    least: [500, 500],
  },
  {
    title: 'blastp with PAM70 and 10/1',
    program: 'blastp',
    queries: () => sample(sharedPath(proteinQueries), 5 * step, 'queries.fasta'),
    database: () => sample(sharedPath(proteins), step, 'proteins.fasta'),
    options: { seg: false, matrix: 'PAM70', gapopen: 10, gapextend: 1, maxTargetSeqs: 10_000 },
    blast: [
      '-comp_based_stats',
      '0',
      '-seg',
      'yes',
      '-soft_masking',
      'true',
      '-matrix',
      'PAM70',
      '-gapopen',
      '10',
      '-gapextend',
      '1',
    ],
    least: [100, 100],
  },
  {
    title: 'blastn -task blastn',
    program: 'blastn',
    queries: () => fragments(sample(sharedPath(genes), 20 * step, 'sources.fasta'), full ? 1 : 4),
    database: () => sample(sharedPath(genes), 4 * step, 'genes.fasta'),
    options: { task: 'blastn', maxTargetSeqs: 10_000 },
    blast: ['-task', 'blastn'],
    least: [2000, 2000],
  },
  {
    title: 'blastx',
    program: 'blastx',
    queries: () => sample(sharedPath(genes), 80 * step, 'genes.fasta'),
    database: () => sample(sharedPath(proteins), 2 * step, 'proteins.fasta'),
    options: { seg: false, maxTargetSeqs: 10_000 },
    blast: ['-comp_based_stats', '0', '-seg', 'no', '-sum_stats', 'false'],
    least: [50, 50],
  },
  {
    title: 'tblastn',
    program: 'tblastn',
    queries: () => sample(sharedPath('data/proteins/bacmet2_proteins.fasta.gz'), 5 * step, 'queries.fasta'),
    database: () => sample(sharedPath(genes), 8 * step, 'genes.fasta'),
    options: { seg: false, maxTargetSeqs: 10_000 },
    blast: ['-comp_based_stats', '0', '-seg', 'no', '-sum_stats', 'false'],
    least: [50, 50],
  },
]

/** Mutated fragments of known origin, one of every `step`. */
function fragments(genesFile: string, every: number): string {
  const made = execFileSync(process.execPath, [sharedPath('eval/dna-queries.mjs'), genesFile, '3'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const chosen = `\n${made}`
    .split('\n>')
    .slice(1)
    .filter((_, i) => i % every === 0)
  const target = path.join(temporaryFolder(), 'fragments.fasta')
  writeFileSync(target, chosen.map((record) => `>${record.trimEnd()}\n`).join(''))
  return target
}

const ready = [
  requiresTools('blastp', 'blastn', 'makeblastdb'),
  requiresShared(proteins, proteinQueries, genes, 'data/proteins/bacmet2_proteins.fasta.gz', 'eval/dna-queries.mjs'),
].every(Boolean)

describe.runIf(ready)('agreement with BLAST+', () => {
  it.each(cases)('$title', async ({ program, queries, database, options, blast, least }) => {
    const [queryFile, databaseFile] = [queries(), database()]
    const db = path.join(temporaryFolder(), 'db')
    const type = program === 'blastn' || program === 'tblastn' ? 'nucl' : 'prot'
    execFileSync('makeblastdb', ['-in', databaseFile, '-dbtype', type, '-out', db], { stdio: 'ignore' })
    const args = ['-query', queryFile, '-db', db, '-max_target_seqs', '10000', ...blast]
    const theirs = blastRun(program, args, 'test')
    const catalog = await temporaryCatalog([databaseFile])
    const ours = await searchCatalog(catalog, readFileSync(queryFile, 'utf8'), {
      mode: 'exhaustive',
      program,
      ...options,
    })
    const agreement = compare(ours.results, theirs.results)
    console.log(program, JSON.stringify(agreement))
    expect(agreement.pairs).toBeGreaterThanOrEqual(least[0])
    expect(agreement.equalScores).toBeGreaterThanOrEqual(least[1])
    expect(agreement.found / agreement.pairs).toBeGreaterThanOrEqual(0.995)
    expect(agreement.lower / agreement.pairs).toBeLessThanOrEqual(0.002)
    expect(agreement.bitsAgree / agreement.equalScores).toBe(1)
    expect(agreement.evaluesAgree / agreement.equalScores).toBe(1)
    expect(agreement.coordinatesAgree / agreement.equalBest).toBeGreaterThanOrEqual(0.95)
  })
})
