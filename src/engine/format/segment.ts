import { CatalogError } from '../errors.ts'
import { fromHex, loadDigests, refgetBytes } from '../sequence/digest.ts'
import type { ByteSource, FileStore, ReadOptions } from '../source/types.ts'
import type { ByteCache } from '../source/wrappers.ts'
import type { AheadBytes } from './ahead.ts'
import { BlockTable } from './arrow-blocks.ts'
import type { BlockLayout } from './arrow-blocks.ts'
import { blockCount, cachingBlocks, verifiedSource } from './blocks.ts'
import { readChecksums, readWhole } from './checksums.ts'
import { planChunks } from './chunk.ts'
import { openEntryTable } from './entries.ts'
import type { EntryTable } from './entries.ts'
import { checkExceptions, EXCEPTION_LAYOUT, readExceptions, sliceExceptions } from './exceptions.ts'
import {
  accessionHash,
  ACCESSION_LAYOUT,
  DIGEST_LAYOUT,
  DIGESTS_PER_RECORD,
  digestHash,
  lookUpHash,
} from './hash-table.ts'
import { Once } from './once.ts'
import { applyExceptions, groupBytes, groupResidues, lettersOf, unpackCodes } from './pack.ts'
import { readRecordBlocks, readRecords, RECORD_LAYOUT, shardStarts, sliceRecords } from './records.ts'
import type {
  Chunk,
  DataFile,
  Entry,
  ExceptionTable,
  FileReference,
  Manifest,
  RecordBlocks,
  RecordTable,
  RowOptions,
  Segment,
  SegmentReader,
  SegmentWindow,
} from './types.ts'
import { lastAtMost } from './words.ts'

/** Packed residues of a record block that are read together with its rows, before it is known which are needed. */
const GUESS_BYTES = 1 << 16
/** Entry rows read for nothing to save a read. */
const ROW_GAP = 64

/** What the segments of an opened catalog share. */
export interface SegmentContext {
  store: FileStore
  manifest: Manifest
  ahead: AheadBytes
  cache: ByteCache
}

/** One segment of an opened catalog. Records, entries and exceptions have the segment's own numbers here. */
export class OpenedSegment implements SegmentReader {
  readonly segment: Segment
  readonly firstRecord: number
  readonly firstEntry: number
  readonly #context: SegmentContext
  readonly #once: Once
  readonly #sources = new Map<string, ByteSource>()
  readonly #shardStarts: Float64Array
  #all: RecordTable | null = null

  constructor(context: SegmentContext, segment: Segment, firstRecord: number, firstEntry: number) {
    this.#context = context
    this.segment = segment
    this.firstRecord = firstRecord
    this.firstEntry = firstEntry
    this.#once = new Once(context.store.name)
    this.#shardStarts = shardStarts(context.manifest.alphabet, segment.shards)
  }

  blocks(options?: ReadOptions): Promise<RecordBlocks> {
    return this.#once.run('blocks', options, async (options) => {
      const source = await this.open(this.segment.blocks, options)
      return readRecordBlocks(source, this.#context.manifest.alphabet, this.segment, options)
    })
  }

  async rows(from: number, to: number, options?: RowOptions): Promise<RecordTable> {
    this.#checkRange('Records', from, to, this.segment.records)
    if (this.#all) return sliceRecords(this.#all, from, to)
    return this.#readRows(from, to, options)
  }

  /** All rows; kept. */
  async allRows(options?: ReadOptions): Promise<RecordTable> {
    this.#all ??= await this.#once.run('records', options, (options) =>
      this.#readRows(0, this.segment.records, options),
    )
    return this.#all
  }

  /** All exceptions, checked against the records; kept. */
  allExceptions(options?: ReadOptions): Promise<ExceptionTable> {
    return this.#once.run('exceptions', options, async (options) => {
      const records = await this.allRows(options)
      const table = await this.exceptions(0, records.exceptionStarts[records.count], options)
      checkExceptions(table, records, 0, this.segment.exceptions.path)
      return table
    })
  }

  /** Rows [from, to) of the exceptions. */
  async exceptions(from: number, to: number, options?: ReadOptions): Promise<ExceptionTable> {
    const blocks = await this.blocks(options)
    const { exceptions } = this.segment
    const table = await this.#blockTable(exceptions, EXCEPTION_LAYOUT, blocks.exceptions[blocks.count], options)
    return readExceptions(table, from, to, options)
  }

  async window(start: number, end: number, options?: ReadOptions): Promise<SegmentWindow> {
    const blocks = await this.blocks(options)
    this.#checkRange('Positions', start, end, blocks.positions[blocks.count])
    const starts = blocks.positions.subarray(0, blocks.count)
    const first = lastAtMost(starts, start)
    const last = lastAtMost(starts, Math.max(start, end - 1))
    const firstRecord = first * blocks.rowsPerBlock
    const firstException = blocks.exceptions[first]
    const [records, codes, exceptions] = await Promise.all([
      this.rows(firstRecord, Math.min(this.segment.records, (last + 1) * blocks.rowsPerBlock), {
        ...options,
        digests: false,
      }),
      this.#codes(start, end, options),
      this.exceptions(firstException, blocks.exceptions[last + 1], options),
    ])
    if (exceptions.starts.length > 0) {
      checkExceptions(exceptions, records, firstException, this.segment.exceptions.path)
      this.#applyExceptions(codes, start, records, exceptions, firstException)
    }
    return { start, codes, firstRecord, records }
  }

  /** Codes [start, end) of a record with exceptions applied, its row, and its exceptions. */
  async region(record: number, start: number, end: number, options?: ReadOptions) {
    if (this.#all === null) await this.#guessResidues(record, options)
    const row = await this.rows(record, record + 1, { ...options, digests: false })
    const [length] = row.lengths
    if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= length)) {
      throw new CatalogError('usage', `Residues ${start} to ${end} do not lie in a record of ${length}.`, { record })
    }
    const position = row.positions[0]
    const [codes, exceptions] = await Promise.all([
      this.#codes(position + start, position + end, options),
      this.exceptions(row.exceptionStarts[0], row.exceptionStarts[1], options),
    ])
    checkExceptions(exceptions, row, row.exceptionStarts[0], this.segment.exceptions.path)
    applyExceptions(codes, start, exceptions, 0, exceptions.starts.length)
    return { codes, exceptions, row }
  }

  /** Letters of records [from, to), each whole. */
  async letters(from: number, to: number, options?: ReadOptions): Promise<Uint8Array[]> {
    const { alphabet } = this.#context.manifest
    const { count, lengths, positions, uracil, exceptionStarts } = await this.rows(from, to, {
      ...options,
      digests: false,
    })
    const start = positions[0]
    const [codes, exceptions] = await Promise.all([
      this.#codes(start, positions[count - 1] + lengths[count - 1], options),
      this.exceptions(exceptionStarts[0], exceptionStarts[count], options),
    ])
    return Array.from(lengths, (length, i) => {
      const own = codes.subarray(positions[i] - start, positions[i] - start + length)
      const [first, last] = [exceptionStarts[i] - exceptionStarts[0], exceptionStarts[i + 1] - exceptionStarts[0]]
      applyExceptions(own, 0, exceptions, first, last)
      return lettersOf(alphabet, own, 0, uracil[i] === 1, exceptions, first, last)
    })
  }

  async entries(from: number, to: number, options?: ReadOptions): Promise<Entry[]> {
    this.#checkRange('Entries', from, to, this.segment.entries)
    return (await this.entryTable(options)).read(from, to, options)
  }

  /** The entries with these numbers, neighbouring ones read together. */
  async entriesAt(rows: readonly number[], options?: ReadOptions): Promise<Map<number, Entry>> {
    const entries = new Map<number, Entry>()
    if (rows.length === 0) return entries
    const table = await this.entryTable(options)
    const sorted = [...new Set(rows)].sort((a, b) => a - b)
    const ranges: [number, number][] = []
    let group = 0
    for (const row of sorted) {
      const last = ranges.at(-1)
      while (row >= table.groups[group + 1]) group++
      if (last !== undefined && row - last[1] <= ROW_GAP && last[0] >= table.groups[group]) last[1] = row + 1
      else ranges.push([row, row + 1])
    }
    const wanted = new Set(sorted)
    await Promise.all(
      ranges.map(async ([from, to]) => {
        const read = await table.read(from, to, options)
        read.forEach((entry, i) => {
          if (wanted.has(from + i)) entries.set(from + i, entry)
        })
      }),
    )
    return entries
  }

  entryTable(options?: ReadOptions): Promise<EntryTable> {
    return this.#once.run('entries', options, async (options) => {
      const { entryTable, entries, fields } = this.segment
      const source = await this.open(entryTable, options)
      const { firstRecord, firstEntry } = this
      const view = { firstRecord, firstEntry, fields: this.#context.manifest.fields }
      const tail = this.#context.ahead.tail(entryTable.path, entryTable.bytes) || undefined
      const table = await openEntryTable(source, entryTable.bytes, fields, view, tail, options)
      if (table.rows !== entries) throw this.contradiction(entryTable, 'its number of rows')
      return table
    })
  }

  async chunks(residues: number, options?: ReadOptions): Promise<Chunk[]> {
    const [records, exceptions, checksums] = await Promise.all([
      this.allRows(options),
      this.allExceptions(options),
      this.checksums(options),
    ])
    const { alphabet } = this.#context.manifest
    return planChunks(alphabet, this.firstRecord, this.segment, records, exceptions, checksums, residues)
  }

  /** Number of the record with a SHA-256 id, a refget digest or an MD5, or -1. */
  async findDigest(digest: Uint8Array, column: 'ids' | 'refget' | 'md5', options?: ReadOptions): Promise<number> {
    const { digestTable, records } = this.segment
    const table = await this.#blockTable(digestTable, DIGEST_LAYOUT, records * DIGESTS_PER_RECORD, options)
    const candidates = new Set(await lookUpHash(table, digestHash(digest), options))
    const rows = await Promise.all(
      [...candidates].map(async (record) => {
        if (record >= records) throw this.contradiction(digestTable, 'a row')
        return { record, row: await this.rows(record, record + 1, { ...options, digests: column !== 'ids' }) }
      }),
    )
    const found = rows.find(({ row }) => digest.every((byte, i) => row[column][i] === byte))
    return found === undefined ? -1 : found.record
  }

  /** The same for a digest as text. */
  findDigestText(text: string, options?: ReadOptions): Promise<number> {
    const hex = fromHex(text)
    if (hex?.length === 32) return this.findDigest(hex, 'ids', options)
    if (hex?.length === 16) return this.findDigest(hex, 'md5', options)
    const refget = refgetBytes(text)
    return refget === null ? Promise.resolve(-1) : this.findDigest(refget, 'refget', options)
  }

  /** Entries with the accession, in their order. The rows of their records are read on the way. */
  async findAccession(accession: string, options?: ReadOptions): Promise<Entry[]> {
    const { accessions, entries } = this.segment
    const digests = await loadDigests()
    const hash = accessionHash(digests, new TextEncoder().encode(accession))
    const table = await this.#blockTable(accessions, ACCESSION_LAYOUT, entries, options)
    const candidates = await lookUpHash(table, hash, options)
    if (candidates.some((row) => row >= entries)) throw this.contradiction(accessions, 'a row')
    const [found] = await Promise.all([
      this.entriesAt(candidates, options),
      ...candidates.map((row) => this.#guessRows(row, options)),
    ])
    return [...found.values()].filter((entry) => entry.accession === accession).sort((a, b) => a.index - b.index)
  }

  async open(file: DataFile, options?: ReadOptions): Promise<ByteSource> {
    const checksums = await this.checksums(options)
    let source = this.#sources.get(file.path)
    if (source === undefined) {
      const own = checksums.subarray(file.firstBlock, file.firstBlock + blockCount(file.bytes))
      const verified = verifiedSource(this.#context.store.open(file.path), file.bytes, own)
      source = cachingBlocks(verified, file.bytes, this.#context.cache)
      this.#sources.set(file.path, source)
    }
    return source
  }

  whole(file: FileReference, options?: ReadOptions): Promise<Uint8Array> {
    return this.#once.run(`whole ${file.path}`, options, (options) =>
      readWhole(this.#context.store.open(file.path), file, options),
    )
  }

  checksums(options?: ReadOptions): Promise<BigUint64Array> {
    return this.#once.run('checksums', options, (options) =>
      readChecksums(this.#context.store.open(this.segment.checksums.path), this.segment, options),
    )
  }

  contradiction(file: DataFile, what: string): CatalogError {
    const name = `${this.#context.store.name}/${file.path}`
    return new CatalogError(
      'corrupt',
      `${name} is damaged: ${what} contradicts the manifest. Build the catalog again.`,
      { file: name },
    )
  }

  async #readRows(from: number, to: number, options?: RowOptions): Promise<RecordTable> {
    const blocks = await this.blocks(options)
    const { recordTable, records } = this.segment
    const table = await this.#blockTable(recordTable, RECORD_LAYOUT, records, options)
    return readRecords(table, this.#context.manifest.alphabet, this.segment, blocks, from, to, options)
  }

  async #blockTable(file: DataFile, layout: BlockLayout, rows: number, options?: ReadOptions): Promise<BlockTable> {
    return new BlockTable(await this.open(file, options), layout, rows)
  }

  /** Codes of positions [start, end) as they are packed, from as many shards as they lie in. */
  async #codes(start: number, end: number, options?: ReadOptions): Promise<Uint8Array> {
    const { alphabet } = this.#context.manifest
    const [perGroup, bytesPerGroup] = [groupResidues(alphabet), groupBytes(alphabet)]
    const { shards } = this.segment
    const starts = this.#shardStarts
    const parts: Promise<Uint8Array>[] = []
    for (let at = start; at < end;) {
      const s = lastAtMost(starts.subarray(0, shards.length), at)
      const [from, to] = [at - starts[s], Math.min(end, starts[s + 1]) - starts[s]]
      const first = Math.floor(from / perGroup)
      const bytes = (Math.ceil(to / perGroup) - first) * bytesPerGroup
      const source = this.open(shards[s], options)
      const packed = source.then((shard) => shard.read(shards[s].dataOffset + first * bytesPerGroup, bytes, options))
      parts.push(packed.then((read) => unpackCodes(alphabet, read, from - first * perGroup, to - first * perGroup)))
      at = starts[s] + to
    }
    const codes = await Promise.all(parts)
    if (codes.length === 1) return codes[0]
    const all = new Uint8Array(end - start)
    let at = 0
    for (const part of codes) {
      all.set(part, at)
      at += part.length
    }
    return all
  }

  #applyExceptions(
    codes: Uint8Array,
    start: number,
    records: RecordTable,
    exceptions: ExceptionTable,
    firstException: number,
  ): void {
    for (let i = 0; i < records.count; i++) {
      const [from, to] = [records.exceptionStarts[i] - firstException, records.exceptionStarts[i + 1] - firstException]
      if (from === to) continue
      const first = records.positions[i] - start
      const inside = codes.subarray(Math.max(0, first), Math.max(0, first + records.lengths[i]))
      applyExceptions(inside, Math.max(0, -first), sliceExceptions(exceptions, from, to), 0, to - from)
    }
  }

  /** Begins to read the residues of a record's block, where they are few: the read that needs them joins in. */
  async #guessResidues(record: number, options?: ReadOptions): Promise<void> {
    const blocks = await this.blocks(options)
    const block = Math.floor(record / blocks.rowsPerBlock)
    const { alphabet } = this.#context.manifest
    const [start, end] = [blocks.positions[block], blocks.positions[block + 1]]
    if (((end - start) / groupResidues(alphabet)) * groupBytes(alphabet) > GUESS_BYTES) return
    this.#codes(start, end, options).catch(() => undefined)
  }

  /** Reads the record block that an entry belongs to. */
  async #guessRows(entry: number, options?: ReadOptions): Promise<void> {
    if (this.#all) return
    const blocks = await this.blocks(options)
    const first = lastAtMost(blocks.entries.subarray(0, blocks.count), entry) * blocks.rowsPerBlock
    await this.rows(first, Math.min(this.segment.records, first + blocks.rowsPerBlock), { ...options, digests: false })
  }

  #checkRange(what: string, from: number, to: number, count: number): void {
    if (Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= count) return
    const message = `${what} ${from} to ${to} do not lie in ${this.#context.store.name}, which has ${count}.`
    throw new CatalogError('usage', message, { from, to })
  }
}
