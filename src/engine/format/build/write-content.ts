import type { Digests } from '../../sequence/digest.ts'
import type { FileSink, Scratch, ScratchFile } from '../../source/types.ts'
import { accessionHash, AccessionWriter } from '../accessions.ts'
import { ContentDigest } from '../content-digest.ts'
import type { EntryColumns } from '../entries.ts'
import { ExceptionWriter } from '../exceptions.ts'
import { packedBytes } from '../pack.ts'
import { RecordTableWriter, wordsOf } from '../records.ts'
import { ResidueWriter } from '../residues.ts'
import { ContentSummary } from '../summary.ts'
import type { Alphabet, FieldSummary } from '../types.ts'
import type { MetadataJoin } from './field-types.ts'
import {
  AT_ACCESSION,
  AT_BLOB,
  AT_DESCRIPTION,
  AT_EXCEPTIONS,
  AT_FLAGS,
  AT_ID,
  AT_LENGTH,
  AT_LOWER_CASE,
  AT_MD5,
  AT_QUALITY,
  AT_REFGET,
  HAS_LOWER_CASE,
  HAS_QUALITY,
  IN_BLOB,
  ROW_HEADER,
  STOP,
  URACIL,
} from './rows.ts'
import type { Row } from './sort.ts'
import { EntryTableWriter } from './write-entries.ts'

const COPY_BYTES = 1 << 20

/** What a `ContentWriter` works with. */
export interface ContentParts {
  sink: FileSink
  scratch: Scratch
  alphabet: Alphabet
  digests: Digests
  /** Where long tails of rows lie. */
  blob: ScratchFile | null
  join: MetadataJoin
  fields: readonly FieldSummary[]
  columns: EntryColumns
}

/** Takes sorted rows and collects what each file needs. */
export class ContentWriter {
  readonly #alphabet: Alphabet
  readonly #digests: Digests
  readonly #join: MetadataJoin
  readonly #blob: ScratchFile | null
  readonly #decoder = new TextDecoder()
  readonly #fields: number
  readonly #digest: ContentDigest
  readonly #lastId = new Uint8Array(32)
  readonly records: RecordTableWriter
  readonly exceptions: ExceptionWriter
  readonly residues: ResidueWriter
  readonly accessions: AccessionWriter
  readonly entries: EntryTableWriter
  readonly summary = new ContentSummary()
  #pending = 0

  private constructor(parts: ContentParts, digest: ContentDigest, entries: EntryTableWriter) {
    this.#alphabet = parts.alphabet
    this.#digests = parts.digests
    this.#blob = parts.blob
    this.#join = parts.join
    this.#fields = parts.fields.length
    this.#digest = digest
    this.records = new RecordTableWriter(parts.scratch)
    this.exceptions = new ExceptionWriter(parts.scratch)
    this.residues = new ResidueWriter(parts.scratch)
    this.accessions = new AccessionWriter(parts.scratch)
    this.entries = entries
  }

  static async create(parts: ContentParts): Promise<ContentWriter> {
    const digest = await ContentDigest.create(parts.fields.map((field) => field.name))
    return new ContentWriter(parts, digest, await EntryTableWriter.create(parts.sink, parts.columns, parts.fields))
  }

  /** Adds the next row. A promise where there is something to wait for. */
  add(row: Row): Promise<void> | null {
    const { bytes, view, offset } = row
    const flags = view.getUint32(offset + AT_FLAGS, true)
    const length = view.getUint32(offset + AT_LENGTH, true)
    const isNew = this.summary.records === 0 || !this.#sameId(bytes, offset + AT_ID)
    if ((flags & IN_BLOB) !== 0) return this.#addLong(row, flags, length, isNew)
    const packed = packedBytes(this.#alphabet, length)
    const tail = offset + ROW_HEADER + namesLength(row)
    const exceptions = view.getUint32(offset + AT_EXCEPTIONS, true)
    if (isNew) {
      this.#addRecord(row, flags, length)
      this.residues.add(bytes.subarray(tail, tail + packed))
      if (exceptions > 0) this.#addExceptions(wordsOf(bytes.subarray(tail + packed, tail + packed + exceptions * 12)))
    }
    let at = tail + packed + exceptions * 12
    let lowerCase: Uint32Array | null = null
    if (flags & HAS_LOWER_CASE) {
      const size = view.getUint32(offset + AT_LOWER_CASE, true) * 8
      lowerCase = wordsOf(bytes.subarray(at, at + size))
      at += size
    }
    const quality = flags & HAS_QUALITY ? bytes.slice(at, at + view.getUint32(offset + AT_QUALITY, true)) : null
    this.#addEntry(row, flags, length, lowerCase, quality)
    if (this.entries.full || ++this.#pending >= 512) return this.drain()
    return null
  }

  async drain(): Promise<void> {
    this.#pending = 0
    if (this.entries.full) await this.entries.flush()
    await this.records.drain()
    await this.exceptions.drain()
    await this.residues.drain()
    await this.accessions.drain()
  }

  /** The content digest; nothing is to be added afterwards. */
  digest(): string {
    return this.#digest.finish()
  }

  async remove(): Promise<void> {
    await Promise.all([this.records, this.exceptions, this.residues, this.accessions].map((part) => part.remove()))
  }

  async #addLong(row: Row, flags: number, length: number, isNew: boolean): Promise<void> {
    const { view, offset } = row
    const packed = packedBytes(this.#alphabet, length)
    let at = view.getFloat64(offset + AT_BLOB, true)
    const exceptions = view.getUint32(offset + AT_EXCEPTIONS, true)
    if (isNew) {
      this.#addRecord(row, flags, length)
      for (let from = 0; from < packed; from += COPY_BYTES) {
        this.residues.add(await this.#blob!.read(at + from, Math.min(COPY_BYTES, packed - from)))
        await this.residues.drain()
      }
      if (exceptions > 0) this.#addExceptions(wordsOf(await this.#blob!.read(at + packed, exceptions * 12)))
    }
    at += packed + exceptions * 12
    let lowerCase: Uint32Array | null = null
    if (flags & HAS_LOWER_CASE) {
      const size = view.getUint32(offset + AT_LOWER_CASE, true) * 8
      lowerCase = wordsOf(await this.#blob!.read(at, size))
      at += size
    }
    const qualityBytes = view.getUint32(offset + AT_QUALITY, true)
    const quality = flags & HAS_QUALITY ? (await this.#blob!.read(at, qualityBytes)).slice() : null
    this.#addEntry(row, flags, length, lowerCase, quality)
    await this.drain()
  }

  #addRecord(row: Row, flags: number, length: number): void {
    const { bytes, offset } = row
    const id = bytes.subarray(offset + AT_ID, offset + AT_ID + 32)
    this.#lastId.set(id)
    this.records.add(
      id,
      bytes.subarray(offset + AT_REFGET, offset + AT_REFGET + 24),
      bytes.subarray(offset + AT_MD5, offset + AT_MD5 + 16),
      length,
      (flags & URACIL) !== 0,
      this.summary.entries,
      this.exceptions.count,
    )
    this.summary.addRecord(length)
  }

  #addExceptions(runs: Uint32Array): void {
    for (let i = 0; i < runs.length; i += 3) this.exceptions.add(runs[i], runs[i + 1], runs[i + 2])
  }

  #addEntry(row: Row, flags: number, length: number, lowerCase: Uint32Array | null, quality: Uint8Array | null): void {
    const { bytes, view, offset } = row
    const start = offset + ROW_HEADER
    const split = view.getUint32(offset + AT_ACCESSION, true)
    const names = bytes.slice(start, start + namesLength(row))
    const accession = names.subarray(0, split)
    const description = names.subarray(split)
    const values = this.#fields === 0 ? null : this.#join.valuesOf(this.#decoder.decode(accession))
    const stop = (flags & STOP) !== 0
    this.#digest.add(this.#lastId, accession, description, stop, lowerCase, quality, values, this.#fields)
    this.accessions.add(accessionHash(this.#digests, accession), this.summary.entries)
    this.entries.add(accession, description, this.summary.records - 1, stop, lowerCase, quality, values)
    this.summary.addEntry(length)
  }

  #sameId(bytes: Uint8Array, at: number): boolean {
    const last = this.#lastId
    for (let i = 0; i < 32; i++) if (bytes[at + i] !== last[i]) return false
    return true
  }
}

function namesLength(row: Row): number {
  return row.view.getUint32(row.offset + AT_ACCESSION, true) + row.view.getUint32(row.offset + AT_DESCRIPTION, true)
}
