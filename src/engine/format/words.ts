/** Little-endian 32-bit words, copied so that they are aligned. */
export function wordsOf(bytes: Uint8Array): Uint32Array<ArrayBuffer> {
  return new Uint32Array(new Uint8Array(bytes).buffer)
}

export function longsOf(bytes: Uint8Array): BigUint64Array<ArrayBuffer> {
  return new BigUint64Array(new Uint8Array(bytes).buffer)
}

/** Index of the last element that is at most `value` in ascending `starts`, whose first element is. */
export function lastAtMost(starts: ArrayLike<number>, value: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle] <= value) low = middle
    else high = middle - 1
  }
  return low
}

/** Order of bytes as numbers; a beginning comes before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i]
  return a.length - b.length
}
