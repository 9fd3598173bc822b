import type { Alignment, AlignRequest, Kernels } from '../kernels/types.ts'

/** Diagonals beside those of the seeds that are computed at first. */
const SLACK = 64

/**
 * Local alignments along a band of diagonals (subject − query), for pairs too long to be computed whole: the best one,
 * then those before and behind it. The band is widened for as long as an alignment comes to its edge.
 */
export function* alignLong(
  kernels: Kernels,
  request: AlignRequest,
  low: number,
  high: number,
): Generator<void, Alignment[]> {
  const { profile, subject, limit } = request
  if (profile.length === 0 || subject.length === 0) return []
  const best = yield* alignBand(kernels, request, low, high)
  if (best === null) return []
  if (limit <= 1) return [best]
  const found = [best]
  const ends = [
    { query: 0, queryEnd: best.queryStart, subject: 0, subjectEnd: best.subjectStart },
    { query: best.queryEnd, queryEnd: profile.length, subject: best.subjectEnd, subjectEnd: subject.length },
  ]
  for (const end of ends) {
    const rest: AlignRequest = {
      ...request,
      profile: {
        length: end.queryEnd - end.query,
        rows: profile.rows,
        index: profile.index.subarray(end.query, end.queryEnd),
      },
      subject: subject.subarray(end.subject, end.subjectEnd),
    }
    const shift = end.subject - end.query
    for (const alignment of yield* alignLong(kernels, rest, low - shift, high - shift)) {
      found.push({
        ...alignment,
        queryStart: alignment.queryStart + end.query,
        queryEnd: alignment.queryEnd + end.query,
        subjectStart: alignment.subjectStart + end.subject,
        subjectEnd: alignment.subjectEnd + end.subject,
      })
    }
  }
  return found.sort((a, b) => b.score - a.score || a.subjectEnd - b.subjectEnd || a.queryEnd - b.queryEnd)
}

function* alignBand(
  kernels: Kernels,
  request: AlignRequest,
  low: number,
  high: number,
): Generator<void, Alignment | null> {
  const [lowest, highest] = [1 - request.profile.length, request.subject.length - 1]
  let from = Math.max(lowest, Math.min(low - SLACK, highest))
  let to = Math.min(highest, Math.max(high + SLACK, lowest))
  for (;;) {
    const found = yield* kernels.alignBanded({ ...request, low: from, high: to })
    if (found === null) return null
    const width = to - from + 1
    const mustSink = found.lowest === from && from > lowest
    const mustRise = found.highest === to && to < highest
    if (!mustSink && !mustRise) return found.alignment
    if (mustSink) from = Math.max(lowest, from - width)
    if (mustRise) to = Math.min(highest, to + width)
  }
}
