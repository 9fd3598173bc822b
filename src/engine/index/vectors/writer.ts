import { CatalogError } from '../../errors.ts'
import { writeArrow } from '../../format/build/write-arrow.ts'
import type { Written } from '../../format/types.ts'
import type { FileSink, Scratch } from '../../source/types.ts'
import { ROW_HEAD, rowBytes } from './options.ts'
import { RowRuns } from './runs.ts'
import type { EncodedVectors } from './tasks.ts'
import type { RawVectors, VectorFiles, VectorModel, VectorWorker, VectorWriter } from './types.ts'

/** Vectors that a worker encodes at a time. */
const BATCH = 4096
/** Batches given to each worker at a time: one to work on, one to go on with. */
const AHEAD = 2

export interface VectorWriterOptions {
  sink: FileSink
  scratch: Scratch
  /** Prepared vectors are kept in 8 bits too. */
  exact?: boolean
  /** Bytes of rows sorted in memory at a time; default 64 MiB. */
  sortMemory?: number
}

/**
 * Writes the vector index of a segment. Workers encode batches as they become free; rows are sorted by (list, position), so
 * the files are the same for any number of workers and any order of `add`.
 */
export class VectorIndexWriter implements VectorWriter<Written<VectorFiles>> {
  readonly #sink: FileSink
  readonly #model: VectorModel
  readonly #workers: readonly VectorWorker[]
  readonly #exact: boolean
  readonly #runs: RowRuns
  readonly #ready: Promise<unknown>
  readonly #busy: Set<Promise<void>>[]
  #raw: Float32Array<ArrayBuffer>
  #positions = new Uint32Array(BATCH)
  #held = 0
  #failure: { error: unknown } | null = null

  constructor(model: VectorModel, workers: readonly VectorWorker[], options: VectorWriterOptions) {
    this.#sink = options.sink
    this.#model = model
    this.#workers = workers
    this.#exact = options.exact ?? false
    const { lists, dimensions } = model.options
    const exactBytes = this.#exact ? dimensions : 0
    this.#runs = new RowRuns(
      options.scratch,
      lists,
      rowBytes(model.options),
      exactBytes,
      options.sortMemory ?? 64 << 20,
    )
    this.#raw = new Float32Array(BATCH * dimensions)
    this.#busy = workers.map(() => new Set())
    this.#ready = Promise.all(workers.map((worker) => worker.run({ kind: 'model', model })))
    this.#ready.catch(() => undefined)
  }

  async add(vectors: RawVectors, positions: Uint32Array): Promise<void> {
    const { dimensions } = this.#model.options
    if (vectors.length !== positions.length * dimensions) {
      throw new CatalogError(
        'usage',
        `${positions.length} vectors of ${dimensions} values were announced; others came.`,
      )
    }
    for (let from = 0; from < positions.length;) {
      const count = Math.min(positions.length - from, BATCH - this.#held)
      this.#raw.set(vectors.subarray(from * dimensions, (from + count) * dimensions), this.#held * dimensions)
      this.#positions.set(positions.subarray(from, from + count), this.#held)
      this.#held += count
      from += count
      if (this.#held === BATCH) await this.#send()
    }
  }

  async write(): Promise<Written<VectorFiles>> {
    await this.#send()
    await Promise.all(this.#busy.flatMap((calls) => [...calls]))
    this.#check()
    const sink = this.#sink
    const { lists, dimensions } = this.#model.options
    const width = rowBytes(this.#model.options)
    const count = this.#runs.rows
    const first = this.#runs.finish()
    const directory = await writeArrow(sink, 'vector-directory.arrow', [{ name: 'first', type: 'uint32' }], lists + 1, [
      [new Uint8Array(first.buffer)],
    ], { 'genomic-catalog': 'vector-directory' }) // prettier-ignore
    const rows = await writeArrow(sink, 'vector-lists.arrow', [{ name: 'row', type: { fixed: width } }], count, [
      this.#runs.read('rows'),
    ], { 'genomic-catalog': 'vector-lists' }) // prettier-ignore
    const exact = this.#exact
      ? await writeArrow(sink, 'vectors.arrow', [{ name: 'vector', type: { fixed: dimensions } }], count, [
          this.#runs.read('exact'),
        ], { 'genomic-catalog': 'vectors' }) // prettier-ignore
      : null
    return {
      vectors: count,
      directory: fileOf(directory),
      directoryOffset: directory.columnOffsets[0],
      lists: fileOf(rows),
      rowOffset: rows.columnOffsets[0],
      rowBytes: width,
      exact: exact && { ...fileOf(exact), rowOffset: exact.columnOffsets[0] },
    }
  }

  async remove(): Promise<void> {
    await Promise.allSettled(this.#busy.flatMap((calls) => [...calls]))
    await this.#runs.remove()
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error
  }

  /** Gives what is held to the worker that has least to do, once one has room. */
  async #send(): Promise<void> {
    await this.#ready
    this.#check()
    if (this.#held === 0) return
    const { dimensions } = this.#model.options
    while (this.#busy.every((calls) => calls.size >= AHEAD)) {
      await Promise.race(this.#busy.flatMap((calls) => [...calls]))
      this.#check()
    }
    const least = this.#busy.reduce((best, calls, i) => (calls.size < this.#busy[best].size ? i : best), 0)
    const raw = this.#held === BATCH ? this.#raw : this.#raw.slice(0, this.#held * dimensions)
    const positions = this.#positions.slice(0, this.#held)
    this.#raw = new Float32Array(BATCH * dimensions)
    this.#held = 0
    const calls = this.#busy[least]
    const call = this.#encode(this.#workers[least], raw, positions)
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => calls.delete(call))
    calls.add(call)
  }

  async #encode(worker: VectorWorker, raw: Float32Array, positions: Uint32Array): Promise<void> {
    const encoded = await worker.run({ kind: 'encode', raw, exact: this.#exact })
    await this.#runs.add(encoded.lists, rowsOf(encoded, positions, rowBytes(this.#model.options)), encoded.exact)
  }
}

/** Rows of the lists file: position, scale, code. */
function rowsOf({ codes, scales }: EncodedVectors, positions: Uint32Array, width: number): Uint8Array {
  const rows = new Uint8Array(positions.length * width)
  const view = new DataView(rows.buffer)
  const code = width - ROW_HEAD
  positions.forEach((position, i) => {
    view.setUint32(i * width, position, true)
    view.setUint16(i * width + 4, scales[i], true)
    rows.set(codes.subarray(i * code, (i + 1) * code), i * width + ROW_HEAD)
  })
  return rows
}

function fileOf<F extends { path: string; bytes: number; sha256: string; checksums: BigUint64Array }>(file: F) {
  const { path, bytes, sha256, checksums } = file
  return { path, bytes, sha256, checksums }
}
