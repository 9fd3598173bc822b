import { CatalogError, throwIfAborted } from '../errors.ts'
import { fieldsOf } from './bind.ts'
import type { BoundFilter, Condition } from './bind.ts'
import { EntryBitset } from './bitset.ts'
import { TRUE } from './logic.ts'
import { decodeDictionary, decodePages } from './pages.ts'
import type { Page } from './pages.ts'
import { groupVerdict, joined, pagesFor, pageVerdicts, planFilter, rangesFor } from './plan.ts'
import { truths, valuesOf } from './rows.ts'
import type { FieldRows } from './rows.ts'
import { damaged, readPageIndexes, rowGroups } from './table.ts'
import type { Chunk, FilterTable, PageRun, RowGroup } from './table.ts'
import type { ByteRange, FilterOptions, FilterPlan, RowRange } from './types.ts'

/** Conditions joined by AND are read one after the other where that may save more than this. */
const WORTH_A_ROUND = 1 << 18
/** Bytes of pages held at a time. */
const BATCH_BYTES = 32 << 20
/** Milliseconds of work before others get a turn. */
const SLICE = 40

/** A row group of which some rows still have to be looked at. */
interface OpenGroup {
  group: RowGroup
  /** 1 for rows that may still pass. */
  alive: Uint8Array
}

/**
 * The rows of a table that pass. Reads only the pages that statistics do not answer, and of several conditions joined by
 * AND the costlier ones only where the others hold.
 *
 * @throws CatalogError `corrupt` for a damaged file, `aborted`, and whatever reading may raise
 */
export async function filterEntries(
  table: FilterTable,
  filter: BoundFilter,
  options: FilterOptions = {},
): Promise<EntryBitset> {
  const found = new EntryBitset(table.rows)
  const { condition } = filter
  const isPruned = options.prune !== false
  const groups = rowGroups(table, filter.fields, fieldsOf(condition))
    .map((group) => ({ group, wanted: within(options.rows, group), verdict: groupVerdict(condition, group) }))
    .filter(({ wanted }) => wanted.length > 0)
  const unsure = groups.filter(({ verdict }) => !isPruned || verdict === 'read')
  await readPageIndexes(
    table,
    unsure.flatMap(({ group }) => group.chunks),
    options,
  )
  const open: OpenGroup[] = []
  for (const { group, wanted, verdict } of groups) {
    const whole = [{ from: 0, to: group.rows, verdict: isPruned ? verdict : ('read' as const) }]
    const alive = new Uint8Array(group.rows)
    for (const run of whole[0].verdict === 'read' && isPruned ? pageVerdicts(condition, group) : whole) {
      for (const { from, to } of within(wanted, { firstRow: run.from, rows: run.to - run.from })) {
        const start = run.from + from
        if (run.verdict === 'all') found.addRange(group.firstRow + start, group.firstRow + run.from + to)
        if (run.verdict === 'read') alive.fill(1, start, run.from + to)
      }
    }
    if (alive.includes(1)) open.push({ group, alive })
  }
  for (const round of roundsOf(condition, open)) await narrow(table, filter, round, open, options)
  for (const { group, alive } of open)
    for (let i = 0; i < group.rows; i++) if (alive[i] === 1) found.add(group.firstRow + i)
  return found
}

/** The parts of ranges that lie among `rows` rows from `firstRow` on, counted from there; all of them without ranges. */
function within(
  ranges: readonly RowRange[] | undefined,
  { firstRow, rows }: { firstRow: number; rows: number },
): RowRange[] {
  if (ranges === undefined) return [{ from: 0, to: rows }]
  const parts: RowRange[] = []
  let low = 0
  for (let high = ranges.length; low < high;) {
    const middle = (low + high) >> 1
    if (ranges[middle].to <= firstRow) low = middle + 1
    else high = middle
  }
  for (let i = low; i < ranges.length && ranges[i].from < firstRow + rows; i++)
    parts.push({ from: Math.max(0, ranges[i].from - firstRow), to: Math.min(rows, ranges[i].to - firstRow) })
  return parts
}

/** The byte plan of a filter. Reads page indexes, and no data. */
export async function explainFilter(
  table: FilterTable,
  filter: BoundFilter,
  options: FilterOptions = {},
): Promise<FilterPlan> {
  const { condition } = filter
  const groups = rowGroups(table, filter.fields, fieldsOf(condition))
  const unsure = groups.filter((group) => groupVerdict(condition, group) === 'read')
  await readPageIndexes(
    table,
    unsure.flatMap(({ chunks }) => chunks),
    options,
  )
  return planFilter(condition, groups)
}

/** Conditions joined by AND in the order of their cost, in one or two rounds of reading. */
function roundsOf(condition: Condition, open: readonly OpenGroup[]): Condition[] {
  if (condition.kind !== 'and') return [condition]
  const costs = condition.terms.map((term) => ({ term, bytes: costOf(term, open) }))
  costs.sort((a, b) => a.bytes - b.bytes)
  const total = costOf(condition, open)
  const fields = new Set(fieldsOf(costs[0].term))
  const isFirst = ({ term, bytes }: (typeof costs)[number]): boolean =>
    bytes * 4 <= total || fieldsOf(term).every((field) => fields.has(field))
  const first = costs.filter(isFirst)
  const rest = costs.filter((each) => !isFirst(each))
  if (total <= WORTH_A_ROUND || rest.length === 0) return [condition]
  return [first, rest].map((each): Condition => ({ kind: 'and', terms: each.map(({ term }) => term) }))
}

function costOf(condition: Condition, open: readonly OpenGroup[]): number {
  let bytes = 0
  for (const field of fieldsOf(condition)) {
    for (const { group, alive } of open) {
      const chunk = group.chunks[field]
      if (chunk === null) continue
      for (const { start, end } of rangesFor(chunk, pagesFor(chunk, isAlive(alive)))) bytes += end - start
      // Lengths of records lie elsewhere and cost more than any column.
      if (chunk.column.indirect) bytes += 64 * group.rows
    }
  }
  return bytes
}

function isAlive(alive: Uint8Array): (from: number, to: number) => boolean {
  return (from, to) => {
    const next = alive.indexOf(1, from)
    return next >= 0 && next < to
  }
}

/** Takes the rows out that do not pass a condition. */
async function narrow(
  table: FilterTable,
  filter: BoundFilter,
  condition: Condition,
  open: readonly OpenGroup[],
  options: FilterOptions,
): Promise<void> {
  const fields = fieldsOf(condition)
  let turn = performance.now()
  for (const batch of batches(open, fields)) {
    throwIfAborted(options.signal)
    const loaded = await Promise.all(
      batch.map(({ group, alive }) =>
        Promise.all(fields.map((field) => loadPages(table, group.chunks[field], alive, options))),
      ),
    )
    // One round of reading for the lengths of all groups.
    const lengths = await Promise.all(
      batch.map(async ({ group, alive }, i) => {
        const at = fields.findIndex((field) => filter.fields[field].path === null)
        if (at < 0) return null
        return lengthsOf(filter, decode(table, group.chunks[fields[at]], loaded[i][at]), alive, options)
      }),
    )
    for (const [i, { group, alive }] of batch.entries()) {
      if (performance.now() - turn > SLICE) {
        await new Promise<void>((resolve) => setTimeout(resolve, 0))
        throwIfAborted(options.signal)
        turn = performance.now()
      }
      const byField = new Map<number, FieldRows | null>()
      for (const [f, field] of fields.entries()) {
        const isLength = filter.fields[field].path === null
        byField.set(field, isLength ? lengths[i] : decode(table, group.chunks[field], loaded[i][f]))
      }
      try {
        const result = truths(condition, group.rows, (field) => byField.get(field)!, alive)
        for (let row = 0; row < group.rows; row++) if (result[row] !== TRUE) alive[row] = 0
      } catch (cause) {
        throw damaged(table.place, cause)
      }
    }
  }
}

function* batches(open: readonly OpenGroup[], fields: readonly number[]): Generator<OpenGroup[]> {
  let batch: OpenGroup[] = []
  let bytes = 0
  for (const each of open) {
    if (!each.alive.includes(1)) continue
    batch.push(each)
    for (const field of fields) {
      const chunk = each.group.chunks[field]
      if (chunk === null) continue
      for (const { start, end } of rangesFor(chunk, pagesFor(chunk, isAlive(each.alive)))) bytes += end - start
    }
    if (bytes < BATCH_BYTES) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

interface LoadedPages {
  dictionary: Uint8Array | null
  /** Page runs that follow each other are decoded together. */
  runs: { firstRow: number; bytes: Uint8Array }[]
}

async function loadPages(
  table: FilterTable,
  chunk: Chunk | null,
  alive: Uint8Array,
  options: FilterOptions,
): Promise<LoadedPages> {
  if (chunk === null) return { dictionary: null, runs: [] }
  const { source } = table.place
  const pages = pagesFor(chunk, isAlive(alive))
  const ranges = rangesFor(chunk, pages)
  const parts = await Promise.all(ranges.map(({ start, end }) => source.read(start, end - start, options)))
  const at = ({ start, end }: ByteRange): Uint8Array => {
    const i = ranges.findLastIndex((range) => range.start <= start)
    return parts[i].subarray(start - ranges[i].start, end - ranges[i].start)
  }
  const { dictionary } = chunk
  const hasDictionary = dictionary.end > dictionary.start && pages.length > 0
  return {
    dictionary: hasDictionary ? at(dictionary) : null,
    runs: followers(pages).map(({ firstRow, start, end }) => ({ firstRow, bytes: at({ start, end }) })),
  }
}

/** Pages that lie next to each other in the file, as one. */
function followers(pages: readonly PageRun[]): (ByteRange & { firstRow: number })[] {
  return joined(pages).map((range) => ({
    ...range,
    firstRow: pages.find(({ start }) => start === range.start)!.firstRow,
  }))
}

function decode(table: FilterTable, chunk: Chunk | null, { dictionary, runs }: LoadedPages): FieldRows | null {
  if (chunk === null) return null
  try {
    const values = dictionary === null ? null : decodeDictionary(chunk, dictionary)
    const pages = runs.flatMap(({ firstRow, bytes }): Page[] => decodePages(chunk, bytes, firstRow, values))
    return { chunk, pages }
  } catch (cause) {
    throw damaged(table.place, cause)
  }
}

/** Lengths of the records of the rows that may still pass. */
async function lengthsOf(
  filter: BoundFilter,
  rows: FieldRows | null,
  alive: Uint8Array,
  options: FilterOptions,
): Promise<FieldRows> {
  if (options.lengths === undefined) {
    const message = 'The filter names “length”, and the lengths of these sequences cannot be read here.'
    throw new CatalogError('usage', message, { filter: filter.text })
  }
  const records = valuesOf(rows, alive.length)
  const wanted = Uint32Array.from(records.filter((_, i) => alive[i] === 1) as number[])
  const lengths = await options.lengths(wanted, options)
  const numbers = new Float64Array(alive.length).fill(NaN)
  let next = 0
  for (let i = 0; i < alive.length; i++) if (alive[i] === 1) numbers[i] = lengths[next++]
  return { numbers }
}
