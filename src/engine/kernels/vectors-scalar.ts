/** Scalar twins of wasm/vectors.ts and wasm/vector-scan.ts: the oracle of their tests. */

const f = Math.fround

/** Sums of four lanes, as the kernels take them. */
function lanes(length: number, value: (i: number) => number): number {
  const sums = [0, 0, 0, 0]
  for (let i = 0; i < length; i++) sums[i & 3] = f(sums[i & 3] + f(value(i)))
  return f(f(sums[0] + sums[1]) + f(sums[2] + sums[3]))
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below
}

export function prepare(
  raw: Float32Array,
  dimensions: number,
  mean: Float32Array | null,
  rotation: Float32Array | null,
): Int16Array {
  const out = new Int16Array(raw.length)
  for (let from = 0; from < raw.length; from += dimensions) {
    let row = raw.slice(from, from + dimensions)
    if (mean) row = row.map((value, d) => value - mean[d])
    if (rotation) {
      const before = row
      row = row.map((_, r) => lanes(dimensions, (d) => before[d] * rotation[r * dimensions + d]))
    }
    const length = f(Math.sqrt(lanes(dimensions, (d) => row[d] * row[d])))
    const scale = length > 0 ? f(16384 / length) : 0
    row.forEach((value, d) => {
      out[from + d] = Math.max(-32768, Math.min(32767, roundHalfEven(f(value * scale)) || 0))
    })
  }
  return out
}

/** The entry (of `width` values each) with the greatest x · b − ⌊|b|²/2⌋, the lowest of equal ones. */
export function nearest(rows: Int16Array, entries: Int16Array, width: number): Uint32Array {
  const out = new Uint32Array(rows.length / width)
  out.forEach((_, row) => {
    let best = -Infinity
    for (let e = 0; e < entries.length / width; e++) {
      let dot = 0
      let square = 0
      for (let d = 0; d < width; d++) {
        dot += rows[row * width + d] * entries[e * width + d]
        square += entries[e * width + d] ** 2
      }
      const value = dot - Math.floor(square / 2)
      if (value > best) {
        best = value
        out[row] = e
      }
    }
  })
  return out
}

export function residuals(rows: Int16Array, dimensions: number, centroids: Int16Array, lists: Uint32Array): Int16Array {
  return rows.map((value, i) => {
    const centroid = centroids[lists[Math.floor(i / dimensions)] * dimensions + (i % dimensions)]
    return Math.max(-32768, Math.min(32767, value - centroid))
  })
}

/** A byte per part for each row. */
export function encode(rows: Int16Array, codebooks: Int16Array, parts: number, entries: number): Uint8Array {
  const width = codebooks.length / parts / entries
  const count = rows.length / parts / width
  const out = new Uint8Array(count * parts)
  for (let m = 0; m < parts; m++) {
    const part = new Int16Array(count * width)
    for (let row = 0; row < count; row++) {
      const from = (row * parts + m) * width
      part.set(rows.subarray(from, from + width), row * width)
    }
    const book = codebooks.subarray(m * entries * width, (m + 1) * entries * width)
    nearest(part, book, width).forEach((entry, row) => (out[row * parts + m] = entry))
  }
  return out
}

/** What a code stands for: its entries, and the list's centroid where `centroid` is given. */
export function decode(
  code: Uint8Array,
  codebooks: Int16Array,
  entries: number,
  centroid: Int16Array | null,
): Int16Array {
  const width = codebooks.length / code.length / entries
  const out = new Int16Array(code.length * width)
  out.forEach((_, d) => {
    const m = Math.floor(d / width)
    const value = codebooks[(m * entries + code[m]) * width + (d % width)] + (centroid ? centroid[d] : 0)
    out[d] = Math.max(-32768, Math.min(32767, value))
  })
  return out
}

/** 2¹⁵ · 16,384 / the length of a vector, rounded, at most 65,535. */
export function scale(vector: Int16Array): number {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return length > 8192 ? Math.floor(2 ** 29 / length + 0.5) : 65535
}

export function dot(a: Int16Array, b: Int16Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0)
}

/** Distance of a row from its code's values (one per part), table, product and scale. */
export function distance(
  code: Uint8Array,
  values: Int16Array | Uint8Array,
  entries: number,
  shift: number,
  base: number,
  rowScale: number,
): number {
  let sum = 0
  code.forEach((value, m) => (sum += values[m * entries + value]))
  return 2 ** 29 - Number((BigInt(base + sum * 2 ** shift) * BigInt(rowScale)) >> 15n)
}
