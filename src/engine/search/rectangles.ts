/** A part of a query's context and a part of a record that are compared with each other. Half open, 0-based. */
export interface Rectangle {
  /** Position among the query's contexts. */
  context: number
  queryStart: number
  queryEnd: number
  subjectStart: number
  subjectEnd: number
  /** Lowest and highest diagonal (subject − query) that a candidate was found on. */
  diagonalLow: number
  diagonalHigh: number
}

/** Queries up to this long are compared whole. */
const LONG_QUERY = 2048
/** Residues of a longer query beside a cluster of its seeds that are compared at first. */
const REACH = 400
/** Rectangles that overlap become one of up to so many matrix cells … */
const MERGED_CELLS = 1e7
/** … or one of any size where their diagonals come so near to each other, and all together are not more than so many. */
const BAND = 128
const WIDEST_BAND = 1024
/** Least that a window grows by. */
const GROWTH = 1024

/**
 * What is compared because of a cluster of seed hits, given in coordinates of context and record: the query, or what is
 * near the cluster of a long one, and as much of the record, with room for gaps.
 */
export function rectangleOf(cluster: Rectangle, queryLength: number, subjectLength: number): Rectangle {
  const isLong = queryLength > LONG_QUERY
  const queryStart = isLong ? Math.max(0, cluster.queryStart - REACH) : 0
  const queryEnd = isLong ? Math.min(queryLength, cluster.queryEnd + REACH) : queryLength
  const [before, after] = room(cluster.queryStart - queryStart, queryEnd - cluster.queryEnd)
  return {
    ...cluster,
    queryStart,
    queryEnd,
    subjectStart: Math.max(0, cluster.subjectStart - before),
    subjectEnd: Math.min(subjectLength, cluster.subjectEnd + after),
  }
}

/** Subject residues beside a cluster that what is left of the query may need: as many, and some for gaps. */
function room(before: number, after: number): [number, number] {
  return [before + (before >> 4) + 24, after + (after >> 4) + 24]
}

/** Most subject residues before and behind a cluster that its rectangle takes in: what to read before records are known. */
export function reachOf(queryStart: number, queryEnd: number, queryLength: number): [number, number] {
  const isLong = queryLength > LONG_QUERY
  const before = isLong ? Math.min(queryStart, REACH) : queryStart
  const after = isLong ? Math.min(queryLength - queryEnd, REACH) : queryLength - queryEnd
  return room(before, after)
}

/** Joins rectangles that overlap and are small, or follow the same band, until none are left that do. */
export function mergeRectangles(rectangles: readonly Rectangle[]): Rectangle[] {
  if (rectangles.length < 2) return [...rectangles]
  let merged = [...rectangles].sort(compareRectangles)
  for (let changed = true; changed;) {
    changed = false
    const kept: Rectangle[] = []
    for (const rectangle of merged) {
      const partner = kept.findIndex((other) => belongTogether(other, rectangle))
      if (partner < 0) {
        kept.push(rectangle)
      } else {
        kept[partner] = union(kept[partner], rectangle)
        changed = true
      }
    }
    merged = kept.sort(compareRectangles)
  }
  return merged
}

export function compareRectangles(a: Rectangle, b: Rectangle): number {
  return (
    a.context - b.context ||
    a.subjectStart - b.subjectStart ||
    a.queryStart - b.queryStart ||
    a.subjectEnd - b.subjectEnd ||
    a.queryEnd - b.queryEnd ||
    a.diagonalLow - b.diagonalLow ||
    a.diagonalHigh - b.diagonalHigh
  )
}

function belongTogether(a: Rectangle, b: Rectangle): boolean {
  if (a.context !== b.context) return false
  if (a.queryEnd < b.queryStart || b.queryEnd < a.queryStart) return false
  if (a.subjectEnd < b.subjectStart || b.subjectEnd < a.subjectStart) return false
  const both = union(a, b)
  if ((both.queryEnd - both.queryStart) * (both.subjectEnd - both.subjectStart) <= MERGED_CELLS) return true
  if (both.diagonalHigh - both.diagonalLow > WIDEST_BAND) return false
  return a.diagonalLow <= b.diagonalHigh + BAND && b.diagonalLow <= a.diagonalHigh + BAND
}

function union(a: Rectangle, b: Rectangle): Rectangle {
  return {
    context: a.context,
    queryStart: Math.min(a.queryStart, b.queryStart),
    queryEnd: Math.max(a.queryEnd, b.queryEnd),
    subjectStart: Math.min(a.subjectStart, b.subjectStart),
    subjectEnd: Math.max(a.subjectEnd, b.subjectEnd),
    diagonalLow: Math.min(a.diagonalLow, b.diagonalLow),
    diagonalHigh: Math.max(a.diagonalHigh, b.diagonalHigh),
  }
}

export interface Sides {
  queryStart: boolean
  queryEnd: boolean
  subjectStart: boolean
  subjectEnd: boolean
}

/** A rectangle twice as large on the given sides, as far as query and record go. */
export function grow(rectangle: Rectangle, sides: Sides, queryLength: number, subjectLength: number): Rectangle {
  const query = Math.max(GROWTH, rectangle.queryEnd - rectangle.queryStart)
  const subject = Math.max(GROWTH, rectangle.subjectEnd - rectangle.subjectStart)
  return {
    ...rectangle,
    queryStart: Math.max(0, rectangle.queryStart - (sides.queryStart ? query : 0)),
    queryEnd: Math.min(queryLength, rectangle.queryEnd + (sides.queryEnd ? query : 0)),
    subjectStart: Math.max(0, rectangle.subjectStart - (sides.subjectStart ? subject : 0)),
    subjectEnd: Math.min(subjectLength, rectangle.subjectEnd + (sides.subjectEnd ? subject : 0)),
  }
}
