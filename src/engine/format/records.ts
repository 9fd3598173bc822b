import { CatalogError } from '../errors.ts'
import type { ByteSource, ReadOptions } from '../source/types.ts'
import { openArrow } from './arrow.ts'
import type { ColumnSpec } from './arrow.ts'
import { blockLayout, blocksOf } from './arrow-blocks.ts'
import type { BlockTable } from './arrow-blocks.ts'
import { groupBytes, groupResidues, packedBytes } from './pack.ts'
import type { Alphabet, RecordBlocks, RecordTable, RowOptions, Segment } from './types.ts'
import { lastAtMost, wordsOf } from './words.ts'

/** The record table: one row per record, in the order of the residues. */
export const RECORD_LAYOUT = blockLayout(
  'records',
  [
    { name: 'id', type: { fixed: 32 } },
    { name: 'length', type: 'uint32' },
    { name: 'position', type: 'uint32' },
    { name: 'uracil', type: 'bool' },
    { name: 'entry_start', type: 'uint32' },
    { name: 'exception_start', type: 'uint32' },
    { name: 'refget', type: { fixed: 24 } },
    { name: 'md5', type: { fixed: 16 } },
  ],
  128,
  896,
)

/** Columns of the record table before the digests that searches do without. */
const COLUMNS_WITHOUT_DIGESTS = 6
const NONE = new Uint8Array(0)

/** One row per block of the record table, and one for its end. */
export const BLOCK_COLUMNS: readonly ColumnSpec[] = [
  { name: 'position', type: 'uint32' },
  { name: 'entry', type: 'uint32' },
  { name: 'exception', type: 'uint32' },
]

/** Positions of a segment are below this; the end of its last record may be this. */
export const MOST_POSITIONS = 2 ** 32 - 8

/** Residues that `bytes` packed bytes have room for. */
export function residueRoom(alphabet: Alphabet, bytes: number): number {
  return (bytes / groupBytes(alphabet)) * groupResidues(alphabet)
}

/** First position of each shard, and the end of the last. */
export function shardStarts(alphabet: Alphabet, shards: readonly { dataBytes: number }[]): Float64Array {
  const starts = new Float64Array(shards.length + 1)
  shards.forEach((shard, i) => (starts[i + 1] = starts[i] + residueRoom(alphabet, shard.dataBytes)))
  return starts
}

/** Reads the record blocks and checks that they fit the segment. */
export async function readRecordBlocks(
  source: ByteSource,
  alphabet: Alphabet,
  segment: Segment,
  options?: ReadOptions,
): Promise<RecordBlocks> {
  const file = await openArrow(source, segment.blocks.bytes, BLOCK_COLUMNS, options)
  const count = blocksOf(RECORD_LAYOUT, segment.records)
  if (file.rows !== count + 1) throw corrupt(source.name, `it has ${file.rows} rows instead of ${count + 1}`)
  const [positions, entries, exceptions] = await Promise.all(
    BLOCK_COLUMNS.map(async ({ name }) => wordsOf(await file.read(name, 0, count + 1, options))),
  )
  const end = shardStarts(alphabet, segment.shards)[segment.shards.length]
  if (positions[0] !== 0 || entries[0] !== 0 || exceptions[0] !== 0)
    throw corrupt(source.name, 'it does not start at 0')
  if (positions[count] !== end || entries[count] !== segment.entries) {
    throw corrupt(source.name, 'it ends elsewhere than the segment')
  }
  for (let i = 0; i < count; i++) {
    if (positions[i + 1] <= positions[i] || entries[i + 1] <= entries[i] || exceptions[i + 1] < exceptions[i]) {
      throw corrupt(source.name, `block ${i} does not begin after the one before it`)
    }
  }
  const { rowsPerBlock } = RECORD_LAYOUT
  return { rowsPerBlock, count, positions: Float64Array.from(positions), entries, exceptions }
}

/** Reads rows [from, to) of a segment and checks that they fit its blocks. Without `digests`, `refget` and `md5` are empty. */
export async function readRecords(
  table: BlockTable,
  alphabet: Alphabet,
  segment: Segment,
  blocks: RecordBlocks,
  from: number,
  to: number,
  options?: RowOptions,
): Promise<RecordTable> {
  // The row after the last one tells where its entries and exceptions end, unless a block does.
  const more = to < segment.records && to % blocks.rowsPerBlock !== 0 ? 1 : 0
  const digests = options?.digests ?? true
  const columns = await table.read(from, to + more, options, digests ? undefined : COLUMNS_WITHOUT_DIGESTS)
  const [ids, lengths, positions, uracil, entryStarts, exceptionStarts, refget = NONE, md5 = NONE] = columns
  const count = to - from
  const block = to === segment.records ? blocks.count : to / blocks.rowsPerBlock
  const ends = (bytes: Uint8Array, starts: Uint32Array) => {
    if (more === 1) return wordsOf(bytes)
    const all = new Uint32Array(count + 1)
    all.set(wordsOf(bytes))
    all[count] = starts[block]
    return all
  }
  const records: RecordTable = {
    count,
    ids: ids.subarray(0, count * 32),
    lengths: wordsOf(lengths).subarray(0, count),
    positions: Float64Array.from(wordsOf(positions).subarray(0, count)),
    offsets: new Float64Array(count),
    uracil: uracil.subarray(0, count),
    entryStarts: ends(entryStarts, blocks.entries),
    exceptionStarts: ends(exceptionStarts, blocks.exceptions),
    refget: refget.subarray(0, count * 24),
    md5: md5.subarray(0, count * 16),
  }
  checkRecords(records, table.source.name, alphabet, segment, blocks, from)
  return records
}

/** Fills `offsets`, and throws unless the rows follow from each other and from the blocks. */
function checkRecords(
  table: RecordTable,
  name: string,
  alphabet: Alphabet,
  segment: Segment,
  blocks: RecordBlocks,
  from: number,
): void {
  const { count, lengths, positions, entryStarts, exceptionStarts } = table
  const { rowsPerBlock } = blocks
  const [residues, bytes] = [groupResidues(alphabet), groupBytes(alphabet)]
  const shards = shardStarts(alphabet, segment.shards)
  let shard = 0
  for (let i = 0; i < count; i++) {
    const record = from + i
    const wrong = (what: string) => corrupt(name, `record ${record} ${what}`)
    if (lengths[i] === 0) throw wrong('is empty')
    if (entryStarts[i + 1] <= entryStarts[i]) throw wrong('has no entries')
    if (exceptionStarts[i + 1] < exceptionStarts[i]) throw wrong('has exceptions out of order')
    if (record % rowsPerBlock === 0) {
      const block = record / rowsPerBlock
      const same =
        positions[i] === blocks.positions[block] &&
        entryStarts[i] === blocks.entries[block] &&
        exceptionStarts[i] === blocks.exceptions[block]
      if (!same) throw wrong('begins elsewhere than its block')
    }
    if (i === 0) shard = lastAtMost(shards.subarray(0, segment.shards.length), positions[0])
    else while (positions[i] >= shards[shard + 1]) shard++
    const end = positions[i] + residueRoom(alphabet, packedBytes(alphabet, lengths[i]))
    const next =
      i + 1 < count
        ? positions[i + 1]
        : (record + 1) % rowsPerBlock === 0 || record + 1 === segment.records
          ? blocks.positions[Math.ceil((record + 1) / rowsPerBlock)]
          : end
    if (end !== next) throw wrong('does not end where the next one begins')
    if (end > shards[shard + 1]) throw wrong('crosses the end of its shard')
    table.offsets[i] = ((positions[i] - shards[shard]) / residues) * bytes
  }
}

/** Rows [from, to) of a table. */
export function sliceRecords(table: RecordTable, from: number, to: number): RecordTable {
  return {
    count: to - from,
    ids: table.ids.subarray(from * 32, to * 32),
    lengths: table.lengths.subarray(from, to),
    positions: table.positions.subarray(from, to),
    offsets: table.offsets.subarray(from, to),
    uracil: table.uracil.subarray(from, to),
    entryStarts: table.entryStarts.subarray(from, to + 1),
    exceptionStarts: table.exceptionStarts.subarray(from, to + 1),
    refget: table.refget.subarray(from * 24, to * 24),
    md5: table.md5.subarray(from * 16, to * 16),
  }
}

/** Several segments' rows as one table: entries and exceptions numbered through. */
export function joinRecords(tables: readonly RecordTable[]): RecordTable {
  if (tables.length === 1) return tables[0]
  const count = tables.reduce((sum, table) => sum + table.count, 0)
  const all: RecordTable = {
    count,
    ids: new Uint8Array(count * 32),
    lengths: new Uint32Array(count),
    positions: new Float64Array(count),
    offsets: new Float64Array(count),
    uracil: new Uint8Array(count),
    entryStarts: new Uint32Array(count + 1),
    exceptionStarts: new Uint32Array(count + 1),
    refget: new Uint8Array(count * 24),
    md5: new Uint8Array(count * 16),
  }
  let at = 0
  for (const table of tables) {
    all.ids.set(table.ids, at * 32)
    all.lengths.set(table.lengths, at)
    all.positions.set(table.positions, at)
    all.offsets.set(table.offsets, at)
    all.uracil.set(table.uracil, at)
    all.refget.set(table.refget, at * 24)
    all.md5.set(table.md5, at * 16)
    for (const name of ['entryStarts', 'exceptionStarts'] as const) {
      const base = all[name][at]
      for (let i = 0; i <= table.count; i++) all[name][at + i] = base + table[name][i]
    }
    at += table.count
  }
  return all
}

function corrupt(name: string, what: string): CatalogError {
  return new CatalogError('corrupt', `${name} is damaged: ${what}. Build the catalog again.`, { file: name })
}
