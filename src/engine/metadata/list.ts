import { throwIfAborted } from '../errors.ts'
import { compareMetadata, compareTexts } from '../format/entry-order.ts'
import type { Catalog, Entry, SegmentReader } from '../format/types.ts'
import { toHex } from '../sequence/digest.ts'
import type { ReadOptions } from '../source/types.ts'
import type { EntryBitset } from './bitset.ts'
import type { RowRange } from './types.ts'

/** Entries read for nothing to save a read, and most read at once. */
const GAP = 64
const RUN = 4096
/** Runs read at a time. */
const PARALLEL = 8

/** An entry and what its record says of it. */
export interface ListedEntry {
  accession: string
  description: string
  /** SHA-256 of the residues, lower-case hex. */
  recordId: string
  /** Residues. */
  length: number
  metadata: Entry['metadata']
}

/**
 * The entries of a set in order of accession, description and record id, all by code points, so that the layout of the
 * catalog does not show; at most `limit` of them.
 */
export async function listEntries(
  catalog: Catalog,
  entries: EntryBitset,
  limit = Infinity,
  options?: ReadOptions,
): Promise<ListedEntry[]> {
  let listed: ListedEntry[] = []
  for (const segment of catalog.segments) {
    const runs = runsOf(entries, segment)
    for (let i = 0; i < runs.length; i += PARALLEL) {
      throwIfAborted(options?.signal)
      const parts = await Promise.all(runs.slice(i, i + PARALLEL).map((run) => readRun(segment, run, entries, options)))
      listed.push(...parts.flat())
      if (listed.length > 2 * limit + RUN) listed = listed.sort(compareListed).slice(0, limit)
    }
  }
  return listed.sort(compareListed).slice(0, limit)
}

/** Rows of a segment, by its own numbers, that hold the entries of a set. */
function runsOf(entries: EntryBitset, { firstEntry, segment }: SegmentReader): RowRange[] {
  const runs: RowRange[] = []
  for (let entry = 0; entry < segment.entries; entry++) {
    if (!entries.has(firstEntry + entry)) continue
    const last = runs.at(-1)
    if (last !== undefined && entry - last.to <= GAP && entry - last.from < RUN) last.to = entry + 1
    else runs.push({ from: entry, to: entry + 1 })
  }
  return runs
}

async function readRun(
  segment: SegmentReader,
  { from, to }: RowRange,
  wanted: EntryBitset,
  options?: ReadOptions,
): Promise<ListedEntry[]> {
  const entries = (await segment.entries(from, to, options)).filter((_, i) => wanted.has(segment.firstEntry + from + i))
  const first = entries[0].record - segment.firstRecord
  const rows = await segment.rows(first, entries.at(-1)!.record - segment.firstRecord + 1, options)
  return entries.map(({ accession, description, record, metadata }) => {
    const row = record - segment.firstRecord - first
    const recordId = toHex(rows.ids.subarray(row * 32, row * 32 + 32))
    return { accession, description, recordId, length: rows.lengths[row], metadata }
  })
}

function compareListed(a: ListedEntry, b: ListedEntry): number {
  return (
    compareTexts(a.accession, b.accession) ||
    compareTexts(a.description, b.description) ||
    compareTexts(a.recordId, b.recordId) ||
    compareMetadata(a.metadata, b.metadata)
  )
}
