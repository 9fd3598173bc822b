import { CatalogError, throwIfAborted } from '../../errors.ts'
import type { Catalog } from '../../format/types.ts'
import type { EmbedKernels } from '../../kernels/embed-types.ts'
import type { ReadOptions } from '../../source/types.ts'
import { windowCount, windowEnds, windowStarts } from '../embedding/windows.ts'
import type { EmbeddedVectorParameters, EmbeddingModel } from '../embedding/types.ts'
import type { VectorIndexReader } from '../vectors/types.ts'
import { MOST_LOOKED_UP, sampledWindows, similarity, type RecordVectors } from './likeness.ts'
import type { RankedRecords } from './records.ts'
import type { NearestOptions, Neighbour } from './types.ts'

/** Residues embedded at a time. */
const PIECE = 1 << 16
/** Bytes of vectors that are kept. */
const CACHE = 64 << 20
/** Windows that each window of a record finds, and records compared in full, per neighbour asked for and at least. */
const WINDOWS_PER_NEIGHBOUR = 8
const LEAST_WINDOWS = 64
const RECORDS_PER_NEIGHBOUR = 4
const LEAST_RECORDS = 16

/** What a space is made of; `openVectorSpace` (open.ts) reads it from a catalog. */
export interface SpaceParts {
  catalog: Catalog
  records: RankedRecords
  parameters: EmbeddedVectorParameters
  model: EmbeddingModel
  /** One per segment. */
  indexes: readonly VectorIndexReader[]
  kernels: EmbedKernels
}

/** All records of a catalog with vectors, by rank: likeness and neighbours of records. */
export class VectorSpace {
  readonly records: RankedRecords
  readonly parts: SpaceParts
  readonly #cache = new Map<number, Float32Array>()
  #cached = 0

  constructor(parts: SpaceParts) {
    this.parts = parts
    this.records = parts.records
  }

  get dimensions(): number {
    return this.parts.model.description.dimensions
  }

  async vectorsOf(rank: number, options?: ReadOptions): Promise<RecordVectors> {
    const count = windowCount(this.records.lengths[rank], this.parts.model.description)
    if (count <= MOST_LOOKED_UP) {
      const all = await this.#allOf(rank, options)
      return { count, sample: all, blocks: () => [all] }
    }
    const { dimensions } = this
    const sample = new Float32Array(MOST_LOOKED_UP * dimensions)
    const wanted = sampledWindows(count)
    let [window, next] = [0, 0]
    for await (const block of this.#blocksOf(rank, options)) {
      const end = window + block.length / dimensions
      for (; next < wanted.length && wanted[next] < end; next++) {
        const from = (wanted[next] - window) * dimensions
        sample.set(block.subarray(from, from + dimensions), next * dimensions)
      }
      window = end
    }
    return { count, sample, blocks: () => this.#blocksOf(rank, options) }
  }

  async #allOf(rank: number, options?: ReadOptions): Promise<Float32Array> {
    const known = this.#cache.get(rank)
    if (known) {
      this.#cache.delete(rank)
      this.#cache.set(rank, known)
      return known
    }
    const blocks: Float32Array[] = []
    for await (const block of this.#blocksOf(rank, options)) blocks.push(block)
    const vectors = blocks.length === 1 ? blocks[0] : joined(blocks)
    this.#cache.set(rank, vectors)
    this.#cached += vectors.byteLength
    for (const [oldest, old] of this.#cache) {
      if (this.#cached <= CACHE || oldest === rank) break
      this.#cache.delete(oldest)
      this.#cached -= old.byteLength
    }
    return vectors
  }

  async *#blocksOf(rank: number, options?: ReadOptions): AsyncGenerator<Float32Array> {
    const { model, catalog } = this.parts
    const length = this.records.lengths[rank]
    const segment = catalog.segments[this.records.segments[rank]]
    const first = this.records.positions[rank]
    const { window } = model.description
    for (let from = 0; from < length; from += PIECE - window + 1) {
      throwIfAborted(options?.signal)
      const to = Math.min(length, from + PIECE)
      const own = windowStarts(length, model.description, from, to)
      if (own.length > 0) {
        const { codes } = await segment.window(first + from, first + to, options)
        const ends = windowEnds(own, length, model.description)
        const within = (place: number): number => place - from
        yield await model.embed(codes.subarray(0, to - from), own.map(within), ends.map(within))
      }
      if (to === length) return
    }
  }

  /**
   * The `k` records most similar to one of this space or another (`source`), best first, ties by id. Candidates are the
   * records of the windows that the index finds near its windows (by codes); those that most of them point to are compared
   * in full.
   */
  async nearest(query: RecordVectors, k: number, options: NearestOptions = {}): Promise<Neighbour[]> {
    const { dimensions, kernels } = { dimensions: this.dimensions, kernels: this.parts.kernels }
    const candidates = await this.#candidates(query, k, options)
    const neighbours: Neighbour[] = []
    for (const rank of candidates) {
      const other = await this.vectorsOf(rank, options)
      neighbours.push({ rank, similarity: await similarity(query, other, dimensions, kernels) })
    }
    return neighbours.sort(bySimilarity).slice(0, k)
  }

  async #candidates(query: RecordVectors, k: number, options: NearestOptions): Promise<number[]> {
    const { dimensions } = this
    const wanted = Math.max(LEAST_WINDOWS, k * WINDOWS_PER_NEIGHBOUR)
    const scores = new Map<number, number>()
    for (let at = 0; at < query.sample.length; at += dimensions) {
      throwIfAborted(options.signal)
      const vector = query.sample.subarray(at, at + dimensions)
      if (vector.every((value) => value === 0)) continue
      for (const [rank, distance] of await this.#nearestWindows(vector, wanted, options)) {
        // Far windows add nothing, near ones up to 2: whole numbers, so that their order does not matter.
        scores.set(rank, (scores.get(rank) ?? 0) + Math.max(0, FAR - distance))
      }
    }
    const most = Math.max(LEAST_RECORDS, k * RECORDS_PER_NEIGHBOUR)
    const ranked = Array.from(scores).sort((a, b) => b[1] - a[1] || a[0] - b[0])
    return ranked.slice(0, most).map(([rank]) => rank)
  }

  /** Smallest distance of each record, over the `wanted` windows nearest by their codes and all that tie with the last. */
  async #nearestWindows(vector: Float32Array, wanted: number, options: NearestOptions): Promise<Map<number, number>> {
    const { exclude } = options
    const asked =
      wanted + (exclude === undefined ? 0 : windowCount(this.records.lengths[exclude], this.parts.model.description))
    const found: { rank: number; start: number; distance: number }[] = []
    const prepared = this.parts.indexes[0].prepare(vector)
    for (const [segment, index] of this.parts.indexes.entries()) {
      const { positions, distances } = await index.candidates(prepared, asked, {
        signal: options.signal,
        accepts: options.accepts && this.#acceptsPositions(segment, options.accepts),
      })
      const { ranks, starts } = this.records.locate(segment, positions)
      distances.forEach((distance, i) => {
        if (ranks[i] !== exclude) found.push({ rank: ranks[i], start: starts[i], distance })
      })
    }
    found.sort((a, b) => a.distance - b.distance || a.rank - b.rank || a.start - b.start)
    const nearest = new Map<number, number>()
    let [count, last] = [0, -1]
    for (const [i, { rank, start, distance }] of found.entries()) {
      // The same record in two segments.
      if (i > 0 && found[i - 1].rank === rank && found[i - 1].start === start) continue
      if (count++ >= wanted && distance > last) break
      last = distance
      if (!nearest.has(rank)) nearest.set(rank, distance)
    }
    return nearest
  }

  #acceptsPositions(segment: number, accepts: (rank: number) => boolean): (positions: Uint32Array) => Uint8Array {
    return (positions) => {
      const { ranks } = this.records.locate(segment, positions)
      return Uint8Array.from(ranks, (rank) => (accepts(rank) ? 1 : 0))
    }
  }
}

/** Distance of vectors at a right angle: 2 · UNIT². */
const FAR = 2 * 16384 * 16384

export function bySimilarity(a: Neighbour, b: Neighbour): number {
  return b.similarity - a.similarity || a.rank - b.rank
}

/** @throws `usage` where vectors of two catalogs cannot be compared. */
export function checkComparable(a: VectorSpace, b: VectorSpace): void {
  const [one, other] = [a.parts.model.description, b.parts.model.description]
  if (one.name === other.name && one.version === other.version) return
  throw new CatalogError(
    'usage',
    `The vectors of the two catalogs are of different models (${one.name} ${one.version}, ${other.name} ${other.version}): ` +
      'build both with the same.',
  )
}

function joined(blocks: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(blocks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const block of blocks) {
    all.set(block, at)
    at += block.length
  }
  return all
}
