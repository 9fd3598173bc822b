// Terms of spaced seeds and lists of postings: see src/engine/index/seeds/SPEC-seeds.md and, for the same in plain loops,
// src/engine/index/seeds/scalar.ts.

/** Mixes a term's code of `bits` bits, one to one. */
function mix(code: u32, bits: u32): u32 {
  const mask: u32 = bits === 32 ? 0xffffffff : ((1 as u32) << bits) - 1
  const half: u32 = (bits + 1) >> 1
  let x = code
  x = ((x ^ (x >> half)) * 0x9e3779b1) & mask
  x = ((x ^ (x >> half)) * 0x85ebca6b) & mask
  return x ^ (x >> half)
}

/**
 * Nucleotide terms below `limit` of codes[0 … count). The mask is given as `runs` pairs (shift, bits) of uint64 that take its
 * positions out of `span` bases of two bits, and `kept`, all its bits. Writes hashes and places (position × 4 +
 * orientation); answers how many.
 */
export function seedTerms(
  codes: usize,
  count: i32,
  span: i32,
  kept: u64,
  runs: usize,
  runCount: i32,
  bits: u32,
  limit: f64,
  hashes: usize,
  places: usize,
): i32 {
  const top = u64(2 * (span - 1))
  let plus: u64 = 0
  let minus: u64 = 0
  let valid = 0
  let found = 0
  const end = runs + usize(runCount) * 16
  for (let i = 0; i < count; i++) {
    const base = u64(load<u8>(codes + i))
    plus = (plus << 2) | (base & 3)
    minus = (minus >> 2) | ((3 - (base & 3)) << top)
    valid = base > 3 ? 0 : valid + 1
    if (valid < span) continue
    const a = plus & kept
    const b = minus & kept
    const isPlus = u64(a < b)
    const least = b ^ ((a ^ b) & (0 - isPlus))
    let code: u64 = 0
    for (let run = runs; run < end; run += 16) code |= (least >> load<u64>(run)) & load<u64>(run, 8)
    const hash = mix(u32(code), bits)
    if (f64(hash) >= limit) continue
    const orientation = u32(a > b) | (u32(a === b) << 1)
    store<u32>(hashes + (usize(found) << 2), hash)
    store<u32>(places + (usize(found) << 2), (u32(i - span + 1) << 2) | orientation)
    found++
  }
  return found
}

/** The same for protein codes: `groups` gives each code's group (255: none), `offsets` the mask's positions as bytes. */
export function seedGroupTerms(
  codes: usize,
  count: i32,
  span: i32,
  groups: usize,
  groupCount: u32,
  offsets: usize,
  weight: i32,
  bits: u32,
  limit: f64,
  hashes: usize,
  places: usize,
): i32 {
  let found = 0
  for (let i = 0; i + span <= count; i++) {
    let code: u32 = 0
    let none: u32 = 0
    for (let j = 0; j < weight; j++) {
      const group = u32(load<u8>(groups + usize(load<u8>(codes + i + usize(load<u8>(offsets + j))))))
      none |= group
      code = code * groupCount + group
    }
    if (none > 127) continue
    const hash = mix(code, bits)
    if (f64(hash) >= limit) continue
    store<u32>(hashes + (usize(found) << 2), hash)
    store<u32>(places + (usize(found) << 2), u32(i) << 2)
    found++
  }
  return found
}

/**
 * Sorts uint64 keys by bits [low, high), twelve at a time, keeping the order of equals. `histogram` has 16 KiB. Answers where
 * they are: `keys` or `spare`.
 */
export function seedSort(keys: usize, count: i32, spare: usize, histogram: usize, low: i32, high: i32): usize {
  const bytes = usize(count) << 3
  for (let shift = u64(low); shift < u64(high); shift += 12) {
    const left = u64(high) - shift
    const mask: u64 = left >= 12 ? 4095 : ((1 as u64) << left) - 1
    const histogramBytes = usize(mask + 1) << 2
    memory.fill(histogram, 0, histogramBytes)
    for (let p = keys; p < keys + bytes; p += 8) {
      const slot = histogram + (usize((load<u64>(p) >> shift) & mask) << 2)
      store<u32>(slot, load<u32>(slot) + 1)
    }
    let sum: u32 = 0
    for (let slot = histogram; slot < histogram + histogramBytes; slot += 4) {
      const n = load<u32>(slot)
      store<u32>(slot, sum)
      sum += n
    }
    for (let p = keys; p < keys + bytes; p += 8) {
      const key = load<u64>(p)
      const slot = histogram + (usize((key >> shift) & mask) << 2)
      const at = load<u32>(slot)
      store<u32>(slot, at + 1)
      store<u64>(spare + (usize(at) << 3), key)
    }
    const other = keys
    keys = spare
    spare = other
  }
  return keys
}

/**
 * Writes one list: `count` keys whose low 33 bits are position × 2 + orientation, ascending. `low` bits of each difference
 * are kept apart (with the orientation where `oriented`), the rest in unary. Answers the list's bytes.
 */
export function seedEncode(keys: usize, count: i32, low: u32, oriented: u32, out: usize): i32 {
  let unary: usize = 0
  let previous: u64 = 0
  const positions: u64 = 0x1ffffffff
  for (let i = 0; i < count; i++) {
    const position = (load<u64>(keys + (usize(i) << 3)) & positions) >> 1
    unary += usize((position - previous) >> low) + 1
    previous = position
  }
  const unaryBytes = (unary + 7) >> 3
  const width = low + oriented
  const lowBytes = (usize(count) * width + 7) >> 3
  let at = out
  store<u8>(at++, low)
  let rest = unaryBytes
  while (rest > 127) {
    store<u8>(at++, u8(rest) | 128)
    rest >>= 7
  }
  store<u8>(at++, u8(rest))
  memory.fill(at, 0, unaryBytes + lowBytes + 8)
  const lows = at + unaryBytes
  let bit: usize = 0
  let lowBit: usize = 0
  previous = 0
  for (let i = 0; i < count; i++) {
    const key = load<u64>(keys + (usize(i) << 3)) & positions
    const position = key >> 1
    const difference = position - previous
    previous = position
    bit += usize(difference >> low)
    const byte = at + (bit >> 3)
    store<u8>(byte, load<u8>(byte) | (1 << u8(bit & 7)))
    bit++
    let field = difference & (((1 as u64) << low) - 1)
    if (oriented) field = (field << 1) | (key & 1)
    const word = lows + (lowBit >> 3)
    store<u64>(word, load<u64>(word) | (field << (lowBit & 7)))
    lowBit += width
  }
  return i32(lows + lowBytes - out)
}
