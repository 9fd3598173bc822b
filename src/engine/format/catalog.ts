import { CatalogError } from '../errors.ts'
import { fromHex, loadDigests, refgetBytes } from '../sequence/digest.ts'
import { SharedWork } from '../source/shared.ts'
import type { ByteSource, FileStore, ReadOptions } from '../source/types.ts'
import { ByteCache, caching, coalescing, retrying, wrapStore } from '../source/wrappers.ts'
import { ACCESSION_COLUMNS, lookUpAccession } from './accessions.ts'
import { openArrow } from './arrow.ts'
import type { ArrowFile } from './arrow.ts'
import { blockCount, verifiedSource } from './blocks.ts'
import { CATALOG_FILE, decodeCatalogFile } from './catalog-file.ts'
import { readChecksums, readWhole } from './checksums.ts'
import { planChunks } from './chunk.ts'
import { openEntryTable } from './entries.ts'
import type { EntryTable } from './entries.ts'
import { checkExceptions, readExceptions } from './exceptions.ts'
import { lowerBound } from './lookup.ts'
import { dataFiles, decodeManifest } from './manifest.ts'
import { applyExceptions, groupBytes, groupResidues, lettersOf, packedBytes, unpackCodes } from './pack.ts'
import { longsOf, openRecordTable, readRecordTable, wordsOf } from './records.ts'
import type {
  Catalog,
  CatalogFile,
  CatalogSummary,
  Chunk,
  DataFile,
  Entry,
  ExceptionTable,
  Manifest,
  RecordTable,
  Segment,
} from './types.ts'

/** Bytes of checked blocks kept in memory. */
const CACHE_BYTES = 32 << 20
/** Entry rows read for nothing to save a read. */
const ROW_GAP = 64

/**
 * Opens the current version of a catalog: reads `catalog.json` and the manifest. All else is read when it is needed, by
 * range, and checked before it is used.
 *
 * @throws CatalogError `not-found`, `network`, `corrupt`, `format-version` …
 */
export async function openCatalog(store: FileStore, options?: ReadOptions): Promise<Catalog> {
  const steady = wrapStore(store, (source) => coalescing(retrying(source)))
  const source = steady.open(CATALOG_FILE)
  const bytes = await source.readAll(options)
  const file = await decodeCatalogFile(bytes, source.name)
  const manifestSource = steady.open(file.version.path)
  const manifest = decodeManifest(await readWhole(manifestSource, file.version, options), manifestSource.name)
  return new OpenedCatalog(store, steady, file, manifest, bytes.length)
}

/** `catalog.letters` as text. */
export async function recordLetters(
  catalog: Catalog,
  record: number,
  start: number,
  end: number,
  options?: ReadOptions,
): Promise<string> {
  return new TextDecoder().decode(await catalog.letters(record, start, end, options))
}

/** `catalog.length`, beside `recordLetters`. */
export function recordLength(catalog: Catalog, record: number, options?: ReadOptions): Promise<number> {
  return catalog.length(record, options)
}

/** What is known of one record without reading the whole table. */
interface RecordRow {
  length: number
  offset: number
  uracil: boolean
}

class OpenedCatalog implements Catalog {
  readonly store: FileStore
  readonly summary: CatalogSummary
  readonly manifest: Manifest
  readonly #steady: FileStore
  readonly #segment: Segment
  readonly #cache = new ByteCache(CACHE_BYTES)
  readonly #sources = new Map<string, ByteSource>()
  readonly #memo = new Map<string, SharedWork<unknown>>()
  #records: RecordTable | null = null

  constructor(store: FileStore, steady: FileStore, file: CatalogFile, manifest: Manifest, fileBytes: number) {
    this.store = store
    this.#steady = steady
    this.manifest = manifest
    this.#segment = manifest.segments[0]
    const { segments, ...rest } = manifest
    const files = segments.flatMap((segment) => [...dataFiles(segment), segment.checksums])
    this.summary = {
      ...rest,
      url: store.name,
      version: file.version.sha256,
      published: file.published,
      bytes: files.reduce((sum, each) => sum + each.bytes, fileBytes + file.version.bytes),
      shards: this.#segment.shards.length,
    }
  }

  async records(options?: ReadOptions): Promise<RecordTable> {
    this.#records ??= await this.#once('records', options, async (options) => {
      const [file, exceptions] = await Promise.all([this.#recordFile(options), this.#exceptionFile(options)])
      const { name } = await this.open(this.#segment.recordTable)
      return readRecordTable(file, name, this.manifest.alphabet, this.#segment, exceptions.starts.length, options)
    })
    return this.#records
  }

  async exceptions(options?: ReadOptions): Promise<ExceptionTable> {
    return this.#once('checked exceptions', options, async (options) => {
      const [table, records] = await Promise.all([this.#exceptionFile(options), this.records(options)])
      checkExceptions(table, records, this.#segment.exceptions.path)
      return table
    })
  }

  async chunks(residues: number, options?: ReadOptions): Promise<Chunk[]> {
    const [records, exceptions, checksums] = await Promise.all([
      this.records(options),
      this.exceptions(options),
      this.#checksums(options),
    ])
    return planChunks(this.manifest.alphabet, this.#segment, records, exceptions, checksums, residues)
  }

  async entriesOf(records: readonly number[], options?: ReadOptions): Promise<Entry[][]> {
    const ranges = await Promise.all(records.map((record) => this.#span('entry_start', record, options)))
    const rows = ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i))
    const entries = await this.#entries(rows, options)
    return ranges.map(([from, to], i) => {
      const found: Entry[] = []
      for (let row = from; row < to; row++) {
        const entry = entries.get(row)!
        if (entry.record !== records[i]) throw this.#contradiction(this.#segment.entryTable, `entry ${row}`)
        found.push(entry)
      }
      return found
    })
  }

  async findId(id: Uint8Array, options?: ReadOptions): Promise<number> {
    const file = await this.#recordFile(options)
    const table = this.#records
    const load = (from: number, to: number) =>
      table ? Promise.resolve(table.ids.subarray(from * 32, to * 32)) : file.read('id', from, to, options)
    const compare = (bytes: Uint8Array, offset: number) => {
      for (let i = 0; i < 32; i++) if (bytes[offset + i] !== id[i]) return bytes[offset + i] - id[i]
      return 0
    }
    const fraction = (((id[0] * 256 + id[1]) * 256 + id[2]) * 256 + id[3]) / 2 ** 32
    const record = await lowerBound(file.rows, fraction, 32, load, compare)
    if (record === file.rows) return -1
    return compare(await load(record, record + 1), 0) === 0 ? record : -1
  }

  async find(accession: string, options?: ReadOptions): Promise<Entry[]> {
    const file = await this.#once('accessions', options, async (options) => {
      const { accessions } = this.#segment
      return openArrow(await this.open(accessions, options), accessions.bytes, ACCESSION_COLUMNS, options)
    })
    const candidates = await lookUpAccession(file, await loadDigests(), accession, options)
    if (candidates.some((row) => row >= this.#segment.entries))
      throw this.#contradiction(this.#segment.accessions, 'a row')
    const entries = await this.#entries(candidates, options)
    const found = [...entries.values()].filter((entry) => entry.accession === accession)
    if (found.length > 0) return found.sort((a, b) => a.index - b.index)
    const record = await this.#findDigest(accession, options)
    return record < 0 ? [] : (await this.entriesOf([record], options))[0]
  }

  async residues(record: number, start: number, end: number, options?: ReadOptions): Promise<Uint8Array> {
    const row = await this.#row(record, options)
    return (await this.#region(record, row, start, end, options)).codes
  }

  async length(record: number, options?: ReadOptions): Promise<number> {
    return (await this.#row(record, options)).length
  }

  async letters(record: number, start: number, end: number, options?: ReadOptions): Promise<Uint8Array> {
    const row = await this.#row(record, options)
    const { codes, exceptions } = await this.#region(record, row, start, end, options)
    return lettersOf(this.manifest.alphabet, codes, start, row.uracil, exceptions, 0, exceptions.starts.length)
  }

  async open(file: DataFile, options?: ReadOptions): Promise<ByteSource> {
    const checksums = await this.#checksums(options)
    let source = this.#sources.get(file.path)
    if (source === undefined) {
      const own = checksums.subarray(file.firstBlock, file.firstBlock + blockCount(file.bytes))
      source = caching(verifiedSource(this.#steady.open(file.path), file.bytes, own), this.#cache)
      this.#sources.set(file.path, source)
    }
    return source
  }

  async #region(record: number, row: RecordRow, start: number, end: number, options?: ReadOptions) {
    if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= row.length)) {
      throw new CatalogError('usage', `Residues ${start} to ${end} do not lie in a record of ${row.length}.`, {
        record,
      })
    }
    const { alphabet } = this.manifest
    const shard = this.#segment.shards.findLast((each) => each.firstRecord <= record)!
    if (row.offset + packedBytes(alphabet, row.length) > shard.dataBytes) {
      throw this.#contradiction(this.#segment.recordTable, `record ${record}`)
    }
    const [perGroup, bytesPerGroup] = [groupResidues(alphabet), groupBytes(alphabet)]
    const firstGroup = Math.floor(start / perGroup)
    const bytes = (Math.ceil(end / perGroup) - firstGroup) * bytesPerGroup
    const source = await this.open(shard, options)
    const [packed, exceptions] = await Promise.all([
      source.read(shard.dataOffset + row.offset + firstGroup * bytesPerGroup, bytes, options),
      this.#exceptionsOf(record, options),
    ])
    const codes = unpackCodes(alphabet, packed, start - firstGroup * perGroup, end - firstGroup * perGroup)
    applyExceptions(codes, start, exceptions, 0, exceptions.starts.length)
    return { codes, exceptions }
  }

  async #exceptionsOf(record: number, options?: ReadOptions): Promise<ExceptionTable> {
    const [from, to] = await this.#span('exception_start', record, options)
    if (from === to) return { starts: new Uint32Array(0), lengths: new Uint32Array(0), codes: new Uint8Array(0) }
    const table = await this.#exceptionFile(options)
    return {
      starts: table.starts.subarray(from, to),
      lengths: table.lengths.subarray(from, to),
      codes: table.codes.subarray(from, to),
    }
  }

  async #row(record: number, options?: ReadOptions): Promise<RecordRow> {
    this.#checkRecord(record)
    if (this.#records) {
      const { lengths, offsets, uracil } = this.#records
      return { length: lengths[record], offset: offsets[record], uracil: uracil[record] === 1 }
    }
    const file = await this.#recordFile(options)
    const [length, offset, uracil] = await Promise.all([
      file.read('length', record, record + 1, options),
      file.read('offset', record, record + 1, options),
      file.read('uracil', record, record + 1, options),
    ])
    return {
      length: wordsOf(length)[0],
      offset: Number(longsOf(offset)[0]),
      uracil: ((uracil[0] >> (record & 7)) & 1) === 1,
    }
  }

  /** Rows [from, to) that belong to a record in the entry table or the exceptions. */
  async #span(
    name: 'entry_start' | 'exception_start',
    record: number,
    options?: ReadOptions,
  ): Promise<[number, number]> {
    this.#checkRecord(record)
    const entries = name === 'entry_start'
    if (this.#records) {
      const starts = entries ? this.#records.entryStarts : this.#records.exceptionStarts
      return [starts[record], starts[record + 1]]
    }
    const file = await this.#recordFile(options)
    const last = record + 1 === file.rows
    const starts = wordsOf(await file.read(name, record, record + (last ? 1 : 2), options))
    const end = entries ? this.#segment.entries : last ? (await this.#exceptionFile(options)).starts.length : 0
    const [from, to] = [starts[0], last ? end : starts[1]]
    if (from > to || (entries && to > end)) throw this.#contradiction(this.#segment.recordTable, `record ${record}`)
    return [from, to]
  }

  async #entries(rows: readonly number[], options?: ReadOptions): Promise<Map<number, Entry>> {
    const entries = new Map<number, Entry>()
    if (rows.length === 0) return entries
    const table = await this.#entryTable(options)
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
        for (const entry of await table.read(from, to)) if (wanted.has(entry.index)) entries.set(entry.index, entry)
      }),
    )
    return entries
  }

  async #findDigest(text: string, options?: ReadOptions): Promise<number> {
    const hex = fromHex(text)
    if (hex?.length === 32) return this.findId(hex, options)
    const refget = refgetBytes(text)
    if (refget === null && hex?.length !== 16) return -1
    const [column, wanted] = hex?.length === 16 ? (['md5', hex] as const) : (['refget', refget!] as const)
    const file = await this.#recordFile(options)
    const all = await file.read(column, 0, file.rows, options)
    for (let record = 0, at = 0; record < file.rows; record++, at += wanted.length) {
      if (wanted.every((byte, i) => all[at + i] === byte)) return record
    }
    return -1
  }

  #recordFile(options?: ReadOptions): Promise<ArrowFile> {
    return this.#once('record file', options, async (options) => {
      const { recordTable, records } = this.#segment
      const file = await openRecordTable(await this.open(recordTable, options), recordTable.bytes, options)
      if (file.rows !== records) throw this.#contradiction(recordTable, 'its number of rows')
      return file
    })
  }

  #exceptionFile(options?: ReadOptions): Promise<ExceptionTable> {
    return this.#once('exceptions', options, async (options) => {
      const { exceptions } = this.#segment
      return readExceptions(await this.open(exceptions, options), exceptions.bytes, options)
    })
  }

  #entryTable(options?: ReadOptions): Promise<EntryTable> {
    return this.#once('entries', options, async (options) => {
      const { entryTable, entries } = this.#segment
      const source = await this.open(entryTable, options)
      const table = await openEntryTable(source, entryTable.bytes, this.manifest.fields)
      if (table.rows !== entries) throw this.#contradiction(entryTable, 'its number of rows')
      return table
    })
  }

  #checksums(options?: ReadOptions): Promise<BigUint64Array> {
    const { checksums } = this.#segment
    return this.#once('checksums', options, (options) =>
      readChecksums(this.#steady.open(checksums.path), this.#segment, options),
    )
  }

  /** Does work once, for as long as anyone waits for it; after a failure the next caller tries again. */
  #once<T>(key: string, options: ReadOptions | undefined, work: (options: ReadOptions) => Promise<T>): Promise<T> {
    let shared = this.#memo.get(key) as SharedWork<T> | undefined
    if (shared === undefined || shared.abandoned) {
      shared = new SharedWork((signal) => work({ signal }))
      this.#memo.set(key, shared)
    }
    const own = shared
    return own.join(this.store.name, options?.signal).catch((error: unknown) => {
      if (this.#memo.get(key) === own && !(error instanceof CatalogError && error.tag === 'aborted'))
        this.#memo.delete(key)
      throw error
    })
  }

  #checkRecord(record: number): void {
    if (Number.isInteger(record) && record >= 0 && record < this.#segment.records) return
    throw new CatalogError('usage', `There is no record ${record} in this catalog.`, { record })
  }

  #contradiction(file: DataFile, what: string): CatalogError {
    const name = `${this.store.name}/${file.path}`
    return new CatalogError(
      'corrupt',
      `${name} is damaged: ${what} contradicts the manifest. Build the catalog again.`,
      {
        file: name,
      },
    )
  }
}
