import type { ByteRange } from '../../source/plan.ts'
import type { ScanTable } from '../../kernels/vector-tables.ts'
import type { VectorKernels } from '../../kernels/vectors.ts'
import type { LaidModel } from './compute.ts'
import { UNIT } from './types.ts'
import type { Candidates, PreparedQuery, RawVectors, VectorFiles } from './types.ts'

/** A query and the lists it reads; `nprobe` instead of the model's is for tests and benchmarks. */
export function prepareQuery(
  kernels: VectorKernels,
  laid: LaidModel,
  raw: RawVectors,
  nprobe = laid.model.options.nprobe,
): PreparedQuery {
  const { model, centroids, half } = laid
  const vector = kernels.prepare(raw, model.options.dimensions, model.mean, model.rotation)
  const dots = kernels.dots(vector, centroids)
  const nearness = new Int32Array(dots.length)
  for (let list = 0; list < dots.length; list++) nearness[list] = dots[list] - half[list]
  const lists = greatest(nearness, Math.min(nprobe, dots.length))
  return { vector, lists, products: Int32Array.from(lists, (list) => dots[list]) }
}

/** Indices of the `count` greatest values, greatest first; of equal ones the lower first. */
function greatest(values: Int32Array, count: number): Uint32Array<ArrayBuffer> {
  const least = values.slice().sort()[values.length - count]
  const above: number[] = []
  const equal: number[] = []
  for (let i = 0; i < values.length; i++) {
    if (values[i] > least) above.push(i)
    else if (values[i] === least) equal.push(i)
  }
  above.sort((a, b) => values[b] - values[a] || a - b)
  return Uint32Array.from(above.concat(equal.slice(0, count - above.length)))
}

/** Byte range of each list within the lists file. `first` is the directory. */
export function listRanges(files: VectorFiles, first: Uint32Array, lists: Uint32Array): ByteRange[] {
  return Array.from(lists, (list) => ({
    start: files.rowOffset + first[list] * files.rowBytes,
    end: files.rowOffset + first[list + 1] * files.rowBytes,
  }))
}

/** Collects the candidates of one query over lists given one by one, in any order. */
export class CandidateScan {
  readonly #kernels: VectorKernels
  readonly #query: PreparedQuery
  readonly #residual: boolean
  readonly #count: number
  readonly #table: ScanTable
  #positions = new Uint32Array(1024)
  #distances = new Int32Array(1024)
  #rows = new Uint32Array(1024)
  #held = 0
  #limit = 2 ** 31 - 1

  constructor(kernels: VectorKernels, laid: LaidModel, query: PreparedQuery, count: number) {
    this.#kernels = kernels
    this.#query = query
    this.#residual = laid.model.options.residual
    this.#count = count
    this.#table = kernels.table(query.vector, laid.parts)
  }

  /** Rows of list `query.lists[probe]`, the first of which has number `first` in its file. */
  add(
    probe: number,
    rows: Uint8Array,
    rowBytes: number,
    first: number,
    accepts?: (positions: Uint32Array) => Uint8Array,
  ): void {
    if (rows.length === 0) return
    const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
    let accepted: Uint8Array | null = null
    if (accepts) {
      const count = rows.length / rowBytes
      const positions = Uint32Array.from({ length: count }, (_, row) => view.getUint32(row * rowBytes, true))
      accepted = accepts(positions)
      if (!accepted.includes(1)) return
    }
    const product = this.#residual ? 2 * this.#query.products[probe] : 0
    const found = this.#kernels.scan(rows, rowBytes, this.#table, product, this.#limit)
    for (let i = 0; i < found.rows.length; i++) {
      const row = found.rows[i]
      if (accepted && accepted[row] === 0) continue
      if (this.#held === this.#positions.length) this.#grow()
      this.#positions[this.#held] = view.getUint32(row * rowBytes, true)
      this.#distances[this.#held] = found.distances[i]
      this.#rows[this.#held++] = first + row
    }
    if (this.#held > Math.max(256, 2 * this.#count)) this.#cut()
  }

  /** The nearest `count` and all that tie with the last of them. */
  finish(): Candidates {
    this.#cut()
    const order = Uint32Array.from({ length: this.#held }, (_, i) => i)
    order.sort((a, b) => this.#distances[a] - this.#distances[b] || this.#positions[a] - this.#positions[b])
    return {
      positions: Uint32Array.from(order, (i) => this.#positions[i]),
      distances: Int32Array.from(order, (i) => this.#distances[i]),
      rows: Uint32Array.from(order, (i) => this.#rows[i]),
    }
  }

  #cut(): void {
    if (this.#held <= this.#count) return
    if (this.#count <= 0) {
      this.#held = 0
      return
    }
    this.#limit = this.#distances.slice(0, this.#held).sort()[this.#count - 1]
    let kept = 0
    for (let i = 0; i < this.#held; i++) {
      if (this.#distances[i] > this.#limit) continue
      this.#positions[kept] = this.#positions[i]
      this.#distances[kept] = this.#distances[i]
      this.#rows[kept++] = this.#rows[i]
    }
    this.#held = kept
  }

  #grow(): void {
    const room = this.#held * 2
    const larger = <T extends Uint32Array | Int32Array>(values: T, wider: T): T => {
      wider.set(values)
      return wider
    }
    this.#positions = larger(this.#positions, new Uint32Array(room))
    this.#distances = larger(this.#distances, new Int32Array(room))
    this.#rows = larger(this.#rows, new Uint32Array(room))
  }
}

/** Squared distances of prepared vectors (count × dimensions) from a query. */
export function exactDistances(
  kernels: VectorKernels,
  query: PreparedQuery,
  prepared: Int16Array,
): Int32Array<ArrayBuffer> {
  const dots = kernels.dotRows(query.vector, prepared)
  for (let i = 0; i < dots.length; i++) dots[i] = 2 * UNIT * UNIT - 2 * dots[i]
  return dots
}
