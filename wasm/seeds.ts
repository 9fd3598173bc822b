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

/**
 * What a hit adds to a chain that ends with a hit before it, or −2^30 where it cannot follow. Hits are `tail << 35 | strand <<
 * 34 | diagonal`. `gains` tells, for masks a after b and a distance d below 63 on one diagonal, the new positions at
 * [(a × 2 + b) × 64 + d]; at 63 all of a mask's.
 */
function gainOf(hit: u64, before: u64, span: i32, band: i32, gains: usize): i32 {
  const turn = i32(i64(hit & 0x3ffffffff) - i64(before & 0x3ffffffff))
  const change = turn < 0 ? -turn : turn
  if (change > band) return -0x40000000
  const distance = i32(hit >> 36) - i32(before >> 36)
  const mask = usize(hit >> 35) & 1
  if (change === 0) {
    const table = gains + ((mask * 2 + (usize(before >> 35) & 1)) << 6)
    return (i32(load<u8>(table + usize(distance < 63 ? distance : 63))) << 2) - (distance >> 4)
  }
  // Both sequences have to move on.
  const moved = min(distance, distance + (hit & 0x400000000 ? -turn : turn))
  if (moved <= 0) return -0x40000000
  const all = i32(load<u8>(gains + ((mask * 3) << 6) + 63)) << 2
  const fresh = moved >= span ? all : (all * moved) / span
  return fresh - 8 - (change << 1) - (distance >> 4)
}

/** Four for each position of a hit's mask: the most that it can add. */
function wholeOf(hit: u64, gains: usize): i32 {
  return i32(load<u8>(gains + (((usize(hit >> 35) & 1) * 3) << 6) + 63)) << 2
}

/**
 * Chains hits in order of (query position, mask, strand, diagonal): `scores` gets, for each, the score of the best chain that ends
 * with it. Answers the best score. Bytes [4 × `count`, 8 × `count`) of `scores` are used, too.
 */
function chainHits(
  hits: usize,
  count: i32,
  span: i32,
  band: i32,
  gap: i32,
  lookBack: i32,
  gains: usize,
  scores: usize,
): i32 {
  // The best score up to each hit: where none before can do better, there is no need to look.
  const bests = scores + (usize(count) << 2)
  let best: i32 = 0
  for (let i = 0; i < count; i++) {
    const hit = load<u64>(hits + (usize(i) << 3))
    const whole = wholeOf(hit, gains)
    let score = whole
    for (let j = i - 1; j >= 0 && j >= i - lookBack; j--) {
      if (load<i32>(bests + (usize(j) << 2)) + whole <= score) break
      const before = load<u64>(hits + (usize(j) << 3))
      if (i32(hit >> 36) - i32(before >> 36) > gap) break
      const sum = load<i32>(scores + (usize(j) << 2)) + gainOf(hit, before, span, band, gains)
      if (sum > score) score = sum
    }
    store<i32>(scores + (usize(i) << 2), score)
    if (score > best) best = score
    store<i32>(bests + (usize(i) << 2), best)
  }
  return best
}

/** What the best continuation of a chain adds after each hit, 8 × `count` bytes after `scores`; 12 × `count` bytes after it is used, too. */
function continueHits(
  hits: usize,
  count: i32,
  span: i32,
  band: i32,
  gap: i32,
  lookBack: i32,
  gains: usize,
  scores: usize,
): void {
  const rests = scores + (usize(count) << 3)
  const bests = rests + (usize(count) << 2)
  let best: i32 = 0
  for (let i = count - 1; i >= 0; i--) {
    const hit = load<u64>(hits + (usize(i) << 3))
    let rest: i32 = 0
    for (let j = i + 1; j < count && j <= i + lookBack; j++) {
      const after = load<u64>(hits + (usize(j) << 3))
      if (load<i32>(bests + (usize(j) << 2)) + wholeOf(after, gains) <= rest) break
      if (i32(after >> 36) - i32(hit >> 36) > gap) break
      const sum = load<i32>(rests + (usize(j) << 2)) + gainOf(after, hit, span, band, gains)
      if (sum > rest) rest = sum
    }
    store<i32>(rests + (usize(i) << 2), rest)
    if (rest > best) best = rest
    store<i32>(bests + (usize(i) << 2), best)
  }
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
 * Clusters of hits sorted by (strand, diagonal): groups whose neighbouring diagonals differ by no more than `band`, cut where the
 * query jumps by more than `gap`, without the hits that are in no chain of at least `threshold`; so what is left does not
 * depend on hits that chance put beside it. What one cut makes is cut again. The hits of clusters are moved to the front of
 * `hits` as `tail << 35 | strand << 34 | diagonal`, in order; (score, hits) of each as two uint32 in `out`. `scores`: room for
 * four uint32 per hit. Answers how many.
 */
export function seedClusters(
  hits: usize,
  count: i32,
  span: i32,
  band: i32,
  gap: i32,
  lookBack: i32,
  threshold: i32,
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
      const start = first + (usize(from) << 3)
      const length = untilGap(start, size - from, gap)
      from += length
      if (length < least) continue
      if (chainHits(start, length, span, band, gap, lookBack, gains, scores) < threshold) continue
      continueHits(start, length, span, band, gap, lookBack, gains, scores)
      const left = keepChained(start, length, threshold, scores)
      clusters = cutAgain(start, left, span, band, gap, lookBack, gains, scores, kept, out, clusters)
      kept += usize(left) << 3
    }
  }
  return clusters
}

/** Hits up to a jump of the query by more than `gap`. */
function untilGap(hits: usize, count: i32, gap: i32): i32 {
  let before = i32(load<u64>(hits) >> 36)
  for (let i = 1; i < count; i++) {
    const query = i32(load<u64>(hits + (usize(i) << 3)) >> 36)
    if (query - before > gap) return i
    before = query
  }
  return count
}

/** Keeps the hits that are in a chain of at least `threshold`, turned so that their strand and diagonal come first. */
function keepChained(hits: usize, count: i32, threshold: i32, scores: usize): i32 {
  const rest = usize(count) << 3
  let kept = 0
  for (let i = 0; i < count; i++) {
    const slot = scores + (usize(i) << 2)
    if (load<i32>(slot) + load<i32>(slot + rest) < threshold) continue
    store<u64>(hits + (usize(kept++) << 3), rotl<u64>(load<u64>(hits + (usize(i) << 3)), 29))
  }
  return kept
}

/** Cuts what `keepChained` left by diagonals and by gaps, and moves each part to `to` as a cluster. */
function cutAgain(
  hits: usize,
  count: i32,
  span: i32,
  band: i32,
  gap: i32,
  lookBack: i32,
  gains: usize,
  scores: usize,
  to: usize,
  out: usize,
  clusters: i32,
): i32 {
  sortSmall(hits, count)
  for (let i = 0; i < count; ) {
    const first = hits + (usize(i) << 3)
    let end = i + 1
    let last = load<u64>(first) >> 29
    for (; end < count; end++) {
      const key = load<u64>(hits + (usize(end) << 3)) >> 29
      if (key - last > u64(band)) break
      last = key
    }
    const size = end - i
    i = end
    for (let p = first; p < first + (usize(size) << 3); p += 8) store<u64>(p, rotr<u64>(load<u64>(p), 29))
    sortSmall(first, size)
    for (let from = 0; from < size; ) {
      const start = first + (usize(from) << 3)
      const length = untilGap(start, size - from, gap)
      from += length
      store<i32>(out + (usize(clusters) << 3), chainHits(start, length, span, band, gap, lookBack, gains, scores))
      store<i32>(out + (usize(clusters) << 3), length, 4)
      clusters++
      memory.copy(to, start, usize(length) << 3)
      to += usize(length) << 3
    }
  }
  return clusters
}
