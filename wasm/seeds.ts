// Terms of spaced seeds, lists of postings, and clusters of hits: see src/engine/index/seeds/SPEC-seeds.md and, for the same
// in plain loops, src/engine/index/seeds/scalar.ts.

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
    const least = a < b ? a : b
    let code: u64 = 0
    for (let run = runs; run < end; run += 16) code |= (least >> load<u64>(run)) & load<u64>(run, 8)
    const hash = mix(u32(code), bits)
    if (f64(hash) >= limit) continue
    const orientation = a < b ? 0 : a > b ? 1 : 2
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

/**
 * Decodes a list and writes each posting's hit for one place of a query: strand, diagonal, then `tail` (20 bits: query position
 * and mask). The strand is (orientation & `turn`) ^ `strand`; the diagonal position + `plus` or position + `minus`. Counts
 * the hits per bin of 8 diagonals in a table of `tableMask` + 1 bytes.
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
  hits: usize,
  table: usize,
  tableMask: u32,
): void {
  const low = u64(load<u8>(list++))
  let unaryBytes: usize = 0
  let shift: usize = 0
  for (;;) {
    const byte = usize(load<u8>(list++))
    unaryBytes |= (byte & 127) << shift
    if (byte < 128) break
    shift += 7
  }
  const lows = list + unaryBytes
  const width = low + u64(oriented)
  const fieldMask = ((1 as u64) << width) - 1
  let bit: u64 = 0
  let lowBit: u64 = 0
  let position: u64 = 0
  const end = hits + (usize(count) << 3)
  const half = (tableMask >> 1) + 1
  for (; hits < end; hits += 8) {
    let word = load<u64>(list + usize(bit >> 3)) >> (bit & 7)
    while (word === 0) {
      const skipped = 64 - (bit & 7)
      position += skipped << low
      bit += skipped
      word = load<u64>(list + usize(bit >> 3))
    }
    const zeros = ctz(word)
    bit += zeros + 1
    const field = (load<u64>(lows + usize(lowBit >> 3)) >> (lowBit & 7)) & fieldMask
    lowBit += width
    position += (zeros << low) + (field >> oriented)
    const side = (u32(field) & turn) ^ strand
    const diagonal = position + u64(side ? minus : plus)
    store<u64>(hits, (u64(side) << 54) | (diagonal << 20) | u64(tail))
    const slot = table + usize((u32(diagonal >> 3) + (side ? half : 0)) & tableMask)
    const seen = load<u8>(slot)
    store<u8>(slot, seen + u8(seen < 255))
  }
}

/**
 * Keeps, in place, the hits with at least `least` (2 or 3) hits in their bin and the `least` − 1 bins on either side: all that can
 * be in a chain of so many, whose diagonals are within 8 of each other. The table has four spare bytes on either side that
 * repeat its other end. Answers how many.
 */
export function seedNeighbours(hits: usize, count: i32, table: usize, tableMask: u32, least: u32): i32 {
  const half = (tableMask >> 1) + 1
  store<u32>(table - 4, load<u32>(table + usize(tableMask) - 3))
  store<u32>(table + usize(tableMask) + 1, load<u32>(table))
  const reach = usize(least - 1)
  const bins: u64 = ((1 as u64) << (8 * u64(2 * least - 1))) - 1
  let out = hits
  const end = hits + (usize(count) << 3)
  for (let p = hits; p < end; p += 8) {
    const hit = load<u64>(p)
    const bin = u32((hit >> 23) & 0x7fffffff) + (hit >> 54 ? half : 0)
    const near = load<u64>(table + usize(bin & tableMask) - reach) & bins
    const pairs = (near & 0x00ff00ff00ff00ff) + ((near >> 8) & 0x00ff00ff00ff00ff)
    const sum = u32((pairs * 0x0001000100010001) >> 48)
    store<u64>(out, hit)
    out += sum >= least ? 8 : 0
  }
  return i32((out - hits) >> 3)
}

/**
 * Score of the best chain of hits, which are in order of (query position, mask, strand, diagonal) as `tail << 35 | strand <<
 * 34 | diagonal`. `gains` tells, for masks a after b and a distance d below 64 on one diagonal, the new positions at
 * [(a × 2 + b) × 64 + d]; a mask's positions are at distance 63. `scores` has room for a uint32 per hit.
 */
function bestChain(
  hits: usize,
  count: i32,
  span: i32,
  band: i32,
  gap: i32,
  lookBack: i32,
  gains: usize,
  scores: usize,
): u32 {
  let best: i32 = 0
  for (let i = 0; i < count; i++) {
    const hit = load<u64>(hits + (usize(i) << 3))
    const query = i32(hit >> 36)
    const mask = i32(hit >> 35) & 1
    const diagonal = i64(hit & 0x3ffffffff)
    const minus = i32(hit >> 34) & 1
    const all = i32(load<u8>(gains + usize((mask * 3) << 6) + 63))
    let score = all << 2
    for (let j = i - 1; j >= 0 && j >= i - lookBack; j--) {
      const other = load<u64>(hits + (usize(j) << 3))
      const distance = query - i32(other >> 36)
      if (distance > gap) break
      const turn = i32(diagonal - i64(other & 0x3ffffffff))
      const change = turn < 0 ? -turn : turn
      if (change > band) continue
      const base = i32(load<u32>(scores + (usize(j) << 2))) - (distance >> 4)
      if (change === 0) {
        const table = gains + usize((mask * 2 + (i32(other >> 35) & 1)) << 6)
        const gain = base + (i32(load<u8>(table + usize(distance < 63 ? distance : 63))) << 2)
        if (gain > score) score = gain
      } else {
        // Both sequences have to move on.
        const moved = min(distance, distance + (minus ? -turn : turn))
        if (moved <= 0) continue
        const fresh = moved >= span ? all << 2 : ((all * moved) << 2) / span
        const gain = base + fresh - 8 - (change << 1)
        if (gain > score) score = gain
      }
    }
    store<u32>(scores + (usize(i) << 2), u32(score))
    if (score > best) best = score
  }
  return u32(best)
}

/** Sorts uint64 in place (Shell's sort: groups are small). */
function sortSmall(items: usize, count: i32): void {
  let step = 1
  while (step < count / 3) step = 3 * step + 1
  for (; step > 0; step /= 3) {
    for (let i = step; i < count; i++) {
      const item = load<u64>(items + (usize(i) << 3))
      let j = i
      for (; j >= step; j -= step) {
        const before = load<u64>(items + (usize(j - step) << 3))
        if (before <= item) break
        store<u64>(items + (usize(j) << 3), before)
      }
      store<u64>(items + (usize(j) << 3), item)
    }
  }
}

/**
 * Clusters of hits sorted by (strand, diagonal): groups whose neighbouring diagonals differ by no more
 * than `band`, cut where the query jumps by more than `gap`, that have a chain of at least `threshold`. The hits of clusters
 * are moved to the front of `hits` in the order of `bestChain`; (score, hits) of each as two uint32 in `out`. Answers how many.
 */
export function seedClusters(
  hits: usize,
  count: i32,
  span: i32,
  band: i32,
  gap: i32,
  lookBack: i32,
  threshold: u32,
  least: i32,
  gains: usize,
  scores: usize,
  out: usize,
): i32 {
  let clusters = 0
  let kept = hits
  for (let i = 0; i < count; ) {
    const first = hits + (usize(i) << 3)
    let end = i + 1
    let last = load<u64>(first) >> 20
    for (; end < count; end++) {
      const key = load<u64>(hits + (usize(end) << 3)) >> 20
      if (key - last > u64(band)) break
      last = key
    }
    const size = end - i
    i = end
    if (size < least) continue
    for (let p = first; p < first + (usize(size) << 3); p += 8) {
      const hit = load<u64>(p)
      store<u64>(p, ((hit & 0xfffff) << 35) | (hit >> 20))
    }
    sortSmall(first, size)
    for (let from = 0; from < size; ) {
      let to = from + 1
      let before = i32(load<u64>(first + (usize(from) << 3)) >> 36)
      for (; to < size; to++) {
        const query = i32(load<u64>(first + (usize(to) << 3)) >> 36)
        if (query - before > gap) break
        before = query
      }
      const length = to - from
      const start = first + (usize(from) << 3)
      from = to
      if (length < least) continue
      const score = bestChain(start, length, span, band, gap, lookBack, gains, scores)
      if (score < threshold) continue
      memory.copy(kept, start, usize(length) << 3)
      kept += usize(length) << 3
      store<u32>(out + (usize(clusters) << 3), score)
      store<u32>(out + (usize(clusters) << 3), length, 4)
      clusters++
    }
  }
  return clusters
}
