import { MetadataVersion } from 'apache-arrow/enum'
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file'
import { BufferRegion, FieldNode, Message, RecordBatch } from 'apache-arrow/ipc/metadata/message'
import type { ByteSource, ReadOptions } from '../source/types.ts'
import { arrowSchema, BUFFER_ALIGNMENT, columnBytes, CONTINUATION, frame, MAGIC, roundUp, writeAscii } from './arrow.ts'
import type { ColumnSpec } from './arrow.ts'
import { BLOCK_BYTES } from './blocks.ts'

/**
 * Arrow IPC files of many record batches that all take the same number of bytes: a block of rows is one byte range, whose
 * place follows from the number of the row alone. Columns have a fixed width and no nulls; the last batch has fewer rows
 * and is padded to the same size.
 */
export interface BlockLayout {
  /** `genomic-catalog` in the schema's metadata. */
  kind: string
  specs: readonly ColumnSpec[]
  rowsPerBlock: number
  /** Bytes of a block, a multiple of 4,096. The first block begins at byte 4,096. */
  stride: number
  /** Offset of the body within a block. */
  body: number
  /** Offset of each column within a block. */
  offsets: readonly number[]
}

/** Bytes before the first block. */
export const BLOCKS_START = BLOCK_BYTES
/** One read of many blocks takes this many bytes at most. */
const READ_BYTES = 4 << 20

export function blockLayout(
  kind: string,
  specs: readonly ColumnSpec[],
  rowsPerBlock: number,
  body: number,
): BlockLayout {
  const offsets: number[] = []
  let end = body
  for (const spec of specs) {
    offsets.push(end)
    end = roundUp(end + columnBytes(spec.type, rowsPerBlock), BUFFER_ALIGNMENT)
  }
  return { kind, specs, rowsPerBlock, stride: roundUp(end, BLOCK_BYTES), body, offsets }
}

export function blocksOf(layout: BlockLayout, rows: number): number {
  return Math.ceil(rows / layout.rowsPerBlock)
}

/** All bytes before the first block. */
export function encodeHead(layout: BlockLayout, metadata: Record<string, string>): Uint8Array {
  const head = new Uint8Array(BLOCKS_START)
  writeAscii(head, 0, MAGIC)
  const schema = Message.encode(Message.from(schemaOf(layout, metadata)))
  head.set(exactly(frame(schema, 8, BLOCKS_START), BLOCKS_START - 8), 8)
  return head
}

/** The message that begins a block of `rows` rows. */
export function encodeBlockHead(layout: BlockLayout, rows: number): Uint8Array {
  const nodes = layout.specs.map(() => new FieldNode(rows, 0))
  const regions = layout.specs.flatMap((spec, i) => {
    const start = layout.offsets[i] - layout.body
    return [new BufferRegion(start, 0), new BufferRegion(start, columnBytes(spec.type, rows))]
  })
  const batch = new RecordBatch(rows, nodes, regions)
  const message = Message.encode(Message.from(batch, layout.stride - layout.body))
  return exactly(frame(message, 0, layout.body), layout.body)
}

/** All bytes after the last of `blocks` blocks. */
export function encodeTail(layout: BlockLayout, metadata: Record<string, string>, blocks: number): Uint8Array {
  const places = Array.from(
    { length: blocks },
    (_, i) => new FileBlock(layout.body, layout.stride - layout.body, BLOCKS_START + i * layout.stride),
  )
  const footer = Footer.encode(new Footer(schemaOf(layout, metadata), MetadataVersion.V5, places, []))
  const tail = new Uint8Array(8 + footer.length + 4 + MAGIC.length)
  const view = new DataView(tail.buffer)
  view.setUint32(0, CONTINUATION, true)
  tail.set(footer, 8)
  view.setUint32(8 + footer.length, footer.length, true)
  writeAscii(tail, 12 + footer.length, MAGIC)
  return tail
}

/** Reads rows of such a file. */
export class BlockTable {
  readonly source: ByteSource
  readonly layout: BlockLayout
  readonly rows: number

  /** `rows`: as the manifest or another file states them. */
  constructor(source: ByteSource, layout: BlockLayout, rows: number) {
    this.source = source
    this.layout = layout
    this.rows = rows
  }

  /**
   * Bytes of rows [from, to), column by column; a `bool` takes a byte, 0 or 1. Neighbouring blocks are read together.
   * `count`: only the first so many columns; what follows them in the last block is not read.
   */
  async read(from: number, to: number, options?: ReadOptions, count?: number): Promise<Uint8Array<ArrayBuffer>[]> {
    const { specs, rowsPerBlock, stride, offsets } = this.layout
    const rows = Math.max(0, to - from)
    const wanted = specs.slice(0, count)
    const last = wanted.length < specs.length ? offsets[wanted.length] : stride
    const columns = wanted.map(({ type }) => new Uint8Array(type === 'bool' ? rows : columnBytes(type, rows)))
    if (rows === 0) return columns
    const first = Math.floor(from / rowsPerBlock)
    const end = Math.ceil(to / rowsPerBlock)
    const step = Math.max(1, Math.floor(READ_BYTES / stride))
    const reads = []
    for (let block = first; block < end; block += step) {
      const blocks = Math.min(step, end - block)
      const work = this.source.read(BLOCKS_START + block * stride, (blocks - 1) * stride + last, options)
      reads.push(work.then((bytes) => this.#gather(bytes, block, blocks, from, to, columns)))
    }
    await Promise.all(reads)
    return columns
  }

  #gather(bytes: Uint8Array, block: number, blocks: number, from: number, to: number, columns: Uint8Array[]): void {
    const { specs, rowsPerBlock, stride, offsets } = this.layout
    for (let b = 0; b < blocks; b++) {
      const blockRow = (block + b) * rowsPerBlock
      const start = Math.max(from, blockRow)
      const end = Math.min(to, blockRow + rowsPerBlock)
      columns.forEach((column, c) => {
        const { type } = specs[c]
        const at = b * stride + offsets[c]
        if (type === 'bool') {
          for (let row = start; row < end; row++) {
            const bit = row - blockRow
            column[row - from] = (bytes[at + (bit >> 3)] >> (bit & 7)) & 1
          }
        } else {
          const width = columnBytes(type, 1)
          const part = bytes.subarray(at + (start - blockRow) * width, at + (end - blockRow) * width)
          column.set(part, (start - from) * width)
        }
      })
    }
  }
}

function schemaOf(layout: BlockLayout, metadata: Record<string, string>) {
  return arrowSchema(layout.specs, { 'genomic-catalog': layout.kind, ...metadata })
}

function exactly(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new Error(`an Arrow message takes ${bytes.length} bytes instead of ${length}`)
  return bytes
}
