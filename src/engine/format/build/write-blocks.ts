import type { FileSink } from '../../source/types.ts'
import { columnBytes } from '../arrow.ts'
import { blocksOf, encodeBlockHead, encodeHead, encodeTail } from '../arrow-blocks.ts'
import type { BlockLayout } from '../arrow-blocks.ts'
import { DataFileWriter } from './data-file.ts'
import type { WrittenFile } from './data-file.ts'

/** Writes a file of equal blocks row by row: set each column of the row, then `next`. Call `drain` now and then. */
export class BlockWriter {
  readonly #layout: BlockLayout
  readonly #metadata: Record<string, string>
  readonly #file: DataFileWriter
  readonly #head: Uint8Array
  readonly #widths: number[]
  #block: Uint8Array
  #view: DataView
  #row = 0
  #full: Uint8Array[] = []
  /** Rows so far. */
  rows = 0

  private constructor(layout: BlockLayout, metadata: Record<string, string>, file: DataFileWriter) {
    this.#layout = layout
    this.#metadata = metadata
    this.#file = file
    this.#head = encodeBlockHead(layout, layout.rowsPerBlock)
    this.#widths = layout.specs.map(({ type }) => (type === 'bool' ? 0 : columnBytes(type, 1)))
    this.#block = new Uint8Array(layout.stride)
    this.#view = new DataView(this.#block.buffer)
  }

  static async create(
    sink: FileSink,
    layout: BlockLayout,
    metadata: Record<string, string> = {},
  ): Promise<BlockWriter> {
    const file = await DataFileWriter.create(sink)
    await file.write(encodeHead(layout, metadata))
    return new BlockWriter(layout, metadata, file)
  }

  setUint32(column: number, value: number): void {
    this.#view.setUint32(this.#layout.offsets[column] + this.#row * 4, value, true)
  }

  setByte(column: number, value: number): void {
    this.#block[this.#layout.offsets[column] + this.#row] = value
  }

  setBit(column: number): void {
    this.#block[this.#layout.offsets[column] + (this.#row >> 3)] |= 1 << (this.#row & 7)
  }

  setBytes(column: number, bytes: Uint8Array): void {
    this.#block.set(bytes, this.#layout.offsets[column] + this.#row * this.#widths[column])
  }

  /** Ends the row. */
  next(): void {
    this.rows++
    if (++this.#row < this.#layout.rowsPerBlock) return
    this.#block.set(this.#head)
    this.#push()
  }

  async drain(): Promise<void> {
    const full = this.#full
    this.#full = []
    for (const block of full) await this.#file.write(block)
  }

  async finish(suffix: string): Promise<WrittenFile> {
    if (this.#row > 0) {
      this.#block.set(encodeBlockHead(this.#layout, this.#row))
      this.#push()
    }
    await this.drain()
    await this.#file.write(encodeTail(this.#layout, this.#metadata, blocksOf(this.#layout, this.rows)))
    return this.#file.commit(suffix)
  }

  discard(): Promise<void> {
    return this.#file.discard()
  }

  #push(): void {
    this.#full.push(this.#block)
    this.#block = new Uint8Array(this.#layout.stride)
    this.#view = new DataView(this.#block.buffer)
    this.#row = 0
  }
}
