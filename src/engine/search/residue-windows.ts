import type { Catalog, Entry, RecordTable, SegmentReader, SegmentWindow } from '../format/types.ts'
import { toHex } from '../sequence/digest.ts'
import { planReads, type ByteRange } from '../source/plan.ts'
import type { ReadOptions } from '../source/types.ts'
import type { RecordRows } from './rows.ts'

/** Positions read for nothing to save a read: about a block of packed residues. */
const GAP = 16_384
/** Positions of one read at most. */
const LIMIT = 4 << 20
/** Entries read for nothing to save a read. */
const ENTRY_GAP = 64
/** Bytes of residue codes that are kept. */
const KEPT_BYTES = 128 << 20

/** Positions [start, end) of a segment. */
export interface SegmentRange extends ByteRange {
  /** Index of the segment in the catalog. */
  segment: number
}

/** A record as its row has it. */
export interface RecordRow {
  /** Catalog-wide number. */
  record: number
  segment: number
  /** Of its first residue, within the segment. */
  position: number
  length: number
  isRna: boolean
  id: Uint8Array
  /** The id as text: records with the same residues have the same. */
  key: string
  entries: readonly [number, number]
}

interface Kept extends SegmentWindow {
  end: number
  segment: number
}

/**
 * Residues of stretches of segments, with the rows of the records there: read when first asked for, neighbouring ones
 * together, and kept within bounds.
 */
export class ResidueWindows {
  readonly #readers: readonly SegmentReader[]
  readonly #options: ReadOptions
  /** Per segment, by their starts. */
  readonly #kept: Kept[][]
  /** All of them, longest kept first. */
  readonly #order: Kept[] = []
  #bytes = 0

  constructor(catalog: Pick<Catalog, 'segments'>, options: ReadOptions) {
    this.#readers = catalog.segments
    this.#options = options
    this.#kept = catalog.segments.map(() => [])
  }

  /** The window that holds each range, read in one round where it is not there. */
  async read(ranges: readonly SegmentRange[]): Promise<SegmentWindow[]> {
    const found = ranges.map(({ segment, start, end }) => this.held(segment, start, end))
    const allMissing = this.#readers.map((): number[] => [])
    found.forEach((window, i) => {
      if (window === undefined) allMissing[ranges[i].segment].push(i)
    })
    const fresh: Kept[] = []
    await Promise.all(
      this.#readers.flatMap((reader, segment) => {
        const missing = allMissing[segment]
        const reads = planReads(missing.map((i) => ranges[i]), GAP, LIMIT) // prettier-ignore
        return reads.map(async ({ start, end, ranges: members }) => {
          const window = { ...(await reader.window(start, end, this.#options)), end, segment }
          fresh.push(window)
          for (const member of members) found[missing[member]] = window
        })
      }),
    )
    this.#keep(fresh)
    return found as SegmentWindow[]
  }

  /** The window kept that holds positions [start, end). */
  held(segment: number, start: number, end: number): SegmentWindow | undefined {
    const windows = this.#kept[segment]
    let low = 0
    let high = windows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (windows[middle].start <= start) low = middle + 1
      else high = middle
    }
    // Windows read at different times may overlap: the nearest few are looked at.
    for (let i = low - 1; i >= Math.max(0, low - 8); i--) if (windows[i].end >= end) return windows[i]
    return undefined
  }

  #keep(fresh: readonly Kept[]): void {
    for (const window of fresh) {
      this.#kept[window.segment].push(window)
      this.#order.push(window)
      this.#bytes += window.codes.length
    }
    while (this.#bytes > KEPT_BYTES && this.#order.length > 0) {
      const oldest = this.#order.shift()!
      this.#bytes -= oldest.codes.length
      this.#kept[oldest.segment].splice(this.#kept[oldest.segment].indexOf(oldest), 1)
    }
    if (fresh.length > 0) for (const windows of this.#kept) windows.sort((a, b) => a.start - b.start)
  }
}

/** Rows of the records that an index has named. */
export class KnownRows implements RecordRows {
  readonly #readers: readonly SegmentReader[]
  readonly #rows = new Map<number, RecordRow>()

  constructor(catalog: Pick<Catalog, 'segments'>) {
    this.#readers = catalog.segments
  }

  /** Forgets all rows. */
  clear(): void {
    this.#rows.clear()
  }

  /** Keeps row `index` of a table that begins with the segment's record `firstRecord`. */
  add(segment: number, firstRecord: number, table: RecordTable, index: number): RecordRow {
    const reader = this.#readers[segment]
    const record = reader.firstRecord + firstRecord + index
    const known = this.#rows.get(record)
    if (known !== undefined) return known
    const id = table.ids.slice(index * 32, index * 32 + 32)
    const row: RecordRow = {
      record,
      segment,
      position: table.positions[index],
      length: table.lengths[index],
      isRna: table.uracil[index] === 1,
      id,
      key: toHex(id),
      entries: [reader.firstEntry + table.entryStarts[index], reader.firstEntry + table.entryStarts[index + 1]],
    }
    this.#rows.set(record, row)
    return row
  }

  row(record: number): RecordRow {
    const row = this.#rows.get(record)
    if (row === undefined) throw new Error(`Record ${record} has not been read.`)
    return row
  }

  length = (record: number): number => this.row(record).length
  isRna = (record: number): boolean => this.row(record).isRna
  id = (record: number): Uint8Array => this.row(record).id
  entries = (record: number): readonly [number, number] => this.row(record).entries
}

/** Entries by catalog-wide number, kept as they are read. */
export class KnownEntries {
  readonly #readers: readonly SegmentReader[]
  readonly #options: ReadOptions
  readonly #entries = new Map<number, Entry>()

  constructor(catalog: Pick<Catalog, 'segments'>, options: ReadOptions) {
    this.#readers = catalog.segments
    this.#options = options
  }

  clear(): void {
    this.#entries.clear()
  }

  /** Reads what is missing of the ranges [from, to), in one round. */
  async read(ranges: readonly (readonly [number, number])[]): Promise<void> {
    const missing: ByteRange[] = []
    for (const [from, to] of ranges) {
      for (let entry = from; entry < to; entry++) {
        if (!this.#entries.has(entry)) missing.push({ start: entry, end: entry + 1 })
      }
    }
    await Promise.all(
      this.#readers.flatMap((reader) => {
        const { firstEntry, segment } = reader
        const own = missing.filter(({ start }) => start >= firstEntry && start < firstEntry + segment.entries)
        return planReads(own, ENTRY_GAP).map(async ({ start, end }) => {
          const read = await reader.entries(start - firstEntry, end - firstEntry, this.#options)
          for (const entry of read) this.#entries.set(entry.index, entry)
        })
      }),
    )
  }

  /** Entries [from, to), which have been read. */
  take([from, to]: readonly [number, number]): Entry[] {
    return Array.from({ length: to - from }, (_, i) => this.#entries.get(from + i)!)
  }
}

/** The row of the record that holds a position, as an index into the window's rows. */
export function rowAt(window: SegmentWindow, position: number): number {
  const { positions } = window.records
  let low = 0
  let high = window.records.count - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (positions[middle] <= position) low = middle
    else high = middle - 1
  }
  return low
}
