import { fieldsOf } from './bind.ts'
import type { Condition } from './bind.ts'
import { expectedShare, outcomes, verdictOf } from './outcomes.ts'
import type { Bounds } from './outcomes.ts'
import type { Chunk, PageRun, RowGroup } from './table.ts'
import type { ByteRange, FilterPlan, RowRange, Verdict } from './types.ts'

/** Rows of a group, and what statistics say of them. */
export interface VerdictRun extends RowRange {
  verdict: Verdict
}

/** What the statistics of a row group say of a condition. */
export function groupVerdict(condition: Condition, group: RowGroup): Verdict {
  return verdictOf(outcomes(condition, boundsIn(group)))
}

function boundsIn(group: RowGroup): (field: number) => Bounds | null {
  return (field) => group.chunks[field]?.bounds ?? null
}

/** What page statistics say of the rows of a group, whose page indexes have been read; neighbours differ. */
export function pageVerdicts(condition: Condition, group: RowGroup): VerdictRun[] {
  const fields = fieldsOf(condition)
  const starts = new Set([0, group.rows])
  for (const field of fields) for (const { firstRow } of group.chunks[field]?.pages ?? []) starts.add(firstRow)
  const edges = [...starts].sort((a, b) => a - b)
  const at = new Map(fields.map((field) => [field, 0]))
  const runs: VerdictRun[] = []
  for (let i = 0; i + 1 < edges.length; i++) {
    const boundsOf = (field: number): Bounds | null => {
      const pages = group.chunks[field]?.pages ?? null
      if (pages === null) return group.chunks[field]?.bounds ?? null
      let page = at.get(field)!
      while (page + 1 < pages.length && pages[page + 1].firstRow <= edges[i]) page++
      at.set(field, page)
      return pages[page].bounds
    }
    const verdict = verdictOf(outcomes(condition, boundsOf))
    const last = runs.at(-1)
    if (last?.verdict === verdict) last.to = edges[i + 1]
    else runs.push({ from: edges[i], to: edges[i + 1], verdict })
  }
  return runs
}

/** The page runs of a chunk that hold any of the rows asked for. */
export function pagesFor(chunk: Chunk, isWanted: (from: number, to: number) => boolean): PageRun[] {
  return (chunk.pages ?? []).filter(({ firstRow, rows }) => isWanted(firstRow, firstRow + rows))
}

/** Bytes to read for some pages of a chunk: neighbours are one range, and the dictionary comes with them. */
export function rangesFor(chunk: Chunk, pages: readonly PageRun[]): ByteRange[] {
  if (pages.length === 0) return []
  return joined([chunk.dictionary, ...pages].filter(({ start, end }) => end > start))
}

/** Ranges in order, those that touch joined. */
export function joined(ranges: readonly ByteRange[]): ByteRange[] {
  const result: ByteRange[] = []
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1)
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end)
    else result.push({ start, end })
  }
  return result
}

export function overlaps(runs: readonly RowRange[]): (from: number, to: number) => boolean {
  return (from, to) => runs.some((run) => run.from < to && run.to > from)
}

/**
 * The plan of a condition: which row groups and rows statistics answer, and which bytes the rest needs at most. Reading
 * the lengths of records, where `length` is named, is not counted.
 */
export function planFilter(condition: Condition, groups: readonly RowGroup[]): FilterPlan {
  const fields = fieldsOf(condition)
  const plan: FilterPlan = {
    rows: 0,
    rowsPassing: 0,
    rowsFailing: 0,
    rowsRead: 0,
    groups: [],
    ranges: [],
    bytes: 0,
    selectivity: 0,
  }
  let expected = 0
  for (const group of groups) {
    const { firstRow, rows } = group
    const verdict = groupVerdict(condition, group)
    const runs = verdict === 'read' ? pageVerdicts(condition, group) : [{ from: 0, to: rows, verdict }]
    const read = runs.filter((run) => run.verdict === 'read')
    const count = (wanted: Verdict): number =>
      runs.reduce((sum, run) => (run.verdict === wanted ? sum + run.to - run.from : sum), 0)
    plan.rows += rows
    plan.rowsPassing += count('all')
    plan.rowsFailing += count('none')
    plan.rowsRead += count('read')
    if (read.length > 0) expected += count('read') * expectedShare(condition, boundsIn(group))
    const moved = (wanted: Verdict): RowRange[] =>
      runs.filter((run) => run.verdict === wanted).map(({ from, to }) => ({ from: firstRow + from, to: firstRow + to }))
    plan.groups.push({ firstRow, rows, passing: moved('all'), read: moved('read') })
    for (const field of fields) {
      const chunk = group.chunks[field]
      if (chunk !== null) plan.ranges.push(...rangesFor(chunk, pagesFor(chunk, overlaps(read))))
    }
  }
  plan.ranges = joined(plan.ranges)
  plan.bytes = plan.ranges.reduce((sum, { start, end }) => sum + end - start, 0)
  plan.selectivity = plan.rows === 0 ? 0 : (plan.rowsPassing + expected) / plan.rows
  return plan
}
