import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Kernels } from '../../src/engine/kernels/types.ts'
import { codonTable } from '../../src/engine/sequence/genetic-codes.ts'
import { COMPLEMENT, encodeLetters } from '../../src/engine/sequence/alphabet.ts'
import { segIntervals } from '../../src/engine/sequence/masking/seg.ts'
import { defaultsFor, resolveScoring, type Scoring } from '../../src/engine/search/scoring.ts'
import { queryStatistics, type ContextStatistics } from '../../src/engine/search/statistics.ts'
import type { Program, ResolvedOptions, Task } from '../../src/engine/search/types.ts'

export interface FastaRecord {
  id: string
  /** Upper case. */
  residues: string
}

/** Every `step`th record of a FASTA file, from `first`. */
export function readFasta(file: string, step = 1, first = 0): FastaRecord[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')
  return `\n${text}`
    .split('\n>')
    .slice(1)
    .filter((_, i) => i % step === first % step)
    .map((record) => {
      const end = record.indexOf('\n')
      return {
        id: record.slice(0, end).split(/\s/, 1)[0],
        residues: record.slice(end).replace(/\s/g, '').toUpperCase(),
      }
    })
}

/** Writes records under new names (`s0`, `s1` …). */
export function writeFasta(file: string, records: readonly FastaRecord[]): string {
  writeFileSync(file, records.map((record, i) => `>s${i}\n${record.residues}\n`).join(''))
  return file
}

export function codesOf(residues: string, alphabet: 'dna' | 'protein'): Uint8Array {
  const encoded = encodeLetters(new TextEncoder().encode(residues), alphabet)
  if (!('codes' in encoded)) throw new Error(`${residues.slice(0, 20)}: ${encoded.reason}`)
  return encoded.codes
}

/** What `-outfmt 15` says, as far as it is used. */
interface BlastHsp {
  score: number
  bit_score: number
  evalue: number
  query_frame?: number
  qseq: string
  hseq: string
}
interface BlastSearch {
  stat: {
    db_num: number
    db_len: number
    hsp_len: number
    eff_space: number
    kappa: number
    lambda: number
    entropy: number
  }
  hits: { len: number; hsps: BlastHsp[] }[]
}

export interface StatisticsAgreement {
  hsps: number
  /** HSPs whose bit score is within 0.1 of BLAST's, and whose E-value is within 5% and within 10⁻⁵. */
  bits: number
  evalues: number
  evaluesClosely: number
  /** HSPs whose rows, scored with our matrix and gap costs, have BLAST's raw score. */
  rescored: number
  /** Queries, and those with BLAST's λ, K, H, length adjustment and effective search space. */
  queries: number
  parameters: number
}

/** One run of a BLAST+ program; `arguments_` as on its command line. */
export class BlastCase {
  readonly program: Program
  readonly #arguments: readonly string[]
  readonly options: ResolvedOptions

  constructor(program: Program, arguments_: string) {
    this.program = program
    this.#arguments = arguments_.split(' ').filter((word) => word !== '')
    const task = program === 'blastn' ? ((this.#word('-task') ?? 'megablast') as Task) : null
    const matrix = program === 'blastn' ? null : (this.#word('-matrix') ?? 'BLOSUM62')
    const defaults = defaultsFor(program, task, matrix)
    this.options = {
      mode: 'exhaustive',
      program,
      task,
      evalue: 10,
      maxTargetSeqs: 500,
      maxHsps: null,
      matrix,
      reward: this.#number('-reward') ?? defaults.reward,
      penalty: this.#number('-penalty') ?? defaults.penalty,
      gapopen: this.#number('-gapopen') ?? defaults.gapopen,
      gapextend: this.#number('-gapextend') ?? defaults.gapextend,
      strand: 'both',
      percIdentity: 0,
      qcovHspPerc: 0,
      seg: this.#word('-seg') === undefined ? program !== 'blastp' : this.#word('-seg') !== 'no',
      dust: false,
      compositionBias: false,
      queryGencode: this.#number('-query_gencode') ?? 1,
      dbGencode: 1,
      dbsize: this.#number('-dbsize'),
      searchsp: this.#number('-searchsp'),
      where: null,
      align: null,
    }
  }

  /** Runs BLAST and compares every HSP that it reports. */
  compare(kernels: Kernels, queryFile: string, database: string): StatisticsAgreement {
    const text = execFileSync(
      this.program,
      ['-query', queryFile, '-db', database, '-outfmt', '15', ...this.#arguments],
      { maxBuffer: 1 << 30 },
    ).toString()
    const { BlastOutput2: reports } = JSON.parse(text) as {
      BlastOutput2: { report: { results: { search: BlastSearch } } }[]
    }
    const scoring = resolveScoring(this.options)
    const queries = readFasta(queryFile)
    const sum = { hsps: 0, bits: 0, evalues: 0, evaluesClosely: 0, rescored: 0, queries: 0, parameters: 0 }
    reports.forEach(({ report }, i) => {
      const { search } = report.results
      const contexts = this.#contexts(kernels, scoring, queries[i], search.stat)
      const { summary } = contexts(1)
      sum.queries++
      const pairs: [number, number][] = [
        [summary.lambda, search.stat.lambda],
        [summary.k, search.stat.kappa],
        [summary.h, search.stat.entropy],
        [summary.lengthAdjustment + 1, search.stat.hsp_len + 1],
        [summary.effectiveSearchSpace, search.stat.eff_space],
      ]
      if (pairs.every(([own, theirs]) => Math.abs(own / theirs - 1) < 1e-6)) sum.parameters++
      for (const hit of search.hits) {
        for (const hsp of hit.hsps) {
          const context = contexts(hsp.query_frame ?? 1)
          sum.hsps++
          if (Math.abs(context.bitScore(hsp.score) - hsp.bit_score) <= 0.1) sum.bits++
          const error = evalueError(context.evalue(hsp.score, hit.len), hsp.evalue)
          if (error <= 0.05) sum.evalues++
          if (error <= 1e-5) sum.evaluesClosely++
          // Where its two extensions from a seed meet within a gap, BLAST charges for opening it twice.
          const excess = rescore(scoring, hsp.qseq, hsp.hseq) - hsp.score
          if (excess === 0 || excess === scoring.gaps?.open) sum.rescored++
        }
      }
    })
    return sum
  }

  #contexts(kernels: Kernels, scoring: Scoring, query: FastaRecord, stat: BlastSearch['stat']) {
    const known = new Map<number, ContextStatistics>()
    const { options, program } = this
    const protein = program === 'blastp' || program === 'tblastn'
    const given = codesOf(query.residues, protein ? 'protein' : 'dna')
    return (frame: number): ContextStatistics => {
      let context = known.get(frame)
      if (context === undefined) {
        const translated = program === 'blastx' || program === 'tblastx'
        const codes = translated ? translateFrame(given, frame, codonTable(options.queryGencode)) : given
        context = queryStatistics(kernels, scoring, {
          program,
          queryLength: codes.length,
          codes,
          masked: options.seg && program !== 'blastn' ? segIntervals(codes) : undefined,
          databaseResidues: stat.db_len,
          databaseEntries: stat.db_num,
          dbsize: options.dbsize,
          searchsp: options.searchsp,
        })
        known.set(frame, context)
      }
      return context
    }
  }

  #word(name: string): string | undefined {
    const at = this.#arguments.indexOf(name)
    return at < 0 ? undefined : this.#arguments[at + 1]
  }

  #number(name: string): number | null {
    const word = this.#word(name)
    return word === undefined ? null : Number(word)
  }
}

/** BLAST writes E-values below 1e-180 as 0. */
function evalueError(own: number, theirs: number): number {
  return theirs === 0 ? (own < 1e-179 ? 0 : Infinity) : Math.abs(own / theirs - 1)
}

/** Translates a frame (±1, ±2, ±3) codon by codon: an oracle that shares no code with the kernels. */
export function translateFrame(codes: Uint8Array, frame: number, table: Uint8Array): Uint8Array {
  const strand = frame > 0 ? codes : Uint8Array.from(codes, (_, i) => COMPLEMENT[codes[codes.length - 1 - i]])
  const count = Math.max(0, Math.floor((strand.length - Math.abs(frame) + 1) / 3))
  return Uint8Array.from({ length: count }, (_, i) => {
    const at = Math.abs(frame) - 1 + 3 * i
    return table[(strand[at] << 8) | (strand[at + 1] << 4) | strand[at + 2]]
  })
}

/** Raw score of two aligned rows. */
function rescore(scoring: Scoring, query: string, subject: string): number {
  const alphabet = scoring.program === 'blastn' ? 'dna' : 'protein'
  const a = codesOf(query.replaceAll('-', alphabet === 'dna' ? 'A' : 'X'), alphabet)
  const b = codesOf(subject.replaceAll('-', alphabet === 'dna' ? 'A' : 'X'), alphabet)
  let score = 0
  let open = ''
  for (let i = 0; i < query.length; i++) {
    const gap = query[i] === '-' ? 'query' : subject[i] === '-' ? 'subject' : ''
    if (gap === '') score += scoring.matrix[a[i] * 32 + b[i]]
    else score -= scoring.gaps!.extend + (gap === open ? 0 : scoring.gaps!.open)
    open = gap
  }
  return scoring.rawScore(score)
}

/** Makes a BLAST database and returns its path. */
export function makeDatabase(
  folder: string,
  name: string,
  kind: 'nucl' | 'prot',
  records: readonly FastaRecord[],
): string {
  const fasta = writeFasta(path.join(folder, `${name}.fa`), records)
  const database = path.join(folder, name)
  execFileSync('makeblastdb', ['-in', fasta, '-dbtype', kind, '-out', database])
  return database
}
