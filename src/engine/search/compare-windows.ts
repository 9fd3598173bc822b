import { OP_DELETE, OP_INSERT, OP_PAIR, type Alignment, type Kernels, type Profile } from '../kernels/types.ts'
import { describe, filterHsps, isSignificant, separation } from './align.ts'
import type { PreparedBatch } from './compute.ts'
import type { Context } from './contexts.ts'
import { withoutContained } from './hsp.ts'
import { alignLong } from './long.ts'
import type { Batch, WindowAlignments, WindowGrowth, WindowScores, WindowWork } from './tasks.ts'
import type { Hsp } from './types.ts'

/** A window with more matrix cells than this is compared along the diagonals of its seeds alone. */
export const WHOLE_CELLS = 2.5e8
/** An alignment that ends so near to a window's edge might go on beyond it, if so much is left to align or a little less. */
const MARGIN = 100
const GAPS = 16
/** Windows whose alignments are kept. */
const MOST_KNOWN = 20_000
/** Codes of nucleotides, the highest first: reversed, their complements stand in order. */
const CODES_DOWNWARDS = Uint8Array.from({ length: 16 }, (_, i) => 15 - i)
/** Cells between two looks at other messages. */
const SLICE_CELLS = 2e7

/** What the windows of a batch are compared with. */
export interface Comparison {
  kernels: Kernels
  prepared: PreparedBatch
  batch: Batch
  work: WindowWork
  /** Alignments of windows that were compared before, for the same batch. */
  known: Map<string, Alignment[]>
}

/**
 * Best score of each pair. Windows that take in the whole query are scored together, sixteen at a time; the others one by
 * one.
 */
export function* scoreWindows(comparison: Comparison): Generator<void, WindowScores> {
  const { work, prepared, batch } = comparison
  const best = yield* kernelScores(comparison)
  const pairs = work.queries.length
  const answer: WindowScores = {
    evalues: new Float64Array(pairs).fill(Infinity),
    scores: new Int32Array(pairs),
    excludedScores: new Int32Array(pairs),
    excludedEvalues: new Float64Array(pairs),
  }
  for (let pair = 0; pair < pairs; pair++) {
    const contexts = prepared.contexts[work.queries[pair]]
    for (let w = work.windowStarts[pair]; w < work.windowStarts[pair + 1]; w++) {
      const raw = prepared.scoring.rawScore(best[w])
      if (raw <= 0) continue
      const evalue = contexts[work.contexts[w]].statistics.evalue(raw, work.subjectLengths[pair])
      if (evalue <= batch.options.evalue) {
        const better = evalue < answer.evalues[pair] || (evalue === answer.evalues[pair] && raw > answer.scores[pair])
        if (!better) continue
        answer.evalues[pair] = evalue
        answer.scores[pair] = raw
      } else if (raw > answer.excludedScores[pair]) {
        answer.excludedScores[pair] = raw
        answer.excludedEvalues[pair] = evalue
      }
    }
  }
  return answer
}

/** Kernel score of each window. */
function* kernelScores(comparison: Comparison): Generator<void, Int32Array> {
  const { kernels, prepared, work } = comparison
  const best = new Int32Array(work.contexts.length)
  const complements = kernels.reverseComplement(CODES_DOWNWARDS)
  for (let first = 0; first < work.queries.length;) {
    let end = first + 1
    while (end < work.queries.length && work.queries[end] === work.queries[first]) end++
    const [from, to] = [work.windowStarts[first], work.windowStarts[end]]
    const contexts = prepared.contexts[work.queries[first]]
    const strands = oneProfile(comparison, contexts)
    for (let c = 0; c < contexts.length; c++) {
      const together: number[] = []
      for (let w = from; w < to; w++) {
        const isMember = strands ? c === 0 : work.contexts[w] === c
        if (isMember && isWhole(work, w, contexts[work.contexts[w]])) together.push(w)
      }
      if (together.length === 0) continue
      const lengths = Uint32Array.from(together, (w) => lengthOf(work, w))
      const starts = new Uint32Array(together.length)
      for (let i = 1; i < starts.length; i++) starts[i] = starts[i - 1] + lengths[i - 1]
      const codes = new Uint8Array(starts[starts.length - 1] + lengths[lengths.length - 1])
      together.forEach((w, i) => {
        const own = codesOf(work, w)
        if (work.contexts[w] === c) codes.set(own, starts[i])
        else for (let from = own.length - 1, to = starts[i]; from >= 0;) codes[to++] = complements[own[from--]]
      })
      const run = kernels.score([contexts[c].profile], { codes, starts, lengths }, prepared.scoring.gaps)
      try {
        while (!run.step(SLICE_CELLS)) yield
        together.forEach((w, i) => (best[w] = run.scores[i]))
      } finally {
        run.dispose()
      }
      yield
    }
    first = end
  }
  for (let pair = 0; pair < work.queries.length; pair++) {
    const contexts = prepared.contexts[work.queries[pair]]
    for (let w = work.windowStarts[pair]; w < work.windowStarts[pair + 1]; w++) {
      const context = contexts[work.contexts[w]]
      if (isWhole(work, w, context)) continue
      const alignments = yield* alignmentsOf(comparison, pair, w)
      best[w] = alignments[0]?.score ?? 0
    }
  }
  return best
}

/**
 * Whether both strands of a query can be scored by the profile of the first: what the minus strand scores against a window
 * is what the plus strand scores against the window's other strand.
 */
function oneProfile({ batch }: Comparison, contexts: readonly Context[]): boolean {
  return batch.options.program === 'blastn' && contexts.length === 2
}

/**
 * HSPs of each pair within its windows: those that comparing whole sequences finds there, except that an alignment across a
 * gap that no window takes in comes as the HSPs on both sides of it. Windows that HSPs leave are named.
 */
export function* alignWindows(comparison: Comparison): Generator<void, WindowAlignments> {
  const { work, batch } = comparison
  const hsps: Hsp[][] = []
  const growths: WindowGrowth[] = []
  for (let pair = 0; pair < work.queries.length; pair++) {
    const contexts = comparison.prepared.contexts[work.queries[pair]]
    const found: Hsp[] = []
    const grown = growths.length
    for (let c = 0; c < contexts.length; c++) {
      yield* alignContext(comparison, pair, c, found, growths)
    }
    const queryLength = batch.queries[work.queries[pair]].codes.length
    hsps.push(growths.length > grown ? [] : filterHsps(found, batch.options, queryLength))
    yield
  }
  return { hsps, growths }
}

/** An alignment found in a window, there and in the record. */
interface Found {
  window: number
  /** In the coordinates of the context and of the window. */
  local: Alignment
  /** In the coordinates of the context and of the record. */
  alignment: Alignment
}

function* alignContext(
  comparison: Comparison,
  pair: number,
  c: number,
  hsps: Hsp[],
  growths: WindowGrowth[],
): Generator<void, void> {
  const { work, batch, prepared } = comparison
  const { scoring } = prepared
  const context = prepared.contexts[work.queries[pair]][c]
  const found: Found[] = []
  let windows = 0
  for (let w = work.windowStarts[pair]; w < work.windowStarts[pair + 1]; w++) {
    if (work.contexts[w] !== c) continue
    windows++
    for (const local of yield* alignmentsOf(comparison, pair, w)) {
      const alignment = moved(local, 0, work.subjectStarts[w])
      found.push({ window: w, local, alignment })
    }
  }
  if (found.length === 0) return
  if (windows > 1) found.sort((a, b) => compareAlignments(a.alignment, b.alignment))
  const distinct = windows > 1 ? withoutShared(found.map(({ alignment }) => alignment)) : found.map((f) => f.alignment)
  const isDistinct = new Set(distinct)
  for (let w = work.windowStarts[pair]; w < work.windowStarts[pair + 1]; w++) {
    if (work.contexts[w] !== c) continue
    // What another window has found better need not grow here.
    const own = found.filter(({ window, alignment }) => window === w && isDistinct.has(alignment))
    const growth = growthOf(work, pair, w, context, own.map(({ local }) => local)) // prettier-ignore
    if (growth !== null) growths.push(growth)
  }
  const kept = new Set(withoutContained(distinct, separation(batch.options)))
  const minScore = minScoreOf(comparison, pair, context)
  for (const { window, local, alignment } of found) {
    if (!kept.has(alignment)) continue
    const subject = codesOf(work, window)
    if (!isSignificant(local, context, subject, minScore, scoring, batch.options)) continue
    hsps.push(
      describe(local, context, scoring, {
        program: batch.options.program,
        queryLength: batch.queries[work.queries[pair]].codes.length,
        subjectLength: work.subjectLengths[pair],
        subjectFrame: prepared.frames[0],
        subject,
        regionStart: 0,
        subjectStart: work.subjectStarts[window],
      }),
    )
  }
}

/** Alignments of one window, best first: in the coordinates of the whole context and of the window. */
function* alignmentsOf(
  { kernels, prepared, work, batch, known }: Comparison,
  pair: number,
  w: number,
): Generator<void, Alignment[]> {
  const key = [
    work.queries[pair],
    work.records[pair],
    work.contexts[w],
    work.queryStarts[w],
    work.queryEnds[w],
    work.subjectStarts[w],
    work.subjectEnds[w],
  ].join()
  const before = known.get(key)
  if (before !== undefined) return before
  const context = prepared.contexts[work.queries[pair]][work.contexts[w]]
  const [queryStart, queryEnd] = [work.queryStarts[w], work.queryEnds[w]]
  const raw = context.statistics.minScore(batch.options.evalue, work.subjectLengths[pair])
  const request = {
    profile: part(context.profile, queryStart, queryEnd),
    subject: codesOf(work, w),
    gaps: prepared.scoring.gaps,
    minScore: prepared.scoring.kernelScore(raw),
    limit: Infinity,
  }
  const shift = work.subjectStarts[w] - queryStart
  const found =
    (queryEnd - queryStart) * request.subject.length <= WHOLE_CELLS
      ? yield* kernels.align(request)
      : yield* alignLong(kernels, request, work.diagonalLows[w] - shift, work.diagonalHighs[w] - shift)
  const alignments = queryStart === 0 ? found : found.map((alignment) => moved(alignment, queryStart, 0))
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(key, alignments)
  return alignments
}

/** Where alignments come so near to the edges of their window that they might go on beyond it; null for nowhere. */
function growthOf(
  work: WindowWork,
  pair: number,
  w: number,
  context: Context,
  alignments: readonly Alignment[],
): WindowGrowth | null {
  const record = { start: work.subjectStarts[w], end: work.subjectEnds[w], length: work.subjectLengths[pair] }
  const query = { start: work.queryStarts[w], end: work.queryEnds[w], length: context.codes.length }
  const growth = { pair, window: w, queryStart: false, queryEnd: false, subjectStart: false, subjectEnd: false }
  for (const a of alignments) {
    const before = Math.min(a.queryStart, record.start + a.subjectStart)
    const after = Math.min(query.length - a.queryEnd, record.length - record.start - a.subjectEnd)
    if (before > 0) {
      const room = Math.min(MARGIN, before + GAPS)
      growth.queryStart ||= query.start > 0 && a.queryStart - query.start < room
      growth.subjectStart ||= record.start > 0 && a.subjectStart < room
    }
    if (after > 0) {
      const room = Math.min(MARGIN, after + GAPS)
      growth.queryEnd ||= query.end < query.length && query.end - a.queryEnd < room
      growth.subjectEnd ||= record.end < record.length && record.end - record.start - a.subjectEnd < room
    }
  }
  return growth.queryStart || growth.queryEnd || growth.subjectStart || growth.subjectEnd ? growth : null
}

function minScoreOf({ prepared, batch, work }: Comparison, pair: number, context: Context): number {
  return prepared.scoring.kernelScore(context.statistics.minScore(batch.options.evalue, work.subjectLengths[pair]))
}

function isWhole(work: WindowWork, w: number, context: Context): boolean {
  return work.queryStarts[w] === 0 && work.queryEnds[w] === context.codes.length && cells(work, w) <= WHOLE_CELLS
}

function cells(work: WindowWork, w: number): number {
  return (work.queryEnds[w] - work.queryStarts[w]) * lengthOf(work, w)
}

function lengthOf(work: WindowWork, w: number): number {
  return work.subjectEnds[w] - work.subjectStarts[w]
}

/** Residue codes of one window. */
export function codesOf(work: WindowWork, w: number): Uint8Array {
  return work.codes.subarray(work.codeStarts[w], work.codeStarts[w] + lengthOf(work, w))
}

/** A stretch of a profile; the profile itself where that is all of it, so that kernels know it again. */
function part(profile: Profile, start: number, end: number): Profile {
  if (start === 0 && end === profile.length) return profile
  return { length: end - start, rows: profile.rows, index: profile.index.subarray(start, end) }
}

function moved(alignment: Alignment, query: number, subject: number): Alignment {
  return {
    ...alignment,
    queryStart: alignment.queryStart + query,
    queryEnd: alignment.queryEnd + query,
    subjectStart: alignment.subjectStart + subject,
    subjectEnd: alignment.subjectEnd + subject,
  }
}

/** The order in which the kernels find alignments. */
function compareAlignments(a: Alignment, b: Alignment): number {
  return b.score - a.score || a.subjectEnd - b.subjectEnd || a.queryEnd - b.queryEnd
}

/** Drops alignments that share a pair of positions with a better one: two windows have found the same. */
function withoutShared(alignments: readonly Alignment[]): Alignment[] {
  const kept: Alignment[] = []
  for (const a of alignments) if (!kept.some((b) => sharePair(a, b))) kept.push(a)
  return kept
}

/** Whether two alignments pair the same residues anywhere: their runs of pairs are gone through side by side. */
export function sharePair(a: Alignment, b: Alignment): boolean {
  if (a.queryEnd <= b.queryStart || b.queryEnd <= a.queryStart) return false
  if (a.subjectEnd <= b.subjectStart || b.subjectEnd <= a.subjectStart) return false
  const [x, y] = [pairRuns(a), pairRuns(b)]
  let j = 0
  for (const run of x) {
    while (j < y.length && y[j].query + y[j].length <= run.query) j++
    for (let k = j; k < y.length && y[k].query < run.query + run.length; k++) {
      if (y[k].subject - y[k].query === run.subject - run.query) return true
    }
  }
  return false
}

function pairRuns(alignment: Alignment): { query: number; subject: number; length: number }[] {
  const runs: { query: number; subject: number; length: number }[] = []
  let query = alignment.queryStart
  let subject = alignment.subjectStart
  for (const run of alignment.operations) {
    const length = run >>> 2
    const op = run & 3
    if (op === OP_PAIR) runs.push({ query, subject, length })
    if (op !== OP_DELETE) query += length
    if (op !== OP_INSERT) subject += length
  }
  return runs
}
