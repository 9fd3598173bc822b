// Inter-sequence local alignment scores after Rognes 2011 (SWIPE): one subject per lane, four columns per pass.
import { add, floor, greatest, splat, sub, widen } from './lanes'

/** Bytes of the scores of one profile row against four columns. */
const ROW_BYTES: usize = 64

/** The greatest of `count` codes; 0 where there are none. */
export function greatestCode(codes: usize, count: i32): i32 {
  const end = codes + usize(count)
  let most = v128.splat<u8>(0)
  for (; codes + 16 <= end; codes += 16) most = v128.max<u8>(most, v128.load(codes))
  for (; codes < end; codes++) most = v128.max<u8>(most, v128.splat<u8>(load<u8>(codes)))
  return greatest<i8>(v128.xor(most, v128.splat<i8>(i8.MIN_VALUE)))
}

/** Lays `lanes` subjects (tables of addresses and lengths) side by side: one vector of codes per column, 255 beyond an end. */
export function interleave(
  addresses: usize,
  lengths: usize,
  lanes: i32,
  out: usize,
  columns: i32,
): void {
  memory.fill(out, 255, usize(columns) * 16)
  for (let lane = 0; lane < lanes; lane++) {
    let from = usize(load<u32>(addresses + (usize(lane) << 2)))
    const end = from + usize(load<u32>(lengths + (usize(lane) << 2)))
    let to = out + usize(lane)
    while (from < end) {
      store<u8>(to, load<u8>(from))
      from++
      to += 16
    }
  }
}

/**
 * Scores of every profile row (32 codes each) against `blocks` × 4 columns: for each block, for each row, four vectors.
 * A code of 32 or more scores 0, which can never raise a score.
 */
function scoreRows<T>(rows: usize, rowCount: i32, codes: usize, blocks: i32, narrow: bool, out: usize): void {
  const sixteen = v128.splat<i8>(16)
  const end = rows + (usize(rowCount) << 5)
  for (let b = 0; b < blocks; b++) {
    const a0 = v128.load(codes)
    const a1 = v128.load(codes, 16)
    const a2 = v128.load(codes, 32)
    const a3 = v128.load(codes, 48)
    codes += 64
    if (narrow) {
      for (let row = rows; row < end; row += 32) {
        const low = v128.load(row)
        v128.store(out, widen<T>(i8x16.swizzle(low, a0)))
        v128.store(out, widen<T>(i8x16.swizzle(low, a1)), 16)
        v128.store(out, widen<T>(i8x16.swizzle(low, a2)), 32)
        v128.store(out, widen<T>(i8x16.swizzle(low, a3)), 48)
        out += ROW_BYTES
      }
    } else {
      const b0 = v128.sub<i8>(a0, sixteen)
      const b1 = v128.sub<i8>(a1, sixteen)
      const b2 = v128.sub<i8>(a2, sixteen)
      const b3 = v128.sub<i8>(a3, sixteen)
      for (let row = rows; row < end; row += 32) {
        const low = v128.load(row)
        const high = v128.load(row, 16)
        v128.store(out, widen<T>(v128.or(i8x16.swizzle(low, a0), i8x16.swizzle(high, b0))))
        v128.store(out, widen<T>(v128.or(i8x16.swizzle(low, a1), i8x16.swizzle(high, b1))), 16)
        v128.store(out, widen<T>(v128.or(i8x16.swizzle(low, a2), i8x16.swizzle(high, b2))), 32)
        v128.store(out, widen<T>(v128.or(i8x16.swizzle(low, a3), i8x16.swizzle(high, b3))), 48)
        out += ROW_BYTES
      }
    }
  }
}

/**
 * `blocks` × 4 columns of one profile against one group, with affine gaps. `offsets`: per query position, byte offset of
 * its row inside a block. `state`: per query position H and E of the column before. `best` is read and written.
 * `stride` is the distance of one block's row scores from the next; 0 computes them here, into `scores`.
 */
function gapped<T>(
  offsets: usize, length: i32, scores: usize, stride: usize, blocks: i32, state: usize, best: usize,
  openExtend: i32, extend: i32, rows: usize, rowCount: i32, codes: usize, narrow: bool,
): void {
  const qr = splat<T>(openExtend)
  const r = splat<T>(extend)
  let top = v128.load(best)
  const end = offsets + (usize(length) << 2)
  for (let b = 0; b < blocks; b++) {
    if (stride == 0) {
      scoreRows<T>(rows, rowCount, codes, 1, narrow, scores)
      codes += 64
    }
    let d = floor<T>()
    let p0 = d
    let p1 = d
    let p2 = d
    let f0 = d
    let f1 = d
    let f2 = d
    let f3 = d
    let p = state
    for (let o = offsets; o < end; o += 4) {
      const s = scores + usize(load<u32>(o))
      let e = v128.load(p, 16)
      let h = add<T>(d, v128.load(s))
      d = v128.load(p)
      h = v128.max<T>(v128.max<T>(h, f0), e)
      top = v128.max<T>(top, h)
      let t = sub<T>(h, qr)
      e = v128.max<T>(sub<T>(e, r), t)
      f0 = v128.max<T>(sub<T>(f0, r), t)

      let g = add<T>(p0, v128.load(s, 16))
      p0 = h
      g = v128.max<T>(v128.max<T>(g, f1), e)
      top = v128.max<T>(top, g)
      t = sub<T>(g, qr)
      e = v128.max<T>(sub<T>(e, r), t)
      f1 = v128.max<T>(sub<T>(f1, r), t)

      h = add<T>(p1, v128.load(s, 32))
      p1 = g
      h = v128.max<T>(v128.max<T>(h, f2), e)
      top = v128.max<T>(top, h)
      t = sub<T>(h, qr)
      e = v128.max<T>(sub<T>(e, r), t)
      f2 = v128.max<T>(sub<T>(f2, r), t)

      g = add<T>(p2, v128.load(s, 48))
      p2 = h
      g = v128.max<T>(v128.max<T>(g, f3), e)
      top = v128.max<T>(top, g)
      v128.store(p, g)
      t = sub<T>(g, qr)
      v128.store(p, v128.max<T>(sub<T>(e, r), t), 16)
      f3 = v128.max<T>(sub<T>(f3, r), t)
      p += 32
    }
    scores += stride
  }
  v128.store(best, top)
}

/** As `gapped`, without gaps. `state` holds H alone. */
function ungapped<T>(
  offsets: usize, length: i32, scores: usize, stride: usize, blocks: i32, state: usize, best: usize,
  rows: usize, rowCount: i32, codes: usize, narrow: bool,
): void {
  let top = v128.load(best)
  const end = offsets + (usize(length) << 2)
  for (let b = 0; b < blocks; b++) {
    if (stride == 0) {
      scoreRows<T>(rows, rowCount, codes, 1, narrow, scores)
      codes += 64
    }
    let d = floor<T>()
    let p0 = d
    let p1 = d
    let p2 = d
    let p = state
    for (let o = offsets; o < end; o += 4) {
      const s = scores + usize(load<u32>(o))
      const h0 = add<T>(d, v128.load(s))
      d = v128.load(p)
      const h1 = add<T>(p0, v128.load(s, 16))
      p0 = h0
      const h2 = add<T>(p1, v128.load(s, 32))
      p1 = h1
      const h3 = add<T>(p2, v128.load(s, 48))
      p2 = h2
      top = v128.max<T>(top, v128.max<T>(v128.max<T>(h0, h1), v128.max<T>(h2, h3)))
      v128.store(p, h3)
      p += 16
    }
    scores += stride
  }
  v128.store(best, top)
}

export function rows8(rows: usize, rowCount: i32, codes: usize, blocks: i32, narrow: bool, out: usize): void {
  scoreRows<i8>(rows, rowCount, codes, blocks, narrow, out)
}

function run<T>(
  offsets: usize, length: i32, scores: usize, stride: usize, blocks: i32, state: usize, best: usize,
  openExtend: i32, extend: i32, rows: usize, rowCount: i32, codes: usize, narrow: bool, begin: bool,
): void {
  if (begin) {
    const zero = floor<T>()
    const end = state + (usize(length) << (openExtend < 0 ? 4 : 5))
    for (let at = state; at < end; at += 16) v128.store(at, zero)
    v128.store(best, zero)
  }
  if (openExtend < 0) {
    ungapped<T>(offsets, length, scores, stride, blocks, state, best, rows, rowCount, codes, narrow)
  } else {
    gapped<T>(
      offsets, length, scores, stride, blocks, state, best, openExtend, extend, rows, rowCount, codes, narrow,
    )
  }
}

/** Sixteen subjects; scores 0 … 254, 255 and more saturate. A negative `openExtend` means no gaps; `begin` sets state and best to 0. */
export function score8(
  offsets: usize, length: i32, scores: usize, stride: usize, blocks: i32, state: usize, best: usize,
  openExtend: i32, extend: i32, rows: usize, rowCount: i32, codes: usize, narrow: bool, begin: bool,
): void {
  run<i8>(offsets, length, scores, stride, blocks, state, best, openExtend, extend, rows, rowCount, codes, narrow, begin)
}

/** Eight subjects (the low eight lanes of `codes`); scores 0 … 65534. */
export function score16(
  offsets: usize, length: i32, scores: usize, stride: usize, blocks: i32, state: usize, best: usize,
  openExtend: i32, extend: i32, rows: usize, rowCount: i32, codes: usize, narrow: bool, begin: bool,
): void {
  run<i16>(offsets, length, scores, stride, blocks, state, best, openExtend, extend, rows, rowCount, codes, narrow, begin)
}

/** Four subjects (the low four lanes of `codes`). */
export function score32(
  offsets: usize, length: i32, scores: usize, stride: usize, blocks: i32, state: usize, best: usize,
  openExtend: i32, extend: i32, rows: usize, rowCount: i32, codes: usize, narrow: bool, begin: bool,
): void {
  run<i32>(offsets, length, scores, stride, blocks, state, best, openExtend, extend, rows, rowCount, codes, narrow, begin)
}
