// Kernels of IVF-PQ (src/engine/index/vectors). Prepared vectors are i16 of length 16,384 or less, so that every dot product
// and half a squared length fit i32. A *book* holds the entries of a codebook (or centroids) in groups of eight: for each
// pair of values, the pair of entries 0–3, then of entries 4–7 (32 bytes). `bias` holds minus half the squared length of
// each entry; entries that fill the last group have a bias of −2³⁰ and are never the best.

/**
 * Raw vectors to prepared ones: mean taken off (`mean` may be 0), rotated (`rotation`, dimensions × dimensions, may be 0),
 * scaled to length 16,384 and rounded to even. Sums have four lanes, added in order. `held` has room for two vectors of f32.
 * `dimensions` is a multiple of 8.
 */
export function prepareVectors(
  raw: usize,
  count: i32,
  dimensions: i32,
  mean: usize,
  rotation: usize,
  held: usize,
  out: usize,
): void {
  const bytes = usize(dimensions) << 2
  for (let row = 0; row < count; row++) {
    let from = raw
    if (mean) {
      for (let at: usize = 0; at < bytes; at += 16) {
        v128.store(held + at, f32x4.sub(v128.load(raw + at), v128.load(mean + at)))
      }
      from = held
    }
    if (rotation) {
      rotate(from, bytes, rotation, held + bytes)
      from = held + bytes
    }
    const length = Mathf.sqrt(sumOfSquares(from, bytes))
    const scale = f32x4.splat(length > 0 ? <f32>16384 / length : 0)
    for (let at: usize = 0; at < bytes; at += 32) {
      const low = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(from + at), scale)))
      const high = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(from + at, 16), scale)))
      v128.store(out + (at >> 1), i16x8.narrow_i32x4_s(low, high))
    }
    raw += bytes
    out += bytes >> 1
  }
}

function lanesSum(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  )
}

function sumOfSquares(from: usize, bytes: usize): f32 {
  let sum = f32x4.splat(0)
  for (let at: usize = 0; at < bytes; at += 16) {
    const x = v128.load(from + at)
    sum = f32x4.add(sum, f32x4.mul(x, x))
  }
  return lanesSum(sum)
}

/** Four rows at a time: `bytes` / 4 is a multiple of 8. */
function rotate(from: usize, bytes: usize, rotation: usize, out: usize): void {
  const end = out + bytes
  for (; out < end; out += 16) {
    let a = f32x4.splat(0)
    let b = f32x4.splat(0)
    let c = f32x4.splat(0)
    let d = f32x4.splat(0)
    for (let at: usize = 0; at < bytes; at += 16) {
      const x = v128.load(from + at)
      const row = rotation + at
      a = f32x4.add(a, f32x4.mul(x, v128.load(row)))
      b = f32x4.add(b, f32x4.mul(x, v128.load(row + bytes)))
      c = f32x4.add(c, f32x4.mul(x, v128.load(row + 2 * bytes)))
      d = f32x4.add(d, f32x4.mul(x, v128.load(row + 3 * bytes)))
    }
    store<f32>(out, lanesSum(a))
    store<f32>(out, lanesSum(b), 4)
    store<f32>(out, lanesSum(c), 8)
    store<f32>(out, lanesSum(d), 12)
    rotation += 4 * bytes
  }
}

/** Rows minus the centroid that `lists` (u32) gives each, saturating. */
export function subtractCentroids(rows: usize, count: i32, dimensions: i32, centroids: usize, lists: usize, out: usize): void {
  const bytes = usize(dimensions) << 1
  for (let row = 0; row < count; row++) {
    const centroid = centroids + usize(load<u32>(lists)) * bytes
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(out + at, i16x8.sub_sat_s(v128.load(rows + at), v128.load(centroid + at)))
    }
    lists += 4
    rows += bytes
    out += bytes
  }
}

/** The index of the greatest lane, the lowest of equal ones; its value goes to `value`. */
function bestLane(best: v128, index: v128, value: usize): u32 {
  let top = i32x4.extract_lane(best, 0)
  let at = u32(i32x4.extract_lane(index, 0))
  const v1 = i32x4.extract_lane(best, 1)
  const i1 = u32(i32x4.extract_lane(index, 1))
  if (v1 > top || (v1 == top && i1 < at)) {
    top = v1
    at = i1
  }
  const v2 = i32x4.extract_lane(best, 2)
  const i2 = u32(i32x4.extract_lane(index, 2))
  if (v2 > top || (v2 == top && i2 < at)) {
    top = v2
    at = i2
  }
  const v3 = i32x4.extract_lane(best, 3)
  const i3 = u32(i32x4.extract_lane(index, 3))
  if (v3 > top || (v3 == top && i3 < at)) {
    top = v3
    at = i3
  }
  store<i32>(value, top)
  return at
}

/**
 * For each of `count` rows (a multiple of 4) the entry of `book` with the greatest x · b − |b|²/2, the lowest of equal ones:
 * its number (u32) to `index`, that value (i32) to `value`. `groups` of eight entries, `pairs` of values.
 */
export function nearestEntries(
  rows: usize,
  stride: usize,
  count: i32,
  book: usize,
  bias: usize,
  groups: i32,
  pairs: i32,
  index: usize,
  value: usize,
): void {
  const eight = i32x4.splat(8)
  const least = i32x4.splat(i32.MIN_VALUE)
  for (let row = 0; row < count; row += 4) {
    let best0 = least
    let best1 = least
    let best2 = least
    let best3 = least
    let index0 = i32x4(0, 1, 2, 3)
    let index1 = index0
    let index2 = index0
    let index3 = index0
    let low = i32x4(0, 1, 2, 3)
    let high = i32x4(4, 5, 6, 7)
    let entry = book
    let biases = bias
    for (let group = 0; group < groups; group++) {
      const biasLow = v128.load(biases)
      const biasHigh = v128.load(biases, 16)
      let a0 = biasLow
      let b0 = biasHigh
      let a1 = biasLow
      let b1 = biasHigh
      let a2 = biasLow
      let b2 = biasHigh
      let a3 = biasLow
      let b3 = biasHigh
      let x0 = rows
      let x1 = rows + stride
      let x2 = x1 + stride
      let x3 = x2 + stride
      for (let pair = 0; pair < pairs; pair++) {
        const e = v128.load(entry)
        const f = v128.load(entry, 16)
        entry += 32
        const p0 = v128.load32_splat(x0)
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(p0, e))
        b0 = i32x4.add(b0, i32x4.dot_i16x8_s(p0, f))
        const p1 = v128.load32_splat(x1)
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(p1, e))
        b1 = i32x4.add(b1, i32x4.dot_i16x8_s(p1, f))
        const p2 = v128.load32_splat(x2)
        a2 = i32x4.add(a2, i32x4.dot_i16x8_s(p2, e))
        b2 = i32x4.add(b2, i32x4.dot_i16x8_s(p2, f))
        const p3 = v128.load32_splat(x3)
        a3 = i32x4.add(a3, i32x4.dot_i16x8_s(p3, e))
        b3 = i32x4.add(b3, i32x4.dot_i16x8_s(p3, f))
        x0 += 4
        x1 += 4
        x2 += 4
        x3 += 4
      }
      index0 = v128.bitselect(low, index0, i32x4.gt_s(a0, best0))
      best0 = i32x4.max_s(best0, a0)
      index0 = v128.bitselect(high, index0, i32x4.gt_s(b0, best0))
      best0 = i32x4.max_s(best0, b0)
      index1 = v128.bitselect(low, index1, i32x4.gt_s(a1, best1))
      best1 = i32x4.max_s(best1, a1)
      index1 = v128.bitselect(high, index1, i32x4.gt_s(b1, best1))
      best1 = i32x4.max_s(best1, b1)
      index2 = v128.bitselect(low, index2, i32x4.gt_s(a2, best2))
      best2 = i32x4.max_s(best2, a2)
      index2 = v128.bitselect(high, index2, i32x4.gt_s(b2, best2))
      best2 = i32x4.max_s(best2, b2)
      index3 = v128.bitselect(low, index3, i32x4.gt_s(a3, best3))
      best3 = i32x4.max_s(best3, a3)
      index3 = v128.bitselect(high, index3, i32x4.gt_s(b3, best3))
      best3 = i32x4.max_s(best3, b3)
      low = i32x4.add(low, eight)
      high = i32x4.add(high, eight)
      biases += 32
    }
    store<u32>(index, bestLane(best0, index0, value))
    store<u32>(index, bestLane(best1, index1, value + 4), 4)
    store<u32>(index, bestLane(best2, index2, value + 8), 8)
    store<u32>(index, bestLane(best3, index3, value + 12), 12)
    index += 16
    value += 16
    rows += 4 * stride
  }
}

/** `nearestEntries` for rows of four values, two rows at a time (`count` is even). `index` holds bytes, `indexStride` apart. */
export function nearestQuads(
  rows: usize,
  stride: usize,
  count: i32,
  book: usize,
  bias: usize,
  groups: i32,
  index: usize,
  indexStride: usize,
  value: usize,
): void {
  const eight = i32x4.splat(8)
  const least = i32x4.splat(i32.MIN_VALUE)
  for (let row = 0; row < count; row += 2) {
    const x0 = v128.load32_splat(rows)
    const y0 = v128.load32_splat(rows, 4)
    const x1 = v128.load32_splat(rows + stride)
    const y1 = v128.load32_splat(rows + stride, 4)
    let best0 = least
    let best1 = least
    let index0 = i32x4(0, 1, 2, 3)
    let index1 = index0
    let low = i32x4(0, 1, 2, 3)
    let high = i32x4(4, 5, 6, 7)
    let entry = book
    let biases = bias
    for (let group = 0; group < groups; group++) {
      const e = v128.load(entry)
      const f = v128.load(entry, 16)
      const e2 = v128.load(entry, 32)
      const f2 = v128.load(entry, 48)
      const biasLow = v128.load(biases)
      const biasHigh = v128.load(biases, 16)
      const a0 = i32x4.add(i32x4.add(biasLow, i32x4.dot_i16x8_s(x0, e)), i32x4.dot_i16x8_s(y0, e2))
      const a1 = i32x4.add(i32x4.add(biasLow, i32x4.dot_i16x8_s(x1, e)), i32x4.dot_i16x8_s(y1, e2))
      index0 = v128.bitselect(low, index0, i32x4.gt_s(a0, best0))
      best0 = i32x4.max_s(best0, a0)
      index1 = v128.bitselect(low, index1, i32x4.gt_s(a1, best1))
      best1 = i32x4.max_s(best1, a1)
      const b0 = i32x4.add(i32x4.add(biasHigh, i32x4.dot_i16x8_s(x0, f)), i32x4.dot_i16x8_s(y0, f2))
      const b1 = i32x4.add(i32x4.add(biasHigh, i32x4.dot_i16x8_s(x1, f)), i32x4.dot_i16x8_s(y1, f2))
      index0 = v128.bitselect(high, index0, i32x4.gt_s(b0, best0))
      best0 = i32x4.max_s(best0, b0)
      index1 = v128.bitselect(high, index1, i32x4.gt_s(b1, best1))
      best1 = i32x4.max_s(best1, b1)
      low = i32x4.add(low, eight)
      high = i32x4.add(high, eight)
      entry += 64
      biases += 32
    }
    store<u8>(index, u8(bestLane(best0, index0, value)))
    store<u8>(index + indexStride, u8(bestLane(best1, index1, value + 4)))
    index += 2 * indexStride
    value += 8
    rows += 2 * stride
  }
}

/** x · b for every entry of a book (its groups' padding included), i32 each, in order. */
export function dotEntries(x: usize, book: usize, groups: i32, pairs: i32, out: usize): void {
  for (let group = 0; group < groups; group++) {
    let a = i32x4.splat(0)
    let b = i32x4.splat(0)
    for (let pair = 0; pair < pairs; pair++) {
      const p = v128.load32_splat(x + (usize(pair) << 2))
      a = i32x4.add(a, i32x4.dot_i16x8_s(p, v128.load(book)))
      b = i32x4.add(b, i32x4.dot_i16x8_s(p, v128.load(book, 16)))
      book += 32
    }
    v128.store(out, a)
    v128.store(out, b, 16)
    out += 32
  }
}

/** x · row for rows that lie `stride` bytes apart; `dimensions` is a multiple of 8. */
export function dotRows(x: usize, rows: usize, stride: usize, count: i32, dimensions: i32, out: usize): void {
  const bytes = usize(dimensions) << 1
  for (let row = 0; row < count; row++) {
    let sum = i32x4.splat(0)
    for (let at: usize = 0; at < bytes; at += 16) {
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(x + at), v128.load(rows + at)))
    }
    const half = i32x4.add(sum, i8x16.shuffle(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7))
    store<i32>(out, i32x4.extract_lane(half, 0) + i32x4.extract_lane(half, 1))
    out += 4
    rows += stride
  }
}

/**
 * What makes a dot product with what a code stands for one with a vector of length 16,384: 2¹⁵ · 16,384 / length, rounded, at
 * most 65,535. A code stands for centroid `lists[row]` (u32; `centroids` may be 0) plus the entries of `codebooks` (parts ×
 * entries × width values; `width` is even). Codes have a byte per part, `stride` apart.
 */
export function codeScales(
  codes: usize,
  stride: usize,
  count: i32,
  parts: i32,
  codebooks: usize,
  entries: i32,
  width: i32,
  centroids: usize,
  lists: usize,
  out: usize,
): void {
  const bytes = usize(width) << 1
  const part = usize(entries) * bytes
  for (let row = 0; row < count; row++) {
    let centroid = centroids ? centroids + usize(load<u32>(lists)) * bytes * usize(parts) : 0
    let book = codebooks
    let sum = i32x4.splat(0)
    for (let m = 0; m < parts; m++) {
      const entry = book + usize(load<u8>(codes + m)) * bytes
      for (let at: usize = 0; at < bytes; at += 4) {
        let x = v128.load32_zero(entry + at)
        if (centroids) x = i16x8.add_sat_s(x, v128.load32_zero(centroid + at))
        sum = i32x4.add(sum, i32x4.dot_i16x8_s(x, x))
      }
      centroid += bytes
      book += part
    }
    const length = Math.sqrt(f64(u32(i32x4.extract_lane(sum, 0))))
    store<u16>(out, length > 8192 ? u16(Math.floor(536870912 / length + 0.5)) : 65535)
    codes += stride
    lists += 4
    out += 2
  }
}
