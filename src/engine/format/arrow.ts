import { Bool, FixedSizeBinary, Uint8, Uint32, Uint64 } from 'apache-arrow/type'
import type { DataType } from 'apache-arrow/type'
import { Field, Schema } from 'apache-arrow/schema'
import { MetadataVersion } from 'apache-arrow/enum'
import { BufferRegion, FieldNode, Message, RecordBatch } from 'apache-arrow/ipc/metadata/message'
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file'
import { CatalogError } from '../errors.ts'
import type { ByteSource, ReadOptions } from '../source/types.ts'

/**
 * Arrow IPC files of one record batch whose columns all have a fixed width and no nulls. With the number of rows known
 * beforehand, the header comes first and every column is one run of bytes at an offset the header tells, so a file can
 * be written front to back, read by range, or mapped.
 */

/** Bytes per value, or 'bool' for one bit. */
export type ColumnType = 'uint8' | 'uint32' | 'uint64' | 'bool' | { fixed: number }

export interface ColumnSpec {
  name: string
  type: ColumnType
}

/** Where a column's values lie in its file. */
export interface ColumnRange {
  offset: number
  length: number
}

export interface ArrowLayout {
  rows: number
  /** All bytes before the first column. */
  header: Uint8Array
  columns: ColumnRange[]
  /** End of the last column, padding included. */
  end: number
  /** All bytes from `end` on. */
  trailer: Uint8Array
}

export const MAGIC = 'ARROW1'
/** The first column starts at a multiple of this: whole checksum blocks, and aligned when mapped. */
const BODY_ALIGNMENT = 4096
export const BUFFER_ALIGNMENT = 64
export const CONTINUATION = 0xffffffff

/** Bytes of `rows` values of a column. */
export function columnBytes(type: ColumnType, rows: number): number {
  if (type === 'bool') return Math.ceil(rows / 8)
  return rows * (type === 'uint8' ? 1 : type === 'uint32' ? 4 : type === 'uint64' ? 8 : type.fixed)
}

/** Lays out a file: header and trailer as bytes, and where each column has to be written (gaps are zeros). */
export function layOutArrow(specs: readonly ColumnSpec[], rows: number, metadata: Record<string, string>): ArrowLayout {
  const schema = arrowSchema(specs, metadata)
  const regions: BufferRegion[] = []
  const lengths = specs.map((spec) => columnBytes(spec.type, rows))
  let bodyLength = 0
  for (const length of lengths) {
    regions.push(new BufferRegion(bodyLength, 0), new BufferRegion(bodyLength, length))
    bodyLength = roundUp(bodyLength + length, BUFFER_ALIGNMENT)
  }
  const nodes = specs.map(() => new FieldNode(rows, 0))
  const schemaMessage = frame(Message.encode(Message.from(schema)), 8, 8)
  const batch = Message.encode(Message.from(new RecordBatch(rows, nodes, regions), bodyLength))
  const batchStart = 8 + schemaMessage.length
  const batchMessage = frame(batch, batchStart, BODY_ALIGNMENT)
  const bodyStart = batchStart + batchMessage.length
  const header = new Uint8Array(bodyStart)
  writeAscii(header, 0, MAGIC)
  header.set(schemaMessage, 8)
  header.set(batchMessage, batchStart)
  const footer = Footer.encode(
    new Footer(schema, MetadataVersion.V5, [new FileBlock(batchMessage.length, bodyLength, batchStart)], []),
  )
  const trailer = new Uint8Array(8 + footer.length + 4 + MAGIC.length)
  const view = new DataView(trailer.buffer)
  view.setUint32(0, CONTINUATION, true)
  trailer.set(footer, 8)
  view.setUint32(8 + footer.length, footer.length, true)
  writeAscii(trailer, 12 + footer.length, MAGIC)
  let offset = 0
  const columns = lengths.map((length) => {
    const range = { offset: bodyStart + offset, length }
    offset = roundUp(offset + length, BUFFER_ALIGNMENT)
    return range
  })
  return { rows, header, columns, end: bodyStart + bodyLength, trailer }
}

export function arrowSchema(specs: readonly ColumnSpec[], metadata: Record<string, string>): Schema {
  return new Schema(
    specs.map((spec) => new Field(spec.name, arrowType(spec.type), false)),
    new Map(Object.entries(metadata)),
    undefined,
    MetadataVersion.V5,
  )
}

/** A file of this kind, opened: its header understood and checked against what is expected. */
export interface ArrowFile {
  rows: number
  columns: Map<string, ColumnRange>
  /** Bytes of rows [from, to) of a column; of a `bool` column the bytes that hold those bits. */
  read(name: string, from: number, to: number, options?: ReadOptions): Promise<Uint8Array>
}

/**
 * Opens an Arrow file by its header. `bytes` is the file's length.
 * @throws CatalogError `corrupt` where it is not such a file with exactly these columns.
 */
export async function openArrow(
  source: ByteSource,
  bytes: number,
  specs: readonly ColumnSpec[],
  options?: ReadOptions,
): Promise<ArrowFile> {
  const head = await readHeader(source, bytes, options)
  const columns = new Map<string, ColumnRange>()
  specs.forEach((spec, i) => {
    const field = head.schema.fields[i]
    const region = head.batch.buffers[2 * i + 1]
    const expected = columnBytes(spec.type, head.batch.length)
    if (field?.name !== spec.name || field.nullable || String(field.type) !== String(arrowType(spec.type))) {
      throw corrupt(source, `column ${i + 1} is not the expected "${spec.name}"`)
    }
    const offset = head.bodyStart + (region?.offset ?? 0)
    if (region?.length !== expected || region.offset < 0 || offset + expected > bytes) {
      throw corrupt(source, `column "${spec.name}" does not have the length of ${head.batch.length} rows`)
    }
    columns.set(spec.name, { offset, length: expected })
  })
  if (head.schema.fields.length !== specs.length) throw corrupt(source, 'it has unexpected columns')
  const types = new Map(specs.map((spec) => [spec.name, spec.type]))
  return {
    rows: head.batch.length,
    columns,
    async read(name, from, to, readOptions) {
      const range = columns.get(name)!
      const type = types.get(name)!
      if (from >= to) return new Uint8Array(0)
      if (type === 'bool') {
        const first = from >> 3
        return source.read(range.offset + first, Math.ceil(to / 8) - first, readOptions)
      }
      const width = columnBytes(type, 1)
      return source.read(range.offset + from * width, (to - from) * width, readOptions)
    },
  }
}

interface Header {
  schema: Schema
  batch: RecordBatch
  bodyStart: number
}

async function readHeader(source: ByteSource, bytes: number, options?: ReadOptions): Promise<Header> {
  let head = await source.read(0, Math.min(bytes, BODY_ALIGNMENT), options)
  const message = async (start: number) => {
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    if (start + 8 > head.length || view.getUint32(start, true) !== CONTINUATION)
      throw corrupt(source, 'a message is missing')
    const end = start + 8 + view.getUint32(start + 4, true)
    if (end > bytes || end - start > 1 << 20) throw corrupt(source, 'a message is longer than the file')
    if (end > head.length) head = await source.read(0, Math.min(bytes, end + BODY_ALIGNMENT), options)
    return { message: Message.decode(head.slice(start + 8, end)), end }
  }
  try {
    if (asciiAt(head, 0, MAGIC.length) !== MAGIC) throw corrupt(source, 'it is not an Arrow file')
    const first = await message(8)
    const second = await message(first.end)
    if (!first.message.isSchema() || !second.message.isRecordBatch())
      throw corrupt(source, 'its messages are out of order')
    return {
      schema: first.message.header() as Schema,
      batch: second.message.header() as RecordBatch,
      bodyStart: second.end,
    }
  } catch (error) {
    if (error instanceof CatalogError) throw error
    throw corrupt(source, 'its header cannot be decoded', error)
  }
}

function corrupt(source: ByteSource, what: string, cause?: unknown): CatalogError {
  return new CatalogError('corrupt', `${source.name} is damaged: ${what}.`, { file: source.name }, cause)
}

function arrowType(type: ColumnType): DataType {
  if (type === 'bool') return new Bool()
  if (type === 'uint8') return new Uint8()
  if (type === 'uint32') return new Uint32()
  if (type === 'uint64') return new Uint64()
  return new FixedSizeBinary(type.fixed)
}

/** Continuation marker, length and metadata, padded so that what follows starts at a multiple of `alignment`. */
export function frame(metadata: Uint8Array, start: number, alignment: number): Uint8Array {
  const end = roundUp(start + 8 + metadata.length, alignment)
  const framed = new Uint8Array(end - start)
  const view = new DataView(framed.buffer)
  view.setUint32(0, CONTINUATION, true)
  view.setUint32(4, framed.length - 8, true)
  framed.set(metadata, 8)
  return framed
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple
}

export function writeAscii(target: Uint8Array, offset: number, text: string): void {
  for (let i = 0; i < text.length; i++) target[offset + i] = text.charCodeAt(i)
}

function asciiAt(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length))
}
