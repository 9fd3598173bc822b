import { throwIfAborted } from '../errors.ts'
import type { Catalog, SegmentReader } from '../format/types.ts'
import type { ReadOptions } from '../source/types.ts'
import { fieldColumns } from '../format/entries.ts'
import { bindFilter } from './bind.ts'
import type { BoundFilter } from './bind.ts'
import { EntryBitset } from './bitset.ts'
import { catalogFields } from './fields.ts'
import { explainFilter, filterEntries } from './filter.ts'
import { parseFilter } from './parse.ts'
import { openFilterTable } from './table.ts'
import type { FilterTable } from './table.ts'
import type { FilterField, FilterOptions, FilterPlan } from './types.ts'

/** Record rows read for nothing to save a read. */
const ROW_GAP = 1024

/** Footers stay with their catalogs. */
const opened = new WeakMap<SegmentReader, Promise<FilterTable>>()

/**
 * Parses a predicate and fits it to a catalog's fields. Reads nothing.
 *
 * @throws CatalogError `usage`, with `position` and `end` (UTF-16, from 0) in its fields
 */
export function prepareFilter(text: string, fields: readonly FilterFieldSummary[]): BoundFilter {
  return bindFilter(parseFilter(text), catalogFields(fields))
}

type FilterFieldSummary = Catalog['summary']['fields'][number]

/** The entries of a catalog that pass, by their catalog-wide numbers; those of `options.rows` too. */
export async function filterCatalog(
  catalog: Catalog,
  filter: BoundFilter,
  options: FilterOptions = {},
): Promise<EntryBitset> {
  const found = new EntryBitset(catalog.summary.entries)
  await Promise.all(
    catalog.segments.map(async (segment) => {
      const { firstEntry } = segment
      const end = firstEntry + segment.segment.entries
      const rows = options.rows
        ?.filter(({ from, to }) => from < end && to > firstEntry)
        .map(({ from, to }) => ({ from: Math.max(from, firstEntry) - firstEntry, to: Math.min(to, end) - firstEntry }))
      if (rows?.length === 0) return
      const table = await tableOf(catalog, segment, options)
      const lengths = (records: Uint32Array, own?: ReadOptions): Promise<Uint32Array> =>
        recordLengths(segment, records, own)
      found.addAll(await filterEntries(table, inSegment(filter, segment), { ...options, rows, lengths }), firstEntry)
    }),
  )
  return found
}

/** What `filterCatalog` will read, by segment. Reads footers and page indexes alone. */
export async function explainCatalog(
  catalog: Catalog,
  filter: BoundFilter,
  options: FilterOptions = {},
): Promise<FilterPlan[]> {
  return Promise.all(
    catalog.segments.map(async (segment) =>
      explainFilter(await tableOf(catalog, segment, options), inSegment(filter, segment), options),
    ),
  )
}

/** Share of a catalog's entries that is expected to pass, 0 … 1. */
export function expectedSelectivity(plans: readonly FilterPlan[]): number {
  const rows = plans.reduce((sum, plan) => sum + plan.rows, 0)
  return rows === 0 ? 0 : plans.reduce((sum, plan) => sum + plan.rows * plan.selectivity, 0) / rows
}

/** The filter with its fields where the segment has them; it may name their columns otherwise, or lack some. */
function inSegment(filter: BoundFilter, { segment }: SegmentReader): BoundFilter {
  const names = segment.fields.map((field) => field.name)
  const columns = fieldColumns(names)
  const fields = filter.fields.map((field): FilterField => {
    if (field.metadata === undefined) return field
    const own = names.indexOf(field.metadata)
    return { ...field, path: own < 0 ? [] : [columns[own]] }
  })
  return { ...filter, fields }
}

function tableOf(catalog: Catalog, reader: SegmentReader, options: ReadOptions): Promise<FilterTable> {
  let table = opened.get(reader)
  if (table === undefined) {
    const { entryTable } = reader.segment
    // Not with the caller's signal: others wait for the same footer.
    const tail = catalog.ahead.find(({ use, path }) => use === 'entries' && path === entryTable.path)?.bytes
    table = reader.open(entryTable).then((source) => openFilterTable({ source, bytes: entryTable.bytes, tail }, true))
    opened.set(reader, table)
    table.catch(() => opened.delete(reader))
  }
  return table.then((found) => {
    throwIfAborted(options.signal)
    return found
  })
}

/** Lengths of a segment's records, in the order asked for; neighbouring rows are read together. */
async function recordLengths(
  segment: SegmentReader,
  records: Uint32Array,
  options?: ReadOptions,
): Promise<Uint32Array> {
  const sorted = [...new Set(records)].sort((a, b) => a - b)
  const runs: { from: number; to: number }[] = []
  for (const record of sorted) {
    const last = runs.at(-1)
    if (last !== undefined && record - last.to <= ROW_GAP) last.to = record + 1
    else runs.push({ from: record, to: record + 1 })
  }
  const tables = await Promise.all(runs.map(({ from, to }) => segment.rows(from, to, options)))
  const lengths = new Map<number, number>()
  runs.forEach(({ from, to }, i) => {
    for (let record = from; record < to; record++) lengths.set(record, tables[i].lengths[record - from])
  })
  return records.map((record) => lengths.get(record)!)
}
