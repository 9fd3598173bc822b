// Local alignment of one pair: striped columns after Farrar 2007 that keep H, and the way back through H.
//
// Position i of the query is lane i / segments, vector i % segments of a column. Position and column 0 of H are the edge:
// H(i, j) with i, j ≥ 1 belongs to query position i − 1 and subject position j − 1.
//
// Pairs that earlier alignments use are lists, one per subject position: `heads` has the number of its first node plus
// one, a node is (query position, next, score, H): the last two keep what is overwritten while the column is computed.
import { add, floor, greatest, loadScore, loadScores, offset, shift, shiftOf, splat, sub } from './lanes'

const NODE: usize = 16
/** Columns from one copy of E to the next. */
const MARK: i32 = 32
const PAIR: u32 = 0
const INSERT: u32 = 1
const DELETE: u32 = 2

/** Lays out a profile for `lanes` lanes: for each of 32 codes, `segments` × `lanes` scores; −128 beyond the query. */
export function stripe(rows: usize, index: usize, length: i32, segments: i32, lanes: i32, out: usize): void {
  for (let code: usize = 0; code < 32; code++) {
    for (let segment = 0; segment < segments; segment++) {
      for (let i = segment, lane = 0; lane < lanes; lane++, i += segments) {
        const row = i < length ? rows + (usize(load<u16>(index + (usize(i) << 1))) << 5) + code : 0
        store<i8>(out, row ? load<i8>(row) : i8.MIN_VALUE)
        out++
      }
    }
  }
}

/** Address of query position i in a column or, with `size` 0, in a row of the profile. */
function address(base: usize, i: i32, segments: i32, lanes: i32, size: usize): usize {
  return base + (usize((i % segments) * lanes + i / segments) << size)
}

/** Overwrites what lets the pairs of one list score: their profile scores and the H before them. */
function forbid<T>(node: u32, nodes: usize, scores: usize, before: usize, segments: i32): void {
  const lanes = 16 / i32(sizeof<T>())
  while (node) {
    const at = nodes + usize(node - 1) * NODE
    const i = load<i32>(at)
    const score = address(scores, i, segments, lanes, 0)
    store<i32>(at, load<i8>(score), 8)
    store<i8>(score, i8.MIN_VALUE)
    if (i > 0) {
      const h = address(before, i - 1, segments, lanes, shiftOf<T>())
      if (sizeof<T>() == 4) {
        store<i32>(at, load<i32>(h), 12)
        store<i32>(h, 0)
      } else {
        store<i32>(at, i32(load<T>(h)), 12)
        if (sizeof<T>() == 1) store<i8>(h, i8.MIN_VALUE)
        else store<i16>(h, i16.MIN_VALUE)
      }
    }
    node = load<u32>(at, 4)
  }
}

function restore<T>(node: u32, nodes: usize, scores: usize, before: usize, segments: i32): void {
  const lanes = 16 / i32(sizeof<T>())
  while (node) {
    const at = nodes + usize(node - 1) * NODE
    const i = load<i32>(at)
    store<i8>(address(scores, i, segments, lanes, 0), i8(load<i32>(at, 8)))
    if (i > 0) store<T>(address(before, i - 1, segments, lanes, shiftOf<T>()), <T>load<i32>(at, 12))
    node = load<u32>(at, 4)
  }
}

function same(a: usize, b: usize, bytes: usize): bool {
  for (let at: usize = 0; at < bytes; at += 16) {
    if (v128.any_true(v128.xor(v128.load(a + at), v128.load(b + at)))) return false
  }
  return true
}

/**
 * Computes columns `from` … `to` − 1 (subject positions). H of column j is written to slot (j + 1 − first) & mask of
 * `window`; the slot before it holds the column before. `e` holds E and is kept up to date; where `marks` is not 0, E and H
 * before every 32nd column are copied there. `tops` receives each column's best score, 0 where that is below `least`. Stops after a
 * column that reaches `limit`. Returns the next column, or −1 where, at or after column `touched`, E and H are as copied.
 */
function columns<T>(
  profile: usize, segments: i32, subject: usize, from: i32, to: i32, window: usize, first: i32, mask: i32, e: usize,
  openExtend: i32, extend: i32, tops: usize, least: i32, limit: i32, heads: usize, nodes: usize, marks: usize,
  touched: i32,
): i32 {
  const zero = floor<T>()
  const qr = splat<T>(openExtend)
  const r = splat<T>(extend)
  const low = splat<T>(least - 1 - offset<T>())
  const bytes = usize(segments) << 4
  const lanes = 16 / i32(sizeof<T>())
  const rowBytes = usize(segments * lanes)
  for (let j = from; j < to; j++) {
    const before = window + usize((j - first) & mask) * bytes
    const column = window + usize((j + 1 - first) & mask) * bytes
    const scores = profile + usize(load<u8>(subject + usize(j))) * rowBytes
    const node = load<u32>(heads + (usize(j) << 2))
    if (marks && (j & (MARK - 1)) == 0) {
      const mark = marks + usize(j / MARK) * 2 * bytes
      if (j >= touched && same(mark, e, bytes) && same(mark + bytes, before, bytes)) return -1
      memory.copy(mark, e, bytes)
      memory.copy(mark + bytes, before, bytes)
    }
    if (node) forbid<T>(node, nodes, scores, before, segments)
    let h = shift<T>(v128.load(before + bytes - 16), zero)
    let top = zero
    if (openExtend < 0) {
      let s = scores
      for (let at: usize = 0; at < bytes; at += 16, s += lanes) {
        h = add<T>(h, loadScores<T>(s))
        top = v128.max<T>(top, h)
        v128.store(column + at, h)
        h = v128.load(before + at)
      }
    } else {
      let f = zero
      let s = scores
      for (let at: usize = 0; at < bytes; at += 16, s += lanes) {
        const left = v128.load(e + at)
        h = add<T>(h, loadScores<T>(s))
        h = v128.max<T>(v128.max<T>(h, left), f)
        top = v128.max<T>(top, h)
        v128.store(column + at, h)
        const opened = sub<T>(h, qr)
        v128.store(e + at, v128.max<T>(sub<T>(left, r), opened))
        f = v128.max<T>(sub<T>(f, r), opened)
        h = v128.load(before + at)
      }
      // F that runs on from one lane into the next
      let open = true
      for (let lane = 0; open && lane < lanes; lane++) {
        f = shift<T>(f, zero)
        for (let at: usize = 0; at < bytes; at += 16) {
          h = v128.load(column + at)
          if (!v128.any_true(v128.gt<T>(f, sub<T>(h, qr)))) {
            open = false
            break
          }
          h = v128.max<T>(h, f)
          v128.store(column + at, h)
          v128.store(e + at, v128.max<T>(v128.load(e + at), sub<T>(h, qr)))
          f = sub<T>(f, r)
        }
      }
    }
    if (node) restore<T>(node, nodes, scores, before, segments)
    let best = 0
    if (v128.any_true(v128.gt<T>(top, low))) {
      best = greatest<T>(top)
      if (best >= limit) to = j + 1
    }
    store<i32>(tops + (usize(j) << 2), best)
  }
  return to
}

/** First query position of a column whose H is `score`, or −1. */
function position<T>(column: usize, segments: i32, length: i32, score: i32): i32 {
  const lanes = 16 / i32(sizeof<T>())
  for (let i = 0; i < length; i++) {
    if (loadScore<T>(address(column, i, segments, lanes, shiftOf<T>())) == score) return i
  }
  return -1
}

/** Offsets in a walk: where it stands (i, j), a run of deletes not yet closed and the H it began with, and counts. */
const WALK_J: usize = 4
const WALK_GAP: usize = 8
const WALK_FROM: usize = 12
const WALK_RUNS: usize = 16
const WALK_NODES: usize = 20

function push(walk: usize, runs: usize, op: u32, length: i32): void {
  const count = load<i32>(walk, WALK_RUNS)
  const last = runs + (usize(count) << 2)
  if (count > 0 && (load<u32>(last - 4) & 3) == op) {
    store<u32>(last - 4, load<u32>(last - 4) + (u32(length) << 2))
  } else {
    store<u32>(last, (u32(length) << 2) | op)
    store<i32>(walk, count + 1, WALK_RUNS)
  }
}

function used(node: u32, nodes: usize, i: i32): bool {
  while (node) {
    const at = nodes + usize(node - 1) * NODE
    if (load<i32>(at) == i) return true
    node = load<u32>(at, 4)
  }
  return false
}

/**
 * Goes back along an alignment through the columns of `window` (slot 0 is column `first`): a pair where that explains H,
 * else the shortest insert, else the shortest delete. Runs are written last first; pairs become nodes.
 * Returns 0 where H is 0, 1 where columns before `first` are needed, −1 if nothing explains H.
 */
function back<T>(
  walk: usize, profile: usize, segments: i32, subject: usize, window: usize, first: i32,
  open: i32, extend: i32, best: i32, heads: usize, nodes: usize, runs: usize,
): i32 {
  const lanes = 16 / i32(sizeof<T>())
  const size = shiftOf<T>()
  const bytes = usize(segments) << 4
  const rowBytes = usize(segments * lanes)
  let i = load<i32>(walk)
  let j = load<i32>(walk, WALK_J)
  let gap = load<i32>(walk, WALK_GAP)
  let from = load<i32>(walk, WALK_FROM)
  let count = load<i32>(walk, WALK_NODES)
  let state = -1
  for (;;) {
    const column = window + usize(j - first) * bytes
    const h = i > 0 ? loadScore<T>(address(column, i - 1, segments, lanes, size)) : 0
    if (gap > 0) {
      if (h != from + open + gap * extend) {
        if (j == 0) break
        if (j == first) {
          state = 1
          break
        }
        j--
        gap++
        continue
      }
      push(walk, runs, DELETE, gap)
      gap = 0
    }
    if (h == 0) {
      state = 0
      break
    }
    if (j == first) {
      state = 1
      break
    }
    const before = i > 1 ? loadScore<T>(address(column - bytes, i - 2, segments, lanes, size)) : 0
    const row = profile + usize(load<u8>(subject + usize(j - 1))) * rowBytes
    const head = heads + (usize(j - 1) << 2)
    if (
      h == before + i32(load<i8>(address(row, i - 1, segments, lanes, 0))) && !used(load<u32>(head), nodes, i - 1)
    ) {
      const node = nodes + usize(count) * NODE
      store<i32>(node, i - 1)
      store<u32>(node, load<u32>(head), 4)
      store<u32>(head, ++count)
      push(walk, runs, PAIR, 1)
      i--
      j--
      continue
    }
    if (open < 0) break
    let inserted = 0
    let wanted = h + open + extend
    for (let k = i - 1; k > 0 && wanted <= best; k--, wanted += extend) {
      if (loadScore<T>(address(column, k - 1, segments, lanes, size)) == wanted) {
        inserted = i - k
        break
      }
    }
    if (inserted > 0) {
      push(walk, runs, INSERT, inserted)
      i -= inserted
      continue
    }
    gap = 1
    from = h
    j--
  }
  store<i32>(walk, i)
  store<i32>(walk, j, WALK_J)
  store<i32>(walk, gap, WALK_GAP)
  store<i32>(walk, from, WALK_FROM)
  store<i32>(walk, count, WALK_NODES)
  return state
}


export function columns8(
  profile: usize, segments: i32, subject: usize, from: i32, to: i32, window: usize, first: i32, mask: i32, e: usize,
  openExtend: i32, extend: i32, tops: usize, least: i32, limit: i32, heads: usize, nodes: usize, marks: usize,
  touched: i32,
): i32 {
  return columns<i8>(
    profile, segments, subject, from, to, window, first, mask, e, openExtend, extend, tops, least, limit, heads,
    nodes, marks, touched,
  )
}

export function position8(column: usize, segments: i32, length: i32, score: i32): i32 {
  return position<i8>(column, segments, length, score)
}

export function back8(
  walk: usize, profile: usize, segments: i32, subject: usize, window: usize, first: i32,
  open: i32, extend: i32, best: i32, heads: usize, nodes: usize, runs: usize,
): i32 {
  return back<i8>(walk, profile, segments, subject, window, first, open, extend, best, heads, nodes, runs)
}

export function columns16(
  profile: usize, segments: i32, subject: usize, from: i32, to: i32, window: usize, first: i32, mask: i32, e: usize,
  openExtend: i32, extend: i32, tops: usize, least: i32, limit: i32, heads: usize, nodes: usize, marks: usize,
  touched: i32,
): i32 {
  return columns<i16>(
    profile, segments, subject, from, to, window, first, mask, e, openExtend, extend, tops, least, limit, heads,
    nodes, marks, touched,
  )
}

export function position16(column: usize, segments: i32, length: i32, score: i32): i32 {
  return position<i16>(column, segments, length, score)
}

export function back16(
  walk: usize, profile: usize, segments: i32, subject: usize, window: usize, first: i32,
  open: i32, extend: i32, best: i32, heads: usize, nodes: usize, runs: usize,
): i32 {
  return back<i16>(walk, profile, segments, subject, window, first, open, extend, best, heads, nodes, runs)
}

export function columns32(
  profile: usize, segments: i32, subject: usize, from: i32, to: i32, window: usize, first: i32, mask: i32, e: usize,
  openExtend: i32, extend: i32, tops: usize, least: i32, limit: i32, heads: usize, nodes: usize, marks: usize,
  touched: i32,
): i32 {
  return columns<i32>(
    profile, segments, subject, from, to, window, first, mask, e, openExtend, extend, tops, least, limit, heads,
    nodes, marks, touched,
  )
}

export function position32(column: usize, segments: i32, length: i32, score: i32): i32 {
  return position<i32>(column, segments, length, score)
}

export function back32(
  walk: usize, profile: usize, segments: i32, subject: usize, window: usize, first: i32,
  open: i32, extend: i32, best: i32, heads: usize, nodes: usize, runs: usize,
): i32 {
  return back<i32>(walk, profile, segments, subject, window, first, open, extend, best, heads, nodes, runs)
}
