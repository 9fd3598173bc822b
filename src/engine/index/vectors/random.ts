/** mulberry32: numbers in [0, 1), the same on every host. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** 0 … count − 1 in an order that `seed` gives (Fisher and Yates). */
export function shuffled(count: number, seed: number): Uint32Array {
  const random = randomNumbers(seed)
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const held = order[i]
    order[i] = order[j]
    order[j] = held
  }
  return order
}

/**
 * A random orthogonal matrix (rows × columns = dimensions²), row by row: sums of 12 uniform numbers, made orthonormal by the
 * modified process of Gram and Schmidt in double precision. Only +, −, ×, ÷ and √, so it is the same on every host.
 */
export function randomRotation(dimensions: number, seed: number): Float32Array {
  const random = randomNumbers(seed ^ 0x5bd1e995)
  const rows: Float64Array[] = []
  while (rows.length < dimensions) {
    const row = new Float64Array(dimensions)
    for (let d = 0; d < dimensions; d++) {
      for (let i = 0; i < 12; i++) row[d] += random()
      row[d] -= 6
    }
    // Twice, so that rounding leaves nothing of the rows before.
    for (let pass = 0; pass < 2; pass++) {
      for (const other of rows) {
        let dot = 0
        for (let d = 0; d < dimensions; d++) dot += row[d] * other[d]
        for (let d = 0; d < dimensions; d++) row[d] -= dot * other[d]
      }
    }
    let square = 0
    for (let d = 0; d < dimensions; d++) square += row[d] * row[d]
    if (square < 1e-6) continue
    const length = Math.sqrt(square)
    rows.push(row.map((value) => value / length))
  }
  const matrix = new Float32Array(dimensions * dimensions)
  rows.forEach((row, r) => matrix.set(row, r * dimensions))
  return matrix
}
