/** Rows looked at with one read. */
const WINDOW = 512

/**
 * First of `rows` sorted rows that is not below the wanted key, for keys spread evenly (digests): starts where the key
 * is to be expected (`fraction` of the way) and widens from there, so that few reads do.
 *
 * @param load bytes of rows [from, to)
 * @param compare order of the row at a byte offset of loaded bytes against the key: negative where it is below
 */
export async function lowerBound(
  rows: number,
  fraction: number,
  width: number,
  load: (from: number, to: number) => Promise<Uint8Array>,
  compare: (bytes: Uint8Array, offset: number) => number,
): Promise<number> {
  let low = 0
  let high = rows
  let from = Math.floor(fraction * rows) - WINDOW / 2
  let step = WINDOW
  while (low < high) {
    from = Math.max(low, Math.min(from, high - 1))
    const to = Math.min(high, from + WINDOW)
    const bytes = await load(from, to)
    let first = 0
    let last = to - from
    while (first < last) {
      const middle = (first + last) >> 1
      if (compare(bytes, middle * width) < 0) first = middle + 1
      else last = middle
    }
    if (first === 0 && from > low) {
      high = from
      from -= step
    } else if (first === to - from && to < high) {
      low = to
      from = to + step - WINDOW
    } else return from + first
    step *= 2
  }
  return low
}
