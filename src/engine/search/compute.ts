import { CatalogError } from '../errors.ts'
import { readChunk } from '../format/chunk.ts'
import type { Chunk } from '../format/types.ts'
import type { Kernels, SequenceBatch } from '../kernels/types.ts'
import { codonTable } from '../sequence/genetic-codes.ts'
import type { FileStore } from '../source/types.ts'
import { alignPair } from './align.ts'
import { frameCodes, longestSpan, makeContexts, subjectFrames, translatesSubject, type Context } from './contexts.ts'
import { PassTable } from './pass-table.ts'
import { resolveScoring, type Scoring } from './scoring.ts'
import type { AlignAnswer, Batch, Pairs, Part, ScanAnswer } from './tasks.ts'
import type { Hsp } from './types.ts'
import { cutWindows, partOfWindows, type Strip, type Windows } from './windows.ts'
import type { ComputeWorker } from './worker-types.ts'

/** What a host gives its compute workers. */
export interface ComputeHost {
  openStore(location: string): FileStore
  /** Lets the worker's other messages in: a macrotask, without delay. */
  pause(): Promise<void>
  /** Milliseconds from a monotonic clock: sizes the slices, never the results. */
  now(): number
}

/** A batch made ready on this worker. */
export interface PreparedBatch {
  scoring: Scoring
  /** Contexts per query of the batch. */
  contexts: Context[][]
  frames: number[]
  table: Uint8Array | null
  /** Overlap that windows of long subjects need. */
  overlap: number
}

/** The subjects of a chunk on every frame that is compared. */
export interface Subjects {
  windows: Windows
  strips: Strip[]
  frames: number[]
}

/** Longest time between two looks at the other messages, in milliseconds. */
const SLICE = 40
const CHUNK_CACHE_BYTES = 256 << 20
const KEPT_BATCHES = 2

/** The worker's side of a search: reads chunks, scores and aligns. One per thread; all state is a cache. */
export class EngineComputeWorker implements ComputeWorker {
  readonly #kernels: Kernels
  readonly #host: ComputeHost
  readonly #cancelled = new Set<number>()
  readonly #batches = new Map<string, PreparedBatch>()
  readonly #chunks = new Map<string, SequenceBatch>()
  readonly #stores = new Map<string, FileStore>()
  #chunkBytes = 0
  #cellsPerSlice = 20_000_000

  constructor(kernels: Kernels, host: ComputeHost) {
    this.#kernels = kernels
    this.#host = host
  }

  async scan(
    job: number,
    chunk: Chunk,
    part: Part,
    batch: Batch,
    onCells?: (cells: number) => void,
  ): Promise<ScanAnswer> {
    this.#check(job)
    const prepared = this.#prepare(job, batch)
    const { records, bytesRead } = await this.#load(chunk, batch.location)
    this.#check(job)
    const windows = partOfWindows(this.#subjects(records, null, prepared).windows, part)
    const contexts = prepared.contexts.flat()
    const scores = await this.#score(job, contexts, windows, prepared, onCells)
    const passes = new PassTable(chunk.lengths, batch.options.evalue)
    const query: number[] = []
    const record: number[] = []
    const evalue: number[] = []
    const score: number[] = []
    const excludedRecord = new Int32Array(batch.queries.length).fill(-1)
    const excludedScore = new Int32Array(batch.queries.length)
    const excludedEvalue = new Float64Array(batch.queries.length)
    const count = windows.lengths.length
    let profile = 0
    prepared.contexts.forEach((queryContexts, q) => {
      let excludedContext: Context | null = null
      passes.reset(queryContexts)
      for (let r = 0; r < chunk.lengths.length; r++) {
        let bestEvalue = Infinity
        let bestScore = 0
        for (let c = 0; c < queryContexts.length; c++) {
          let kernelScore = 0
          const row = (profile + c) * count
          for (let w = windows.recordStarts[r]; w < windows.recordStarts[r + 1]; w++) {
            if (scores[row + w] > kernelScore) kernelScore = scores[row + w]
          }
          const raw = prepared.scoring.rawScore(kernelScore)
          if (raw <= 0) continue
          const e = passes.evalue(c, r, raw)
          if (e >= 0) {
            if (e < bestEvalue || (e === bestEvalue && raw > bestScore)) {
              bestEvalue = e
              bestScore = raw
            }
          } else if (raw > excludedScore[q]) {
            excludedScore[q] = raw
            excludedRecord[q] = r
            excludedContext = queryContexts[c]
          }
        }
        if (bestEvalue < Infinity) {
          query.push(q)
          record.push(chunk.firstRecord + r)
          evalue.push(bestEvalue)
          score.push(bestScore)
        }
      }
      if (excludedContext !== null) {
        const context: Context = excludedContext
        excludedEvalue[q] = context.statistics.evalue(excludedScore[q], chunk.lengths[excludedRecord[q]])
        excludedRecord[q] += chunk.firstRecord
      }
      profile += queryContexts.length
    })
    return {
      query: Uint32Array.from(query),
      record: Uint32Array.from(record),
      evalue: Float64Array.from(evalue),
      score: Int32Array.from(score),
      excludedRecord,
      excludedScore,
      excludedEvalue,
      bytesRead,
    }
  }

  async align(job: number, chunk: Chunk, batch: Batch, pairs: Pairs): Promise<AlignAnswer> {
    this.#check(job)
    const prepared = this.#prepare(job, batch)
    const { records, bytesRead } = await this.#load(chunk, batch.location)
    const hsps: Hsp[][] = Array.from({ length: pairs.query.length }, () => [])
    for (const [q, indices] of groupBy(pairs.query)) {
      const contexts = prepared.contexts[q]
      const chosen = indices.map((i) => pairs.record[i] - chunk.firstRecord)
      const subjects = this.#subjects(records, chosen, prepared)
      const exact = batch.options.mode === 'exact'
      const scores = exact ? null : await this.#score(job, contexts, subjects.windows, prepared)
      for (let i = 0; i < indices.length; i++) {
        const work = alignPair({
          kernels: this.#kernels,
          prepared,
          contexts,
          subjects,
          scores,
          index: i,
          queryLength: batch.queries[q].codes.length,
          subjectLength: chunk.lengths[chosen[i]],
          options: batch.options,
        })
        hsps[indices[i]] = await this.#drive(job, work)
      }
    }
    return { hsps, bytesRead }
  }

  async cancel(job: number): Promise<void> {
    this.#cancelled.add(job)
  }

  #check(job: number): void {
    if (this.#cancelled.has(job)) throw new CatalogError('aborted', 'The search was cancelled.')
  }

  #prepare(job: number, batch: Batch): PreparedBatch {
    const key = `${job}.${batch.id}`
    const known = this.#batches.get(key)
    if (known !== undefined) return known
    const { options } = batch
    const scoring = resolveScoring(options)
    const database = { residues: batch.databaseResidues, entries: batch.databaseEntries }
    const contexts = batch.queries.map((query) => makeContexts(this.#kernels, scoring, options, query.codes, database))
    let overlap = 1
    for (const context of contexts.flat()) {
      overlap = Math.max(overlap, longestSpan(context.profile, scoring.gaps))
    }
    const prepared: PreparedBatch = {
      scoring,
      contexts,
      frames: subjectFrames(options.program),
      table: translatesSubject(options.program) ? codonTable(options.dbGencode) : null,
      overlap,
    }
    if (this.#batches.size >= KEPT_BATCHES) this.#batches.delete(this.#batches.keys().next().value!)
    this.#batches.set(key, prepared)
    return prepared
  }

  async #load(chunk: Chunk, location: string): Promise<{ records: SequenceBatch; bytesRead: number }> {
    const key = `${location} ${chunk.key}`
    const known = this.#chunks.get(key)
    if (known !== undefined) {
      this.#chunks.delete(key)
      this.#chunks.set(key, known)
      return { records: known, bytesRead: 0 }
    }
    const store = this.#stores.get(location) ?? this.#host.openStore(location)
    this.#stores.set(location, store)
    const records = await readChunk(store, chunk, this.#kernels)
    this.#chunks.set(key, records)
    this.#chunkBytes += records.codes.length
    for (const [old, batch] of this.#chunks) {
      if (this.#chunkBytes <= CHUNK_CACHE_BYTES || old === key) break
      this.#chunks.delete(old)
      this.#chunkBytes -= batch.codes.length
    }
    return { records, bytesRead: chunk.readLength }
  }

  /** Lays out records, on every frame, in windows: those `chosen` by index, or all where that is null. */
  #subjects(records: SequenceBatch, chosen: readonly number[] | null, prepared: PreparedBatch): Subjects {
    const { frames, table, overlap } = prepared
    if (table === null && chosen === null) {
      const strips = Array.from(records.lengths, (length, r) => ({ start: records.starts[r], length }))
      return { windows: cutWindows(records.codes, strips, 1, overlap), strips, frames }
    }
    const sequences: Uint8Array[] = []
    const strips: Strip[] = []
    let at = 0
    for (const r of chosen ?? records.lengths.keys()) {
      const codes = records.codes.subarray(records.starts[r], records.starts[r] + records.lengths[r])
      for (const frame of frames) {
        const sequence = table === null ? codes : frameCodes(this.#kernels, codes, frame, table)
        sequences.push(sequence)
        strips.push({ start: at, length: sequence.length })
        at += sequence.length
      }
    }
    const codes = new Uint8Array(at)
    sequences.forEach((sequence, i) => codes.set(sequence, strips[i].start))
    return { windows: cutWindows(codes, strips, frames.length, overlap), strips, frames }
  }

  async #score(
    job: number,
    contexts: readonly Context[],
    windows: Windows,
    prepared: PreparedBatch,
    onCells?: (cells: number) => void,
  ): Promise<Int32Array> {
    const profiles = contexts.map((context) => context.profile)
    const run = this.#kernels.score(profiles, windows, prepared.scoring.gaps)
    try {
      for (let finished = false; !finished;) {
        this.#check(job)
        const before = run.done
        const start = this.#host.now()
        finished = run.step(this.#cellsPerSlice)
        const elapsed = Math.max(0.1, this.#host.now() - start)
        const cells = run.done - before
        onCells?.(cells)
        if (!finished) {
          const ideal = (cells * SLICE) / elapsed
          this.#cellsPerSlice = Math.min(2e9, Math.max(1e6, (this.#cellsPerSlice + ideal) / 2))
          await this.#host.pause()
        }
      }
      return run.scores.slice()
    } finally {
      run.dispose()
    }
  }

  async #drive<T>(job: number, work: Generator<void, T>): Promise<T> {
    let start = this.#host.now()
    for (;;) {
      const step = work.next()
      if (step.done) return step.value
      if (this.#host.now() - start > SLICE) {
        await this.#host.pause()
        this.#check(job)
        start = this.#host.now()
      }
    }
  }
}

function groupBy(keys: Uint32Array): Map<number, number[]> {
  const groups = new Map<number, number[]>()
  keys.forEach((key, i) => {
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [i])
    else group.push(i)
  })
  return groups
}
