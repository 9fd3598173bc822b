import { CODES, OP_PAIR, type Alignment } from '../kernels/types.ts'
import { describe, filterHsps } from './align.ts'
import { codesOf, type Comparison } from './compare-windows.ts'
import type { Hsp } from './types.ts'
import type { WindowAlignments } from './tasks.ts'

/** Aligns, for mode `exact`, records that are each one whole window. Yields between them. */
export function* alignWholeRecords(comparison: Comparison): Generator<void, WindowAlignments> {
  const { work, batch } = comparison
  const hsps: Hsp[][] = []
  for (let pair = 0; pair < work.queries.length; pair++) {
    const queryLength = batch.queries[work.queries[pair]].codes.length
    hsps.push(filterHsps(alignWhole(comparison, pair), batch.options, queryLength))
    yield
  }
  return { hsps, growths: [] }
}

/** The one HSP of an identical record: end to end, on the first strand that matches. */
function alignWhole({ work, batch, prepared }: Comparison, pair: number): Hsp[] {
  const subject = codesOf(work, work.windowStarts[pair])
  const context = prepared.contexts[work.queries[pair]].find(
    ({ codes }) => codes.length === subject.length && codes.every((code, i) => code === subject[i]),
  )
  if (context === undefined) return []
  let score = 0
  const { profile } = context
  subject.forEach((code, i) => {
    score += profile.rows[profile.index[i] * CODES + code]
  })
  const alignment: Alignment = {
    score,
    queryStart: 0,
    queryEnd: subject.length,
    subjectStart: 0,
    subjectEnd: subject.length,
    operations: Uint32Array.of((subject.length << 2) | OP_PAIR),
  }
  return [
    describe(alignment, context, prepared.scoring, {
      program: batch.options.program,
      queryLength: batch.queries[work.queries[pair]].codes.length,
      subjectLength: work.subjectLengths[pair],
      subjectFrame: prepared.frames[0],
      subject,
      regionStart: 0,
      subjectStart: 0,
    }),
  ]
}
