import type { Catalog, Entry, SegmentReader } from '../../format/types.ts'
import type { ReadOptions } from '../../source/types.ts'

/** Distinct records of a catalog in order of id: their *rank*, which does not depend on how the catalog is laid out. */
export interface RankedRecords {
  count: number
  /** 32 bytes per record, by rank. */
  ids: Uint8Array
  lengths: Uint32Array
  /** Segment that a record is read from, and its position there. */
  segments: Uint32Array
  positions: Float64Array
  /** Accession of the first entry of each record, in order of (accession, description), or all where there are several. */
  names: (string | readonly string[])[]
  /** Rank of the record that holds each position (ascending) of a segment, and where in the record it is. */
  locate(segment: number, positions: Uint32Array): { ranks: Uint32Array; starts: Uint32Array }
}

interface SegmentRecords {
  positions: Float64Array
  /** See `firstRecords`. */
  first: Uint32Array
  ranks: Uint32Array
}

const ID = 32
/** Entries read at a time. */
const ENTRIES = 1 << 14

/** Reads ids, lengths and accessions of all records: some hundred bytes of memory for each. */
export async function rankRecords(catalog: Catalog, options?: ReadOptions): Promise<RankedRecords> {
  const tables = await Promise.all(catalog.segments.map((each) => each.rows(0, each.segment.records, options)))
  const total = tables.reduce((sum, table) => sum + table.count, 0)
  const ids = new Uint8Array(total * ID)
  const segmentOf = new Uint32Array(total)
  const rowOf = new Uint32Array(total)
  let next = 0
  tables.forEach((table, s) => {
    ids.set(table.ids.subarray(0, table.count * ID), next * ID)
    for (let row = 0; row < table.count; row++, next++) {
      segmentOf[next] = s
      rowOf[next] = row
    }
  })
  const order = orderOfIds(ids, total)
  const segments: SegmentRecords[] = tables.map((table) => ({
    positions: table.positions,
    first: firstRecords(table.positions),
    ranks: new Uint32Array(table.count),
  }))
  const first: number[] = []
  order.forEach((each, i) => {
    if (i === 0 || compareIds(ids, order[i - 1], each) !== 0) first.push(each)
    segments[segmentOf[each]].ranks[rowOf[each]] = first.length - 1
  })
  const rankedIds = new Uint8Array(first.length * ID)
  first.forEach((each, rank) => rankedIds.set(ids.subarray(each * ID, (each + 1) * ID), rank * ID))
  return {
    count: first.length,
    ids: rankedIds,
    lengths: Uint32Array.from(first, (each) => tables[segmentOf[each]].lengths[rowOf[each]]),
    segments: Uint32Array.from(first, (each) => segmentOf[each]),
    positions: Float64Array.from(first, (each) => tables[segmentOf[each]].positions[rowOf[each]]),
    names: await namesOf(catalog.segments, segments, first.length, options),
    locate: (segment, positions) => locate(segments[segment], positions),
  }
}

function compareIds(ids: Uint8Array, a: number, b: number): number {
  for (let i = 0; i < ID; i++) {
    const difference = ids[a * ID + i] - ids[b * ID + i]
    if (difference !== 0) return difference
  }
  return 0
}

/** Equal ids stay in the order of the segments. */
function orderOfIds(ids: Uint8Array, count: number): Uint32Array {
  const view = new DataView(ids.buffer)
  const heads = Uint32Array.from({ length: count }, (_, i) => view.getUint32(i * ID))
  return Uint32Array.from(heads.keys()).sort((a, b) => heads[a] - heads[b] || compareIds(ids, a, b) || a - b)
}

async function namesOf(
  segments: readonly SegmentReader[],
  records: readonly SegmentRecords[],
  count: number,
  options?: ReadOptions,
): Promise<(string | readonly string[])[]> {
  const entries: Pick<Entry, 'accession' | 'description'>[][] = Array.from({ length: count }, () => [])
  for (const [s, reader] of segments.entries()) {
    for (let from = 0; from < reader.segment.entries; from += ENTRIES) {
      const to = Math.min(reader.segment.entries, from + ENTRIES)
      for (const { accession, description, record } of await reader.entries(from, to, options)) {
        entries[records[s].ranks[record - reader.firstRecord]].push({ accession, description })
      }
    }
  }
  return entries.map((own) => {
    if (own.length === 1) return own[0].accession
    own.sort((a, b) => compare(a.accession, b.accession) || compare(a.description, b.description))
    return own.map(({ accession }) => accession)
  })
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** For every 2^8 positions the first record that ends there or later. */
const BUCKET = 8

function firstRecords(positions: Float64Array): Uint32Array {
  const last = positions.length === 0 ? 0 : positions[positions.length - 1]
  const first = new Uint32Array(Math.floor(last / 256) + 1)
  for (let bucket = 0, record = 0; bucket < first.length; bucket++) {
    while (record + 1 < positions.length && positions[record + 1] <= bucket * 256) record++
    first[bucket] = record
  }
  return first
}

function locate(records: SegmentRecords, wanted: Uint32Array): { ranks: Uint32Array; starts: Uint32Array } {
  const { positions, ranks, first } = records
  const found = { ranks: new Uint32Array(wanted.length), starts: new Uint32Array(wanted.length) }
  for (let i = 0; i < wanted.length; i++) {
    let record = first[Math.min(first.length - 1, wanted[i] >>> BUCKET)]
    while (record + 1 < positions.length && positions[record + 1] <= wanted[i]) record++
    found.ranks[i] = ranks[record]
    found.starts[i] = wanted[i] - positions[record]
  }
  return found
}

/** Accession that stands for a record. */
export function nameOf({ names }: Pick<RankedRecords, 'names'>, rank: number): string {
  const name = names[rank]
  return typeof name === 'string' ? name : name[0]
}

/** All accessions of a record. */
export function allNamesOf({ names }: Pick<RankedRecords, 'names'>, rank: number): readonly string[] {
  const name = names[rank]
  return typeof name === 'string' ? [name] : name
}
