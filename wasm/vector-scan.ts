// Scans of coded vectors (src/engine/index/vectors/SPEC-vectors.md). A row of a list: position (u32), scale (u16), the code.
// `table` gives what each value of each part of a code adds to 2 · x · x̂, right-shifted by `shift`; `base` is what else does.
// A distance is 2²⁹ less that product times scale / 2¹⁵: 2 · 16,384² · (1 − cosine).

function distanceOf(product: i32, scale: u16): i32 {
  return 536870912 - i32((i64(product) * i64(scale)) >> 15)
}

/**
 * Rows of 8-bit codes, `parts` of them (a multiple of 8); `table` holds 256 i16 per part. Rows at most `limit` away go to
 * `out` as (distance i32, row u32); returns their number.
 */
export function scanBytes(
  rows: usize,
  rowBytes: usize,
  count: i32,
  parts: i32,
  table: usize,
  shift: i32,
  base: i32,
  limit: i32,
  out: usize,
): i32 {
  const begin = out
  const tableEnd = table + (usize(parts) << 9)
  for (let row = 0; row < count; row++) {
    let code = rows + 6
    let even = 0
    let odd = 0
    for (let t = table; t < tableEnd; t += 4096) {
      const eight = load<u64>(code)
      const low = u32(eight)
      const high = u32(eight >> 32)
      even += i32(load<i16>(t + ((low & 255) << 1)))
      odd += i32(load<i16>(t + ((low >> 7) & 510), 512))
      even += i32(load<i16>(t + ((low >> 15) & 510), 1024))
      odd += i32(load<i16>(t + ((low >> 23) & 510), 1536))
      even += i32(load<i16>(t + ((high & 255) << 1), 2048))
      odd += i32(load<i16>(t + ((high >> 7) & 510), 2560))
      even += i32(load<i16>(t + ((high >> 15) & 510), 3072))
      odd += i32(load<i16>(t + ((high >> 23) & 510), 3584))
      code += 8
    }
    const distance = distanceOf(base + ((even + odd) << shift), load<u16>(rows, 4))
    if (distance <= limit) {
      store<i32>(out, distance)
      store<u32>(out, row, 4)
      out += 8
    }
    rows += rowBytes
  }
  return i32((out - begin) >> 3)
}

/**
 * Codes of `count` rows in blocks of 16: for each byte of a code the byte of 16 rows (rows past the end: 0). Codes have
 * `bytes` bytes.
 */
export function transposeCodes(rows: usize, rowBytes: usize, count: i32, bytes: i32, out: usize): void {
  for (let first = 0; first < count; first += 16) {
    const held = min(16, count - first)
    for (let b = 0; b < bytes; b++) {
      let from = rows + 6 + b
      for (let row = 0; row < held; row++) {
        store<u8>(out + row, load<u8>(from))
        from += rowBytes
      }
      for (let row = held; row < 16; row++) store<u8>(out + row, 0)
      out += 16
    }
    rows += 16 * rowBytes
  }
}

/**
 * Transposed 4-bit codes, `bytes` per code: the low half of byte b is part 2b. `table` holds 16 bytes per part, none above
 * 127; `base` makes up for what was taken off
 * the table. Out as in `scanBytes`; a row's scale is read from
 * `rows`.
 */
export function scanNibbles(
  codes: usize,
  rows: usize,
  rowBytes: usize,
  count: i32,
  bytes: i32,
  table: usize,
  shift: i32,
  base: i32,
  limit: i32,
  sums: usize,
  out: usize,
): i32 {
  const begin = out
  const nibble = i8x16.splat(15)
  const byte = i16x8.splat(255)
  for (let first = 0; first < count; first += 16) {
    let even = i16x8.splat(0)
    let odd = i16x8.splat(0)
    let t = table
    for (let b = 0; b < bytes; b++) {
      const code = v128.load(codes)
      const low = i8x16.swizzle(v128.load(t), v128.and(code, nibble))
      const high = i8x16.swizzle(v128.load(t, 16), v128.and(i16x8.shr_u(code, 4), nibble))
      const both = i8x16.add(low, high)
      even = i16x8.add(even, v128.and(both, byte))
      odd = i16x8.add(odd, i16x8.shr_u(both, 8))
      codes += 16
      t += 32
    }
    v128.store(sums, even)
    v128.store(sums, odd, 16)
    const held = min(16, count - first)
    for (let row = 0; row < held; row++) {
      const sum = i32(load<u16>(sums + ((row & 1) << 4) + (row & 14)))
      const distance = distanceOf(base + (sum << shift), load<u16>(rows, 4))
      if (distance <= limit) {
        store<i32>(out, distance)
        store<u32>(out, first + row, 4)
        out += 8
      }
      rows += rowBytes
    }
  }
  return i32((out - begin) >> 3)
}
