import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import type { AsyncBuffer, FileMetaData, SchemaElement } from 'hyparquet'
import { CatalogError } from '../errors.ts'
import type { ByteSource, ReadOptions } from '../source/types.ts'
import type { Entry, FieldSummary } from './types.ts'

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

export function entrySchema(columns: EntryColumns, fields: readonly FieldSummary[]): SchemaElement[] {
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
  /** Entries [from, to). */
  read(from: number, to: number): Promise<Entry[]>
  /** First row of each row group, and the end. */
  groups: number[]
}

export async function openEntryTable(
  source: ByteSource,
  bytes: number,
  fields: readonly FieldSummary[],
  options?: ReadOptions,
): Promise<EntryTable> {
  const file: AsyncBuffer = {
    byteLength: bytes,
    async slice(start, end = bytes) {
      const part = await source.read(start, end - start, options)
      return new Uint8Array(part).buffer
    },
  }
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
    metadata = await parquetMetadataAsync(file, { geoparquet: false, initialFetchSize: FOOTER_BYTES })
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
  const names = fieldColumns(fields.map((field) => field.name))
  return {
    rows: groups[groups.length - 1],
    columns,
    groups,
    async read(from, to) {
      if (from >= to) return []
      try {
        const rows = await parquetReadObjects({ file, metadata, rowStart: from, rowEnd: to, useOffsetIndex: true })
        if (rows.length !== to - from) throw new Error('rows are missing')
        return rows.map((row, i) => entryOf(row, from + i, fields, names))
      } catch (cause) {
        throw damaged(cause)
      }
    },
  }
}

function entryOf(row: Record<string, unknown>, index: number, fields: readonly FieldSummary[], names: string[]): Entry {
  const { accession, description, record, lower_case: lowerCase, quality, stop } = row
  if (typeof accession !== 'string' || typeof description !== 'string' || typeof record !== 'number') {
    throw new Error(`row ${index} has values of other types than its columns`)
  }
  const metadata: Entry['metadata'] = {}
  fields.forEach((field, i) => {
    const value = row[names[i]]
    metadata[field.name] =
      typeof value === 'bigint' ? Number(value) : ((value ?? null) as string | number | boolean | null)
  })
  return {
    accession,
    description,
    record,
    index,
    metadata,
    lowerCase: Array.isArray(lowerCase) ? Uint32Array.from(lowerCase as number[]) : null,
    quality: typeof quality === 'string' ? quality : null,
    stop: stop === true,
  }
}
