import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import type { AsyncBuffer, FileMetaData, SchemaElement } from 'hyparquet'
import { CatalogError } from '../errors.ts'
import type { ByteSource, ReadOptions } from '../source/types.ts'
import { convertValue } from './fields.ts'
import type { Field, FieldType, FieldValue } from './fields.ts'
import type { Entry } from './types.ts'

/** Columns that every entry table may have; those of metadata are named as their fields, moved out of the way of these. */
export const CORE_COLUMNS = ['accession', 'description', 'record', 'stop', 'lower_case', 'quality'] as const

/** Which of the optional columns a table has: those that any entry needs. */
export interface EntryColumns {
  stop: boolean
  lowerCase: boolean
  quality: boolean
}

/**
 * Column name of each metadata field: the field's name, with as many underscores appended as keep it apart from the
 * core columns and from the fields before it (SQL engines ignore case, so that does not tell names apart).
 */
export function fieldColumns(fields: readonly string[]): string[] {
  const taken = new Set<string>(CORE_COLUMNS)
  return fields.map((field) => {
    let column = field
    while (taken.has(column.toLowerCase())) column += '_'
    taken.add(column.toLowerCase())
    return column
  })
}

export function entrySchema(columns: EntryColumns, fields: readonly Field[]): SchemaElement[] {
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } } as const
  const schema: SchemaElement[] = [
    { name: 'accession', repetition_type: 'REQUIRED', ...text },
    { name: 'description', repetition_type: 'REQUIRED', ...text },
    { name: 'record', repetition_type: 'REQUIRED', type: 'INT32' },
  ]
  if (columns.stop) schema.push({ name: 'stop', repetition_type: 'REQUIRED', type: 'BOOLEAN' })
  if (columns.lowerCase) {
    schema.push({ name: 'lower_case', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' })
    schema.push({ name: 'list', repetition_type: 'REPEATED', num_children: 1 })
    schema.push({ name: 'element', repetition_type: 'REQUIRED', type: 'INT32' })
  }
  if (columns.quality) schema.push({ name: 'quality', repetition_type: 'OPTIONAL', ...text })
  const names = fieldColumns(fields.map((field) => field.name))
  fields.forEach((field, i) => {
    const element = { name: names[i], repetition_type: 'OPTIONAL' } as const
    if (field.type === 'string') schema.push({ ...element, ...text })
    else if (field.type === 'integer') schema.push({ ...element, type: 'INT64' })
    else if (field.type === 'number') schema.push({ ...element, type: 'DOUBLE' })
    else schema.push({ ...element, type: 'BOOLEAN' })
  })
  const top = schema.length - (columns.lowerCase ? 2 : 0)
  return [{ name: 'root', num_children: top }, ...schema]
}

/** Read from the end of the file at first; enough for the footers of some million entries. */
const FOOTER_BYTES = 1 << 16

/** An entry table opened for reading. */
export interface EntryTable {
  rows: number
  columns: EntryColumns
  /** Rows [from, to). */
  read(from: number, to: number, options?: ReadOptions): Promise<Entry[]>
  /** First row of each row group, and the end. */
  groups: number[]
}

/** How the rows of a segment's table become entries of the catalog. */
export interface EntryView {
  /** Catalog-wide numbers of the segment's first record and entry. */
  firstRecord: number
  firstEntry: number
  /** Fields of the catalog. */
  fields: readonly Field[]
}

/** `fields`: the segment's. `tail`: bytes at the end of the file that are read at first. */
export async function openEntryTable(
  source: ByteSource,
  bytes: number,
  fields: readonly Field[],
  view: EntryView,
  tail = FOOTER_BYTES,
  options?: ReadOptions,
): Promise<EntryTable> {
  const fileFor = (options?: ReadOptions): AsyncBuffer => ({
    byteLength: bytes,
    async slice(start, end = bytes) {
      const part = await source.read(start, end - start, options)
      return new Uint8Array(part).buffer
    },
  })
  const damaged = (cause: unknown) =>
    cause instanceof CatalogError
      ? cause
      : new CatalogError(
          'corrupt',
          `${source.name} is damaged: it cannot be read as a Parquet table. Build the catalog again.`,
          { file: source.name },
          cause,
        )
  let metadata: FileMetaData
  try {
    metadata = await parquetMetadataAsync(fileFor(options), {
      geoparquet: false,
      initialFetchSize: Math.min(tail, bytes),
    })
  } catch (cause) {
    throw damaged(cause)
  }
  const present = new Set(metadata.schema.map((element) => element.name))
  const columns = {
    stop: present.has('stop'),
    lowerCase: present.has('lower_case'),
    quality: present.has('quality'),
  }
  const expected = JSON.stringify(entrySchema(columns, fields).map((element) => [element.name, element.type]))
  if (JSON.stringify(metadata.schema.map((element) => [element.name, element.type])) !== expected) {
    throw damaged(new Error('its columns are not those of the manifest'))
  }
  const groups = [0]
  for (const group of metadata.row_groups) groups.push(groups[groups.length - 1] + Number(group.num_rows))
  const columnNames = fieldColumns(fields.map((field) => field.name))
  const places = view.fields.map(({ name, type }) => {
    const own = fields.findIndex((field) => field.name === name)
    return { name, type, column: own < 0 ? null : columnNames[own] }
  })
  return {
    rows: groups[groups.length - 1],
    columns,
    groups,
    async read(from, to, options) {
      if (from >= to) return []
      try {
        const file = fileFor(options)
        const rows = await parquetReadObjects({ file, metadata, rowStart: from, rowEnd: to, useOffsetIndex: true })
        if (rows.length !== to - from) throw new Error('rows are missing')
        return rows.map((row, i) => entryOf(row, from + i, view, places))
      } catch (cause) {
        throw damaged(cause)
      }
    },
  }
}

interface FieldPlace {
  name: string
  type: FieldType
  column: string | null
}

function entryOf(row: Record<string, unknown>, index: number, view: EntryView, places: readonly FieldPlace[]): Entry {
  const { accession, description, record, lower_case: lowerCase, quality, stop } = row
  if (typeof accession !== 'string' || typeof description !== 'string' || typeof record !== 'number') {
    throw new Error(`row ${index} has values of other types than its columns`)
  }
  const metadata: Entry['metadata'] = {}
  for (const { name, type, column } of places) {
    const value = column === null ? null : row[column]
    const plain = typeof value === 'bigint' ? Number(value) : ((value ?? null) as FieldValue)
    metadata[name] = convertValue(plain, type)
  }
  return {
    accession,
    description,
    record: view.firstRecord + record,
    index: view.firstEntry + index,
    metadata,
    lowerCase: Array.isArray(lowerCase) ? Uint32Array.from(lowerCase as number[]) : null,
    quality: typeof quality === 'string' ? quality : null,
    stop: stop === true,
  }
}
