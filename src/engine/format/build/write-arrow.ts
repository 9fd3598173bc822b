import type { FileSink } from '../../source/types.ts'
import { layOutArrow } from '../arrow.ts'
import type { ColumnSpec } from '../arrow.ts'
import { DataFileWriter } from './data-file.ts'
import type { WrittenFile } from './data-file.ts'

/** Bytes of one column in order. */
export type ColumnBytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/**
 * Writes one of our Arrow files to `data/`. Each column has to deliver exactly the bytes of `rows` values.
 * `onLayout` learns where the columns lie.
 */
export async function writeArrow(
  sink: FileSink,
  suffix: string,
  specs: readonly ColumnSpec[],
  rows: number,
  columns: readonly ColumnBytes[],
  metadata: Record<string, string>,
): Promise<WrittenFile & { columnOffsets: number[] }> {
  const layout = layOutArrow(specs, rows, metadata)
  const file = await DataFileWriter.create(sink)
  try {
    await file.write(layout.header)
    for (let i = 0; i < specs.length; i++) {
      const range = layout.columns[i]
      await file.padTo(range.offset)
      for await (const bytes of columns[i]) await file.write(bytes)
      if (file.bytes !== range.offset + range.length) {
        throw new Error(`column ${specs[i].name} has ${file.bytes - range.offset} bytes instead of ${range.length}`)
      }
    }
    await file.padTo(layout.end)
    await file.write(layout.trailer)
    const written = await file.commit(suffix)
    return { ...written, columnOffsets: layout.columns.map((column) => column.offset) }
  } catch (error) {
    await file.discard()
    throw error
  }
}
