// Embeddings by k-mers of residue codes, and cosines of vectors of length 1. Sums run in one order: lane by lane, then
// ((0 + 1) + 2) + 3, so that digits are the same everywhere. Inputs need 64 spare bytes at their end.

/**
 * The slot of the k-mer that begins at each position, u16. `classes`: 32 bytes, the class of each residue code, 0x80 for
 * none. The k-mer's letters stand at `offsets` (i32 each); their classes, `bits` each and the first in the highest, make
 * a byte, whose slot is in `table` (256 × u16); `none` is the slot of k-mers with a letter that has no class.
 */
export function kmerSlots(
  codes: usize,
  count: i32,
  classes: usize,
  offsets: usize,
  weight: i32,
  bits: i32,
  table: usize,
  none: i32,
  out: usize,
): void {
  const low = v128.load(classes)
  const high = v128.load(classes, 16)
  const sixteen = i8x16.splat(16)
  const absent = i16x8.splat(i16(none))
  for (let at = 0; at < count; at += 16) {
    let kmer = i64x2.splat(0)
    let flags = i64x2.splat(0)
    for (let j = 0; j < weight; j++) {
      const code = v128.load(codes + usize(at + load<i32>(offsets + (usize(j) << 2))))
      const each = v128.or(i8x16.swizzle(low, code), i8x16.swizzle(high, i8x16.sub(code, sixteen)))
      flags = v128.or(flags, each)
      kmer = v128.or(i8x16.shl(kmer, bits), each)
    }
    // Sign bits, spread to 16-bit lanes.
    const bad = i8x16.shr_s(flags, 7)
    const first = i16x8.extend_low_i8x16_s(bad)
    const second = i16x8.extend_high_i8x16_s(bad)
    const to = out + (usize(at) << 1)
    v128.store(to, v128.bitselect(absent, look(table, i16x8.extend_low_i8x16_u(kmer)), first))
    v128.store(to, v128.bitselect(absent, look(table, i16x8.extend_high_i8x16_u(kmer)), second), 16)
  }
}

// @ts-ignore: decorator
@inline
function look(table: usize, kmers: v128): v128 {
  const at = i16x8.shl(kmers, 1)
  let found = v128.load16_splat(table + usize(i16x8.extract_lane_u(at, 0)))
  found = i16x8.replace_lane(found, 1, load<i16>(table + usize(i16x8.extract_lane_u(at, 1))))
  found = i16x8.replace_lane(found, 2, load<i16>(table + usize(i16x8.extract_lane_u(at, 2))))
  found = i16x8.replace_lane(found, 3, load<i16>(table + usize(i16x8.extract_lane_u(at, 3))))
  found = i16x8.replace_lane(found, 4, load<i16>(table + usize(i16x8.extract_lane_u(at, 4))))
  found = i16x8.replace_lane(found, 5, load<i16>(table + usize(i16x8.extract_lane_u(at, 5))))
  found = i16x8.replace_lane(found, 6, load<i16>(table + usize(i16x8.extract_lane_u(at, 6))))
  return i16x8.replace_lane(found, 7, load<i16>(table + usize(i16x8.extract_lane_u(at, 7))))
}

/**
 * Vectors of windows [starts[w], ends[w]) (i32): the square roots of the counts of their k-mers, times `signs`, summed
 * over the `layers` slots of each dimension (slot = layer × dimensions + dimension), less `mean` per k-mer, less their part
 * along `common` (v − (v · common) common), scaled to length 1; all 0 where there is nothing to scale. `slots`: `masks` runs of `stride` slots each; `spans`: the span of each mask;
 * `counts`: room for (layers × dimensions + 8) × u16. Dimensions are a multiple of 4.
 */
export function kmerVectors(
  slots: usize,
  masks: i32,
  stride: i32,
  spans: usize,
  starts: usize,
  ends: usize,
  windows: i32,
  signs: usize,
  mean: usize,
  common: usize,
  dimensions: i32,
  layers: i32,
  counts: usize,
  out: usize,
): void {
  const size = usize(dimensions * layers)
  const row = usize(dimensions) << 2
  for (let w = 0; w < windows; w++) {
    const from = load<i32>(starts + (usize(w) << 2))
    const to = load<i32>(ends + (usize(w) << 2))
    memory.fill(counts, 0, (size + 8) << 1)
    let total = 0
    for (let m = 0; m < masks; m++) {
      const past = to - load<i32>(spans + (usize(m) << 2)) + 1
      if (past <= from) continue
      total += past - from
      let at = slots + (usize(m * stride + from) << 1)
      const end = slots + (usize(m * stride + past) << 1)
      while (at < end) {
        const count = counts + (usize(load<u16>(at)) << 1)
        store<u16>(count, load<u16>(count) + 1)
        at += 2
      }
    }
    total -= i32(load<u16>(counts + (size << 1)))
    const kmers = f32x4.splat(f32(total))
    let dots = f32x4.splat(0)
    for (let d: usize = 0; d < row; d += 16) {
      let sum = f32x4.splat(0)
      let count = counts + (d >> 1)
      let sign = signs + d
      for (let l = 0; l < layers; l++) {
        const root = f32x4.sqrt(f32x4.convert_i32x4_u(v128.load_ext<u16>(count)))
        sum = f32x4.add(sum, f32x4.mul(root, v128.load(sign)))
        count += row >> 1
        sign += row
      }
      const value = f32x4.sub(sum, f32x4.mul(v128.load(mean + d), kmers))
      v128.store(out + d, value)
      dots = f32x4.add(dots, f32x4.mul(value, v128.load(common + d)))
    }
    const dot = f32x4.splat(total4(dots))
    let squares = f32x4.splat(0)
    for (let d: usize = 0; d < row; d += 16) {
      const value = f32x4.sub(v128.load(out + d), f32x4.mul(dot, v128.load(common + d)))
      v128.store(out + d, value)
      squares = f32x4.add(squares, f32x4.mul(value, value))
    }
    const length = sqrt<f32>(total4(squares))
    if (total == 0 || length == 0) memory.fill(out, 0, row)
    else {
      const divisor = f32x4.splat(length)
      for (let d: usize = 0; d < row; d += 16) v128.store(out + d, f32x4.div(v128.load(out + d), divisor))
    }
    out += row
  }
}

// @ts-ignore: decorator
@inline
function total4(lanes: v128): f32 {
  const sum = f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1)
  return sum + f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3)
}

/**
 * The highest dot product of each of `rowCount` vectors with one of `columnCount`, and of each of those with one of the
 * first; `rowBest` and `columnBest` (f32) are raised, never lowered. `dimensions` is a multiple of 4.
 */
export function bestDots(
  rows: usize,
  rowCount: i32,
  columns: usize,
  columnCount: i32,
  dimensions: i32,
  rowBest: usize,
  columnBest: usize,
): void {
  const size = usize(dimensions) << 2
  for (let i = 0; i < rowCount; i++) {
    const row = rows + usize(i) * size
    let best = load<f32>(rowBest + (usize(i) << 2))
    for (let j = 0; j < columnCount; j++) {
      const column = columns + usize(j) * size
      let sums = f32x4.splat(0)
      for (let d: usize = 0; d < size; d += 16) {
        sums = f32x4.add(sums, f32x4.mul(v128.load(row + d), v128.load(column + d)))
      }
      const dot = total4(sums)
      const highest = columnBest + (usize(j) << 2)
      if (dot > best) best = dot
      if (dot > load<f32>(highest)) store<f32>(highest, dot)
    }
    store<f32>(rowBest + (usize(i) << 2), best)
  }
}
