// Words of three residues at given distances: neighbourhoods of the queries' words, the subjects' words in order of key, and
// ungapped scores around the places where they meet. Sequences stand apart by padding; positions are offsets from `codes`.

/** Keys of words of three of twenty residues. */
const WORDS: i32 = 8000
/** Columns scored before a word's first residue, and in all. */
const LEFT: usize = 24
const COLUMNS: usize = 56
/** Positions of one word that a block keeps. */
const MOST: u32 = 8
/** Log2 of the granule that padding and blocks are aligned to. */
const GRANULE: u32 = 5

/** Key of the word at an address, at least WORDS where a residue is none of the twenty. `letters` are i32, by code. */
// @ts-ignore: decorator
@inline
function keyAt(at: usize, letters: usize, o1: usize, o2: usize): i32 {
  const a = load<i32>(letters + (usize(load<u8>(at)) << 2))
  const b = load<i32>(letters + (usize(load<u8>(at + o1)) << 2))
  const c = load<i32>(letters + (usize(load<u8>(at + o2)) << 2))
  return (a * 20 + b) * 20 + c
}

/** Keeps a position in its key's list unless the block it is in has `MOST` of them there. */
// @ts-ignore: decorator
@inline
function keep(key: i32, position: u32, starts: usize, ends: usize, list: usize, blockOf: usize): void {
  const end = load<u32>(ends + (usize(key) << 2))
  if (end - load<u32>(starts + (usize(key) << 2)) >= MOST) {
    const before = load<u32>(list + (usize(end - MOST) << 2))
    if (load<u32>(blockOf + (usize(before >> GRANULE) << 2)) == load<u32>(blockOf + (usize(position >> GRANULE) << 2))) {
      return
    }
  }
  store<u32>(list + (usize(end) << 2), position)
  store<u32>(ends + (usize(key) << 2), end + 1)
}

/**
 * Every word that scores at least `threshold` with a word that starts at positions [from, to). `order` holds for each of
 * the twenty letters all twenty, best score first, as (letter, score) bytes. With `list` 0 they are counted in `ends`,
 * else their positions kept.
 */
export function queryWords(
  codes: usize, from: u32, to: u32, letters: usize, o1: usize, o2: usize, order: usize, threshold: i32,
  starts: usize, ends: usize, list: usize, blockOf: usize,
): void {
  for (let position = from; position < to; position++) {
    const at = codes + usize(position)
    if (keyAt(at, letters, o1, o2) >= WORDS) continue
    const r0 = order + usize(load<i32>(letters + (usize(load<u8>(at)) << 2))) * 40
    const r1 = order + usize(load<i32>(letters + (usize(load<u8>(at + o1)) << 2))) * 40
    const r2 = order + usize(load<i32>(letters + (usize(load<u8>(at + o2)) << 2))) * 40
    const need1 = threshold - i32(load<i8>(r2 + 1))
    const need0 = need1 - i32(load<i8>(r1 + 1))
    for (let a: usize = r0; a < r0 + 40; a += 2) {
      const s0 = i32(load<i8>(a + 1))
      if (s0 < need0) break
      const k0 = i32(load<u8>(a)) * 20
      for (let b: usize = r1; b < r1 + 40; b += 2) {
        const s1 = s0 + i32(load<i8>(b + 1))
        if (s1 < need1) break
        const k1 = (k0 + i32(load<u8>(b))) * 20
        for (let c: usize = r2; c < r2 + 40; c += 2) {
          if (s1 + i32(load<i8>(c + 1)) < threshold) break
          const key = k1 + i32(load<u8>(c))
          if (list == 0) {
            const count = ends + (usize(key) << 2)
            store<u32>(count, load<u32>(count) + 1)
          } else keep(key, position, starts, ends, list, blockOf)
        }
      }
    }
  }
}

/** Turns counts into starts, in both tables; returns their sum. `wanted`, unless 0, gets a bit per key with a count. */
export function wordStarts(starts: usize, ends: usize, wanted: usize): u32 {
  let sum: u32 = 0
  if (wanted != 0) memory.fill(wanted, 0, usize(WORDS) >> 3)
  for (let key: usize = 0; key < usize(WORDS); key++) {
    const count = load<u32>(ends + (key << 2))
    store<u32>(starts + (key << 2), sum)
    store<u32>(ends + (key << 2), sum)
    sum += count
    if (wanted != 0 && count > 0) {
      const byte = wanted + (key >> 3)
      store<u8>(byte, load<u8>(byte) | u8((<u32>1) << u32(key & 7)))
    }
  }
  return sum
}

/** Words that start in blocks [block, end) and are wanted: counted in `ends` with `list` 0, else their positions kept. */
export function subjectWords(
  codes: usize, blocks: usize, block: u32, end: u32, letters: usize, o1: usize, o2: usize,
  wanted: usize, starts: usize, ends: usize, list: usize, blockOf: usize,
): void {
  for (; block < end; block++) {
    const to = codes + usize(load<u32>(blocks + (usize(block) << 3) + 4))
    for (let at = codes + usize(load<u32>(blocks + (usize(block) << 3))); at < to; at++) {
      const key = keyAt(at, letters, o1, o2)
      if (key >= WORDS) continue
      if ((load<u8>(wanted + (usize(key) >> 3)) >> (u8(key) & 7) & 1) == 0) continue
      if (list == 0) {
        const count = ends + (usize(key) << 2)
        store<u32>(count, load<u32>(count) + 1)
      } else keep(key, u32(at - codes), starts, ends, list, blockOf)
    }
  }
}

// @ts-ignore: decorator
@inline
function low(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
}

// @ts-ignore: decorator
@inline
function high(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
}

/** One of four rounds that turn sixteen rows of sixteen bytes into columns. */
// @ts-ignore: decorator
@inline
function interleaveRows(from: usize, to: usize): void {
  for (let i: usize = 0; i < 128; i += 16) {
    const a = v128.load(from + i)
    const b = v128.load(from + i, 128)
    v128.store(to + (i << 1), low(a, b))
    v128.store(to + (i << 1), high(a, b), 16)
  }
}

/** Columns of 16 subjects (a table of addresses): two vectors each, the codes and the codes less 16. */
function transpose(addresses: usize, scratch: usize, out: usize): void {
  const sixteen = v128.splat<i8>(16)
  for (let x: usize = 0; x < 64; x += 16) {
    for (let lane: usize = 0; lane < 16; lane++) {
      v128.store(scratch + (lane << 4), v128.load(usize(load<u32>(addresses + (lane << 2))) + x - LEFT))
    }
    interleaveRows(scratch, scratch + 256)
    interleaveRows(scratch + 256, scratch)
    interleaveRows(scratch, scratch + 256)
    interleaveRows(scratch + 256, scratch)
    for (let i: usize = 0; i < 256; i += 16) {
      const codes = v128.load(scratch + i)
      v128.store(out + (i << 1), codes)
      v128.store(out + (i << 1), v128.sub<i8>(codes, sixteen), 16)
    }
    out += 512
  }
}

/**
 * Scores, without gaps, the columns around each meeting of a query's and a subject's word of keys [key, WORDS), and marks
 * (query, block) where the score reaches the query's limit and the block's together. Stops after `budget` sets of 16
 * scores; returns the key to go on with.
 *
 * Work: 64 addresses, 16 limits, 512 bytes for turning, 2,048 for columns.
 */
export function meetWords(
  key: i32, budget: i32, rows: usize,
  queries: usize, queryStarts: usize, queryEnds: usize, queryList: usize, queryOf: usize, queryLimits: usize,
  subjects: usize, subjectStarts: usize, subjectEnds: usize, subjectList: usize, blockOf: usize, blockLimits: usize,
  padding: usize, work: usize, marks: usize, markBytes: usize,
): i32 {
  const limits = work + 64
  const scratch = work + 128
  const columns = work + 640
  const zero = v128.splat<i8>(i8.MIN_VALUE)
  for (; key < WORDS && budget > 0; key++) {
    const k = usize(key) << 2
    let s = load<u32>(subjectStarts + k)
    const sEnd = load<u32>(subjectEnds + k)
    if (s == sEnd) continue
    const qStart = load<u32>(queryStarts + k)
    const qEnd = load<u32>(queryEnds + k)
    if (qStart == qEnd) continue
    for (; s < sEnd; s += 16) {
      const lanes = sEnd - s < 16 ? sEnd - s : 16
      v128.store(limits, v128.splat<i8>(-1))
      for (let lane: u32 = 0; lane < 16; lane++) {
        let address = padding
        if (lane < lanes) {
          const position = load<u32>(subjectList + (usize(s + lane) << 2))
          address = subjects + usize(position)
          const block = load<u32>(blockOf + (usize(position >> GRANULE) << 2))
          store<u8>(limits + usize(lane), load<u8>(blockLimits + usize(block)))
        }
        store<u32>(work + (usize(lane) << 2), u32(address))
      }
      transpose(work, scratch, columns)
      const blockLimit = v128.load(limits)
      budget -= i32(qEnd - qStart)
      for (let q = qStart; q < qEnd; q++) {
        const position = load<u32>(queryList + (usize(q) << 2))
        let h = zero
        let best = zero
        let at = queries + usize(position) - LEFT
        for (let x = columns; x < columns + COLUMNS * 32; x += 64) {
          const r0 = rows + (usize(load<u8>(at)) << 5)
          h = i8x16.add_sat_s(
            h,
            v128.or(i8x16.swizzle(v128.load(r0), v128.load(x)), i8x16.swizzle(v128.load(r0, 16), v128.load(x, 16))),
          )
          best = v128.max<i8>(best, h)
          const r1 = rows + (usize(load<u8>(at, 1)) << 5)
          h = i8x16.add_sat_s(
            h,
            v128.or(
              i8x16.swizzle(v128.load(r1), v128.load(x, 32)),
              i8x16.swizzle(v128.load(r1, 16), v128.load(x, 48)),
            ),
          )
          best = v128.max<i8>(best, h)
          at += 2
        }
        const query = load<u32>(queryOf + (usize(position >> GRANULE) << 2))
        const limit = i8x16.add_sat_u(blockLimit, v128.splat<i8>(i8(load<u8>(queryLimits + usize(query)))))
        let passed = i8x16.bitmask(i8x16.ge_u(v128.xor(best, zero), limit))
        while (passed != 0) {
          const lane = u32(ctz(passed))
          passed &= passed - 1
          const subject = load<u32>(subjectList + (usize(s + lane) << 2))
          const block = load<u32>(blockOf + (usize(subject >> GRANULE) << 2))
          const byte = marks + usize(query) * markBytes + usize(block >> 3)
          store<u8>(byte, load<u8>(byte) | u8((<u32>1) << (block & 7)))
        }
      }
    }
  }
  return key
}
