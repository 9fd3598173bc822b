import { throwIfAborted } from '../errors.ts'
import { readChunk } from '../format/chunk.ts'
import type { Chunk } from '../format/types.ts'
import type { Clusters } from '../index/seeds/types.ts'
import type { Alignment, Kernels, SequenceBatch } from '../kernels/types.ts'
import { codonTable } from '../sequence/genetic-codes.ts'
import type { FileStore } from '../source/types.ts'
import { alignPair } from './align.ts'
import { alignWholeRecords } from './align-whole.ts'
import { frameCodes, longestSpan, makeContexts, subjectFrames, translatesSubject, type Context } from './contexts.ts'
import { Candidates } from './candidates.ts'
import { alignWindows, scoreWindows } from './compare-windows.ts'
import { scanSeeded } from './prefilter.ts'
import { resolveScoring, type Scoring } from './scoring.ts'
import type {
  AlignAnswer,
  Batch,
  Pairs,
  Part,
  ScanAnswer,
  SeedAnswer,
  SeedWork,
  WindowAlignments,
  WindowScores,
  WindowWork,
} from './tasks.ts'
import type { Hsp } from './types.ts'
import { cutWindows, partOfWindows, type Strip, type Windows } from './windows.ts'
import type { ComputeWorker } from './worker-types.ts'

/** What a host gives its compute workers. */
export interface ComputeHost {
  openStore(location: string): FileStore
  /** Bytes of decoded residues to keep between tasks. */
  readonly cacheBytes: number
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
  readonly overlap: number
  /** Alignments of windows that the coordinator has sent: it sends them again when others of a pair have grown. */
  known: Map<string, Alignment[]>
}

/** The subjects of a chunk on every frame that is compared. */
export interface Subjects {
  windows: Windows
  strips: Strip[]
  frames: number[]
}

/** Longest time between two looks at the other messages, in milliseconds. */
const SLICE = 40
const KEPT_BATCHES = 2

/** The worker's side of a search: reads chunks, scores and aligns. One per thread; all state is a cache. */
export class EngineComputeWorker implements ComputeWorker {
  readonly #kernels: Kernels
  readonly #host: ComputeHost
  readonly #running = new Map<number, { controller: AbortController; tasks: number }>()
  readonly #batches = new Map<string, PreparedBatch>()
  readonly #chunks = new Map<string, SequenceBatch>()
  readonly #stores = new Map<string, FileStore>()
  #chunkBytes = 0
  #translated: { key: string; subjects: Subjects } | null = null
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
    return this.#run(job, async (signal) => {
      const prepared = this.#prepare(job, batch)
      const { records, bytesRead } = await this.#load(chunk, batch.location, signal)
      if (batch.options.mode === 'sensitive') {
        const subjects = this.#allSubjects(records, chunk, batch, prepared)
        const scan = scanSeeded({ kernels: this.#kernels, chunk, part, batch, prepared, subjects, onCells })
        return (await this.#drive(scan, signal)).answer(bytesRead)
      }
      const windows = partOfWindows(this.#allSubjects(records, chunk, batch, prepared).windows, part)
      const candidates = new Candidates(chunk, batch, windows, prepared.scoring)
      for (let first = 0; first < batch.queries.length;) {
        const end = groupEnd(prepared.contexts, first, windows.lengths.length)
        const contexts = prepared.contexts.slice(first, end)
        const scores = await this.#score(contexts.flat(), windows, prepared, signal, onCells)
        candidates.add(first, contexts, scores)
        first = end
      }
      return candidates.answer(bytesRead)
    })
  }

  async align(job: number, chunk: Chunk, batch: Batch, pairs: Pairs): Promise<AlignAnswer> {
    return this.#run(job, async (signal) => {
      const prepared = this.#prepare(job, batch)
      const { records, bytesRead } = await this.#load(chunk, batch.location, signal)
      const hsps: Hsp[][] = Array.from({ length: pairs.query.length }, () => [])
      for (const [q, indices] of groupBy(pairs.query)) {
        const contexts = prepared.contexts[q]
        const chosen = indices.map((i) => pairs.record[i] - chunk.firstRecord)
        const subjects = this.#subjects(records, chosen, prepared)
        const scores = await this.#score(contexts, subjects.windows, prepared, signal)
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
          hsps[indices[i]] = await this.#drive(work, signal)
        }
      }
      return { hsps, bytesRead }
    })
  }

  async clusterSeeds(job: number, work: SeedWork): Promise<SeedAnswer> {
    return this.#run(job, async (signal) => this.#drive(clusterSeeds(this.#kernels, work), signal))
  }

  async scoreWindows(job: number, batch: Batch, work: WindowWork): Promise<WindowScores> {
    return this.#run(job, async (signal) => {
      const prepared = this.#prepare(job, batch)
      return this.#drive(scoreWindows({ kernels: this.#kernels, prepared, batch, work, known: prepared.known }), signal)
    })
  }

  async alignWindows(job: number, batch: Batch, work: WindowWork): Promise<WindowAlignments> {
    return this.#run(job, async (signal) => {
      const prepared = this.#prepare(job, batch)
      const align = batch.options.mode === 'exact' ? alignWholeRecords : alignWindows
      return this.#drive(align({ kernels: this.#kernels, prepared, batch, work, known: prepared.known }), signal)
    })
  }

  async cancel(job: number): Promise<void> {
    this.#running.get(job)?.controller.abort()
  }

  /** Runs a task of a job so that `cancel` reaches it; messages of one coordinator arrive in order. */
  async #run<T>(job: number, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const running = this.#running.get(job) ?? { controller: new AbortController(), tasks: 0 }
    this.#running.set(job, running)
    running.tasks++
    try {
      return await task(running.controller.signal)
    } finally {
      running.tasks--
      if (running.tasks === 0) this.#running.delete(job)
    }
  }

  #prepare(job: number, batch: Batch): PreparedBatch {
    const key = `${job}.${batch.id}`
    const known = this.#batches.get(key)
    if (known !== undefined) return known
    const { options } = batch
    const scoring = resolveScoring(options)
    const database = { residues: batch.databaseResidues, entries: batch.databaseEntries }
    const contexts = batch.queries.map((query) => makeContexts(this.#kernels, scoring, options, query.codes, database))
    let overlap = 0
    const prepared: PreparedBatch = {
      scoring,
      contexts,
      frames: subjectFrames(options.program),
      table: translatesSubject(options.program) ? codonTable(options.dbGencode) : null,
      get overlap() {
        // Only what reads whole records needs it.
        overlap ||= contexts.flat().reduce((most, { profile }) => Math.max(most, longestSpan(profile, scoring.gaps)), 1)
        return overlap
      },
      known: new Map(),
    }
    if (this.#batches.size >= KEPT_BATCHES) this.#batches.delete(this.#batches.keys().next().value!)
    this.#batches.set(key, prepared)
    return prepared
  }

  async #load(
    chunk: Chunk,
    location: string,
    signal: AbortSignal,
  ): Promise<{ records: SequenceBatch; bytesRead: number }> {
    const key = `${location} ${chunk.key}`
    const known = this.#chunks.get(key)
    if (known !== undefined) {
      this.#chunks.delete(key)
      this.#chunks.set(key, known)
      return { records: known, bytesRead: 0 }
    }
    const store = this.#stores.get(location) ?? this.#host.openStore(location)
    this.#stores.set(location, store)
    const records = await readChunk(store, chunk, this.#kernels, { signal })
    throwIfAborted(signal)
    // Another job may have read the same chunk meanwhile.
    if (!this.#chunks.has(key)) this.#chunkBytes += records.codes.length
    this.#chunks.set(key, records)
    for (const [old, batch] of this.#chunks) {
      if (this.#chunkBytes <= this.#host.cacheBytes || old === key) break
      this.#chunks.delete(old)
      this.#chunkBytes -= batch.codes.length
    }
    return { records, bytesRead: chunk.readLength }
  }

  /** All records of a chunk on every frame; translations are kept for the next part of the same chunk. */
  #allSubjects(records: SequenceBatch, chunk: Chunk, batch: Batch, prepared: PreparedBatch): Subjects {
    if (prepared.table === null) return this.#subjects(records, null, prepared)
    const key = `${batch.location} ${chunk.key} ${batch.options.dbGencode} ${prepared.overlap}`
    if (this.#translated?.key === key) return this.#translated.subjects
    const subjects = this.#subjects(records, null, prepared)
    this.#translated = { key, subjects }
    return subjects
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
    contexts: readonly Context[],
    windows: Windows,
    prepared: PreparedBatch,
    signal: AbortSignal,
    onCells?: (cells: number) => void,
  ): Promise<Int32Array> {
    const profiles = contexts.map((context) => context.profile)
    const run = this.#kernels.score(profiles, windows, prepared.scoring.gaps)
    try {
      for (let finished = false; !finished;) {
        throwIfAborted(signal)
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
      return run.scores
    } finally {
      run.dispose()
    }
  }

  async #drive<T>(work: Generator<void, T>, signal: AbortSignal): Promise<T> {
    let start = this.#host.now()
    for (;;) {
      const step = work.next()
      if (step.done) return step.value
      if (this.#host.now() - start > SLICE) {
        await this.#host.pause()
        throwIfAborted(signal)
        start = this.#host.now()
      }
    }
  }
}

/** Clusters of every piece of some queries; yields between pieces. */
function* clusterSeeds(kernels: Kernels, { lookups, lists, rules, keep }: SeedWork): Generator<void, SeedAnswer> {
  const match = kernels.seeds.match(lookups, lists)
  try {
    const clusters: Clusters[] = []
    for (let piece = 0; piece < rules.length; piece++) {
      clusters.push(match.clusters(piece, rules[piece], keep))
      yield
    }
    return { clusters }
  } finally {
    match.dispose()
  }
}

/** Scores kept at a time: contexts × windows. */
const MOST_SCORES = 4 << 20

/** Where a group of queries that starts at `first` ends, for its scores to stay within bounds. */
function groupEnd(contexts: readonly Context[][], first: number, windows: number): number {
  let end = first + 1
  let scores = contexts[first].length * windows
  while (end < contexts.length && scores + contexts[end].length * windows <= MOST_SCORES) {
    scores += contexts[end].length * windows
    end++
  }
  return end
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
