/**
 * Elementary functions and E-values in plain f64 arithmetic: WebAssembly fixes every rounding, so all hosts get the same
 * digits (`Math.exp` and `Math.log` differ between engines). No memory is used: coefficients are immediates.
 */

/** ln 2 split so that k · LN2_HIGH is exact for |k| < 2^20. */
const LN2_HIGH: f64 = 6.93147180369123816490e-1
const LN2_LOW: f64 = 1.90821492927058770002e-10
const LN2: f64 = 0.6931471805599453
const SQRT_HALF: f64 = 0.7071067811865476
const INVERSE_SQRT_TWO_PI: f64 = 0.3989422804014327
const INVERSE_SQRT_PI: f64 = 0.5641895835477563

/** 2^k for −1022 ≤ k ≤ 1023. */
// @ts-ignore: decorator
@inline
function powerOfTwo(k: i32): f64 {
  return reinterpret<f64>(((k + 1023) as i64) << 52)
}

/** e^x: argument reduced to |r| ≤ ln(2)/2, then the Taylor polynomial of degree 13 (truncation below 5e−18). */
export function exp(x: f64): f64 {
  if (x != x) return x
  if (x > 709.782712893384) return Infinity
  if (x < -745.1332191019412) return 0
  const k = nearest<f64>(x / LN2)
  const r = x - k * LN2_HIGH - k * LN2_LOW
  let p: f64 = 1.0 / 6227020800.0
  p = p * r + 1.0 / 479001600.0
  p = p * r + 1.0 / 39916800.0
  p = p * r + 1.0 / 3628800.0
  p = p * r + 1.0 / 362880.0
  p = p * r + 1.0 / 40320.0
  p = p * r + 1.0 / 5040.0
  p = p * r + 1.0 / 720.0
  p = p * r + 1.0 / 120.0
  p = p * r + 1.0 / 24.0
  p = p * r + 1.0 / 6.0
  p = p * r + 0.5
  p = p * r * r + r + 1.0
  const n = k as i32
  if (n < -1021) return p * powerOfTwo(n + 60) * powerOfTwo(-60)
  if (n > 1022) return p * 2.0 * powerOfTwo(n - 1)
  return p * powerOfTwo(n)
}

/** Natural logarithm: x = 2^k · m with √½ ≤ m < √2, then 2·artanh((m − 1) / (m + 1)) by its series to the 23rd power. */
export function ln(x: f64): f64 {
  if (x != x || x < 0) return NaN
  if (x == 0) return -Infinity
  if (x == Infinity) return x
  let k = 0
  if (x < 2.2250738585072014e-308) {
    x *= powerOfTwo(54)
    k = -54
  }
  const bits = reinterpret<i64>(x)
  k += ((bits >> 52) as i32) - 1022
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3fe0000000000000)
  if (m < SQRT_HALF) {
    m *= 2
    k -= 1
  }
  const f = m - 1
  const s = f / (m + 1)
  const z = s * s
  let p: f64 = 2.0 / 23.0
  p = p * z + 2.0 / 21.0
  p = p * z + 2.0 / 19.0
  p = p * z + 2.0 / 17.0
  p = p * z + 2.0 / 15.0
  p = p * z + 2.0 / 13.0
  p = p * z + 2.0 / 11.0
  p = p * z + 2.0 / 9.0
  p = p * z + 2.0 / 7.0
  p = p * z + 2.0 / 5.0
  p = p * z + 2.0 / 3.0
  // 2s = f − s·f exactly, which keeps the leading term accurate near m = 1.
  const tail = s * (z * p - f)
  return (k as f64) * LN2_HIGH + (f + (tail + (k as f64) * LN2_LOW))
}

/**
 * Complementary error function by the rational Chebyshev approximations of W. J. Cody (Math. Comp. 23 (1969) 631–637),
 * to about 1e−15 of its value.
 */
export function erfc(x: f64): f64 {
  const y = abs<f64>(x)
  let result: f64
  if (y <= 0.46875) {
    const z = y * y
    let n: f64 = 1.85777706184603153e-1 * z
    let d: f64 = z
    n = (n + 3.16112374387056560e0) * z
    d = (d + 2.36012909523441209e1) * z
    n = (n + 1.13864154151050156e2) * z
    d = (d + 2.44024637934444173e2) * z
    n = (n + 3.77485237685302021e2) * z
    d = (d + 1.28261652607737228e3) * z
    return 1.0 - x * ((n + 3.20937758913846947e3) / (d + 2.84423683343917062e3))
  }
  if (y <= 4.0) {
    let n: f64 = 2.15311535474403846e-8 * y
    let d: f64 = y
    n = (n + 5.64188496988670089e-1) * y
    d = (d + 1.57449261107098347e1) * y
    n = (n + 8.88314979438837594e0) * y
    d = (d + 1.17693950891312499e2) * y
    n = (n + 6.61191906371416295e1) * y
    d = (d + 5.37181101862009858e2) * y
    n = (n + 2.98635138197400131e2) * y
    d = (d + 1.62138957456669019e3) * y
    n = (n + 8.81952221241769090e2) * y
    d = (d + 3.29079923573345963e3) * y
    n = (n + 1.71204761263407058e3) * y
    d = (d + 4.36261909014324716e3) * y
    n = (n + 2.05107837782607147e3) * y
    d = (d + 3.43936767414372164e3) * y
    result = ((n + 1.23033935479799725e3) / (d + 1.23033935480374942e3)) * gaussian(y)
  } else if (y < 27.3) {
    const z = 1.0 / (y * y)
    let n: f64 = 1.63153871373020978e-2 * z
    let d: f64 = z
    n = (n + 3.05326634961232344e-1) * z
    d = (d + 2.56852019228982242e0) * z
    n = (n + 3.60344899949804439e-1) * z
    d = (d + 1.87295284992346725e0) * z
    n = (n + 1.25781726111229246e-1) * z
    d = (d + 5.27905102951428412e-1) * z
    n = (n + 1.60837851487422766e-2) * z
    d = (d + 6.05183413124413191e-2) * z
    const t = (z * (n + 6.58749161529837803e-4)) / (d + 2.33520497626869185e-3)
    result = ((INVERSE_SQRT_PI - t) / y) * gaussian(y)
  } else {
    if (y != y) return y
    result = 0
  }
  return x < 0 ? 2.0 - result : result
}

/** e^(−y²), with y split at 1/16 so that the square loses no digits. */
function gaussian(y: f64): f64 {
  const head = trunc<f64>(y * 16.0) / 16.0
  return exp(-head * head) * exp(-(y - head) * (y + head))
}

/**
 * E-value of a raw score with Spouge's finite-size correction for one subject of a database: expected alignments of the
 * pair (query, subject) times database residues / subject residues. After `BLAST_SpougeStoE` (NCBI blast_stat.c, public
 * domain); the parameters are those of `Blast_GumbelBlkLoadFromTables`.
 */
export function spougeEvalue(
  score: f64, lambda: f64, k: f64, a: f64, b: f64, alpha: f64, beta: f64, sigma: f64, tau: f64,
  queryLength: f64, subjectLength: f64, databaseResidues: f64,
): f64 {
  const edge = a * score + b
  const variance = max<f64>((2.0 * alpha) / lambda, alpha * score + beta)
  const deviation = sqrt<f64>(variance)

  const queryRoom = queryLength - edge
  const queryZ = queryRoom / deviation
  const queryP = erfc((-queryZ) / 1.4142135623730951) * 0.5
  const queryPart = queryRoom * queryP + deviation * INVERSE_SQRT_TWO_PI * exp(-0.5 * queryZ * queryZ)

  const subjectRoom = subjectLength - edge
  const subjectZ = subjectRoom / deviation
  const subjectP = erfc((-subjectZ) / 1.4142135623730951) * 0.5
  const subjectPart = subjectRoom * subjectP + deviation * INVERSE_SQRT_TWO_PI * exp(-0.5 * subjectZ * subjectZ)

  const covariance = max<f64>((2.0 * sigma) / lambda, sigma * score + tau)
  const area = queryPart * subjectPart + covariance * queryP * subjectP
  return area * k * exp(-lambda * score) * (databaseResidues / subjectLength)
}

/** E-value of a raw score in a search space: searchSpace · K · e^(−λ·score). */
export function karlinEvalue(score: f64, lambda: f64, k: f64, searchSpace: f64): f64 {
  return searchSpace * k * exp(-lambda * score)
}

/** (λ·score − ln K) / ln 2. */
export function bitScore(score: f64, lambda: f64, k: f64): f64 {
  return (lambda * score - ln(k)) / LN2
}
