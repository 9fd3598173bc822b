import type { Alphabet } from '../../format/types.ts'
import { PROTEIN_LETTERS } from '../../sequence/alphabet.ts'
import { NO_WORD, SKETCH_WORDS } from './types.ts'
import type { Sketcher } from './types.ts'

/** Hashes are compared as signed numbers, which JavaScript does fastest. */
const HIGHEST = 0x7fffffff
/** Residues of a nucleotide word: all 32 bits, so that strangers among 10⁹ residues rarely share one. */
const NUCLEOTIDES = 16
/** Residues of a protein word, 4 bits each. */
const AMINO_ACIDS = 8
/** Reduced alphabet of Murphy, Wallqvist and Levy (2000): substitutions within a class are common in families. */
const CLASSES = ['LVIM', 'C', 'A', 'G', 'ST', 'P', 'FYW', 'EDNQBZ', 'KR', 'H']
const NO_CLASS = 15

/** A sketcher for records of `alphabet`: the lowest hashes of their words, of either strand for nucleotides. */
export function createSketcher(alphabet: Alphabet): Sketcher {
  return alphabet === 'protein' ? new ProteinSketcher() : new NucleotideSketcher()
}

/** The `SKETCH_WORDS` lowest distinct hashes so far, ascending. */
class Lowest {
  readonly #words = new Int32Array(SKETCH_WORDS)
  #count = 0
  /** Hashes from here on are not among the lowest. */
  limit = HIGHEST

  add(hash: number): void {
    const words = this.#words
    let at = this.#count
    for (let i = at - 1; i >= 0 && words[i] >= hash; i--) if (words[i] === hash) return
    if (at < SKETCH_WORDS) this.#count++
    else at--
    for (; at > 0 && words[at - 1] > hash; at--) words[at] = words[at - 1]
    words[at] = hash
    if (this.#count === SKETCH_WORDS) this.limit = words[SKETCH_WORDS - 1]
  }

  finish(out: Uint32Array, at: number): void {
    for (let i = 0; i < SKETCH_WORDS; i++) out[at + i] = i < this.#count ? this.#words[i] ^ 0x80000000 : NO_WORD
    this.#count = 0
    this.limit = HIGHEST
  }
}

/** Ambiguity codes are packed as A, which is as good as any: the words of their runs are left out for being repetitive. */
class NucleotideSketcher implements Sketcher {
  readonly #lowest = new Lowest()
  #forward = 0
  #reverse = 0
  #seen = 0

  add(packed: Uint8Array, residues: number): void {
    const lowest = this.#lowest
    let forward = this.#forward
    let reverse = this.#reverse
    let seen = this.#seen
    let limit = lowest.limit
    let byte = 0
    for (let i = 0; i < residues; i++) {
      byte = (i & 3) === 0 ? packed[i >> 2] : byte >>> 2
      const code = byte & 3
      forward = (forward << 2) | code
      reverse = (reverse >>> 2) | ((3 - code) << 30)
      if (++seen < NUCLEOTIDES) continue
      const word = forward < reverse ? forward : reverse
      const hash = mix(word)
      if (hash < limit && !isRepetitive(word)) {
        lowest.add(hash)
        limit = lowest.limit
      }
    }
    this.#forward = forward
    this.#reverse = reverse
    this.#seen = seen
  }

  finish(out: Uint32Array, at: number): void {
    this.#lowest.finish(out, at)
    this.#forward = this.#reverse = this.#seen = 0
  }
}

class ProteinSketcher implements Sketcher {
  readonly #lowest = new Lowest()
  #word = 0
  #seen = 0

  add(packed: Uint8Array, residues: number): void {
    const lowest = this.#lowest
    let word = this.#word
    let seen = this.#seen
    let limit = lowest.limit
    for (let i = 0, bit = 0; i < residues; i++, bit += 5) {
      const at = bit >>> 3
      const code = ((packed[at] | (packed[at + 1] << 8)) >>> (bit & 7)) & 31
      const group = classes[code]
      word = (word << 4) | group
      seen = group === NO_CLASS ? 0 : seen + 1
      if (seen < AMINO_ACIDS) continue
      const hash = mix(word)
      if (hash < limit && !isLowComplexity(word)) {
        lowest.add(hash)
        limit = lowest.limit
      }
    }
    this.#word = word
    this.#seen = seen
  }

  finish(out: Uint32Array, at: number): void {
    this.#lowest.finish(out, at)
    this.#word = this.#seen = 0
  }
}

/** Spreads 32 bits over 32 bits, one to one (Wellons' lowbias32). */
export function mix(word: number): number {
  let hash = word ^ (word >>> 16)
  hash = Math.imul(hash, 0x21f0aaad)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x735a2d97)
  return hash ^ (hash >>> 15)
}

/** Nearly repeats after one, two or three nucleotides. */
function isRepetitive(word: number): boolean {
  for (let period = 1; period <= 3; period++) {
    const kept = 0xffffffff >>> (2 * period)
    const differs = (word ^ (word >>> (2 * period))) & kept
    if (bitsOf((differs | (differs >>> 1)) & 0x55555555) <= 3) return true
  }
  return false
}

/** At most three classes in eight residues. */
function isLowComplexity(word: number): boolean {
  let classesSeen = 0
  for (let i = 0; i < 32; i += 4) classesSeen |= 1 << ((word >>> i) & 15)
  return bitsOf(classesSeen) <= 3
}

function bitsOf(value: number): number {
  let count = value - ((value >>> 1) & 0x55555555)
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333)
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

const classes = new Uint8Array(32).fill(NO_CLASS)
CLASSES.forEach((letters, index) => {
  for (const letter of letters) classes[PROTEIN_LETTERS.indexOf(letter)] = index
})
