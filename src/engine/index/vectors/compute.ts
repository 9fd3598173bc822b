import { CatalogError } from '../../errors.ts'
import type { Book, PartBooks, VectorKernels } from '../../kernels/vectors.ts'
import { Assigner } from './assign.ts'
import { codeBytes, entriesOf } from './options.ts'
import type { EncodedVectors, EncodeTask, Sums, VectorAnswer, VectorTask } from './tasks.ts'
import type { VectorModel, VectorWorker } from './types.ts'

/** A model laid out for a thread's kernels. */
export interface LaidModel {
  model: VectorModel
  centroids: Book
  /** Half the squared length of each centroid, rounded down. */
  half: Int32Array
  parts: PartBooks
}

/** Does tasks with the kernels of this thread. */
export class VectorCompute implements VectorWorker {
  readonly #kernels: VectorKernels
  readonly #rows = new Map<string, Int16Array>()
  #laid: LaidModel | null = null
  #assigner: Assigner | null = null

  constructor(kernels: VectorKernels) {
    this.#kernels = kernels
  }

  async run<T extends VectorTask>(task: T): Promise<VectorAnswer<T>> {
    return this.#answer(task) as VectorAnswer<T>
  }

  /** Frees held rows and the model. */
  dispose(): void {
    this.#rows.clear()
    this.#release()
  }

  #answer(task: VectorTask): VectorAnswer<VectorTask> {
    switch (task.kind) {
      case 'prepare': {
        const rows = this.#kernels.prepare(task.raw, task.dimensions, task.mean, task.rotation)
        this.#rows.set(task.key, rows)
        return { rows: rows.length / task.dimensions }
      }
      case 'rows': {
        const held = this.#held(task.key)
        const rows = new Int16Array(task.rows.length * task.dimensions)
        task.rows.forEach((row, i) => {
          rows.set(held.subarray(row * task.dimensions, (row + 1) * task.dimensions), i * task.dimensions)
        })
        return { rows }
      }
      case 'lists':
        return this.#lists(this.#held(task.key), task.centroids, task.dimensions)
      case 'residuals': {
        const rows = this.#held(task.key)
        const lists = this.#nearest(rows, task.centroids, task.dimensions)
        this.#rows.set(task.key, this.#kernels.residuals(rows, task.dimensions, task.centroids, lists))
        return {}
      }
      case 'codes':
        return this.#codes(this.#held(task.key), task.codebooks, task.parts, task.entries)
      case 'drop':
        this.#rows.delete(task.key)
        return {}
      case 'model':
        this.#release()
        this.#laid = layModel(this.#kernels, task.model)
        this.#assigner = new Assigner(this.#kernels, task.model.centroids, task.model.options.dimensions)
        return {}
      case 'encode':
        return this.#encode(task)
    }
  }

  #held(key: string): Int16Array {
    const rows = this.#rows.get(key)
    if (!rows) throw new CatalogError('usage', `No vectors are held as "${key}".`)
    return rows
  }

  #release(): void {
    if (this.#laid) releaseModel(this.#kernels, this.#laid)
    this.#assigner?.release()
    this.#laid = null
    this.#assigner = null
  }

  #nearest(rows: Int16Array, centroids: Int16Array, dimensions: number): Uint32Array<ArrayBuffer> {
    const assigner = new Assigner(this.#kernels, centroids, dimensions)
    try {
      return assigner.assign(rows)
    } finally {
      assigner.release()
    }
  }

  #lists(rows: Int16Array, centroids: Int16Array, dimensions: number): Sums {
    const lists = this.#nearest(rows, centroids, dimensions)
    const sums = new Float64Array(centroids.length)
    const counts = new Uint32Array(centroids.length / dimensions)
    lists.forEach((list, row) => {
      counts[list]++
      const to = list * dimensions
      const from = row * dimensions
      for (let d = 0; d < dimensions; d++) sums[to + d] += rows[from + d]
    })
    return { sums, counts }
  }

  #codes(rows: Int16Array, codebooks: Int16Array, parts: number, entries: number): Sums {
    const width = codebooks.length / parts / entries
    const laid = this.#kernels.parts(codebooks, parts, entries, width)
    let codes: Uint8Array
    try {
      codes = this.#kernels.encode(rows, laid)
    } finally {
      this.#kernels.releaseParts(laid)
    }
    const sums = new Float64Array(codebooks.length)
    const counts = new Uint32Array(parts * entries)
    for (let i = 0, from = 0; i < codes.length; i++) {
      const entry = (i % parts) * entries + codes[i]
      counts[entry]++
      for (let d = 0, to = entry * width; d < width; d++) sums[to++] += rows[from++]
    }
    return { sums, counts }
  }

  #encode({ raw, exact }: EncodeTask): EncodedVectors {
    if (!this.#laid) throw new CatalogError('usage', 'Vectors cannot be encoded before there is a model.')
    const { model, parts } = this.#laid
    const { options } = model
    const { dimensions } = options
    const rows = this.#kernels.prepare(raw, dimensions, model.mean, model.rotation)
    const lists = this.#assigner!.assign(rows)
    const coded = options.residual ? this.#kernels.residuals(rows, dimensions, model.centroids, lists) : rows
    const bytes = this.#kernels.encode(coded, parts)
    const scales = this.#kernels.scales(bytes, parts, options.residual ? model.centroids : null, lists)
    const codes = options.bits === 8 ? bytes : packNibbles(bytes, options.subvectors, codeBytes(options))
    return { lists, codes, scales, exact: exact ? toBytes(rows, dimensions) : null }
  }
}

export function layModel(kernels: VectorKernels, model: VectorModel): LaidModel {
  const { dimensions, subvectors, lists } = model.options
  const centroids = kernels.book(model.centroids, lists, dimensions)
  const parts = kernels.parts(model.codebooks, subvectors, entriesOf(model.options), dimensions / subvectors)
  return { model, centroids, half: halfSquares(model.centroids, dimensions), parts }
}

function halfSquares(centroids: Int16Array, dimensions: number): Int32Array {
  const half = new Int32Array(centroids.length / dimensions)
  half.forEach((_, list) => {
    let square = 0
    for (let d = list * dimensions; d < (list + 1) * dimensions; d++) square += centroids[d] * centroids[d]
    half[list] = Math.floor(square / 2)
  })
  return half
}

export function releaseModel(kernels: VectorKernels, laid: LaidModel): void {
  kernels.releaseBook(laid.centroids)
  kernels.releaseParts(laid.parts)
}

/** Two parts to a byte, the first in the low half. */
function packNibbles(values: Uint8Array, parts: number, bytes: number): Uint8Array {
  const codes = new Uint8Array((values.length / parts) * bytes)
  for (let i = 0; i < codes.length; i++) codes[i] = values[2 * i] | (values[2 * i + 1] << 4)
  return codes
}

/** Each row scaled so that its greatest value is 127. */
function toBytes(rows: Int16Array, dimensions: number): Int8Array {
  const bytes = new Int8Array(rows.length)
  for (let from = 0; from < rows.length; from += dimensions) {
    let greatest = 1
    for (let d = 0; d < dimensions; d++) greatest = Math.max(greatest, Math.abs(rows[from + d]))
    for (let d = 0; d < dimensions; d++) bytes[from + d] = Math.round((rows[from + d] * 127) / greatest)
  }
  return bytes
}
