import type { Catalog, RecordTable } from '../format/types.ts'
import type { ReadOptions } from '../source/types.ts'
import type { RecordFilter } from './filter.ts'

/** A filter asked about windows by their positions: reads the rows of all records, once. */
export class VectorFilter {
  readonly #passing: { positions: Float64Array; passes: Uint8Array }[]

  private constructor(passing: { positions: Float64Array; passes: Uint8Array }[]) {
    this.#passing = passing
  }

  static async open(catalog: Catalog, filter: RecordFilter, options: ReadOptions): Promise<VectorFilter> {
    const all = await filter.passing?.(options)
    const segments = catalog.segments.map(async (reader) => {
      const table = await reader.rows(0, reader.segment.records, options)
      const passes = new Uint8Array(table.count)
      const ranges = Array.from(passes, (_, row) => entriesOf(table, row, reader.firstEntry))
      const selected = all === undefined ? await filter.select(ranges, options) : null
      ranges.forEach(([from, to], row) => {
        passes[row] = (selected ? selected[row].length > 0 : all!.hasAny(from, to)) ? 1 : 0
      })
      return { positions: table.positions, passes }
    })
    return new VectorFilter(await Promise.all(segments))
  }

  /** For `CandidateOptions.accepts` of a segment's index. */
  accepts(segment: number): (positions: Uint32Array) => Uint8Array {
    const { positions, passes } = this.#passing[segment]
    return (wanted) => {
      const accepted = new Uint8Array(wanted.length)
      let row = 0
      wanted.forEach((position, i) => {
        while (row + 1 < positions.length && positions[row + 1] <= position) row++
        accepted[i] = passes[row]
      })
      return accepted
    }
  }
}

function entriesOf({ entryStarts }: RecordTable, row: number, firstEntry: number): [number, number] {
  return [firstEntry + entryStarts[row], firstEntry + entryStarts[row + 1]]
}
