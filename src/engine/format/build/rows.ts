import type { Digests } from '../../sequence/digest.ts'
import type { InputEntry } from '../../io/types.ts'
import type { Scratch, ScratchFile } from '../../source/types.ts'
import {
  collectExceptions,
  describeBadLetter,
  HAS_BAD_LETTERS,
  HAS_EXCEPTIONS,
  packedBytes,
  packLetters,
  thymineOrUracil,
} from '../pack.ts'
import type { Alphabet } from '../types.ts'

/**
 * An entry on its way through the sort is a row of bytes, little-endian:
 *
 * | at | what |
 * |---:|------|
 * | 0 | bytes of the row, a multiple of 4 |
 * | 4 | place of the record in the segment (big-endian), once that is planned; 0 before |
 * | 8 | id (32), refget digest (24), MD5 (16) |
 * | 80 | residues |
 * | 84 | flags |
 * | 88 | XXH64 of case and quality (big-endian): a sorting key |
 * | 96 | bytes of accession, description, metadata values; exception runs; lower-case runs; bytes of quality |
 * | 120 | where the tail begins in the blob file (float64), if it is there |
 * | 128 | accession, description, metadata values, then the tail: packed residues, exceptions, lower-case runs, quality |
 *
 * A metadata value is a uint32, its number of bytes, and its text; there are none or one for each field.
 */
export const ROW_HEADER = 128
export const AT_PLACE = 4
export const AT_ID = 8
export const AT_REFGET = 40
export const AT_MD5 = 64
export const AT_LENGTH = 80
export const AT_FLAGS = 84
export const AT_TIE = 88
export const AT_ACCESSION = 96
export const AT_DESCRIPTION = 100
export const AT_VALUES = 104
export const AT_EXCEPTIONS = 108
export const AT_LOWER_CASE = 112
export const AT_QUALITY = 116
export const AT_BLOB = 120

export const URACIL = 1
export const STOP = 2
export const HAS_LOWER_CASE = 4
export const HAS_QUALITY = 8
export const IN_BLOB = 16

/** Tails longer than this go to the blob file, so that sorting never moves long sequences. */
const INLINE_BYTES = 1 << 16
/** Residues packed at a time; whole groups of either packing. */
const SLICE = 1 << 20
/** Residue numbers are 32-bit, and signed in some of the tools that read these files. */
export const MAX_LENGTH = 2 ** 31 - 1

/** Appends rows to one buffer. `add` answers a sentence (no full stop) where the entry cannot be kept. */
export class RowBuffer {
  readonly #alphabet: Alphabet
  readonly #digests: Digests
  readonly #scratch: Scratch
  readonly #capacity: number
  readonly #encoder = new TextEncoder()
  readonly #tie: DataView
  #slice: Uint8Array | null = null
  #blobFile: ScratchFile | null = null
  #blobBytes = 0
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1 << 16)
  view = new DataView(this.bytes.buffer)
  used = 0
  /** Offset of each row. */
  offsets = new Float64Array(1024)
  rows = 0

  constructor(alphabet: Alphabet, digests: Digests, scratch: Scratch, capacity: number) {
    this.#alphabet = alphabet
    this.#digests = digests
    this.#scratch = scratch
    this.#capacity = capacity
    this.#tie = new DataView(new ArrayBuffer(8))
  }

  get blob(): ScratchFile | null {
    return this.#blobFile
  }

  get full(): boolean {
    return this.used >= this.#capacity || this.rows >= MAX_ROWS
  }

  clear(): void {
    this.used = 0
    this.rows = 0
  }

  /** Gives the memory back; the buffer is not to be used again. */
  release(): void {
    this.clear()
    this.bytes = new Uint8Array(0)
    this.view = new DataView(this.bytes.buffer)
    this.offsets = new Float64Array(0)
  }

  /** Appends a copy of another buffer's row, its record's place set. */
  addRow(bytes: Uint8Array, offset: number, length: number, place: number): void {
    const start = this.used
    this.#reserve(start, length)
    this.bytes.set(bytes.subarray(offset, offset + length), start)
    this.view.setUint32(start + AT_PLACE, place, false)
    this.#end(start, start + length)
  }

  /**
   * Appends the entry's row, or says why it cannot be kept. `values`: texts of the metadata fields, or null for none at
   * all. A promise only where the tail is long.
   */
  add(entry: InputEntry, values: readonly string[] | null): string | null | Promise<string | null> {
    const letters = entry.letters
    if (letters.length === 0) return 'has no residues'
    if (letters.length > MAX_LENGTH) return `has more than ${MAX_LENGTH} residues`
    const lowerBytes = entry.lowerCase === null ? 0 : entry.lowerCase.length * 4
    const qualityBytes = entry.quality === null ? 0 : entry.quality.length
    const packed = packedBytes(this.#alphabet, letters.length)
    if (packed + lowerBytes + qualityBytes > INLINE_BYTES) return this.#addLong(entry, values, packed)
    const start = this.used
    const body = this.#begin(entry, values, packed + lowerBytes + qualityBytes)
    const seen = packLetters(this.#alphabet, letters, this.bytes, body)
    if (seen & HAS_BAD_LETTERS) return describeBadLetter(this.#alphabet, letters)
    const { uracil, exceptions } = exceptionsOf(this.#alphabet, letters, seen)
    let end = body + packed
    if (exceptions !== null) {
      this.#reserve(end, exceptions.length * 4 + lowerBytes + qualityBytes)
      end = this.#putWords(exceptions, end)
    }
    const caseStart = end
    if (entry.lowerCase !== null) end = this.#putWords(entry.lowerCase, end)
    if (entry.quality !== null) end = putText(this.bytes, end, entry.quality)
    this.#finish(entry, start, end, uracil, exceptions, this.bytes.subarray(caseStart, end))
    return null
  }

  async #addLong(entry: InputEntry, values: readonly string[] | null, packed: number): Promise<string | null> {
    const letters = entry.letters
    const start = this.used
    const end = this.#begin(entry, values, 0)
    this.#blobFile ??= await this.#scratch.create()
    const packing = (this.#slice ??= new Uint8Array(packedBytes(this.#alphabet, SLICE)))
    const blobStart = this.#blobBytes
    let seen = 0
    let written = 0
    for (let from = 0; from < letters.length; from += SLICE) {
      const slice = letters.subarray(from, from + SLICE)
      const target = packing.subarray(0, packedBytes(this.#alphabet, slice.length))
      seen |= packLetters(this.#alphabet, slice, target, 0)
      if (seen & HAS_BAD_LETTERS) break
      await this.#append(target)
      written += target.length
    }
    if (seen & HAS_BAD_LETTERS) return describeBadLetter(this.#alphabet, letters)
    if (written !== packed) throw new Error('slices of a record were not whole groups')
    const { uracil, exceptions } = exceptionsOf(this.#alphabet, letters, seen)
    if (exceptions !== null) await this.#append(wordBytes(exceptions))
    const lower = entry.lowerCase === null ? new Uint8Array(0) : wordBytes(entry.lowerCase)
    const tail = new Uint8Array(lower.length + (entry.quality === null ? 0 : entry.quality.length))
    tail.set(lower)
    if (entry.quality !== null) putText(tail, lower.length, entry.quality)
    await this.#append(tail)
    this.view.setUint32(start + AT_FLAGS, IN_BLOB, true)
    this.view.setFloat64(start + AT_BLOB, blobStart, true)
    this.#finish(entry, start, end, uracil, exceptions, tail)
    return null
  }

  async #append(bytes: Uint8Array): Promise<void> {
    await this.#blobFile!.append(bytes)
    this.#blobBytes += bytes.length
  }

  /** Writes header, names and values, makes room for `tail` more bytes, and answers where they begin. */
  #begin(entry: InputEntry, values: readonly string[] | null, tail: number): number {
    const start = this.used
    let letters = entry.accession.length + entry.description.length
    if (values !== null) for (const value of values) letters += value.length + 2
    this.#reserve(start, ROW_HEADER + 3 * letters + tail + 4)
    this.bytes.fill(0, start, start + ROW_HEADER)
    const afterAccession = this.#putName(entry.accession, start + ROW_HEADER)
    const afterNames = this.#putName(entry.description, afterAccession)
    let end = afterNames
    for (const value of values ?? []) {
      const text = end + 4
      end = this.#putName(value, text)
      this.view.setUint32(text - 4, end - text, true)
    }
    this.view.setUint32(start + AT_ACCESSION, afterAccession - start - ROW_HEADER, true)
    this.view.setUint32(start + AT_DESCRIPTION, afterNames - afterAccession, true)
    this.view.setUint32(start + AT_VALUES, end - afterNames, true)
    return end
  }

  #finish(
    entry: InputEntry,
    start: number,
    end: number,
    uracil: boolean,
    exceptions: Uint32Array | null,
    caseAndQuality: Uint8Array,
  ): void {
    const { bytes, view } = this
    bytes.set(this.#digests.sha256(entry.letters), start + AT_ID)
    bytes.set(this.#digests.sha512t24(entry.letters), start + AT_REFGET)
    bytes.set(this.#digests.md5(entry.letters), start + AT_MD5)
    view.setUint32(start + AT_LENGTH, entry.letters.length, true)
    bytes[start + AT_FLAGS] |=
      (uracil ? URACIL : 0) |
      (entry.stop ? STOP : 0) |
      (entry.lowerCase === null ? 0 : HAS_LOWER_CASE) |
      (entry.quality === null ? 0 : HAS_QUALITY)
    if (caseAndQuality.length > 0) {
      this.#tie.setBigUint64(0, this.#digests.xxh64(caseAndQuality))
      for (let i = 0; i < 8; i++) bytes[start + AT_TIE + i] = this.#tie.getUint8(i)
    }
    view.setUint32(start + AT_EXCEPTIONS, exceptions === null ? 0 : exceptions.length / 3, true)
    view.setUint32(start + AT_LOWER_CASE, entry.lowerCase === null ? 0 : entry.lowerCase.length / 2, true)
    view.setUint32(start + AT_QUALITY, entry.quality === null ? 0 : entry.quality.length, true)
    const padded = start + Math.ceil((end - start) / 4) * 4
    bytes.fill(0, end, padded)
    view.setUint32(start, padded - start, true)
    this.#end(start, padded)
  }

  #end(start: number, end: number): void {
    if (this.rows === this.offsets.length) {
      const larger = new Float64Array(this.rows * 4)
      larger.set(this.offsets)
      this.offsets = larger
    }
    this.offsets[this.rows++] = start
    this.used = end
  }

  #putName(text: string, offset: number): number {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 127) {
        const encoded = this.#encoder.encode(text)
        this.bytes.set(encoded, offset)
        return offset + encoded.length
      }
      this.bytes[offset + i] = unit
    }
    return offset + text.length
  }

  #putWords(words: Uint32Array, offset: number): number {
    const { view } = this
    for (let i = 0; i < words.length; i++) view.setUint32(offset + 4 * i, words[i], true)
    return offset + 4 * words.length
  }

  #reserve(start: number, bytes: number): void {
    const needed = start + bytes + 4
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(needed, Math.min(this.bytes.length * 4, this.#capacity + INLINE_BYTES * 2)))
    larger.set(this.bytes.subarray(0, start))
    this.bytes = larger
    this.view = new DataView(larger.buffer)
  }
}

/** Row numbers fit the 20 low bits of a sorting key. */
export const MAX_ROWS = 1 << 20

function exceptionsOf(alphabet: Alphabet, letters: Uint8Array, seen: number) {
  const { uracil, minority } = thymineOrUracil(alphabet, letters)
  const needed = (seen & HAS_EXCEPTIONS) !== 0 || minority !== 0
  return { uracil, exceptions: needed ? collectExceptions(letters, minority) : null }
}

/** ASCII and Latin-1 text, one byte per character. */
function putText(target: Uint8Array, offset: number, text: string): number {
  for (let i = 0; i < text.length; i++) target[offset + i] = text.charCodeAt(i)
  return offset + text.length
}

/** Little-endian bytes of 32-bit words. */
export function wordBytes(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i], true)
  return bytes
}

/** Bytes of a row before its tail, header included. */
export function headLength(view: DataView, offset: number): number {
  return (
    ROW_HEADER +
    view.getUint32(offset + AT_ACCESSION, true) +
    view.getUint32(offset + AT_DESCRIPTION, true) +
    view.getUint32(offset + AT_VALUES, true)
  )
}

/** Text of a metadata field of a row, '' where missing. */
export function valueOf(view: DataView, bytes: Uint8Array, offset: number, field: number): string {
  const end = offset + headLength(view, offset)
  let at = end - view.getUint32(offset + AT_VALUES, true)
  for (let f = 0; at < end; f++) {
    const length = view.getUint32(at, true)
    at += 4
    if (f === field) return decoder.decode(bytes.subarray(at, at + length))
    at += length
  }
  return ''
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
