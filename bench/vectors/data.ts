import { randomNumbers } from '../synthetic.ts'

export const DIMENSIONS = 384
const WINDOW = 300
const K = 6

export interface VectorSet {
  /** What it is, for reports. */
  name: string
  base: Float32Array
  queries: Float32Array
}

/** 32-bit xorshift: fast, the same on every machine. */
function randomBits(seed: number): () => number {
  let state = Math.imul(seed, 2654435761) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** Canonical 6-mers to a dimension and a sign. */
function kmerTable(): { dimension: Uint16Array; sign: Int8Array } {
  const dimension = new Uint16Array(4 ** K)
  const sign = new Int8Array(4 ** K)
  for (let term = 0; term < 4 ** K; term++) {
    let reverse = 0
    for (let i = 0, rest = term; i < K; i++, rest >>= 2) reverse = (reverse << 2) | (3 - (rest & 3))
    let hash = Math.imul(Math.min(term, reverse) + 1, 0x9e3779b1) >>> 0
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 0
    hash = (hash ^ (hash >>> 13)) >>> 0
    dimension[term] = hash % DIMENSIONS
    sign[term] = (hash >>> 20) & 1 ? 1 : -1
  }
  return { dimension, sign }
}

/** Signed hashing of canonical 6-mers, square roots of counts, to `DIMENSIONS` values; not centred. */
function embed(
  codes: Uint8Array,
  length: number,
  table: ReturnType<typeof kmerTable>,
  counts: Uint8Array,
  out: Float32Array,
): void {
  counts.fill(0)
  let term = 0
  out.fill(0)
  for (let i = 0; i < length; i++) {
    term = ((term << 2) | codes[i]) & (4 ** K - 1)
    if (i >= K - 1) counts[term]++
  }
  for (let t = 0; t < counts.length; t++) {
    if (counts[t] > 0) out[table.dimension[t]] += table.sign[t] * Math.sqrt(counts[t])
  }
}

/**
 * K-mer embeddings of windows of 300 bases of evolved genes: a family's founder is a window of a real gene with 30–60% of
 * its bases substituted, members differ from it by 1–25%; 1 to 200 members, 10 on average. Queries are further members.
 */
export function geneVectors(genes: readonly string[], count: number, queries: number, seed: number): VectorSet {
  const random = randomNumbers(seed)
  const bits = randomBits(seed)
  const table = kmerTable()
  const counts = new Uint8Array(4 ** K)
  const base = new Float32Array(count * DIMENSIONS)
  const asked = new Float32Array(queries * DIMENSIONS)
  const founder = new Uint8Array(WINDOW)
  const member = new Uint8Array(WINDOW)
  const evolve = (from: Uint8Array, rate: number): void => {
    const limit = Math.floor(rate * 0x1000000)
    for (let i = 0; i < WINDOW; i++) {
      const x = bits()
      member[i] = x >>> 8 < limit ? (from[i] + 1 + ((x & 0xff) % 3)) & 3 : from[i]
    }
  }
  let asking = 0
  for (let written = 0; written < count;) {
    const gene = genes[Math.floor(random() * genes.length)]
    const start = Math.floor(random() * (gene.length - WINDOW + 1))
    for (let i = 0; i < WINDOW; i++) founder[i] = 'ACGT'.indexOf(gene[start + i])
    evolve(founder, 0.3 + 0.3 * random())
    founder.set(member)
    const members = Math.min(200, Math.ceil(4.2 / Math.sqrt(random() + 1e-4)))
    for (let i = 0; i < members && written < count; i++, written++) {
      evolve(founder, 0.01 + 0.24 * random())
      embed(member, WINDOW, table, counts, base.subarray(written * DIMENSIONS, (written + 1) * DIMENSIONS))
    }
    while (asking < queries && asking < Math.ceil((written / count) * queries)) {
      evolve(founder, 0.01 + 0.24 * random())
      embed(member, WINDOW, table, counts, asked.subarray(asking * DIMENSIONS, (asking + 1) * DIMENSIONS))
      asking++
    }
  }
  return { name: '6-mer embeddings of windows of evolved genes', base, queries: asked }
}

/**
 * A Gaussian mixture in three levels: 1,000 groups, families of 20 on average, members; groups and families lie in a
 * random subspace of 64 dimensions, members vary in all.
 */
export function mixtureVectors(count: number, queries: number, seed: number): VectorSet {
  const random = randomNumbers(seed)
  const bits = randomBits(seed)
  // A sum of four bytes: near enough to a normal deviate.
  const normal = (): number => {
    const x = bits()
    return ((x & 255) + ((x >>> 8) & 255) + ((x >>> 16) & 255) + (x >>> 24) - 510) / 147.8
  }
  const latent = 64
  const basis = Float32Array.from({ length: latent * DIMENSIONS }, () => normal() / Math.sqrt(latent))
  const draw = (scale: number, out: Float32Array): void => {
    out.fill(0)
    for (let l = 0; l < latent; l++) {
      const z = normal() * scale
      for (let d = 0; d < DIMENSIONS; d++) out[d] += z * basis[l * DIMENSIONS + d]
    }
  }
  const groups = Array.from({ length: 1000 }, () => {
    const group = new Float32Array(DIMENSIONS)
    draw(0.7, group)
    return group
  })
  const base = new Float32Array(count * DIMENSIONS)
  const asked = new Float32Array(queries * DIMENSIONS)
  const family = new Float32Array(DIMENSIONS)
  const member = (group: Float32Array, out: Float32Array, at: number): void => {
    for (let d = 0; d < DIMENSIONS; d++) out[at + d] = group[d] + family[d] + 0.5 * normal()
  }
  let asking = 0
  for (let written = 0; written < count;) {
    const group = groups[Math.floor(random() * groups.length)]
    draw(0.5, family)
    const members = 1 + Math.floor(random() * 39)
    for (let i = 0; i < members && written < count; i++, written++) member(group, base, written * DIMENSIONS)
    while (asking < queries && asking < Math.ceil((written / count) * queries)) {
      member(group, asked, asking++ * DIMENSIONS)
    }
  }
  return { name: 'a Gaussian mixture in three levels', base, queries: asked }
}

/** Takes the mean of `base` off all vectors and makes them 1 long. */
export function centreAndScale({ base, queries }: VectorSet): void {
  const count = base.length / DIMENSIONS
  const mean = new Float64Array(DIMENSIONS)
  for (let from = 0; from < base.length; from += DIMENSIONS) {
    for (let d = 0; d < DIMENSIONS; d++) mean[d] += base[from + d] / count
  }
  for (const vectors of [base, queries]) {
    for (let from = 0; from < vectors.length; from += DIMENSIONS) {
      let square = 0
      for (let d = from; d < from + DIMENSIONS; d++) {
        vectors[d] -= mean[d - from]
        square += vectors[d] * vectors[d]
      }
      const scale = 1 / Math.sqrt(square)
      for (let d = from; d < from + DIMENSIONS; d++) vectors[d] *= scale
    }
  }
}
