/** What a query adds to the distance of each value of each part. */
export interface ScanTable {
  readonly bits: 8 | 4
  /** parts × 256 values of i16, or parts × 16 of u8. */
  readonly values: Int16Array | Uint8Array
  readonly shift: number
  /** To be added to the base of every product. */
  readonly offset: number
}

/** `count` entries of `width` values in the layout of wasm/vectors.ts. */
export function layBook(entries: Int16Array, count: number, width: number): { laid: Int16Array; bias: Int32Array } {
  const groups = Math.ceil(count / 8)
  const laid = new Int16Array(groups * 8 * width)
  const bias = new Int32Array(groups * 8).fill(-(2 ** 30))
  for (let e = 0; e < count; e++) {
    const lane = (e >> 3) * 8 * width + (e & 7) * 2
    let square = 0
    for (let d = 0; d < width; d++) {
      const value = entries[e * width + d]
      laid[lane + (d >> 1) * 16 + (d & 1)] = value
      square += value * value
    }
    bias[e] = -Math.floor(square / 2)
  }
  return { laid, bias }
}

/** Twice each product, rounded to 16 bits by the smallest shift that holds the greatest. */
export function wordTable(dots: Int32Array): ScanTable {
  let greatest = 0
  for (let i = 0; i < dots.length; i++) greatest = Math.max(greatest, Math.abs(dots[i]))
  let shift = 0
  while (rounded(2 * greatest, shift) > 32767) shift++
  const values = new Int16Array(dots.length)
  for (let i = 0; i < dots.length; i++) values[i] = rounded(2 * dots[i], shift)
  return { bits: 8, values, shift, offset: 0 }
}

/** Twice each product above its part's least, in 7 bits. */
export function byteTable(dots: Int32Array, parts: number): ScanTable {
  const values = new Uint8Array(parts * 16)
  let offset = 0
  let widest = 0
  const least = new Float64Array(parts)
  for (let m = 0; m < parts; m++) {
    const part = dots.subarray(m * 16, m * 16 + 16)
    least[m] = 2 * part.reduce((a, b) => Math.min(a, b))
    widest = Math.max(widest, 2 * part.reduce((a, b) => Math.max(a, b)) - least[m])
    offset += least[m]
  }
  let shift = 0
  while (rounded(widest, shift) > 127) shift++
  for (let i = 0; i < values.length; i++) values[i] = rounded(2 * dots[i] - least[i >> 4], shift)
  return { bits: 4, values, shift, offset }
}

/** value / 2^shift to the nearest whole number, halves up. */
function rounded(value: number, shift: number): number {
  return Math.floor(value / (1 << shift) + 0.5)
}
