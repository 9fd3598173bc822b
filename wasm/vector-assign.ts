// Assignment of vectors to one of many centroids in two levels: see wasm/vectors.ts for books and biases.

/**
 * For each row the number of the best entry among those of its `probes` nearest groups. `tops` is the book of the groups'
 * centres, in `topGroups` groups of eight; `firsts` tells where in `book` (in groups of eight entries) each centre's entries
 * begin, and with the last number where they end. Of equally near centres the lower comes first, of equally near entries the
 * one met first. `held` has room for an i32 for each centre.
 */
export function nearestGrouped(
  rows: usize,
  stride: usize,
  count: i32,
  tops: usize,
  topBias: usize,
  topGroups: i32,
  probes: i32,
  firsts: usize,
  book: usize,
  bias: usize,
  pairs: i32,
  held: usize,
  out: usize,
): void {
  const groupBytes = usize(pairs) << 5
  for (let row = 0; row < count; row++) {
    products(rows, tops, topBias, topGroups, pairs, held)
    let best: i32 = i32.MIN_VALUE
    let index: u32 = 0
    for (let probe = 0; probe < probes; probe++) {
      const centre = takeGreatest(held, topGroups << 3)
      const first = load<u32>(firsts + (usize(centre) << 2))
      const end = load<u32>(firsts + (usize(centre) << 2), 4)
      let from = book + usize(first) * groupBytes
      let biases = bias + (usize(first) << 5)
      let group = first
      for (; group + 1 < end; group += 2) {
        let a = v128.load(biases)
        let b = v128.load(biases, 16)
        let c = v128.load(biases, 32)
        let d = v128.load(biases, 48)
        const last = from + groupBytes
        let second = last
        let x = rows
        while (from < last) {
          const p = v128.load32_splat(x)
          a = i32x4.add(a, i32x4.dot_i16x8_s(p, v128.load(from)))
          b = i32x4.add(b, i32x4.dot_i16x8_s(p, v128.load(from, 16)))
          c = i32x4.add(c, i32x4.dot_i16x8_s(p, v128.load(second)))
          d = i32x4.add(d, i32x4.dot_i16x8_s(p, v128.load(second, 16)))
          from += 32
          second += 32
          x += 4
        }
        from = second
        biases += 64
        const top = greatestOf(i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d)))
        if (top > best) {
          best = top
          index = (group << 3) + firstLane(a, b, c, d, top)
        }
      }
      if (group < end) {
        let a = v128.load(biases)
        let b = v128.load(biases, 16)
        const last = from + groupBytes
        let x = rows
        while (from < last) {
          const p = v128.load32_splat(x)
          a = i32x4.add(a, i32x4.dot_i16x8_s(p, v128.load(from)))
          b = i32x4.add(b, i32x4.dot_i16x8_s(p, v128.load(from, 16)))
          from += 32
          x += 4
        }
        const top = greatestOf(i32x4.max_s(a, b))
        if (top > best) {
          best = top
          index = (group << 3) + firstLane(a, b, a, b, top)
        }
      }
    }
    store<u32>(out, index)
    out += 4
    rows += stride
  }
}

function products(x: usize, book: usize, bias: usize, groups: i32, pairs: i32, out: usize): void {
  for (let group = 0; group < groups; group++) {
    let a = v128.load(bias)
    let b = v128.load(bias, 16)
    for (let pair = 0; pair < pairs; pair++) {
      const p = v128.load32_splat(x + (usize(pair) << 2))
      a = i32x4.add(a, i32x4.dot_i16x8_s(p, v128.load(book)))
      b = i32x4.add(b, i32x4.dot_i16x8_s(p, v128.load(book, 16)))
      book += 32
    }
    v128.store(out, a)
    v128.store(out, b, 16)
    bias += 32
    out += 32
  }
}

/** Index of the greatest value, which then becomes the least. */
function takeGreatest(values: usize, count: i32): i32 {
  let best: i32 = i32.MIN_VALUE
  let at = 0
  for (let i = 0; i < count; i++) {
    const value = load<i32>(values + (usize(i) << 2))
    if (value > best) {
      best = value
      at = i
    }
  }
  store<i32>(values + (usize(at) << 2), i32.MIN_VALUE)
  return at
}

function greatestOf(x: v128): i32 {
  x = i32x4.max_s(x, i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7))
  x = i32x4.max_s(x, i8x16.shuffle(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3))
  return i32x4.extract_lane(x, 0)
}

/** The first of 16 lanes that holds `value`. */
function firstLane(a: v128, b: v128, c: v128, d: v128, value: i32): u32 {
  const wanted = i32x4.splat(value)
  const low = i16x8.narrow_i32x4_s(i32x4.eq(a, wanted), i32x4.eq(b, wanted))
  const high = i16x8.narrow_i32x4_s(i32x4.eq(c, wanted), i32x4.eq(d, wanted))
  return ctz<u32>(u32(i8x16.bitmask(i8x16.narrow_i16x8_s(low, high))))
}
