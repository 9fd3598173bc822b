import { CatalogError } from '../errors.ts'
import type { ByteSource, FileStore, ReadOptions } from '../source/types.ts'
import { ByteCache, coalescing, retrying, wrapStore } from '../source/wrappers.ts'
import { AheadBytes } from './ahead.ts'
import { joinExceptions } from './exceptions.ts'
import { CATALOG_FILE, decodeCatalogFile } from './catalog-file.ts'
import { readWhole } from './checksums.ts'
import { decodeManifest } from './manifest.ts'
import { Once } from './once.ts'
import { lettersOf } from './pack.ts'
import { joinRecords } from './records.ts'
import { dataFiles, wholeFiles } from './references.ts'
import { OpenedSegment } from './segment.ts'
import type {
  AheadRange,
  AheadUse,
  Catalog,
  CatalogFile,
  CatalogSummary,
  Chunk,
  DataFile,
  Entry,
  ExceptionTable,
  Manifest,
  RecordTable,
} from './types.ts'

/** Bytes of checked blocks kept in memory. */
const CACHE_BYTES = 32 << 20

export interface OpenOptions extends ReadOptions {
  /** Read together with the manifest, because it will surely be needed: saves a hop each. */
  ahead?: readonly AheadUse[]
}

/**
 * Opens the current version of a catalog: reads `catalog.json` and the manifest. All else is read when it is needed, by
 * range, and checked before it is used.
 *
 * @throws CatalogError `not-found`, `network`, `corrupt`, `format-version` …
 */
export async function openCatalog(store: FileStore, options: OpenOptions = {}): Promise<OpenedCatalog> {
  const read: ReadOptions = { signal: options.signal }
  const steady = wrapStore(store, (source) => coalescing(retrying(source)))
  const source = steady.open(CATALOG_FILE)
  const bytes = await source.readAll(read).catch((error: unknown) => {
    throw withoutCatalog(error)
  })
  const file = await decodeCatalogFile(bytes, source.name)
  const manifestSource = steady.open(file.version.path)
  const ahead = new AheadBytes()
  const [manifestBytes] = await Promise.all([
    readWhole(manifestSource, file.version, read),
    ahead.read(steady, file.ahead, options.ahead ?? [], read),
  ])
  const manifest = decodeManifest(manifestBytes, manifestSource.name)
  return new OpenedCatalog(store, ahead.wrap(steady), ahead, file, manifest, bytes.length)
}

/** Says where a catalog is looked for, to whom named the folder of a site or one above. */
function withoutCatalog(error: unknown): unknown {
  if (!(error instanceof CatalogError) || error.tag !== 'not-found') return error
  const where = 'Name the folder that holds it; in a site made with --site, that is the folder “catalog”.'
  return new CatalogError('not-found', `${error.message} ${where}`, error.fields, error.cause)
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

/** What `openCatalog` answers. */
export class OpenedCatalog implements Catalog {
  readonly store: FileStore
  readonly files: FileStore
  readonly summary: CatalogSummary
  readonly manifest: Manifest
  readonly ahead: readonly AheadRange[]
  readonly segments: readonly OpenedSegment[]
  readonly #once: Once

  constructor(
    store: FileStore,
    steady: FileStore,
    ahead: AheadBytes,
    file: CatalogFile,
    manifest: Manifest,
    fileBytes: number,
  ) {
    this.store = store
    this.files = steady
    this.manifest = manifest
    this.ahead = file.ahead
    this.#once = new Once(store.name)
    const context = { store: steady, manifest, ahead, cache: new ByteCache(CACHE_BYTES) }
    let [record, entry] = [0, 0]
    this.segments = manifest.segments.map((segment) => {
      const opened = new OpenedSegment(context, segment, record, entry)
      record += segment.records
      entry += segment.entries
      return opened
    })
    const { segments, contentSum: _, ...rest } = manifest
    const files = [...segments.flatMap(dataFiles), ...wholeFiles(manifest)]
    this.summary = {
      ...rest,
      url: store.name,
      version: file.version.sha256,
      published: file.published,
      bytes: files.reduce((sum, each) => sum + each.bytes, fileBytes + file.version.bytes),
      shards: segments.reduce((sum, segment) => sum + segment.shards.length, 0),
    }
  }

  records(options?: ReadOptions): Promise<RecordTable> {
    return this.#once.run('records', options, async (options) =>
      joinRecords(await Promise.all(this.segments.map((segment) => segment.allRows(options)))),
    )
  }

  exceptions(options?: ReadOptions): Promise<ExceptionTable> {
    return this.#once.run('exceptions', options, async (options) => {
      const tables = await Promise.all(this.segments.map((segment) => segment.allExceptions(options)))
      if (tables.length === 1) return tables[0]
      return joinExceptions(tables)
    })
  }

  async chunks(residues: number, options?: ReadOptions): Promise<Chunk[]> {
    return (await Promise.all(this.segments.map((segment) => segment.chunks(residues, options)))).flat()
  }

  async entriesOf(records: readonly number[], options?: ReadOptions): Promise<Entry[][]> {
    const spans = await Promise.all(
      records.map(async (record) => {
        const segment = this.#segmentOf(record)
        const own = record - segment.firstRecord
        const { entryStarts } = await segment.rows(own, own + 1, { ...options, digests: false })
        return { record, segment, from: entryStarts[0], to: entryStarts[1] }
      }),
    )
    const read = await Promise.all(
      this.segments.map((segment) => {
        const own = spans.filter((span) => span.segment === segment)
        const rows = own.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))
        return segment.entriesAt(rows, options)
      }),
    )
    return spans.map(({ record, segment, from, to }) => {
      const entries = read[this.segments.indexOf(segment)]
      const found: Entry[] = []
      for (let row = from; row < to; row++) {
        const entry = entries.get(row)!
        if (entry.record !== record) throw segment.contradiction(segment.segment.entryTable, `entry ${row}`)
        found.push(entry)
      }
      return found
    })
  }

  async findId(id: Uint8Array, options?: ReadOptions): Promise<number> {
    return (await this.findIds(id, options))[0] ?? -1
  }

  async findIds(id: Uint8Array, options?: ReadOptions): Promise<number[]> {
    return this.#everywhere((segment) => segment.findDigest(id, 'ids', options))
  }

  async find(accession: string, options?: ReadOptions): Promise<Entry[]> {
    const found = await Promise.all(this.segments.map((segment) => segment.findAccession(accession, options)))
    if (found.some((entries) => entries.length > 0)) return found.flat()
    const records = await this.#everywhere((segment) => segment.findDigestText(accession, options))
    return (await this.entriesOf(records, options)).flat()
  }

  async residues(record: number, start: number, end: number, options?: ReadOptions): Promise<Uint8Array> {
    const segment = this.#segmentOf(record)
    return (await segment.region(record - segment.firstRecord, start, end, options)).codes
  }

  async length(record: number, options?: ReadOptions): Promise<number> {
    const segment = this.#segmentOf(record)
    const own = record - segment.firstRecord
    return (await segment.rows(own, own + 1, { ...options, digests: false })).lengths[0]
  }

  async letters(record: number, start: number, end: number, options?: ReadOptions): Promise<Uint8Array> {
    const segment = this.#segmentOf(record)
    const { codes, exceptions, row } = await segment.region(record - segment.firstRecord, start, end, options)
    const { alphabet } = this.manifest
    return lettersOf(alphabet, codes, start, row.uracil[0] === 1, exceptions, 0, exceptions.starts.length)
  }

  async open(file: DataFile, options?: ReadOptions): Promise<ByteSource> {
    const segment = this.segments.find((each) => dataFiles(each.segment).some(({ path }) => path === file.path))
    if (segment !== undefined) return segment.open(file, options)
    throw new CatalogError('usage', `${file.path} is no data file of ${this.store.name}.`, { file: file.path })
  }

  /** Catalog-wide numbers of the records that the segments find. */
  async #everywhere(find: (segment: OpenedSegment) => Promise<number>): Promise<number[]> {
    const found = await Promise.all(
      this.segments.map(async (segment) => {
        const record = await find(segment)
        return record < 0 ? -1 : segment.firstRecord + record
      }),
    )
    return found.filter((record) => record >= 0)
  }

  #segmentOf(record: number): OpenedSegment {
    const segment = this.segments.findLast((each) => each.firstRecord <= record)
    if (Number.isInteger(record) && segment && record < segment.firstRecord + segment.segment.records) return segment
    throw new CatalogError('usage', `There is no record ${record} in this catalog.`, { record })
  }
}
