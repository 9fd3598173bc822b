import { CatalogError, throwIfAborted } from '../../errors.ts'
import type { SeedFiles } from '../../index/seeds/types.ts'
import type { VectorFiles } from '../../index/vectors/types.ts'
import { blockCount } from '../blocks.ts'
import { writeChecksums } from '../checksums.ts'
import { digestFields } from '../content-digest.ts'
import type { DigestFields } from '../content-digest.ts'
import { accessionHash, ACCESSION_LAYOUT, digestHash, DIGEST_LAYOUT } from '../hash-table.ts'
import { packedBytes } from '../pack.ts'
import { MOST_POSITIONS, residueRoom } from '../records.ts'
import { cutShards, planShards, ResidueWriter } from '../residues.ts'
import type { DataFile, Segment } from '../types.ts'
import { wordsOf } from '../words.ts'
import { aheadRanges } from './ahead-ranges.ts'
import type { WrittenFile } from './data-file.ts'
import { feedIndexers, placeFiles, RecordSpool } from './index-segment.ts'
import type { SegmentIndexers } from './options.ts'
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
  AT_VALUES,
  HAS_LOWER_CASE,
  HAS_QUALITY,
  headLength,
  IN_BLOB,
  ROW_HEADER,
  STOP,
  URACIL,
} from './rows.ts'
import type { SegmentParts, WrittenSegment } from './segment-parts.ts'
import type { Row } from './sort.ts'
import { Spool } from './spool.ts'
import { EntryTableWriter } from './write-entries.ts'
import { ExceptionWriter } from './write-exceptions.ts'
import { HashTableWriter } from './write-hash-table.ts'
import { RecordTableWriter } from './write-records.ts'

const COPY_BYTES = 1 << 20
const SHARD_BYTES = 64 << 20

/** Takes sorted rows and writes the files of a segment. */
export class SegmentWriter {
  readonly #parts: SegmentParts
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  readonly #digestFields: DigestFields
  readonly #filled: number[]
  readonly #lastId = new Uint8Array(32)
  readonly #lengths: Spool
  readonly #recordSpool: RecordSpool | null
  readonly #records: RecordTableWriter
  readonly #exceptions: ExceptionWriter
  readonly #entries: EntryTableWriter
  readonly #residues: ResidueWriter
  readonly #accessions: HashTableWriter
  readonly #digestTable: HashTableWriter
  /** New records that may be in the catalog already: ids and lengths. */
  #unsure: { id: Uint8Array; length: number }[] = []
  #pending = 0
  #entryCount = 0
  #residueCount = 0

  private constructor(
    parts: SegmentParts,
    records: RecordTableWriter,
    exceptions: ExceptionWriter,
    entries: EntryTableWriter,
  ) {
    const { scratch } = parts.target
    this.#parts = parts
    this.#digestFields = digestFields(parts.fields.map((field) => field.name))
    this.#filled = parts.fields.map(() => 0)
    this.#lengths = new Spool(scratch)
    this.#recordSpool = parts.options.indexers ? new RecordSpool(scratch) : null
    this.#records = records
    this.#exceptions = exceptions
    this.#entries = entries
    this.#residues = new ResidueWriter(scratch)
    this.#accessions = new HashTableWriter(scratch)
    this.#digestTable = new HashTableWriter(scratch)
  }

  static async create(parts: SegmentParts): Promise<SegmentWriter> {
    const { sink } = parts.target
    const records = await RecordTableWriter.create(sink, parts.alphabet)
    const exceptions = await ExceptionWriter.create(sink)
    return new SegmentWriter(
      parts,
      records,
      exceptions,
      await EntryTableWriter.create(sink, parts.columns, parts.fields),
    )
  }

  get records(): number {
    return this.#records.count
  }

  /** The row begins a record that has no room among the positions of this segment. */
  isFull(row: Row): boolean {
    const { alphabet, options } = this.#parts
    const { bytes, view, offset } = row
    if (this.#records.count === 0 || this.#sameId(bytes, offset + AT_ID)) return false
    const room = residueRoom(alphabet, packedBytes(alphabet, view.getUint32(offset + AT_LENGTH, true)))
    return this.#records.end + room > Math.min(options.segmentPositions ?? Infinity, MOST_POSITIONS)
  }

  /** Adds the next row. A promise where there is something to wait for. */
  add(row: Row): Promise<void> | null {
    const { alphabet } = this.#parts
    const { bytes, view, offset } = row
    const flags = view.getUint32(offset + AT_FLAGS, true)
    const length = view.getUint32(offset + AT_LENGTH, true)
    const isNew = this.#records.count === 0 || !this.#sameId(bytes, offset + AT_ID)
    if ((flags & IN_BLOB) !== 0) return this.#addLong(row, flags, length, isNew)
    const packed = packedBytes(alphabet, length)
    const tail = offset + headLength(view, offset)
    const exceptions = view.getUint32(offset + AT_EXCEPTIONS, true)
    if (isNew) {
      this.#addRecord(row, flags, length)
      this.#residues.add(bytes.subarray(tail, tail + packed))
      const runs = exceptions > 0 ? wordsOf(bytes.subarray(tail + packed, tail + packed + exceptions * 12)) : null
      this.#addRuns(runs)
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
    if (this.#entries.full || ++this.#pending >= 512) return this.#drain()
    return null
  }

  /** Writes what is left, shards, indexes and checksums. `cuts`: first record of each shard, and the end. */
  async finish(cuts: readonly number[] | null): Promise<WrittenSegment> {
    const { target, kind, alphabet, options } = this.#parts
    const { sink } = target
    await this.#drain()
    const fields = this.#parts.fields.map((field, f) => ({ ...field, filled: this.#filled[f] }))
    const { file: entryTable, tail } = await this.#entries.finish()
    const recordFiles = await this.#records.finish(sink, this.#entryCount, this.#exceptions.count)
    const digestTable = await this.#digestTable.write(sink, DIGEST_LAYOUT)
    const exceptions = await this.#exceptions.finish()
    const accessions = await this.#accessions.write(sink, ACCESSION_LAYOUT)
    const plans =
      cuts === null
        ? await planShards(this.#readLengths(), alphabet, this.#residues.bytes, this.#shardCount())
        : await cutShards(this.#readLengths(), alphabet, cuts)
    const shards = await this.#residues.write(sink, alphabet, plans, this.#publishing())
    const files: WrittenFile[] = []
    const place = (file: WrittenFile): DataFile => {
      const firstBlock = files.reduce((sum, { bytes }) => sum + blockCount(bytes), 0)
      files.push(file)
      return { path: file.path, bytes: file.bytes, sha256: file.sha256, firstBlock }
    }
    const segment: Segment = {
      kind,
      records: this.#records.count,
      entries: this.#entryCount,
      fields,
      recordTable: place(recordFiles.table),
      blocks: place(recordFiles.blocks),
      digestTable: place(digestTable),
      exceptions: place(exceptions),
      entryTable: place(entryTable),
      accessions: place(accessions),
      checksums: { path: '', bytes: 0, sha256: '' },
      shards: shards.map((shard) => {
        const { firstRecord, records, dataOffset, dataBytes } = shard
        return { ...place(shard), firstRecord, records, dataOffset, dataBytes }
      }),
      seeds: null,
      vectors: [],
    }
    const indexers = await this.#index(segment, place)
    segment.checksums = await writeChecksums(
      sink,
      files.map((file) => file.checksums),
    )
    throwIfAborted(options.signal)
    const bytes = files.reduce((sum, file) => sum + file.bytes, segment.checksums.bytes)
    return { segment, ahead: aheadRanges(segment, tail), bytes, indexers }
  }

  /** Frees scratch space; of a segment that was not finished the files begun, too. */
  async remove(finished: boolean): Promise<void> {
    const begun = finished ? [] : [this.#records, this.#exceptions, this.#entries]
    for (const file of begun) await file.discard()
    const spools = [this.#lengths, this.#residues, this.#accessions, this.#digestTable, this.#recordSpool]
    for (const spool of spools) await spool?.remove()
  }

  async #index(segment: Segment, place: (file: WrittenFile) => DataFile): Promise<SegmentIndexers | null> {
    const { target, alphabet, options, parameters } = this.#parts
    if (!options.indexers) {
      if (parameters === null || (parameters.seeds === null && parameters.vectors.length === 0)) return null
      throw new CatalogError('usage', 'This catalog has indexes, so each of its segments has to be given them, too.')
    }
    const { signal } = options
    const residues = this.#residueCount
    const indexers = await options.indexers({
      alphabet,
      records: segment.records,
      entries: segment.entries,
      residues,
      positions: this.#records.end,
      parameters,
      scratch: target.scratch,
      signal,
    })
    const { seeds, vectors } = indexers
    const all = [...(seeds === null ? [] : [seeds]), ...vectors]
    try {
      if (all.length === 0) return indexers
      let done = 0
      const onResidues = (shown: number) => {
        done += shown
        options.onProgress?.({ stage: 'indexing', done, total: residues, residues })
      }
      const spool = this.#recordSpool!
      await feedIndexers(alphabet, spool, this.#residues.read(), segment.records, all, onResidues, signal)
      if (seeds !== null) segment.seeds = placeFiles<SeedFiles>(await seeds.write(target.sink), place)
      for (const indexer of vectors) segment.vectors.push(placeFiles<VectorFiles>(await indexer.write(target.sink), place))
      return indexers
    } finally {
      for (const indexer of all) await indexer.remove()
    }
  }

  async #drain(): Promise<void> {
    this.#pending = 0
    if (this.#entries.full) await this.#entries.flush()
    const parts = [this.#records, this.#exceptions, this.#residues, this.#accessions, this.#digestTable]
    for (const part of parts) await part.drain()
    if (this.#lengths.heavy) await this.#lengths.drain()
    await this.#recordSpool?.drain()
    const { isKnown, totals } = this.#parts
    if (isKnown === undefined) return
    const unsure = this.#unsure
    this.#unsure = []
    const known = await Promise.all(unsure.map(({ id }) => isKnown(id)))
    unsure.forEach(({ length }, i) => {
      if (!known[i]) totals.summary.addRecord(length)
    })
  }

  async #addLong(row: Row, flags: number, length: number, isNew: boolean): Promise<void> {
    const { alphabet, blob } = this.#parts
    const { view, offset } = row
    const packed = packedBytes(alphabet, length)
    let at = view.getFloat64(offset + AT_BLOB, true)
    const exceptions = view.getUint32(offset + AT_EXCEPTIONS, true)
    if (isNew) {
      this.#addRecord(row, flags, length)
      for (let from = 0; from < packed; from += COPY_BYTES) {
        this.#residues.add(await blob!.read(at + from, Math.min(COPY_BYTES, packed - from)))
        await this.#residues.drain()
      }
      this.#addRuns(exceptions > 0 ? wordsOf(await blob!.read(at + packed, exceptions * 12)) : null)
    }
    at += packed + exceptions * 12
    let lowerCase: Uint32Array | null = null
    if (flags & HAS_LOWER_CASE) {
      const size = view.getUint32(offset + AT_LOWER_CASE, true) * 8
      lowerCase = wordsOf(await blob!.read(at, size))
      at += size
    }
    const qualityBytes = view.getUint32(offset + AT_QUALITY, true)
    const quality = flags & HAS_QUALITY ? (await blob!.read(at, qualityBytes)).slice() : null
    this.#addEntry(row, flags, length, lowerCase, quality)
    await this.#drain()
  }

  #addRecord(row: Row, flags: number, length: number): void {
    const { bytes, offset } = row
    const id = bytes.subarray(offset + AT_ID, offset + AT_ID + 32)
    const refget = bytes.subarray(offset + AT_REFGET, offset + AT_REFGET + 24)
    const md5 = bytes.subarray(offset + AT_MD5, offset + AT_MD5 + 16)
    this.#lastId.set(id)
    for (const digest of [id, refget, md5]) this.#digestTable.add(digestHash(digest), this.#records.count)
    const uracil = (flags & URACIL) !== 0
    this.#records.add(id, refget, md5, length, uracil, this.#entryCount, this.#exceptions.count)
    this.#lengths.pushUint32(length)
    this.#recordSpool?.add(id, length)
    this.#residueCount += length
    if (this.#parts.isKnown === undefined) this.#parts.totals.summary.addRecord(length)
    else this.#unsure.push({ id: id.slice(), length })
  }

  #addRuns(runs: Uint32Array | null): void {
    this.#recordSpool?.addRuns(runs)
    if (runs !== null) this.#exceptions.add(runs)
  }

  #addEntry(row: Row, flags: number, length: number, lowerCase: Uint32Array | null, quality: Uint8Array | null): void {
    const { digests, totals } = this.#parts
    const { bytes, view, offset } = row
    const start = offset + ROW_HEADER
    const split = view.getUint32(offset + AT_ACCESSION, true)
    const names = bytes.slice(start, start + split + view.getUint32(offset + AT_DESCRIPTION, true))
    const accession = names.subarray(0, split)
    const description = names.subarray(split)
    const values = this.#valuesOf(row, start + names.length)
    const stop = (flags & STOP) !== 0
    totals.sum.add(this.#lastId, accession, description, stop, lowerCase, quality, values, this.#digestFields)
    this.#accessions.add(accessionHash(digests, accession), this.#entryCount)
    this.#entries.add(accession, description, this.#records.count - 1, stop, lowerCase, quality, values)
    totals.summary.addEntry(length)
    this.#entryCount++
  }

  #valuesOf(row: Row, at: number): string[] | null {
    const { bytes, view, offset } = row
    const end = at + view.getUint32(offset + AT_VALUES, true)
    if (at === end) return null
    const values: string[] = []
    for (let f = 0; at < end; f++) {
      const length = view.getUint32(at, true)
      values.push(length === 0 ? '' : this.#decoder.decode(bytes.subarray(at + 4, at + 4 + length)))
      if (length > 0) this.#filled[f]++
      at += 4 + length
    }
    return values
  }

  async *#readLengths(): AsyncGenerator<Uint32Array> {
    for await (const bytes of this.#lengths.read()) yield wordsOf(bytes)
  }

  #shardCount(): number {
    const wanted = this.#parts.options.shards ?? Math.ceil(this.#residues.bytes / SHARD_BYTES)
    return Math.max(1, Math.min(wanted, this.#records.count))
  }

  #publishing(): (bytes: number) => void {
    const { options } = this.#parts
    let published = 0
    return (bytes) => {
      throwIfAborted(options.signal)
      published += bytes
      const residues = this.#residueCount
      options.onProgress?.({ stage: 'publishing', done: published, total: this.#residues.bytes, residues })
    }
  }

  #sameId(bytes: Uint8Array, at: number): boolean {
    const last = this.#lastId
    for (let i = 0; i < 32; i++) if (bytes[at + i] !== last[i]) return false
    return true
  }
}
