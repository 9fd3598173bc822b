import type { Alignment, Kernels } from '../kernels/types.ts'
import type { PreparedBatch, Subjects } from './compute.ts'
import type { Context } from './contexts.ts'
import { compareHsps, describeHsp, withoutContained, type Placement } from './hsp.ts'
import { hasUnmaskedWord, unmaskedScore } from './masked.ts'
import type { Scoring } from './scoring.ts'
import type { Hsp, ResolvedOptions } from './types.ts'
import { joinWindows } from './windows.ts'

export interface PairWork {
  kernels: Kernels
  prepared: PreparedBatch
  contexts: readonly Context[]
  subjects: Subjects
  /** Kernel scores `[context × windows + window]`. */
  scores: Int32Array
  /** Position of the subject among `subjects`. */
  index: number
  /** Residues as given. */
  queryLength: number
  subjectLength: number
  options: ResolvedOptions
}

/** Diagonals within which a contained HSP is redundant; BLAST's `min_diag_separation` by program. */
const SEPARATION = { blastn: 50, megablast: 6, protein: 0 }
/** Exact matches that an HSP touching a masked region has to have; blastn's default word sizes. */
const WORD = 11
const SHORT_WORD = 7

/** Every reported HSP of one query and one record, best first, after the filters of the options. Yields between slices. */
export function* alignPair(work: PairWork): Generator<void, Hsp[]> {
  return filterHsps(yield* alignRegions(work), work.options, work.queryLength)
}

/** HSPs that pass the filters of the options, best first. */
export function filterHsps(found: readonly Hsp[], options: ResolvedOptions, queryLength: number): Hsp[] {
  const hsps = found
    .filter((hsp) => (100 * hsp.identities) / hsp.length >= options.percIdentity)
    .filter((hsp) => (100 * (Math.abs(hsp.queryEnd - hsp.queryStart) + 1)) / queryLength >= options.qcovHspPerc)
    .sort(compareHsps)
  return options.maxHsps === null ? hsps : hsps.slice(0, options.maxHsps)
}

/** Whether an alignment of one context with `subject` is significant despite what is masked of the query. */
export function isSignificant(
  alignment: Alignment,
  context: Context,
  subject: Uint8Array,
  minScore: number,
  scoring: Scoring,
  options: ResolvedOptions,
): boolean {
  if (context.masks.length === 0) return true
  const word = options.task === 'blastn-short' ? SHORT_WORD : WORD
  return options.program === 'blastn'
    ? hasUnmaskedWord(alignment, context.codes, subject, context.masks, word)
    : unmaskedScore(alignment, context, subject, scoring) >= minScore
}

function* alignRegions(work: PairWork): Generator<void, Hsp[]> {
  const { kernels, prepared, contexts, subjects, scores, index, options } = work
  const { windows, strips, frames } = subjects
  const { scoring } = prepared
  const count = windows.lengths.length
  const hsps: Hsp[] = []
  for (let c = 0; c < contexts.length; c++) {
    const context = contexts[c]
    const rawLimit = context.statistics.minScore(options.evalue, work.subjectLength)
    const minScore = scoring.kernelScore(rawLimit)
    const regions = joinWindows(windows, index, (w) => scores[c * count + w] >= minScore)
    for (const region of regions) {
      const strip = strips[index * frames.length + region.frame]
      const subject = windows.codes.subarray(strip.start + region.start, strip.start + region.end)
      const alignments = yield* kernels.align({
        profile: context.profile,
        subject,
        gaps: scoring.gaps,
        minScore,
        limit: Infinity,
      })
      const placement: Placement = {
        program: options.program,
        queryLength: work.queryLength,
        subjectLength: work.subjectLength,
        subjectFrame: frames[region.frame],
        subject: windows.codes.subarray(strip.start, strip.start + strip.length),
        regionStart: region.start,
        subjectStart: 0,
      }
      for (const alignment of withoutContained(alignments, separation(options))) {
        if (!isSignificant(alignment, context, subject, minScore, scoring, options)) continue
        hsps.push(describe(alignment, context, scoring, placement))
      }
    }
  }
  return hsps
}

export function describe(alignment: Alignment, context: Context, scoring: Scoring, placement: Placement): Hsp {
  const score = scoring.rawScore(alignment.score)
  return describeHsp(alignment, context, scoring, placement, {
    score,
    bitScore: context.statistics.bitScore(score),
    evalue: context.statistics.evalue(score, placement.subjectLength),
  })
}

/** Diagonals within which HSPs of these options are redundant where one lies in the other. */
export function separation(options: ResolvedOptions): number {
  if (options.program !== 'blastn') return SEPARATION.protein
  return options.task === 'megablast' ? SEPARATION.megablast : SEPARATION.blastn
}
