import type { Book, GroupedBook, VectorKernels } from '../../kernels/vectors.ts'
import { nextCentroids } from './means.ts'
import { shuffled } from './random.ts'

/** Lists from which on vectors are assigned in two levels. */
export const TWO_LEVELS_FROM = 4096
/** Rounds of k-means over the centroids. */
const ROUNDS = 6

/**
 * Assigns prepared vectors to centroids. With many of these only the lists of the nearest groups are compared: some vectors
 * then go to a list that is not quite the nearest. Which one depends on the centroids alone.
 */
export class Assigner {
  readonly #kernels: VectorKernels
  readonly #flat: Book | null = null
  readonly #grouped: GroupedBook | null = null
  readonly #probes: number = 0

  constructor(kernels: VectorKernels, centroids: Int16Array, dimensions: number) {
    this.#kernels = kernels
    const lists = centroids.length / dimensions
    if (lists < TWO_LEVELS_FROM) {
      this.#flat = kernels.book(centroids, lists, dimensions)
      return
    }
    const count = Math.ceil(Math.sqrt(lists) / 8) * 8
    this.#probes = Math.max(4, count / 8)
    const { centres, groups } = groupCentroids(kernels, centroids, dimensions, count)
    this.#grouped = kernels.groupedBook(centroids, dimensions, centres, groups)
  }

  /** The list of each row. */
  assign(rows: Int16Array): Uint32Array<ArrayBuffer> {
    if (this.#flat) return this.#kernels.nearest(rows, this.#flat)
    return this.#kernels.nearestGrouped(rows, this.#grouped!, this.#probes)
  }

  release(): void {
    if (this.#flat) this.#kernels.releaseBook(this.#flat)
    if (this.#grouped) this.#kernels.releaseGrouped(this.#grouped)
  }
}

/** k-means of centroids. */
function groupCentroids(
  kernels: VectorKernels,
  centroids: Int16Array,
  dimensions: number,
  count: number,
): { centres: Int16Array; groups: Uint32Array } {
  const lists = centroids.length / dimensions
  let centres: Int16Array = new Int16Array(count * dimensions)
  shuffled(lists, 1)
    .subarray(0, count)
    .forEach((list, i) => {
      centres.set(centroids.subarray(list * dimensions, (list + 1) * dimensions), i * dimensions)
    })
  const nearest = (): Uint32Array => {
    const book = kernels.book(centres, count, dimensions)
    try {
      return kernels.nearest(centroids, book)
    } finally {
      kernels.releaseBook(book)
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    const sums = new Float64Array(centres.length)
    const counts = new Uint32Array(count)
    nearest().forEach((centre, list) => {
      counts[centre]++
      for (let d = 0; d < dimensions; d++) sums[centre * dimensions + d] += centroids[list * dimensions + d]
    })
    centres = nextCentroids(centres, { sums, counts }, dimensions)
  }
  return { centres, groups: nearest() }
}
