/** A set of entry numbers below `length`. */
export class EntryBitset {
  readonly length: number
  /** Entry `i` is bit `i & 31` of word `i >>> 5`; bits from `length` on are 0. */
  readonly words: Uint32Array

  constructor(length: number, words: Uint32Array = new Uint32Array(Math.ceil(length / 32))) {
    this.length = length
    this.words = words
  }

  has(entry: number): boolean {
    return entry < this.length && ((this.words[entry >>> 5] >>> (entry & 31)) & 1) === 1
  }

  add(entry: number): void {
    this.words[entry >>> 5] |= 1 << (entry & 31)
  }

  /** Adds entries [from, to). */
  addRange(from: number, to: number): void {
    while (from < to && (from & 31) !== 0) this.add(from++)
    while (to > from && (to & 31) !== 0) this.add(--to)
    this.words.fill(0xffffffff, from >>> 5, to >>> 5)
  }

  /** Adds the entries of another set, moved up by `offset`. */
  addAll(other: EntryBitset, offset: number): void {
    const shift = offset & 31
    let to = offset >>> 5
    for (const word of other.words) {
      this.words[to++] |= word << shift
      if (shift > 0 && word >>> (32 - shift) !== 0) this.words[to] |= word >>> (32 - shift)
    }
  }

  /** Number of entries in the set. */
  get count(): number {
    let count = 0
    for (const word of this.words) {
      let bits = word - ((word >>> 1) & 0x55555555)
      bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
      count += Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
    }
    return count
  }

  /** True where any entry of [from, to) is in the set. */
  hasAny(from: number, to: number): boolean {
    const end = Math.min(to, this.length)
    if (from >= end) return false
    const [first, last] = [from >>> 5, (end - 1) >>> 5]
    const head = 0xffffffff << (from & 31)
    const tail = 0xffffffff >>> (31 - ((end - 1) & 31))
    if (first === last) return (this.words[first] & head & tail) !== 0
    if ((this.words[first] & head) !== 0 || (this.words[last] & tail) !== 0) return true
    for (let word = first + 1; word < last; word++) if (this.words[word] !== 0) return true
    return false
  }

  /** The entries in ascending order. */
  *[Symbol.iterator](): Generator<number> {
    for (let word = 0; word < this.words.length; word++) {
      for (let bits = this.words[word]; bits !== 0; bits &= bits - 1) yield word * 32 + (31 - Math.clz32(bits & -bits))
    }
  }
}
