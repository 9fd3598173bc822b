import { CatalogError } from '../errors.ts'
import type { ReadOptions } from '../source/types.ts'
import { blockLayout } from './arrow-blocks.ts'
import type { BlockTable } from './arrow-blocks.ts'
import type { ExceptionTable, RecordTable } from './types.ts'
import { wordsOf } from './words.ts'

/** Runs of residues that the packing cannot hold, in order of record and start. */
export const EXCEPTION_LAYOUT = blockLayout(
  'exceptions',
  [
    { name: 'start', type: 'uint32' },
    { name: 'length', type: 'uint32' },
    { name: 'code', type: 'uint8' },
  ],
  384,
  512,
)

/** Rows [from, to). */
export async function readExceptions(
  table: BlockTable,
  from: number,
  to: number,
  options?: ReadOptions,
): Promise<ExceptionTable> {
  const [starts, lengths, codes] = await table.read(from, to, options)
  return { starts: wordsOf(starts), lengths: wordsOf(lengths), codes }
}

/** Exceptions `from` to `to` of a table. */
export function sliceExceptions(table: ExceptionTable, from: number, to: number): ExceptionTable {
  return {
    starts: table.starts.subarray(from, to),
    lengths: table.lengths.subarray(from, to),
    codes: table.codes.subarray(from, to),
  }
}

/** Several segments' exceptions as one table. */
export function joinExceptions(tables: readonly ExceptionTable[]): ExceptionTable {
  const count = tables.reduce((sum, { codes }) => sum + codes.length, 0)
  const all = { starts: new Uint32Array(count), lengths: new Uint32Array(count), codes: new Uint8Array(count) }
  let at = 0
  for (const table of tables) {
    all.starts.set(table.starts, at)
    all.lengths.set(table.lengths, at)
    all.codes.set(table.codes, at)
    at += table.codes.length
  }
  return all
}

/**
 * Throws `corrupt` unless runs lie inside their records, in order, and hold codes that nucleotides have. `first`: number
 * of the table's first row among those that the records count by.
 */
export function checkExceptions(table: ExceptionTable, records: RecordTable, first: number, name: string): void {
  for (let record = 0; record < records.count; record++) {
    let end = 0
    const last = Math.min(records.exceptionStarts[record + 1] - first, table.starts.length)
    for (let e = records.exceptionStarts[record] - first; e < last; e++) {
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
          `${name} is damaged: a run of a record makes no sense. Build the catalog again.`,
          {
            file: name,
          },
        )
      }
      end = next
    }
  }
}
