// Local alignment of one pair within a band of diagonals: H, E and F of one row of the query after the other.
//
// Cell b of row i is subject position i + low + b. `h` and `e` hold width + 1 numbers: the row before while a row is
// computed, cell by cell, with the edge of the matrix (0, and no gap) wherever nothing was written.

/** What explains a cell's H: nothing (it is 0), a pair, an insert, a delete. */
const PAIR: i32 = 1
const INSERT: i32 = 2
const DELETE: i32 = 3
/** The insert, the delete at this cell begins here. */
const INSERT_OPENS: i32 = 4
const DELETE_OPENS: i32 = 8
const NEVER: i32 = -(1 << 30)

/**
 * Rows `from` … `to` − 1. A negative `open` means no gaps. Where `directions` is not 0 it receives `width` bytes per row.
 * `best`: score, subject and query position of the best cell so far; of equal ones the first in the subject, then in the
 * query.
 */
export function bandRows(
  rows: usize, index: usize, subject: usize, subjectLength: i32, from: i32, to: i32, low: i32, width: i32,
  h: usize, e: usize, open: i32, extend: i32, directions: usize, best: usize,
): void {
  let top = load<i32>(best)
  let topSubject = load<i32>(best, 4)
  let topQuery = load<i32>(best, 8)
  for (let i = from; i < to; i++) {
    const scores = rows + (usize(load<u16>(index + (usize(i) << 1))) << 5)
    const start = i + low
    const first = max(0, -start)
    const end = min(width, subjectLength - start)
    let f = NEVER
    let left = 0
    let at = h + (usize(first) << 2)
    let gap = e + (usize(first) << 2)
    let residue = subject + usize(start + first)
    for (let b = first; b < end; b++) {
      let score = load<i32>(at) + i32(load<i8>(scores + usize(load<u8>(residue))))
      let direction = 0
      if (score > 0) direction = PAIR
      else score = 0
      if (open >= 0) {
        const up = load<i32>(at, 4) - open
        const longer = load<i32>(gap, 4)
        const insert = max(up, longer) - extend
        const before = left - open
        const remove = max(before, f) - extend
        if (insert > score) {
          score = insert
          direction = INSERT
        }
        if (remove > score) {
          score = remove
          direction = DELETE
        }
        if (up >= longer) direction |= INSERT_OPENS
        if (before >= f) direction |= DELETE_OPENS
        f = remove
        store<i32>(gap, insert)
      }
      store<i32>(at, score)
      left = score
      if (directions) store<u8>(directions + usize(b), u8(direction))
      if (score >= top) {
        const j = start + b
        if (score > top || j < topSubject || (j == topSubject && i < topQuery)) {
          top = score
          topSubject = j
          topQuery = i
        }
      }
      at += 4
      gap += 4
      residue++
    }
    if (directions) directions += usize(width)
  }
  store<i32>(best, top)
  store<i32>(best, topSubject, 4)
  store<i32>(best, topQuery, 8)
}
