import type { Kernels, StatisticsExports } from '../kernels/types.ts'
import {
  AMINO_ACID_FREQUENCIES,
  composition,
  lengthAdjustment,
  NUCLEOTIDE_FREQUENCIES,
  ungappedParameters,
  type KarlinParameters,
} from './karlin-altschul.ts'
import { maskResidues, type Scoring, type SpougeParameters } from './scoring.ts'
import type { Program, QueryStatistics } from './types.ts'

/** What the statistics of one strand or frame of a query depend on. */
export interface StatisticsInput {
  program: Program
  /** Residues in the compared alphabet: amino acids where the query is translated. */
  queryLength: number
  /** Residue codes of that strand or frame. */
  codes: Uint8Array
  /** Intervals of `codes` (start, end pairs) that score as X. */
  masked?: Uint32Array
  /** Residues and entries of the whole catalog, as stored. */
  databaseResidues: number
  databaseEntries: number
  /** Residues to assume for the database, and effective search space to assume; null for none. */
  dbsize: number | null
  searchsp: number | null
}

/** Significance of the alignments of one strand or frame of a query. */
export interface ContextStatistics {
  /** E-value of a raw score against a subject of `subjectLength` stored residues (nucleotides where it is translated). */
  evalue(rawScore: number, subjectLength: number): number
  bitScore(rawScore: number): number
  /** The smallest raw score of at least 1 whose E-value does not exceed the limit. */
  minScore(evalue: number, subjectLength: number): number
  readonly summary: QueryStatistics
}

/**
 * Statistics as BLAST has them. Proteins and translated comparisons with gaps use Spouge's finite-size correction per
 * subject; blastn, tblastx and every search with a given `searchsp` the Karlin–Altschul E-value over the effective search
 * space. HSPs are not combined: BLAST agrees under `-sum_stats false`.
 */
export function queryStatistics(kernels: Kernels, scoring: Scoring, input: StatisticsInput): ContextStatistics {
  return new QueryContextStatistics(kernels.statistics, scoring, input)
}

class QueryContextStatistics implements ContextStatistics {
  readonly #math: StatisticsExports
  readonly #scoring: Scoring
  readonly #queryLength: number
  readonly #codes: Uint8Array
  readonly #databaseSize: number
  /** In the compared alphabet: a third where the subjects are translated. */
  readonly #databaseResidues: number
  readonly #databaseEntries: number
  readonly #karlin: KarlinParameters
  readonly #spouge: SpougeParameters | null
  readonly #translatedSubject: boolean
  readonly #lengthAdjustment: number
  readonly #searchSpace: number
  #ungapped: KarlinParameters | null = null
  #limit = -1
  readonly #minScores = new Map<number, number>()
  #lastMinScore = 1

  constructor(math: StatisticsExports, scoring: Scoring, input: StatisticsInput) {
    this.#math = math
    this.#scoring = scoring
    this.#queryLength = input.queryLength
    this.#codes = input.masked === undefined ? input.codes : maskResidues(input.codes, input.masked)
    this.#translatedSubject = input.program === 'tblastn' || input.program === 'tblastx'
    this.#databaseSize = input.dbsize ?? input.databaseResidues
    this.#databaseResidues = this.#translatedSubject ? Math.floor(this.#databaseSize / 3) : this.#databaseSize
    this.#databaseEntries = input.databaseEntries
    this.#spouge = input.searchsp === null ? scoring.spouge : null
    this.#karlin = scoring.karlin ?? this.#ungappedParameters()
    this.#lengthAdjustment = this.#adjustLength()
    this.#searchSpace = input.searchsp ?? this.#effectiveSearchSpace()
  }

  evalue(rawScore: number, subjectLength: number): number {
    const score = this.#scoring.roundDown ? rawScore & ~1 : rawScore
    const { lambda, k } = this.#karlin
    if (this.#spouge === null) return this.#math.karlinEvalue(score, lambda, k, this.#searchSpace)
    const { a, b, alpha, beta, sigma, tau } = this.#spouge
    const length = Math.max(1, this.#translatedSubject ? Math.floor(subjectLength / 3) : subjectLength)
    return this.#math.spougeEvalue(
      score, lambda, k, a, b, alpha, beta, sigma, tau, this.#queryLength, length, this.#databaseResidues,
    ) // prettier-ignore
  }

  bitScore(rawScore: number): number {
    return this.#math.bitScore(rawScore, this.#karlin.lambda, this.#karlin.k)
  }

  minScore(evalue: number, subjectLength: number): number {
    if (evalue !== this.#limit) {
      this.#limit = evalue
      this.#minScores.clear()
      this.#lastMinScore = this.#guessMinScore(evalue)
    }
    const key = this.#spouge === null ? 0 : subjectLength
    const known = this.#minScores.get(key)
    if (known !== undefined) return known
    // Neighbouring lengths have neighbouring scores: start from the last answer.
    let score = this.#lastMinScore
    while (this.evalue(score, subjectLength) > evalue) score++
    while (score > 1 && this.evalue(score - 1, subjectLength) <= evalue) score--
    this.#minScores.set(key, score)
    this.#lastMinScore = score
    return score
  }

  /** Where to start looking: the score with that E-value in the uncorrected search space. */
  #guessMinScore(evalue: number): number {
    const { lambda, k } = this.#karlin
    const space = k * this.#queryLength * this.#databaseResidues
    // A quotient would overflow for the smallest limits, and logarithms of subnormal numbers are not worth having.
    const exponent = this.#math.ln(Math.max(space, 1)) - this.#math.ln(Math.max(evalue, 1e-300))
    return Math.max(1, Math.floor(exponent / lambda))
  }

  get summary(): QueryStatistics {
    const ungapped = this.#ungappedParameters()
    return {
      ...this.#karlin,
      ungappedLambda: ungapped.lambda,
      ungappedK: ungapped.k,
      ungappedH: ungapped.h,
      method: this.#spouge === null ? 'length-adjustment' : 'spouge',
      lengthAdjustment: this.#lengthAdjustment,
      effectiveSearchSpace: this.#searchSpace,
      databaseResidues: this.#databaseSize,
      databaseEntries: this.#databaseEntries,
    }
  }

  /**
   * Parameters without gaps for the composition of the query. Where they do not exist, and, for translated queries, where
   * λ is above that of the standard composition, those of the standard composition (`Blast_ScoreBlkKbpUngappedCalc`).
   */
  #ungappedParameters(): KarlinParameters {
    if (this.#ungapped !== null) return this.#ungapped
    const { matrix, program, scale } = this.#scoring
    const nucleotides = program === 'blastn'
    const standard = nucleotides ? NUCLEOTIDE_FREQUENCIES : AMINO_ACID_FREQUENCIES
    const ideal = (): KarlinParameters => ungappedParameters(this.#math, matrix, standard, standard)!
    const own = ungappedParameters(this.#math, matrix, composition(this.#codes, [nucleotides ? 14 : 21]), standard)
    const translated = program === 'blastx' || program === 'tblastx'
    let chosen = own ?? ideal()
    if (own !== null && translated) {
      const general = ideal()
      if (own.lambda >= general.lambda) chosen = general
    }
    // The kernel's scores may be multiples of the raw scores.
    this.#ungapped = { ...chosen, lambda: chosen.lambda * scale }
    return this.#ungapped
  }

  #adjustLength(): number {
    const { lambda, k } = this.#karlin
    const alphaByLambda = this.#scoring.alpha === null ? 1 / this.#karlin.h : this.#scoring.alpha / lambda
    const { beta } = this.#scoring
    return lengthAdjustment(
      this.#math, k, alphaByLambda, beta, this.#queryLength, this.#databaseResidues, this.#databaseEntries,
    ) // prettier-ignore
  }

  #effectiveSearchSpace(): number {
    const database = this.#databaseResidues - this.#databaseEntries * this.#lengthAdjustment
    return Math.max(1, database) * (this.#queryLength - this.#lengthAdjustment)
  }
}
