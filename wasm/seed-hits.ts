// Hits of a query's seeds, read from lists of postings: see src/engine/index/seeds/SPEC-seeds.md.

// A list that is being read for one place of a query, by byte offset.
const AT_UNARY: usize = 0
const AT_LOWS: usize = 4
const AT_BIT: usize = 8
const AT_LOW_BIT: usize = 16
/** The next posting's position and strand. */
const AT_POSITION: usize = 24
const AT_SIDE: usize = 32
/** Postings left, the next one included. */
const AT_LEFT: usize = 36
const AT_LOW: usize = 40
const AT_ORIENTED: usize = 44
const AT_TURN: usize = 48
const AT_STRAND: usize = 52
const AT_PLUS: usize = 56
const AT_MINUS: usize = 60
const AT_TAIL: usize = 64
const CURSOR: usize = 72

/**
 * Begins to read a list of `count` postings (at least 1) for a place of a query. A posting's strand is (orientation & `turn`) ^
 * `strand`, its diagonal position + `plus` or, on the minus strand, position + `minus`; `tail` (20 bits: query position and
 * mask) goes with each hit.
 */
export function seedOpen(
  cursor: usize,
  list: usize,
  count: i32,
  oriented: u32,
  turn: u32,
  strand: u32,
  plus: u32,
  minus: u32,
  tail: u32,
): void {
  store<u32>(cursor, u32(load<u8>(list++)), AT_LOW)
  let unaryBytes: usize = 0
  let shift: usize = 0
  for (;;) {
    const byte = usize(load<u8>(list++))
    unaryBytes |= (byte & 127) << shift
    if (byte < 128) break
    shift += 7
  }
  store<u32>(cursor, u32(list), AT_UNARY)
  store<u32>(cursor, u32(list + unaryBytes), AT_LOWS)
  store<u64>(cursor, 0, AT_BIT)
  store<u64>(cursor, 0, AT_LOW_BIT)
  store<u64>(cursor, 0, AT_POSITION)
  store<u32>(cursor, count + 1, AT_LEFT)
  store<u32>(cursor, oriented, AT_ORIENTED)
  store<u32>(cursor, turn, AT_TURN)
  store<u32>(cursor, strand, AT_STRAND)
  store<u32>(cursor, plus, AT_PLUS)
  store<u32>(cursor, minus, AT_MINUS)
  store<u32>(cursor, tail, AT_TAIL)
  store<u32>(cursor, 2, AT_SIDE)
  readList(cursor, 0, 0, 0, 0)
}

/**
 * Writes a hit, strand << 54 | diagonal << 20 | tail, for each posting before position `end`, counts it in its bin of 8 diagonals,
 * and answers where the hits end. A cursor's first call only reads its first posting.
 */
function readList(cursor: usize, end: u64, hits: usize, table: usize, tableMask: u32): usize {
  const list = usize(load<u32>(cursor, AT_UNARY))
  const lows = usize(load<u32>(cursor, AT_LOWS))
  const low = u64(load<u32>(cursor, AT_LOW))
  const oriented = u64(load<u32>(cursor, AT_ORIENTED))
  const turn = load<u32>(cursor, AT_TURN)
  const strand = load<u32>(cursor, AT_STRAND)
  const plus = u64(load<u32>(cursor, AT_PLUS))
  const change = u64(load<u32>(cursor, AT_MINUS)) ^ plus
  const tail = u64(load<u32>(cursor, AT_TAIL))
  const width = low + oriented
  const fieldMask = ((1 as u64) << width) - 1
  const other = usize(tableMask) + 65
  let bit = load<u64>(cursor, AT_BIT)
  let lowBit = load<u64>(cursor, AT_LOW_BIT)
  let position = load<u64>(cursor, AT_POSITION)
  let side = load<u32>(cursor, AT_SIDE)
  let left = load<u32>(cursor, AT_LEFT)
  let word: u64 = 0
  do {
    if (side < 2) {
      // No branches here: strands come at random.
      const minus = 0 - u64(side)
      const diagonal = position + (plus ^ (change & minus))
      store<u64>(hits, (u64(side) << 54) | (diagonal << 20) | tail)
      hits += 8
      const slot = table + (other & usize(minus)) + usize(u32(diagonal >> 3) & tableMask)
      const seen = load<u8>(slot)
      store<u8>(slot, seen + u8(seen < 255))
    }
    if (--left === 0) break
    if (word === 0) {
      word = load<u64>(list + usize(bit >> 3)) >> (bit & 7)
      while (word === 0) {
        const skipped = 64 - (bit & 7)
        position += skipped << low
        bit += skipped
        word = load<u64>(list + usize(bit >> 3))
      }
    }
    const zeros = ctz(word)
    word = (word >> zeros) >> 1
    bit += zeros + 1
    const field = (load<u64>(lows + usize(lowBit >> 3)) >> (lowBit & 7)) & fieldMask
    lowBit += width
    position += (zeros << low) + (field >> oriented)
    side = (u32(field) & turn) ^ strand
  } while (position < end)
  store<u64>(cursor, bit, AT_BIT)
  store<u64>(cursor, lowBit, AT_LOW_BIT)
  store<u64>(cursor, position, AT_POSITION)
  store<u32>(cursor, side, AT_SIDE)
  store<u32>(cursor, left, AT_LEFT)
  return hits
}

/**
 * Keeps, of the hits of [from, to), those with at least `least` (2 or 3) hits in their bin and the `least` − 1 bins on either
 * side: all that can be in a chain of so many, whose diagonals are within 8 of each other. Moves them to `out`; answers their end.
 */
function keepNeighbours(from: usize, to: usize, out: usize, table: usize, tableMask: u32, least: u32): usize {
  const other = usize(tableMask) + 65
  for (let end = table; end <= table + other; end += other) {
    store<u32>(end - 4, load<u32>(end + usize(tableMask) - 3))
    store<u32>(end + usize(tableMask) + 1, load<u32>(end))
  }
  const reach = usize(least - 1)
  const bins: u64 = ((1 as u64) << (8 * u64(2 * least - 1))) - 1
  for (let p = from; p < to; p += 8) {
    const hit = load<u64>(p)
    const slot = table + (other & (0 - usize(hit >> 54))) + usize(u32(hit >> 23) & tableMask)
    const near = load<u64>(slot - reach) & bins
    const pairs = (near & 0x00ff00ff00ff00ff) + ((near >> 8) & 0x00ff00ff00ff00ff)
    const sum = u32((pairs * 0x0001000100010001) >> 48)
    store<u64>(out, hit)
    out += usize(sum >= least) << 3
  }
  return out
}

/**
 * Reads `count` lists side by side, 2^`shift` positions at a time, so that their hits and bins stay in the cache. Writes the hits
 * that have neighbours (all where `least` is 1); answers how many. `table`: 2 × (2^(shift − 1) + 64) zero bytes, for each
 * strand a ring of bins for four times as many diagonals, begun 64 bytes before it; 2^shift is more than any of the cursors'
 * `plus` and `minus`.
 */
export function seedSweep(cursors: usize, count: i32, shift: u32, least: u32, hits: usize, table: usize): i32 {
  const bins = (1 as u32) << (shift - 1)
  const tableMask = bins - 1
  const other = usize(bins) + 64
  const last = cursors + usize(count) * CURSOR
  let kept = hits
  // The hits of the block before this one wait for this one's neighbours.
  let waiting = hits
  for (let block: u64 = 0; ; block++) {
    const end = (block + 1) << u64(shift)
    let fresh = waiting
    let left: u32 = 0
    for (let cursor = cursors; cursor < last; cursor += CURSOR) {
      const postings = load<u32>(cursor, AT_LEFT)
      left |= postings
      if (postings === 0 || load<u64>(cursor, AT_POSITION) >= end) continue
      fresh = readList(cursor, end, fresh, table, tableMask)
    }
    if (least > 1) {
      const out = keepNeighbours(kept, waiting, kept, table, tableMask, min(3, least))
      memory.copy(out, waiting, fresh - waiting)
      waiting = out + (fresh - waiting)
      kept = out
      const done = table + usize((block + 2) & 3) * usize(bins >> 2)
      memory.fill(done, 0, usize(bins >> 2))
      memory.fill(done + other, 0, usize(bins >> 2))
    } else {
      kept = waiting = fresh
    }
    if (left === 0) return i32((kept - hits) >> 3)
  }
  return 0
}

