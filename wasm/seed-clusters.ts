// Clusters of seed hits: see src/engine/index/seeds/clusters.ts, which does the same in plain loops.

import { sortSmall } from './seed-sort'

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
