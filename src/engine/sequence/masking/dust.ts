/** Parameters of symmetric DUST: score level, window in bases, and the gap over which intervals are joined. */
export interface DustOptions {
  level: number
  window: number
  linker: number
}

const DEFAULTS: DustOptions = { level: 20, window: 64, linker: 1 }
const ANY_BASE = 14

/** An interval none of whose parts scores higher. Bases, both ends included. */
interface PerfectInterval {
  start: number
  end: number
  score: number
  /** Triplets less one. */
  length: number
}

/** NCBI's lagged Fibonacci generator (random_gen.cpp), from its fixed first state: it stands in for the bases of N. */
class RandomBases {
  // prettier-ignore
  readonly #state = Uint32Array.of(
    0xd53f1852, 0xdfc78b83, 0x4f256096, 0x0e643df7, 0x82c359bf, 0xc7794dfa, 0xd5e9ffaa, 0x2c8cb64a, 0x2f07b334,
    0xad5a7eb5, 0x96dc0cde, 0x6fc24589, 0xa5853646, 0xe71576e2, 0x0dae30df, 0xb09ce711, 0x5e56ef87, 0x4b4b0082,
    0x6f4f340e, 0xc5bb17e8, 0xd788d765, 0x67498087, 0x9d7aba26, 0x261351d4, 0x411ee7ea, 0x0393a263, 0x2c5a5835,
    0xc115fcd8, 0x25e9132c, 0xd0c6e906, 0xc2bc5b2d, 0x6c065c98, 0x6e37bd55,
  )
  #j = 12
  #k = 32

  next(): number {
    const value = (this.#state[this.#k] + this.#state[this.#j]) >>> 0
    this.#state[this.#k] = value
    this.#j = this.#j === 0 ? 32 : this.#j - 1
    this.#k = this.#k === 0 ? 32 : this.#k - 1
    return (value >>> 1) & 3
  }
}

/** Counts of the 64 triplets in a stretch, and its score: pairs of equal triplets. */
class TripletCounts {
  readonly counts = new Uint8Array(64)
  score = 0
  /** Different triplets. */
  distinct = 0

  add(triplet: number): void {
    if (this.counts[triplet] === 0) this.distinct++
    this.score += this.counts[triplet]++
  }

  remove(triplet: number): void {
    this.score -= --this.counts[triplet]
    if (this.counts[triplet] === 0) this.distinct--
  }
}

/** One run of the algorithm over codes[origin …]. Positions are of triplets, relative to `origin`. */
class Run {
  readonly #triplets: number[] = []
  readonly #window = new TripletCounts()
  /** The longest end of the window in which no triplet is frequent enough to exceed the level. */
  readonly #suffix = new TripletCounts()
  #suffixStart = 0
  start = 0
  readonly #maxTriplets: number
  readonly #level: number
  readonly #rare: number
  /** From the latest start to the earliest; of equal starts the longest last. */
  perfect: PerfectInterval[] = []

  constructor(options: DustOptions) {
    this.#maxTriplets = options.window - 2
    this.#level = options.level
    this.#rare = Math.floor(options.level / 5)
  }

  get #size(): number {
    return this.#triplets.length - this.start
  }

  /** Adds a triplet at the right; false where a full window holds a single triplet, again and again. */
  shift(triplet: number): boolean {
    if (this.#size >= this.#maxTriplets) {
      if (this.#window.distinct <= 1) return this.#shiftRepeat(triplet)
      const leaving = this.#triplets[this.start]
      this.#window.remove(leaving)
      if (this.#suffixStart === this.start) {
        this.#suffixStart++
        this.#suffix.remove(leaving)
      }
      this.start++
    }
    this.#triplets.push(triplet)
    this.#window.add(triplet)
    this.#suffix.add(triplet)
    if (this.#suffix.counts[triplet] > this.#rare) {
      let dropped
      do {
        dropped = this.#triplets[this.#suffixStart++]
        this.#suffix.remove(dropped)
      } while (dropped !== triplet)
    }
    if (this.#size < this.#maxTriplets || this.#window.distinct > 1) return true
    this.perfect = [this.#wholeWindow()]
    return false
  }

  /** The same inside such a repeat; true at its end. */
  #shiftRepeat(triplet: number): boolean {
    this.#window.remove(this.#triplets[this.start++])
    this.#triplets.push(triplet)
    this.#window.add(triplet)
    if (this.#window.distinct > 1) return true
    this.perfect.unshift(this.#wholeWindow())
    return false
  }

  #wholeWindow(): PerfectInterval {
    return { start: this.start, end: this.#triplets.length + 1, score: 0, length: 0 }
  }

  #threshold(length: number): number {
    return length === 0 ? 1 : length * this.#level
  }

  /** Finds the perfect intervals that end at the last triplet. */
  findPerfect(): void {
    let length = this.#triplets.length - this.#suffixStart
    if (length >= this.#size || 10 * this.#window.score <= this.#threshold(length)) return
    const counts = this.#suffix.counts.slice()
    let score = this.#suffix.score
    let at = 0
    let bestScore = 0
    let bestLength = 0
    for (let position = this.#suffixStart - 1; position >= this.start; position--, length++) {
      const count = counts[this.#triplets[position]]++
      score += count
      if (count === 0 || score * 10 <= this.#threshold(length)) continue
      for (; at < this.perfect.length && position <= this.perfect[at].start; at++) {
        const known = this.perfect[at]
        if (bestScore === 0 || bestLength * known.score > bestScore * known.length) {
          bestScore = known.score
          bestLength = known.length
        }
      }
      if (bestScore === 0 || score * bestLength >= bestScore * length) {
        bestScore = score
        bestLength = length
        this.perfect.splice(at, 0, { start: position, end: this.#triplets.length + 1, score, length })
      }
    }
  }
}

/**
 * Low-complexity stretches of a nucleotide sequence by symmetric DUST (Morgulis et al., J. Comput. Biol. 13 (2006)
 * 1028–1040), as NCBI's symdust.cpp finds them for blastn and dustmasker. As there, N reads as a random base (the same ones
 * every time) and other ambiguity codes as A. Half-open intervals (0-based start, end, start, end …), in order, merged.
 */
export function dustIntervals(codes: Uint8Array, options: Partial<DustOptions> = {}): Uint32Array {
  const chosen = { ...DEFAULTS, ...options }
  const random = new RandomBases()
  const base = (i: number): number => (codes[i] < 4 ? codes[i] : codes[i] === ANY_BASE ? random.next() : 0)
  const found: number[] = []
  let origin = 0
  while (codes.length > origin + 3) {
    const run = new Run(chosen)
    /** Reports the intervals that start before the window. */
    const report = (before: number): void => {
      const { perfect } = run
      if (perfect.length === 0 || perfect[perfect.length - 1].start >= before) return
      const { start, end } = perfect[perfect.length - 1]
      const last = found.length - 1
      if (last > 0 && found[last] + chosen.linker >= start + origin) {
        found[last] = Math.max(found[last], end + origin)
      } else {
        found.push(start + origin, end + origin)
      }
      while (perfect.length > 0 && perfect[perfect.length - 1].start < before) perfect.pop()
    }

    let triplet = (base(origin) << 2) + base(origin + 1)
    let repeated = false
    for (let i = origin + 2; i < codes.length; i++) {
      report(run.start)
      triplet = ((triplet << 2) & 63) + base(i)
      if (!repeated) {
        if (run.shift(triplet)) run.findPerfect()
        else repeated = true
      } else if (run.shift(triplet)) {
        break
      }
    }
    for (let before = run.start; run.perfect.length > 0; before++) report(before)
    if (run.start === 0) break
    origin += run.start
  }
  const intervals = Uint32Array.from(found)
  for (let i = 1; i < intervals.length; i += 2) intervals[i]++
  return intervals
}
