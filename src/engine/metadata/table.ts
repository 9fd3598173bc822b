import { parquetMetadataAsync, readColumnIndex, readOffsetIndex } from 'hyparquet'
import type { ColumnChunk, ColumnIndex, CompressionCodec, FileMetaData, Statistics } from 'hyparquet'
import { CatalogError } from '../errors.ts'
import type { ReadOptions } from '../source/types.ts'
import type { Value } from './bind.ts'
import type { Bounds } from './outcomes.ts'
import { columnOf, schemaFields } from './schema.ts'
import type { Column } from './schema.ts'
import type { ByteRange, FilterField, FilterSource } from './types.ts'

/** Read from the end of a file of which no better is known. */
const TAIL_BYTES = 1 << 16

/** Bytes of statistics stay bytes: texts are compared as such. */
const RAW = { stringFromBytes: (bytes: Uint8Array) => bytes }

/** Pages of a column chunk that can be read on their own, or all of them. */
export interface PageRun extends ByteRange {
  /** Within the row group. */
  firstRow: number
  rows: number
  bounds: Bounds
}

/** A column of a row group. */
export interface Chunk {
  column: Column
  codec: CompressionCodec
  /** Dictionary; empty where it has none, or where the one page run holds it. */
  dictionary: ByteRange
  bounds: Bounds
  /** In order of row. Null until the page index is read. */
  pages: PageRun[] | null
  index: { columnIndex: ByteRange | null; offsetIndex: ByteRange; end: number } | null
}

export interface RowGroup {
  firstRow: number
  rows: number
  /** By field; null where the file lacks it. */
  chunks: (Chunk | null)[]
}

/** An entry table, or any Parquet file, opened for filtering. Chunks are those of the fields asked for. */
export interface FilterTable {
  place: FilterSource
  metadata: FileMetaData
  rows: number
  /** Its numbers hold no NaN, which statistics leave out: so bounds of numbers can be trusted. Catalogs hold none. */
  finite: boolean
  /** Chunks by column, as far as they were asked for. */
  chunks: Map<string, (Chunk | null)[]>
}

/**
 * Reads the footer of an entry table, or of any Parquet file where `finite` is false.
 *
 * @throws CatalogError `corrupt` where the file is no Parquet
 */
export async function openFilterTable(
  place: FilterSource,
  finite: boolean,
  options?: ReadOptions,
): Promise<FilterTable> {
  const { source, bytes } = place
  const file = {
    byteLength: bytes,
    async slice(start: number, end = bytes) {
      return new Uint8Array(await source.read(start, end - start, options)).buffer
    },
  }
  const parsers = RAW as unknown as { stringFromBytes: (bytes: Uint8Array) => string }
  try {
    const metadata = await parquetMetadataAsync(file, {
      parsers,
      geoparquet: false,
      initialFetchSize: Math.min(place.tail ?? TAIL_BYTES, bytes),
    })
    return { place, metadata, rows: Number(metadata.num_rows), finite, chunks: new Map() }
  } catch (cause) {
    throw damaged(place, cause)
  }
}

/** The columns of a table as fields of predicates. */
export function tableFields(table: FilterTable): FilterField[] {
  return schemaFields(table.metadata)
}

export function damaged({ source }: FilterSource, cause: unknown): CatalogError {
  if (cause instanceof CatalogError) return cause
  const message = `${source.name} is damaged: it cannot be read as a Parquet table. Build the catalog again.`
  return new CatalogError('corrupt', message, { file: source.name }, cause)
}

/** The row groups of a table with the chunks of the wanted fields; those of others are null. */
export function rowGroups(table: FilterTable, fields: readonly FilterField[], wanted: readonly number[]): RowGroup[] {
  const columns = fields.map((field, i) => (wanted.includes(i) ? columnChunks(table, field) : null))
  let firstRow = 0
  return table.metadata.row_groups.map((group, g) => {
    const rows = Number(group.num_rows)
    firstRow += rows
    return { firstRow: firstRow - rows, rows, chunks: columns.map((chunks) => chunks && chunks[g]) }
  })
}

function columnChunks(table: FilterTable, field: FilterField): (Chunk | null)[] {
  const key = `${field.type} ${JSON.stringify(field.path)}`
  let chunks = table.chunks.get(key)
  if (chunks === undefined) {
    const column = columnOf(table.metadata, field)
    chunks = table.metadata.row_groups.map(({ columns, num_rows: rows }) => {
      try {
        return column && chunkOf(columns[column.leaf], column, Number(rows), table.finite)
      } catch (cause) {
        throw damaged(table.place, cause)
      }
    })
    table.chunks.set(key, chunks)
  }
  return chunks
}

function chunkOf(chunk: ColumnChunk | undefined, column: Column, rows: number, finite: boolean): Chunk {
  const data = chunk?.meta_data
  if (data === undefined) throw new Error('a row group lacks a column')
  const start = Number(data.dictionary_page_offset ?? data.data_page_offset)
  const end = start + Number(data.total_compressed_size)
  const statistics: Statistics = data.statistics ?? {}
  const { null_count: nulls, min_value: low, max_value: high } = statistics
  const bounds: Bounds = {
    rows,
    nulls: column.presentLevel === 0 ? 0 : column.flat && nulls !== undefined ? Number(nulls) : null,
    range: rangeOf(column, low, high, finite),
  }
  const offsetIndex = rangeAt(chunk!.offset_index_offset, chunk!.offset_index_length)
  const columnIndex = rangeAt(chunk!.column_index_offset, chunk!.column_index_length)
  const shared = { column, codec: data.codec, bounds }
  if (offsetIndex !== null)
    return { ...shared, dictionary: { start, end: start }, pages: null, index: { columnIndex, offsetIndex, end } }
  const pages = [{ start, end, firstRow: 0, rows, bounds }]
  return { ...shared, dictionary: { start, end: start }, pages, index: null }
}

function rangeAt(offset: bigint | undefined, length: number | undefined): ByteRange | null {
  if (offset === undefined || length === undefined) return null
  return { start: Number(offset), end: Number(offset) + length }
}

/** Bounds of stored values as the catalog's type has them; null where they say nothing of its order. */
function rangeOf(column: Column, low: unknown, high: unknown, finite: boolean): Bounds['range'] {
  if (column.indirect) return null
  const [first, last] = [bound(column, low), bound(column, high)]
  if (first === null || last === null || (column.stored === 'number' && !finite)) return null
  return { low: first, high: last }
}

function bound({ stored, type }: Column, value: unknown): Value | null {
  if (stored === 'string' || type === 'string') return value instanceof Uint8Array && stored === type ? value : null
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') return null
  const number = Number(value)
  return Number.isNaN(number) || (stored === 'integer' && !Number.isSafeInteger(number)) ? null : number
}

/** Reads the page indexes of chunks that have one and were not read before, all at once. */
export async function readPageIndexes(
  table: FilterTable,
  chunks: readonly (Chunk | null)[],
  options?: ReadOptions,
): Promise<void> {
  const { source } = table.place
  const read = async ({ start, end }: ByteRange): Promise<{ view: DataView; offset: number }> => {
    const bytes = await source.read(start, end - start, options)
    return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
  }
  await Promise.all(
    chunks.map(async (chunk) => {
      if (chunk === null || chunk.pages !== null || chunk.index === null) return
      const { offsetIndex, columnIndex, end } = chunk.index
      const [offsets, columns] = await Promise.all([read(offsetIndex), columnIndex === null ? null : read(columnIndex)])
      try {
        const element = chunk.column.schemaPath.at(-1)!.element
        const statistics = columns && readColumnIndex(columns, element, RAW as never)
        const locations = readOffsetIndex(offsets).page_locations
        chunk.pages = locations.map(({ offset, compressed_page_size: size, first_row_index: row }, i) => {
          const firstRow = Number(row)
          const rows =
            (i + 1 < locations.length ? Number(locations[i + 1].first_row_index) : chunk.bounds.rows) - firstRow
          const bounds = pageBounds(chunk, statistics, i, rows, table.finite)
          return { start: Number(offset), end: Number(offset) + size, firstRow, rows, bounds }
        })
        const { start } = chunk.dictionary
        if (locations.length > 0) chunk.dictionary = { start, end: chunk.pages[0].start }
        if (locations.length === 0 || chunk.pages.some((page) => page.start < start || page.end > end || page.rows < 0))
          throw new Error('a page index contradicts the footer')
      } catch (cause) {
        throw damaged(table.place, cause)
      }
    }),
  )
}

function pageBounds(
  { column, bounds }: Chunk,
  index: ColumnIndex | null,
  page: number,
  rows: number,
  finite: boolean,
): Bounds {
  if (index === null) return { rows, nulls: bounds.nulls === 0 ? 0 : null, range: bounds.range }
  const isNull = index.null_pages[page]
  const count = index.null_counts?.[page]
  const range = isNull ? null : rangeOf(column, index.min_values[page], index.max_values[page], finite)
  if (column.presentLevel === 0 || bounds.nulls === 0) return { rows, nulls: 0, range }
  if (!column.flat) return { rows, nulls: null, range }
  return { rows, nulls: isNull ? rows : count === undefined ? null : Number(count), range }
}
