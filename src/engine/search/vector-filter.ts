import type { Catalog, RecordBlocks, RecordTable, SegmentReader } from '../format/types.ts'
import { planReads } from '../source/plan.ts'
import type { ReadOptions } from '../source/types.ts'
import type { RecordFilter } from './filter.ts'

/** Blocks of records read for nothing to save a read. */
const GAP = 1

/** What passes of a block of records. */
const NONE = 0
const ALL = 1
const SOME = 2

/** Records of a block of which some pass. */
interface BlockRows {
  /** Where each begins. */
  positions: Float64Array
  passes: Uint8Array
}

/** A segment's blocks of records, as the filter sees them. */
interface SegmentBlocks {
  blocks: RecordBlocks
  states: Uint8Array
  /** Of the blocks of which some pass. */
  rows: Map<number, BlockRows>
}

/** A filter asked about windows by their positions. Rows are read of those blocks alone whose entries disagree. */
export class VectorFilter {
  readonly #segments: readonly SegmentBlocks[]

  private constructor(segments: readonly SegmentBlocks[]) {
    this.#segments = segments
  }

  static async open(catalog: Catalog, filter: RecordFilter, options: ReadOptions): Promise<VectorFilter> {
    const open = (reader: SegmentReader): Promise<SegmentBlocks> => openSegment(reader, filter, options)
    return new VectorFilter(await Promise.all(catalog.segments.map(open)))
  }

  /** For `CandidateOptions.accepts` of a segment's index. */
  accepts(segment: number): (positions: Uint32Array) => Uint8Array {
    const { blocks, states, rows } = this.#segments[segment]
    return (wanted) => {
      const accepted = new Uint8Array(wanted.length)
      let block = 0
      let row = 0
      wanted.forEach((position, i) => {
        while (block + 1 < blocks.count && blocks.positions[block + 1] <= position) {
          block++
          row = 0
        }
        if (states[block] !== SOME) accepted[i] = states[block]
        else {
          const { positions, passes } = rows.get(block)!
          while (row + 1 < passes.length && positions[row + 1] <= position) row++
          accepted[i] = passes[row]
        }
      })
      return accepted
    }
  }
}

async function openSegment(reader: SegmentReader, filter: RecordFilter, options: ReadOptions): Promise<SegmentBlocks> {
  const { firstEntry, segment } = reader
  const blocks = await reader.blocks(options)
  const ranges = Array.from({ length: blocks.count }, (_, block): [number, number] => {
    return [firstEntry + blocks.entries[block], firstEntry + blocks.entries[block + 1]]
  })
  const passing = await filter.select(ranges, options)
  const states = Uint8Array.from(ranges, ([from, to], block) => {
    return passing[block].length === 0 ? NONE : passing[block].length === to - from ? ALL : SOME
  })
  const mixed = [...states.keys()].filter((block) => states[block] === SOME)
  const rows = new Map<number, BlockRows>()
  const reads = planReads(mixed.map((block) => ({ start: block, end: block + 1 })), GAP) // prettier-ignore
  await Promise.all(
    reads.map(async ({ start, end, ranges: members }) => {
      const from = start * blocks.rowsPerBlock
      const table = await reader.rows(from, Math.min(segment.records, end * blocks.rowsPerBlock), options)
      for (const member of members) {
        const block = mixed[member]
        const first = (block - start) * blocks.rowsPerBlock
        const last = Math.min(table.count, first + blocks.rowsPerBlock)
        rows.set(block, rowsOf(table, first, last, new Set(passing[block]), firstEntry))
      }
    }),
  )
  return { blocks, states, rows }
}

/** Rows [first, last) of a table. */
function rowsOf(
  table: RecordTable,
  first: number,
  last: number,
  passing: ReadonlySet<number>,
  firstEntry: number,
): BlockRows {
  const passes = new Uint8Array(last - first)
  for (let row = first; row < last; row++) {
    for (let entry = table.entryStarts[row]; entry < table.entryStarts[row + 1]; entry++) {
      if (passing.has(firstEntry + entry)) passes[row - first] = 1
    }
  }
  return { positions: table.positions.slice(first, last), passes }
}
