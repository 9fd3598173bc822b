/** Parameters of SEG: window in residues, trigger and extension complexity in bits. */
export interface SegOptions {
  window: number
  locut: number
  hicut: number
}

const DEFAULTS: SegOptions = { window: 12, locut: 2.2, hicut: 2.5 }
const LETTERS = 20
const LN_LETTERS = 2.9957322735539909
/** Residues that a segment may lose while its complexity is minimised. */
const MAX_TRIM = 50
/** Residues other than the 20 amino acids that a window may hold. */
const MAX_OTHER = 2
/** No complexity: too many other residues. */
const NONE = -1

/** Number of each of the 20 amino acids among the protein codes; LETTERS for every other code. */
const LETTER_OF_CODE = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code === 1) return 0
  if (code >= 3 && code <= 20) return code - 2
  return code === 22 ? 19 : LETTERS
})

/**
 * ln n! rounded to 6 decimals, as NCBI tabulates it: ties between windows are decided by these very numbers. The rounding
 * also hides what `Math.log` may differ by between engines (no value lies within 10⁻¹¹ of where it would turn).
 */
const lnFactorials: number[] = [0]
let lnFactorialSum = 0
let lnFactorialRest = 0

function lnFactorial(n: number): number {
  while (lnFactorials.length <= n) {
    const term = Math.log(lnFactorials.length) - lnFactorialRest
    const sum = lnFactorialSum + term
    lnFactorialRest = sum - lnFactorialSum - term
    lnFactorialSum = sum
    lnFactorials.push(Math.round(sum * 1e6) / 1e6)
  }
  return lnFactorials[n]
}

/** Counts of the 20 amino acids in a sliding window, and the same counts in falling order. */
class Window {
  readonly #codes: Uint8Array
  readonly #counts = new Int32Array(LETTERS + 1)
  /** Falling, ending with at least one 0. */
  readonly #falling = new Int32Array(LETTERS + 1)
  #start: number
  readonly length: number

  constructor(codes: Uint8Array, start: number, length: number) {
    this.#codes = codes
    this.#start = start
    this.length = length
    for (let i = start; i < start + length; i++) this.#counts[LETTER_OF_CODE[codes[i]]]++
    this.#falling.set(this.#counts.slice(0, LETTERS).sort().reverse())
  }

  /** Residues that are not amino acids. */
  get others(): number {
    return this.#counts[LETTERS]
  }

  /** Moves on by one residue. */
  shift(): void {
    const leaving = LETTER_OF_CODE[this.#codes[this.#start]]
    const entering = LETTER_OF_CODE[this.#codes[this.#start + this.length]]
    this.#start++
    if (leaving === entering) return
    const falling = this.#falling
    const before = this.#counts[leaving]--
    if (leaving !== LETTERS) falling[falling.lastIndexOf(before)]--
    const after = this.#counts[entering]++
    if (entering !== LETTERS) falling[falling.indexOf(after)]++
  }

  /**
   * Shannon entropy in bits (equation 2 of Wootton and Federhen 1993). It is only compared with cut-offs, and takes no
   * value within 0.01 of the default ones.
   */
  entropy(): number {
    let total = 0
    for (const count of this.#falling) total += count
    let sum = 0
    for (let i = 0; this.#falling[i] > 0; i++) {
      const count = this.#falling[i]
      sum += (count * Math.log(count / total)) / Math.LN2
    }
    return total === 0 ? 0 : Math.abs(sum / total)
  }

  /** ln of the probability of the window's complexity state (P₀, equation 3 of Wootton and Federhen 1996). */
  lnProbability(): number {
    const falling = this.#falling
    let compositions = lnFactorial(LETTERS)
    let i = 0
    while (i < LETTERS && falling[0] > 0) {
      let end = i + 1
      while (end < LETTERS && falling[end] === falling[i]) end++
      compositions -= lnFactorial(end - i)
      i = end
    }
    let permutations = lnFactorial(this.length)
    for (let j = 0; falling[j] > 0; j++) permutations -= lnFactorial(falling[j])
    return compositions + permutations - this.length * LN_LETTERS
  }
}

/**
 * Low-complexity segments of a protein by SEG (Wootton and Federhen, Comput. Chem. 17 (1993) 149–163; Methods Enzymol.
 * 266 (1996) 554–571), as NCBI's blast_seg.c and segmasker find them. Half-open intervals (0-based start, end, start,
 * end …), in order, merged where they touch.
 */
export function segIntervals(codes: Uint8Array, options: Partial<SegOptions> = {}): Uint32Array {
  const chosen = { ...DEFAULTS, ...options }
  const segments: [start: number, end: number][] = []
  findSegments(codes, 0, codes.length, chosen, segments)
  segments.sort((a, b) => a[0] - b[0])
  const merged: number[] = []
  for (const [start, end] of segments) {
    const last = merged.length - 1
    if (last > 0 && start <= merged[last]) merged[last] = Math.max(merged[last], end)
    else merged.push(start, end)
  }
  return Uint32Array.from(merged)
}

/** Adds the segments of codes[start, end) to `segments`. */
function findSegments(
  codes: Uint8Array,
  start: number,
  end: number,
  options: SegOptions,
  segments: [number, number][],
): void {
  const { window, locut, hicut } = options
  if (end - start < window) return
  const complexity = complexities(codes, start, end, window)
  const extends_ = (i: number): boolean => complexity[i] !== NONE && complexity[i] <= hicut
  let lowest = 0
  for (let i = 0; i < complexity.length; i++) {
    if (complexity[i] === NONE || complexity[i] > locut) continue
    let low = i
    while (low > lowest && extends_(low - 1)) low--
    let high = i
    while (high + 1 < complexity.length && extends_(high + 1)) high++
    const [from, to] = trim(codes, start + low, start + high + window)
    // The window that triggered lies in what was cut off on the left: look there again.
    if (start + i + window - 1 < from) findSegments(codes, start + low, from, options, segments)
    segments.push([from, to])
    // The next window starts after this segment or, where that is sooner, after the last window of low complexity.
    i = Math.min(high, to - 1 - start)
    lowest = i + 1
  }
}

/** Complexity of the window that starts at each residue of codes[start, end). */
function complexities(codes: Uint8Array, start: number, end: number, window: number): Float64Array {
  const count = end - start - window + 1
  const values = new Float64Array(count)
  const slide = new Window(codes, start, window)
  for (let i = 0; i < count; i++) {
    if (i > 0) slide.shift()
    values[i] = slide.others > MAX_OTHER ? NONE : slide.entropy()
  }
  return values
}

/** The part of codes[start, end) of least probable composition, at most MAX_TRIM shorter; of equals the longest, leftmost. */
function trim(codes: Uint8Array, start: number, end: number): [start: number, end: number] {
  const length = end - start
  const shortest = Math.max(1, length - MAX_TRIM)
  let best = 1
  let from = start
  let to = end
  for (let size = length; size > shortest; size--) {
    const slide = new Window(codes, start, size)
    for (let i = 0; i + size <= length; i++) {
      if (i > 0) slide.shift()
      const probability = slide.lnProbability()
      if (probability < best) {
        best = probability
        from = start + i
        to = from + size
      }
    }
  }
  return [from, to]
}
