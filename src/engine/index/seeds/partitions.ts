import type { Scratch, ScratchFile } from '../../source/types.ts'
import type { SeedTerms } from './types.ts'

const CHUNK_POSTINGS = 1 << 13
const FIRST_POSTINGS = 1 << 6
/** Full chunks held before they are worth writing out. */
const HEAVY_CHUNKS = 64

/** A part of the hashes: its postings in the order they came. */
class Partition {
  chunk = new Uint32Array(0)
  used = 0
  /** Full chunks: in memory, or their offset in the scratch file. */
  full: (Uint32Array | number)[] = []
  count = 0
}

/**
 * Postings by the highest bits of their hash: first in memory, then in a scratch file. Each is two words: position × 2 +
 * orientation (its 33rd bit in the lowest of the second word), and the rest of the hash above it.
 */
export class Partitions {
  /** Bits of the hash that tell the partition. */
  readonly bits: number
  readonly #scratch: Scratch
  readonly #shift: number
  readonly #parts: Partition[]
  #file: ScratchFile | null = null
  #fileBytes = 0
  #heldChunks = 0
  count = 0

  constructor(scratch: Scratch, hashBits: number) {
    this.#scratch = scratch
    this.bits = Math.min(hashBits, 8)
    this.#shift = hashBits - this.bits
    this.#parts = Array.from({ length: 2 ** this.bits }, () => new Partition())
  }

  get size(): number {
    return this.#parts.length
  }

  /** Postings of the largest partition. */
  get largest(): number {
    return this.#parts.reduce((most, { count }) => Math.max(most, count), 1)
  }

  get heavy(): boolean {
    return this.#heldChunks >= HEAVY_CHUNKS
  }

  /** Adds the terms of a piece at `position` that begin before `end`. */
  add(terms: SeedTerms, position: number, end: number): void {
    const shift = this.#shift
    const rest = 2 ** shift - 1
    const { hashes, places, count } = terms
    let i = 0
    for (; i < count; i++) {
      const start = places[i] >>> 2
      if (start >= end) break
      const at = position + start
      const hash = hashes[i]
      const part = this.#parts[hash >>> shift]
      if (part.used === part.chunk.length) this.#grow(part)
      part.chunk[part.used++] = (at * 2) | ((places[i] & 3) === 1 ? 1 : 0)
      part.chunk[part.used++] = ((hash & rest) * 2) | (at > 0x7fffffff ? 1 : 0)
      part.count++
    }
    this.count += i
  }

  #grow(part: Partition): void {
    if (part.used === 2 * CHUNK_POSTINGS) {
      part.full.push(part.chunk)
      this.#heldChunks++
      part.chunk = new Uint32Array(2 * CHUNK_POSTINGS)
      part.used = 0
      return
    }
    const larger = new Uint32Array(Math.max(2 * FIRST_POSTINGS, 2 * part.used))
    larger.set(part.chunk)
    part.chunk = larger
  }

  /** Writes full chunks out. */
  async drain(): Promise<void> {
    this.#file ??= await this.#scratch.create()
    for (const part of this.#parts) {
      for (let i = 0; i < part.full.length; i++) {
        const chunk = part.full[i]
        if (typeof chunk === 'number') continue
        part.full[i] = this.#fileBytes
        await this.#file.append(bytesOf(chunk))
        this.#fileBytes += chunk.byteLength
      }
    }
    this.#heldChunks = 0
  }

  /** Keys of one partition, in order, in pieces. */
  async read(index: number): Promise<Uint8Array[]> {
    const part = this.#parts[index]
    const pieces: Uint8Array[] = []
    for (const chunk of part.full) {
      pieces.push(typeof chunk === 'number' ? await this.#file!.read(chunk, 8 * CHUNK_POSTINGS) : bytesOf(chunk))
    }
    if (part.used > 0) pieces.push(bytesOf(part.chunk.subarray(0, part.used)))
    return pieces
  }

  async remove(): Promise<void> {
    await this.#file?.remove()
    this.#file = null
  }
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}
