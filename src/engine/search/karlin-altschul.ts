import { CODES, type StatisticsExports } from '../kernels/types.ts'

/**
 * Parameters of local alignments without gaps, from the scores themselves (Karlin and Altschul, PNAS 87 (1990)
 * 2264–2268), and BLAST's length adjustment.
 */
export interface KarlinParameters {
  lambda: number
  k: number
  /** Relative entropy, nats per aligned pair. */
  h: number
}

/** Robinson and Robinson's amino acid frequencies (PNAS 88 (1991) 8880–8884), by protein code. */
export const AMINO_ACID_FREQUENCIES: Float64Array = byCode({
  1: 78.05, 3: 19.25, 4: 53.64, 5: 62.95, 6: 38.56, 7: 73.77, 8: 21.99, 9: 51.42, 10: 57.44, 11: 90.19,
  12: 22.43, 13: 44.87, 14: 52.03, 15: 42.64, 16: 51.29, 17: 71.2, 18: 58.41, 19: 64.41, 20: 13.3, 22: 32.16,
}) // prettier-ignore

/** Even frequencies of A, C, G and T. */
export const NUCLEOTIDE_FREQUENCIES: Float64Array = byCode({ 0: 0.25, 1: 0.25, 2: 0.25, 3: 0.25 })

/** Terms of the series for K below this are left out, as BLAST does. */
const K_PRECISION = 1e-4
const K_TERMS = 100
const LENGTH_ROUNDS = 20

/** Probability of each score of a pair of residues. */
interface ScoreDistribution {
  lowest: number
  highest: number
  /** `probabilities[i]` of score `lowest + i`. */
  probabilities: Float64Array
  mean: number
}

function byCode(values: Record<number, number>): Float64Array {
  const frequencies = new Float64Array(CODES)
  for (const [code, value] of Object.entries(values)) frequencies[Number(code)] = value
  return normalise(frequencies)
}

function normalise(frequencies: Float64Array): Float64Array {
  let sum = 0
  for (const value of frequencies) sum += value
  return sum > 0 ? frequencies.map((value) => value / sum) : frequencies
}

/** Frequencies of the residue codes of a sequence, those of `ignored` codes aside; all 0 where nothing is left. */
export function composition(codes: Uint8Array, ignored: readonly number[]): Float64Array {
  const counts = new Float64Array(CODES)
  for (let i = 0; i < codes.length; i++) counts[codes[i]]++
  for (const code of ignored) counts[code] = 0
  return normalise(counts)
}

/**
 * λ, K and H of alignments without gaps between sequences of two compositions, or null where they do not exist (no
 * positive score possible, or a mean score that is not negative).
 */
export function ungappedParameters(
  math: StatisticsExports,
  matrix: Int8Array,
  query: Float64Array,
  subject: Float64Array,
): KarlinParameters | null {
  const scores = scoreDistribution(matrix, query, subject)
  if (scores === null || scores.mean >= 0 || scores.highest <= 0) return null
  const key = `${scores.lowest} ${scores.probabilities.join()}`
  const known = parametersKnown.get(key)
  if (known !== undefined) return known
  const lambda = solveLambda(math, scores)
  let slope = 0
  for (let s = scores.lowest; s <= scores.highest; s++) {
    slope += s * scores.probabilities[s - scores.lowest] * math.exp(lambda * s)
  }
  const h = lambda * slope
  const parameters = { lambda, k: computeK(math, scores, lambda, h), h }
  if (parametersKnown.size >= MOST_KNOWN) parametersKnown.clear()
  parametersKnown.set(key, parameters)
  return parameters
}

/** Parameters of distributions seen before: queries without ambiguity codes mostly have the same. */
const parametersKnown = new Map<string, KarlinParameters>()
const MOST_KNOWN = 1000

function scoreDistribution(matrix: Int8Array, query: Float64Array, subject: Float64Array): ScoreDistribution | null {
  const all = new Float64Array(256)
  for (let i = 0; i < CODES; i++) {
    if (query[i] === 0) continue
    for (let j = 0; j < CODES; j++) {
      if (subject[j] > 0) all[matrix[i * CODES + j] + 128] += query[i] * subject[j]
    }
  }
  let first = 0
  while (first < 256 && all[first] === 0) first++
  if (first === 256) return null
  let last = 255
  while (all[last] === 0) last--
  const probabilities = normalise(all.slice(first, last + 1))
  let mean = 0
  probabilities.forEach((p, i) => (mean += p * (first - 128 + i)))
  return { lowest: first - 128, highest: last - 128, probabilities, mean }
}

/** The positive root of Σ p(s)·e^(λs) = 1: convex in λ, so Newton's method from its right descends to it. */
function solveLambda(math: StatisticsExports, scores: ScoreDistribution): number {
  const evaluate = (lambda: number): [excess: number, slope: number] => {
    let excess = -1
    let slope = 0
    for (let s = scores.lowest; s <= scores.highest; s++) {
      const term = scores.probabilities[s - scores.lowest] * math.exp(lambda * s)
      excess += term
      slope += s * term
    }
    return [excess, slope]
  }
  let lambda = 0.5
  while (evaluate(lambda)[0] <= 0) lambda *= 2
  for (;;) {
    const [excess, slope] = evaluate(lambda)
    const next = lambda - excess / slope
    if (!(next < lambda * (1 - 1e-14))) return lambda
    lambda = next
  }
}

/**
 * K by the series of Karlin and Altschul (1990, appendix), on the lattice of the scores that occur. Closed forms where
 * the lowest score is −1 or the highest 1.
 */
function computeK(math: StatisticsExports, scores: ScoreDistribution, lambda: number, h: number): number {
  const { probabilities } = scores
  let divisor = -scores.lowest
  probabilities.forEach((p, i) => {
    if (p > 0) divisor = greatestCommonDivisor(divisor, i)
  })
  const low = scores.lowest / divisor
  const high = scores.highest / divisor
  const decay = math.exp(-lambda * divisor)
  const slope = h / (lambda * divisor)
  if (low === -1 && high === 1) {
    const difference = probabilities[0] - probabilities[2 * divisor]
    return (difference * difference) / probabilities[0]
  }
  if (high === 1) return slope * (1 - decay)
  if (low === -1) {
    const mean = scores.mean / divisor
    return ((mean * mean) / slope) * (1 - decay)
  }

  // Distribution of the score of j pairs, j = 1, 2, …; index 0 holds the score j · low.
  const range = high - low
  let total = Float64Array.of(1)
  let sum = 0
  let term = 1
  for (let pairs = 1; pairs <= K_TERMS && term > K_PRECISION; pairs++) {
    const next = new Float64Array(total.length + range)
    for (let i = 0; i < total.length; i++) {
      for (let j = 0; j <= range; j++) next[i + j] += total[i] * probabilities[j * divisor]
    }
    total = next
    const zero = -low * pairs
    let below = 0
    for (let i = 0; i < zero; i++) below = below * decay + total[i]
    let above = 0
    for (let i = zero; i < total.length; i++) above += total[i]
    term = (below * decay + above) / pairs
    sum += term
  }
  return math.exp(-2 * sum) / (slope * (1 - decay))
}

/** Greatest common divisor of two integers ≥ 0. */
export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/**
 * BLAST's length adjustment ℓ (`BLAST_ComputeLengthAdjustment`): about the largest whole ℓ with
 * ℓ ≤ α/λ · ln(K · (m − ℓ)(n − N·ℓ)) + β, for a query of m residues and a database of n in N sequences, that leaves
 * K · (m − ℓ)(n − N·ℓ) > max(m, n).
 */
export function lengthAdjustment(
  math: StatisticsExports,
  k: number,
  alphaByLambda: number,
  beta: number,
  m: number,
  n: number,
  sequences: number,
): number {
  const logK = math.ln(k)
  const expected = (length: number): number =>
    alphaByLambda * (logK + math.ln((m - length) * (n - sequences * length))) + beta
  const c = n * m - Math.max(m, n) / k
  if (c < 0) return 0
  const b = m * sequences + n
  let upper = (2 * c) / (b + Math.sqrt(b * b - 4 * sequences * c))
  let lower = 0
  let length = 0
  for (let round = 1; round <= LENGTH_ROUNDS; round++) {
    const proposed = expected(length)
    if (proposed >= length) {
      lower = length
      if (proposed - lower <= 1) {
        const above = Math.ceil(lower)
        return above <= upper && expected(above) >= above ? above : Math.floor(lower)
      }
      if (lower === upper) break
    } else {
      upper = length
    }
    if (lower <= proposed && proposed <= upper) length = proposed
    else length = round === 1 ? upper : (lower + upper) / 2
  }
  return Math.floor(lower)
}
