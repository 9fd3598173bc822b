import { CatalogError } from '../errors.ts'
import { CODES, type GapCosts, type Profile } from '../kernels/types.ts'
import { compositionBias } from '../sequence/masking/bias.ts'
import { greatestCommonDivisor, type KarlinParameters } from './karlin-altschul.ts'
import {
  NUCLEOTIDE_TABLES,
  PROTEIN_TABLES,
  type NucleotideRow,
  type NucleotideTable,
  type ProteinRow,
} from './karlin-tables.ts'
import { MATRIX_NAMES, NEVER, proteinMatrix } from './matrices.ts'
import type { Program, ResolvedOptions, Task } from './types.ts'

/** Code of the protein residue that masks others: X. */
const UNKNOWN_RESIDUE = 21
const NUCLEOTIDES = 15
/** Bases that each nucleotide code stands for, as bits (A 1, C 2, G 4, T 8). */
const BASES = [1, 2, 4, 8, 5, 10, 3, 12, 9, 6, 14, 13, 11, 7, 15]

/** Parameters of Spouge's finite-size correction (`Blast_GumbelBlkLoadFromTables` in NCBI's blast_stat.c). */
export interface SpougeParameters {
  a: number
  b: number
  alpha: number
  beta: number
  sigma: number
  tau: number
}

/** How pairs and gaps are scored, and the statistical parameters that belong to that. */
export interface Scoring {
  program: Program
  /** CODES × CODES kernel scores. */
  matrix: Int8Array
  /** In kernel scores; null where no gaps are allowed. */
  gaps: GapCosts
  /** Kernel scores per raw score: 2 where BLAST's costs have halves (megablast's linear gaps), else 1. */
  scale: 1 | 2
  /** Odd raw scores have the E-value of the even one below. */
  roundDown: boolean
  /** Of alignments with gaps; null where those of the query without gaps are to be used. */
  karlin: KarlinParameters | null
  /** For the length adjustment; α null stands for λ / H without gaps. */
  alpha: number | null
  beta: number
  spouge: SpougeParameters | null
  /** The raw score, as BLAST reports it, of a kernel score. */
  rawScore(kernelScore: number): number
  /** The smallest kernel score that has this raw score. */
  kernelScore(rawScore: number): number
}

export interface ScoringDefaults {
  reward: number | null
  penalty: number | null
  gapopen: number | null
  gapextend: number | null
}

const TASK_DEFAULTS: Record<Task, ScoringDefaults> = {
  blastn: { reward: 2, penalty: -3, gapopen: 5, gapextend: 2 },
  megablast: { reward: 1, penalty: -2, gapopen: 0, gapextend: 0 },
  'blastn-short': { reward: 1, penalty: -3, gapopen: 5, gapextend: 2 },
}

/** BLAST's default scores: of the task for blastn, of the matrix (default BLOSUM62) elsewhere. */
export function defaultsFor(program: Program, task: Task | null, matrix: string | null): ScoringDefaults {
  if (program === 'blastn') return TASK_DEFAULTS[task ?? 'blastn']
  if (program === 'tblastx') return { reward: null, penalty: null, gapopen: null, gapextend: null }
  const [gapopen, gapextend] = tableOf(matrix ?? 'BLOSUM62').best
  return { reward: null, penalty: null, gapopen, gapextend }
}

/**
 * The scoring system that options ask for. Scores for which no statistical parameters are known are refused with a
 * `usage` error that lists what there is.
 */
export function resolveScoring(options: ResolvedOptions): Scoring {
  return options.program === 'blastn' ? nucleotideScoring(options) : proteinScoring(options)
}

function tableOf(matrix: string): (typeof PROTEIN_TABLES)[string] {
  const name = matrix.toUpperCase()
  if (Object.hasOwn(PROTEIN_TABLES, name)) return PROTEIN_TABLES[name]
  throw new CatalogError('usage', `There is no matrix ${matrix}. Matrices are ${list(MATRIX_NAMES)}.`, { matrix })
}

function proteinScoring(options: ResolvedOptions): Scoring {
  const name = (options.matrix ?? 'BLOSUM62').toUpperCase()
  const { rows } = tableOf(name)
  const matrix = proteinMatrix(name)!
  const system = { program: options.program, matrix, scale: 1 as const, roundDown: false, ...unscaled }
  if (options.program === 'tblastx') {
    const [, , , , , alpha, beta] = rows[0]
    return { ...system, gaps: null, karlin: null, alpha, beta, spouge: null }
  }
  const open = options.gapopen
  const extend = options.gapextend
  const row = rows.find((known, i) => i > 0 && known[0] === open && known[1] === extend)
  if (row === undefined || open === null || extend === null) {
    throw new CatalogError(
      'usage',
      `Gap costs ${open} (open) and ${extend} (extend) have no known statistics with ${name}. ` +
        `Known are ${pairs(rows.slice(1))}.`,
    )
  }
  const [, , lambda, k, h, alpha, beta] = row
  const spouge = spougeParameters(rows[0], row)
  return { ...system, gaps: { open, extend }, karlin: { lambda, k, h }, alpha, beta, spouge }
}

function spougeParameters(ungapped: ProteinRow, row: ProteinRow): SpougeParameters {
  const twiceGap = 2 * (row[0] + row[1])
  const [, , , , , a, , , alpha, sigma] = row
  return {
    a,
    alpha,
    sigma,
    b: twiceGap * (ungapped[5] - a),
    beta: twiceGap * (ungapped[8] - alpha),
    tau: twiceGap * (ungapped[8] - sigma),
  }
}

const unscaled = {
  rawScore: (score: number): number => score,
  kernelScore: (score: number): number => score,
}
const doubled = {
  rawScore: (score: number): number => Math.floor(score / 2),
  kernelScore: (score: number): number => score * 2,
}

function nucleotideScoring(options: ResolvedOptions): Scoring {
  const { reward, penalty } = options
  const open = options.gapopen
  const extend = options.gapextend
  if (reward === null || penalty === null || open === null || extend === null) {
    throw new CatalogError('usage', 'blastn needs a reward, a penalty and gap costs.')
  }
  const { table, divisor } = nucleotideTable(reward, penalty)
  const linear = open === 0 && extend === 0
  const scale = linear && reward % 2 === 1 ? 2 : 1
  const extreme = Math.max(reward, -penalty) * scale
  if (extreme > 127) {
    throw new CatalogError(
      'usage',
      `Reward ${reward} and penalty ${penalty} are too large: use their smallest multiple.`,
    )
  }
  const gaps = linear ? { open: 0, extend: (scale * reward) / 2 - scale * penalty } : { open, extend }
  const row = table.rows.find((known) => known[0] * divisor === open && known[1] * divisor === extend)
  const system = {
    program: options.program,
    matrix: nucleotideMatrix(reward, penalty, scale),
    gaps,
    scale: scale as 1 | 2,
    roundDown: table.roundDown,
    spouge: null,
    ...(scale === 2 ? doubled : unscaled),
  }
  if (row !== undefined) {
    const [, , lambda, k, h, alpha, beta] = row
    return { ...system, karlin: { lambda: lambda / divisor, k, h }, alpha: alpha / divisor, beta }
  }
  const [infiniteOpen, infiniteExtend] = table.infinite.map((cost) => cost * divisor)
  if (open < infiniteOpen || extend < infiniteExtend) {
    throw new CatalogError(
      'usage',
      `Gap costs ${open} (open) and ${extend} (extend) have no known statistics with reward ${reward} and penalty ` +
        `${penalty}. Known are ${pairs(table.rows, divisor)}, and all from ${infiniteOpen}, ${infiniteExtend} upwards.`,
    )
  }
  // `s_GetUngappedBeta` of blast_stat.c.
  const beta = (reward === 1 && penalty === -1) || (reward === 2 && penalty === -3) ? -2 : 0
  return { ...system, karlin: null, alpha: null, beta }
}

function nucleotideTable(reward: number, penalty: number): { table: NucleotideTable; divisor: number } {
  const divisor = reward > 0 && penalty < 0 ? greatestCommonDivisor(reward, -penalty) : 1
  const table = NUCLEOTIDE_TABLES.find(
    (known) => known.reward * divisor === reward && known.penalty * divisor === penalty,
  )
  if (table !== undefined) return { table, divisor }
  const known = NUCLEOTIDE_TABLES.map((entry) => `${entry.reward}/${entry.penalty}`)
  throw new CatalogError(
    'usage',
    `Reward ${reward} and penalty ${penalty} have no known statistics. Known are ${list(known)}, and their multiples.`,
  )
}

/**
 * Match and mismatch scores on nucleotide codes. An ambiguity code that may match scores the mean over its bases, rounded
 * half away from zero (`BlastScoreBlkNuclMatrixCreate` in NCBI's blast_stat.c).
 */
function nucleotideMatrix(reward: number, penalty: number, scale: number): Int8Array {
  const matrix = new Int8Array(CODES * CODES).fill(NEVER)
  for (let i = 0; i < NUCLEOTIDES; i++) {
    for (let j = i; j < NUCLEOTIDES; j++) {
      const bases = bitCount(BASES[j])
      const mean = BASES[i] & BASES[j] ? ((bases - 1) * penalty + reward) / bases : penalty
      const score = scale * Math.sign(mean) * Math.floor(Math.abs(mean) + 0.5)
      matrix[i * CODES + j] = score
      matrix[j * CODES + i] = score
    }
  }
  return matrix
}

function bitCount(bits: number): number {
  let count = 0
  for (let rest = bits; rest > 0; rest >>= 1) count += rest & 1
  return count
}

function pairs(rows: readonly (ProteinRow | NucleotideRow)[], factor = 1): string {
  return list(
    rows.map((row) => `${row[0] * factor}, ${row[1] * factor}`),
    '; ',
  )
}

function list(words: readonly string[], separator = ', '): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(separator)} and ${words[words.length - 1]}`
}

/**
 * The profile of a query. `masked` holds half-open intervals (0-based start, end, start, end …) of a protein that score
 * as X, which is BLAST's hard masking. `bias` adds the local composition bias (proteins only), cut to the range of the
 * profile's scores.
 */
export function profileOf(
  scoring: Scoring,
  codes: Uint8Array,
  options: { masked?: Uint32Array; bias?: boolean } = {},
): Profile {
  const { masked = new Uint32Array(0), bias = false } = options
  const seen = maskResidues(codes, masked)
  if (!bias) return { length: codes.length, rows: scoring.matrix, index: new Uint16Array(seen) }
  const added = compositionBias(scoring.matrix, seen)
  const rowOf = new Map<number, number>()
  const index = new Uint16Array(codes.length)
  const rows: number[] = []
  for (let i = 0; i < codes.length; i++) {
    const key = added[i] * CODES + seen[i]
    let row = rowOf.get(key)
    if (row === undefined) {
      row = rowOf.size
      rowOf.set(key, row)
      for (let code = 0; code < CODES; code++) {
        const score = scoring.matrix[seen[i] * CODES + code]
        rows.push(score === NEVER ? NEVER : Math.max(NEVER, Math.min(127, score + added[i])))
      }
    }
    index[i] = row
  }
  return { length: codes.length, rows: Int8Array.from(rows), index }
}

/** A copy of a protein's codes with the intervals (start, end pairs) replaced by X. */
export function maskResidues(codes: Uint8Array, masked: Uint32Array): Uint8Array {
  const copy = codes.slice()
  for (let i = 0; i < masked.length; i += 2) copy.fill(UNKNOWN_RESIDUE, masked[i], masked[i + 1])
  return copy
}
