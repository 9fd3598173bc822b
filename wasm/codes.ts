// Packing, reverse complement and translation of residue codes. Inputs and outputs need 64 spare bytes at their end.

/** 2 bits a residue, 4 to a byte, first residue in the low bits; codes above 3 are written as 0. */
export function packNucleotides(codes: usize, count: i32, out: usize): void {
  const three = i8x16.splat(3)
  const nibble = i16x8.splat(0x0f)
  const byte = i16x8.splat(0xff)
  const end = codes + usize(count)
  while (codes < end) {
    const a = pairs(v128.load(codes), three, nibble)
    const b = pairs(v128.load(codes, 16), three, nibble)
    const c = pairs(v128.load(codes, 32), three, nibble)
    const d = pairs(v128.load(codes, 48), three, nibble)
    const e = i8x16.narrow_i16x8_u(a, b)
    const f = i8x16.narrow_i16x8_u(c, d)
    const g = v128.and(v128.or(e, i16x8.shr_u(e, 4)), byte)
    const h = v128.and(v128.or(f, i16x8.shr_u(f, 4)), byte)
    v128.store(out, i8x16.narrow_i16x8_u(g, h))
    codes += 64
    out += 16
  }
}

/** Two codes of each 16-bit lane as four bits. */
function pairs(codes: v128, three: v128, nibble: v128): v128 {
  const kept = v128.and(codes, i8x16.le_u(codes, three))
  return v128.and(v128.or(kept, i16x8.shr_u(kept, 6)), nibble)
}

export function unpackNucleotides(packed: usize, count: i32, out: usize): void {
  const three = i8x16.splat(3)
  const end = out + usize(count)
  while (out < end) {
    const x = v128.load(packed)
    const a = v128.and(x, three)
    const b = v128.and(i16x8.shr_u(x, 2), three)
    const c = v128.and(i16x8.shr_u(x, 4), three)
    const d = v128.and(i16x8.shr_u(x, 6), three)
    const abLow = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
    const abHigh = i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
    const cdLow = i8x16.shuffle(c, d, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
    const cdHigh = i8x16.shuffle(c, d, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
    v128.store(out, i8x16.shuffle(abLow, cdLow, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23))
    v128.store(out, i8x16.shuffle(abLow, cdLow, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), 16)
    v128.store(out, i8x16.shuffle(abHigh, cdHigh, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23), 32)
    v128.store(out, i8x16.shuffle(abHigh, cdHigh, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), 48)
    packed += 16
    out += 64
  }
}

/** 5 bits a residue, 8 to 5 bytes, first residue in the low bits. */
export function packProtein(codes: usize, count: i32, out: usize): void {
  const low5 = i16x8.splat(0x1f)
  const high5 = i16x8.splat(0x3e0)
  const low10 = i32x4.splat(0x3ff)
  const high10 = i32x4.splat(0xffc00)
  const low20 = i64x2.splat(0xfffff)
  const high20 = i64x2.splat(0xfffff00000)
  const end = codes + usize(count)
  while (codes < end) {
    const x = v128.load(codes)
    const y = v128.or(v128.and(x, low5), v128.and(i16x8.shr_u(x, 3), high5))
    const z = v128.or(v128.and(y, low10), v128.and(i32x4.shr_u(y, 6), high10))
    const w = v128.or(v128.and(z, low20), v128.and(i64x2.shr_u(z, 12), high20))
    v128.store(out, i8x16.shuffle(w, w, 0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 15, 15, 15, 15, 15, 15))
    codes += 16
    out += 10
  }
}

export function unpackProtein(packed: usize, count: i32, out: usize): void {
  const low5 = i16x8.splat(0x1f)
  const high5 = i16x8.splat(0x1f00)
  const low10 = i32x4.splat(0x3ff)
  const high10 = i32x4.splat(0x3ff0000)
  const low20 = i64x2.splat(0xfffff)
  const high20 = i64x2.splat(0xfffff00000000)
  const end = out + usize(count)
  while (out < end) {
    const x = v128.load(packed)
    const w = i8x16.shuffle(x, x, 0, 1, 2, 3, 4, 15, 15, 15, 5, 6, 7, 8, 9, 15, 15, 15)
    const z = v128.or(v128.and(w, low20), v128.and(i64x2.shl(w, 12), high20))
    const y = v128.or(v128.and(z, low10), v128.and(i32x4.shl(z, 6), high10))
    v128.store(out, v128.or(v128.and(y, low5), v128.and(i16x8.shl(y, 3), high5)))
    packed += 10
    out += 16
  }
}

/** Codes A C G T R Y M K W S B D H V N. */
export function reverseComplement(codes: usize, count: i32, out: usize): void {
  const complement = i8x16(3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 13, 12, 11, 10, 14, 15)
  let left = usize(count)
  while (left >= 16) {
    left -= 16
    const x = i8x16.swizzle(complement, v128.load(codes + left))
    v128.store(out, i8x16.shuffle(x, x, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0))
    out += 16
  }
  while (left > 0) {
    left--
    const x = i8x16.swizzle(complement, i8x16.splat(load<i8>(codes + left)))
    store<u8>(out, u8(i8x16.extract_lane_u(x, 0)))
    out++
  }
}

/** `table`: protein code of each of 16 × 16 × 16 codons, then (4,096 bytes on) those of A, C, G, T alone, 4 × 4 × 4. */
export function translate(codes: usize, codons: i32, table: usize, out: usize): void {
  const four = i8x16.splat(4)
  const sixteen = i8x16.splat(16)
  const t0 = v128.load(table, 4096)
  const t1 = v128.load(table, 4112)
  const t2 = v128.load(table, 4128)
  const t3 = v128.load(table, 4144)
  const end = out + usize(codons)
  while (out < end) {
    const x = v128.load(codes)
    const y = v128.load(codes, 16)
    const z = v128.load(codes, 32)
    const xy0 = i8x16.shuffle(x, y, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0)
    const xy1 = i8x16.shuffle(x, y, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0)
    const xy2 = i8x16.shuffle(x, y, 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0)
    const a = i8x16.shuffle(xy0, z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29)
    const b = i8x16.shuffle(xy1, z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30)
    const c = i8x16.shuffle(xy2, z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31)
    const plain = i8x16.all_true(i8x16.lt_u(v128.or(v128.or(a, b), c), four))
    if (plain && out + 16 <= end) {
      let at = v128.or(v128.or(i16x8.shl(a, 4), i16x8.shl(b, 2)), c)
      let residues = i8x16.swizzle(t0, at)
      at = i8x16.sub(at, sixteen)
      residues = v128.or(residues, i8x16.swizzle(t1, at))
      at = i8x16.sub(at, sixteen)
      residues = v128.or(residues, i8x16.swizzle(t2, at))
      at = i8x16.sub(at, sixteen)
      v128.store(out, v128.or(residues, i8x16.swizzle(t3, at)))
      codes += 48
      out += 16
    } else {
      const stop = min(out + 16, end)
      for (; out < stop; codes += 3) {
        const at = (usize(load<u8>(codes)) << 8) | (usize(load<u8>(codes, 1)) << 4) | usize(load<u8>(codes, 2))
        store<u8>(out, load<u8>(table + (at & 4095)))
        out++
      }
    }
  }
}
