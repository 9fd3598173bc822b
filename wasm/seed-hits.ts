// Hits of a query's seeds, read from lists of postings: see src/engine/index/seeds/SPEC-seeds.md.

import { sortSpread } from './seed-sort'

// A partition is a range of 2^`shift` diagonals of one strand. Its hits, (diagonal − its first) << 11 | tail, lie in chunks; a
// chunk's first four bytes are where the one before it ends, 0 for none. `heads` has for each partition where its next hit goes.
const CHUNK: u32 = 1024
/** Diagonals of a bin, as a power of two: as far as the neighbours in a chain may be apart on both sides. */
const BIN: u32 = 4
const MOST: u32 = 15

/**
 * Reads a list of `count` postings for a place of a query. A posting's strand is (orientation & `turn`) ^ `strand`, its diagonal
 * position + `plus` or, on the minus strand, position + `minus`; `tail` (11 bits: query position and mask) goes with each hit. Those
 * of the minus strand go to the `partitions` partitions after those of the plus strand. `next` is a free chunk; answers the one
 * that is free afterwards.
 */
export function seedHits(
  list: usize,
  count: i32,
  oriented: u32,
  turn: u32,
  strand: u32,
  plus: u32,
  minus: u32,
  tail: u32,
  shift: u32,
  heads: usize,
  partitions: u32,
  next: u32,
): u32 {
  const low = u64(load<u8>(list++))
  let unaryBytes: usize = 0
  for (let at: usize = 0; ; at += 7) {
    const byte = usize(load<u8>(list++))
    unaryBytes |= (byte & 127) << at
    if (byte < 128) break
  }
  const lows = list + unaryBytes
  const unaryBits = u64(unaryBytes) << 3
  const width = low + u64(oriented)
  const fieldMask = ((1 as u64) << width) - 1
  const change = u64(minus) ^ u64(plus)
  const inside = ((1 as u32) << shift) - 1
  let bit: u64 = 0
  let lowBit: u64 = 0
  let position: u64 = 0
  let word: u64 = 0
  for (; count > 0; count--) {
    if (word === 0) {
      word = load<u64>(list + usize(bit >> 3)) >> (bit & 7)
      while (word === 0) {
        const skipped = 64 - (bit & 7)
        position += skipped << low
        bit += skipped
        word = load<u64>(list + usize(bit >> 3))
        if (bit >= unaryBits) return next
      }
    }
    const zeros = ctz(word)
    word = (word >> zeros) >> 1
    bit += zeros + 1
    if (bit > unaryBits) return next
    const field = (load<u64>(lows + usize(lowBit >> 3)) >> (lowBit & 7)) & fieldMask
    lowBit += width
    position += (zeros << low) + (field >> u64(oriented))
    // No branches here: strands come at random.
    const side = 0 - ((u32(field) & turn) ^ strand)
    const diagonal = position + (u64(plus) ^ (change & u64(i64(i32(side)))))
    const head = heads + (usize(u32(diagonal >> u64(shift)) + (side & partitions)) << 2)
    let at = load<u32>(head)
    if ((at & (CHUNK - 1)) === 0) {
      store<u32>(next, at)
      at = next + 4
      next += CHUNK
    }
    store<u32>(at, ((u32(diagonal) & inside) << 11) | tail)
    store<u32>(head, at + 4)
  }
  return next
}

/**
 * Writes the hits of all partitions that have neighbours to `out`, as strand << 54 | diagonal << 20 | tail, sorted, and answers how
 * many. A chain of `least` hits (2 or 3; all hits are written where it is 1), whose diagonals are within 8 of each other, lies
 * within 8 × (`least` − 1) diagonals of each of its hits: bins of diagonals, counted before, tell where so many are. Hits at
 * the ends of a partition pass. `table`: 2^(`shift` − 4) + 8 bytes; `out`: room for twice the hits.
 */
export function seedNeighbours(
  heads: usize,
  partitions: u32,
  shift: u32,
  least: u32,
  table: usize,
  out: usize,
): i32 {
  const first = out
  const bins = table + 4
  const size = (1 as usize) << (shift - BIN)
  // Added to a diagonal's bin: hits near the ends reach into what stands there, more than is asked for.
  const reach = (least - 1) << 3
  const window: u32 = least < 3 ? 0xffff : 0xffffff
  for (let part: u32 = 0; part < 2 * partitions; part++) {
    const head = load<u32>(heads + (usize(part) << 2))
    if (head === 0) continue
    const start = out
    const minus = part >= partitions
    const base =
      (u64(minus) << 54) | (u64(minus ? part - partitions : part) << (u64(shift) + 20))
    if (least > 1) {
      memory.fill(bins, 0, size)
      store<u32>(table, 0x01010101 * MOST)
      store<u32>(bins + size, 0x01010101 * MOST)
      for (let end = head; end !== 0; ) {
        const chunk = (end - 1) & ~(CHUNK - 1)
        for (let p = chunk + 4; p < end; p += 4) {
          const slot = bins + usize(load<u32>(p) >> (11 + BIN))
          const seen = load<u8>(slot)
          store<u8>(slot, seen + u8(seen < MOST))
        }
        end = load<u32>(chunk)
      }
    }
    for (let end = head; end !== 0; ) {
      const chunk = (end - 1) & ~(CHUNK - 1)
      for (let p = chunk + 4; p < end; p += 4) {
        const hit = load<u32>(p)
        const diagonal = hit >> 11
        store<u64>(out, base + ((u64(diagonal) << 20) | u64(hit & 0x7ff)))
        const near = load<u32>(bins + usize(i32(diagonal - reach) >> BIN)) & window
        out += usize((near * 0x01010101) >> 24 >= least || least === 1) << 3
      }
      end = load<u32>(chunk)
    }
    // Bins are counted anew for each partition.
    sortSpread(start, i32((out - start) >> 3), u64(shift) + 12, out, table)
  }
  return i32((out - first) >> 3)
}
