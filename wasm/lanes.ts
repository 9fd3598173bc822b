// Vectors of scores: 16 lanes of i8, 8 of i16 or 4 of i32. A score of 0 is stored as the smallest integer of the lane, so
// that saturating sums stop there; lanes of i32 store it as it is.

export function floor<T>(): v128 {
  if (sizeof<T>() == 1) return v128.splat<i8>(i8.MIN_VALUE)
  if (sizeof<T>() == 2) return v128.splat<i16>(i16.MIN_VALUE)
  return v128.splat<i32>(0)
}

/** What is added to a lane to have its score. */
export function offset<T>(): i32 {
  if (sizeof<T>() == 1) return 128
  if (sizeof<T>() == 2) return 32768
  return 0
}

export function splat<T>(x: i32): v128 {
  if (sizeof<T>() == 1) return v128.splat<i8>(i8(x))
  if (sizeof<T>() == 2) return v128.splat<i16>(i16(x))
  return v128.splat<i32>(x)
}

/** A score of a pair added to H; never below 0. */
export function add<T>(h: v128, s: v128): v128 {
  if (sizeof<T>() == 1) return i8x16.add_sat_s(h, s)
  if (sizeof<T>() == 2) return i16x8.add_sat_s(h, s)
  return i32x4.max_s(i32x4.add(h, s), v128.splat<i32>(0))
}

/** Gap costs taken from a score. */
export function sub<T>(h: v128, s: v128): v128 {
  if (sizeof<T>() == 1) return i8x16.sub_sat_s(h, s)
  if (sizeof<T>() == 2) return i16x8.sub_sat_s(h, s)
  return i32x4.sub(h, s)
}

/** The low lanes of 16 scores of one byte. */
export function widen<T>(scores: v128): v128 {
  if (sizeof<T>() == 1) return scores
  const words = i16x8.extend_low_i8x16_s(scores)
  if (sizeof<T>() == 2) return words
  return i32x4.extend_low_i16x8_s(words)
}

/** Scores of one byte, as many as there are lanes. */
export function loadScores<T>(address: usize): v128 {
  if (sizeof<T>() == 1) return v128.load(address)
  if (sizeof<T>() == 2) return v128.load8x8_s(address)
  return i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(address)))
}

/** Each lane moves up by one; the first is 0, as the lane stores it. */
export function shift<T>(x: v128, zero: v128): v128 {
  if (sizeof<T>() == 1) {
    return i8x16.shuffle(zero, x, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
  }
  if (sizeof<T>() == 2) {
    return i8x16.shuffle(zero, x, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29)
  }
  return i8x16.shuffle(zero, x, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27)
}

/** The greatest lane, as a score. */
export function greatest<T>(x: v128): i32 {
  x = v128.max<T>(x, i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7))
  x = v128.max<T>(x, i8x16.shuffle(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3))
  if (sizeof<T>() == 4) return i32x4.extract_lane(x, 0)
  x = v128.max<T>(x, i8x16.shuffle(x, x, 2, 3, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1))
  if (sizeof<T>() == 2) return i32(i16x8.extract_lane_s(x, 0)) + offset<T>()
  x = v128.max<T>(x, i8x16.shuffle(x, x, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0))
  return i32(i8x16.extract_lane_s(x, 0)) + offset<T>()
}

/** One lane of memory, as a score. */
export function loadScore<T>(address: usize): i32 {
  if (sizeof<T>() == 1) return i32(load<i8>(address)) + offset<T>()
  if (sizeof<T>() == 2) return i32(load<i16>(address)) + offset<T>()
  return load<i32>(address)
}

/** Bytes of `count` lanes, as a power of two: 0, 1 or 2. */
export function shiftOf<T>(): usize {
  if (sizeof<T>() == 1) return 0
  if (sizeof<T>() == 2) return 1
  return 2
}
