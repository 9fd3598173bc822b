// Sorting of small arrays of hits.

/** Sorts uint64 in place by Shell's sort: for small arrays. */
export function sortSmall(items: usize, count: i32): void {
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
 * Sorts `count` uint64 whose bits [low, low + 8) tell most of their order and the lower ones the rest: higher ones are equal. `spare` has
 * room for as many, `histogram` for 256 uint32.
 */
export function sortSpread(items: usize, count: i32, low: u64, spare: usize, histogram: usize): void {
  if (count < 16) {
    sortSmall(items, count)
    return
  }
  const end = items + (usize(count) << 3)
  memory.fill(histogram, 0, 1024)
  for (let p = items; p < end; p += 8) {
    const slot = histogram + (usize(load<u64>(p) >> low) << 2 & 0x3fc)
    store<u32>(slot, load<u32>(slot) + 1)
  }
  let sum: u32 = 0
  for (let slot = histogram; slot < histogram + 1024; slot += 4) {
    const n = load<u32>(slot)
    store<u32>(slot, sum)
    sum += n
  }
  for (let p = items; p < end; p += 8) {
    const item = load<u64>(p)
    const slot = histogram + (usize(item >> low) << 2 & 0x3fc)
    const at = load<u32>(slot)
    store<u32>(slot, at + 1)
    store<u64>(spare + (usize(at) << 3), item)
  }
  memory.copy(items, spare, usize(count) << 3)
  // Each slot now tells where its bucket ends.
  let from: u32 = 0
  for (let slot = histogram; slot < histogram + 1024; slot += 4) {
    const to = load<u32>(slot)
    if (to - from > 1) sortSmall(items + (usize(from) << 3), to - from)
    from = to
  }
}
