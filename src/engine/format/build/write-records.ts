import type { FileSink } from '../../source/types.ts'
import { packedBytes } from '../pack.ts'
import { BLOCK_COLUMNS, RECORD_LAYOUT, residueRoom } from '../records.ts'
import type { Alphabet } from '../types.ts'
import type { WrittenFile } from './data-file.ts'
import { wordBytes } from './rows.ts'
import { writeArrow } from './write-arrow.ts'
import { BlockWriter } from './write-blocks.ts'

/** Writes the record table in the order in which records come, and then the table of its blocks. */
export class RecordTableWriter {
  readonly #alphabet: Alphabet
  readonly #table: BlockWriter
  readonly #positions: number[] = []
  readonly #entries: number[] = []
  readonly #exceptions: number[] = []
  count = 0
  /** Position after the last record. */
  end = 0

  private constructor(alphabet: Alphabet, table: BlockWriter) {
    this.#alphabet = alphabet
    this.#table = table
  }

  static async create(sink: FileSink, alphabet: Alphabet): Promise<RecordTableWriter> {
    return new RecordTableWriter(alphabet, await BlockWriter.create(sink, RECORD_LAYOUT, { alphabet }))
  }

  add(
    id: Uint8Array,
    refget: Uint8Array,
    md5: Uint8Array,
    length: number,
    uracil: boolean,
    entryStart: number,
    exceptionStart: number,
  ): void {
    const table = this.#table
    if (this.count % RECORD_LAYOUT.rowsPerBlock === 0) {
      this.#positions.push(this.end)
      this.#entries.push(entryStart)
      this.#exceptions.push(exceptionStart)
    }
    table.setBytes(0, id)
    table.setUint32(1, length)
    table.setUint32(2, this.end)
    if (uracil) table.setBit(3)
    table.setUint32(4, entryStart)
    table.setUint32(5, exceptionStart)
    table.setBytes(6, refget)
    table.setBytes(7, md5)
    table.next()
    this.count++
    this.end += residueRoom(this.#alphabet, packedBytes(this.#alphabet, length))
  }

  drain(): Promise<void> {
    return this.#table.drain()
  }

  async finish(sink: FileSink, entries: number, exceptions: number): Promise<{ table: WrittenFile; blocks: WrittenFile }> {
    const table = await this.#table.finish('records.arrow')
    const columns = [
      [...this.#positions, this.end],
      [...this.#entries, entries],
      [...this.#exceptions, exceptions],
    ]
    const blocks = await writeArrow(
      sink,
      'blocks.arrow',
      BLOCK_COLUMNS,
      columns[0].length,
      columns.map((column) => [wordBytes(Uint32Array.from(column))]),
      { 'genomic-catalog': 'blocks' },
    )
    return { table, blocks }
  }

  discard(): Promise<void> {
    return this.#table.discard()
  }
}
