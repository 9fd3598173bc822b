/// <reference lib="es2024.arraybuffer" />
/** Bytes of residue lines by kind; letters and `*` stand for themselves in upper case. */
const BAD = 0
const LINE_END = 1
const SPACE = 2
const GAP = 3
const LOWER = 128

const KINDS = new Uint8Array(256)
for (let letter = 65; letter <= 90; letter++) {
  KINDS[letter] = letter
  KINDS[letter + 32] = letter | LOWER
}
KINDS[42] = 42
KINDS[45] = GAP
for (const space of [9, 11, 12, 32]) KINDS[space] = SPACE
for (const end of [10, 13]) KINDS[end] = LINE_END

const STOP = 42
/** Longer sequences are handed out as they lie in the buffer; shorter ones are copied out of it. */
const COPY_BELOW = 1 << 24

/** A long sequence grows by at most this at a time. */
const GROWTH = 1 << 24
const MAX_BYTES = 2 ** 31 - 1

/**
 * Bytes that grow where they lie: copying a chromosome to a larger buffer would need twice its memory. Where a host has
 * no room to reserve for that, plain bytes.
 */
function growing(size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(new ArrayBuffer(size, { maxByteLength: MAX_BYTES }))
  } catch {
    return new Uint8Array(2 * size)
  }
}

/** Collects the residues of one record from pieces of its lines. */
export class ResidueBuffer {
  /** Residues so far. */
  length = 0
  gaps = 0
  stop = false
  /** The first byte that is no residue, or −1. */
  bad = -1
  #letters: Uint8Array<ArrayBuffer> = new Uint8Array(1 << 16)
  #lower: number[] = []
  readonly #kinds: Uint8Array

  /** `symbols`: `-` and `*` are allowed, as in FASTA. */
  constructor(symbols: boolean) {
    this.#kinds = symbols ? KINDS : KINDS.map((kind, byte) => (byte === STOP || kind === GAP ? BAD : kind))
  }

  reset(): void {
    this.length = 0
    this.gaps = 0
    this.stop = false
    this.bad = -1
    if (this.#lower.length > 0) this.#lower = []
  }

  /** Takes bytes from `start` up to a line end, a bad byte or `end`; answers where it stopped. */
  add(bytes: Uint8Array, start: number, end: number): number {
    this.#reserve(this.length + end - start)
    const kinds = this.#kinds
    const letters = this.#letters
    let n = this.length
    let i = start
    for (; i < end; i++) {
      const kind = kinds[bytes[i]]
      if (kind >= STOP) {
        if (kind < LOWER) {
          letters[n++] = kind
        } else {
          const from = n
          letters[n++] = kind & 127
          while (i + 1 < end && kinds[bytes[i + 1]] >= LOWER) letters[n++] = kinds[bytes[++i]] & 127
          this.#addLower(from, n - from)
        }
      } else if (kind === GAP) {
        this.gaps++
      } else if (kind !== SPACE) {
        if (kind === BAD) this.bad = bytes[i]
        break
      }
    }
    this.length = n
    return i
  }

  /** Removes a final `*`, once all residues are there. */
  finish(): void {
    if (this.length > 0 && this.#letters[this.length - 1] === STOP) {
      this.length--
      this.stop = true
    }
  }

  /** The letters, the caller's to keep. */
  takeLetters(): Uint8Array {
    if (this.length < COPY_BELOW) return this.#letters.slice(0, this.length)
    const letters = this.#letters.subarray(0, this.length)
    this.#letters = new Uint8Array(1 << 16)
    return letters
  }

  takeLowerCase(): Uint32Array | null {
    return this.#lower.length === 0 ? null : Uint32Array.from(this.#lower)
  }

  #addLower(start: number, length: number): void {
    const last = this.#lower.length - 1
    if (last > 0 && this.#lower[last - 1] + this.#lower[last] === start) this.#lower[last] += length
    else this.#lower.push(start, length)
  }

  #reserve(capacity: number): void {
    if (capacity <= this.#letters.length) return
    const size = Math.max(capacity, this.#letters.length + Math.min(this.#letters.length, GROWTH))
    if (this.#letters.buffer.resizable && size <= MAX_BYTES) {
      this.#letters.buffer.resize(size)
      return
    }
    const grown = size > COPY_BELOW && size <= MAX_BYTES ? growing(size) : new Uint8Array(2 * size)
    grown.set(this.#letters.subarray(0, this.length))
    this.#letters = grown
  }
}
