import { CatalogError } from '../errors.ts'
import type { ByteSource, FileSink, ReadOptions, Scratch } from '../source/types.ts'
import { openArrow } from './arrow.ts'
import type { ColumnSpec } from './arrow.ts'
import type { WrittenFile } from './build/data-file.ts'
import { Spool } from './build/spool.ts'
import { writeArrow } from './build/write-arrow.ts'
import { wordsOf } from './records.ts'
import type { ExceptionTable, RecordTable } from './types.ts'

/** Runs of residues that the packing cannot hold, in order of record and start. */
export const EXCEPTION_COLUMNS: readonly ColumnSpec[] = [
  { name: 'start', type: 'uint32' },
  { name: 'length', type: 'uint32' },
  { name: 'code', type: 'uint8' },
]

export class ExceptionWriter {
  readonly #starts: Spool
  readonly #lengths: Spool
  readonly #codes: Spool
  count = 0

  constructor(scratch: Scratch) {
    this.#starts = new Spool(scratch)
    this.#lengths = new Spool(scratch)
    this.#codes = new Spool(scratch)
  }

  add(start: number, length: number, code: number): void {
    this.#starts.pushUint32(start)
    this.#lengths.pushUint32(length)
    this.#codes.pushByte(code)
    this.count++
  }

  async drain(): Promise<void> {
    for (const spool of [this.#starts, this.#lengths, this.#codes]) if (spool.heavy) await spool.drain()
  }

  write(sink: FileSink): Promise<WrittenFile> {
    const columns = [this.#starts.read(), this.#lengths.read(), this.#codes.read()]
    return writeArrow(sink, 'exceptions.arrow', EXCEPTION_COLUMNS, this.count, columns, {
      'genomic-catalog': 'exceptions',
    })
  }

  async remove(): Promise<void> {
    for (const spool of [this.#starts, this.#lengths, this.#codes]) await spool.remove()
  }
}

export async function readExceptions(
  source: ByteSource,
  bytes: number,
  options?: ReadOptions,
): Promise<ExceptionTable> {
  const file = await openArrow(source, bytes, EXCEPTION_COLUMNS, options)
  const [starts, lengths, codes] = await Promise.all(
    EXCEPTION_COLUMNS.map((column) => file.read(column.name, 0, file.rows, options)),
  )
  return { starts: wordsOf(starts), lengths: wordsOf(lengths), codes: codes.slice() }
}

/** Runs lie inside their records, in order, and hold codes that nucleotides have. */
export function checkExceptions(table: ExceptionTable, records: RecordTable, name: string): void {
  for (let record = 0; record < records.count; record++) {
    let end = 0
    for (let e = records.exceptionStarts[record]; e < records.exceptionStarts[record + 1]; e++) {
      const start = table.starts[e]
      const next = start + table.lengths[e]
      if (
        start < end ||
        table.lengths[e] === 0 ||
        next > records.lengths[record] ||
        table.codes[e] < 3 ||
        table.codes[e] > 14
      ) {
        throw new CatalogError(
          'corrupt',
          `${name} is damaged: a run of record ${record} makes no sense. Build the catalog again.`,
          {
            file: name,
          },
        )
      }
      end = next
    }
  }
}
