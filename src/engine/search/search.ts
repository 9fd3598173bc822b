import { CatalogError } from '../errors.ts'
import type { Catalog, Chunk, RecordTable } from '../format/types.ts'
import type { Kernels } from '../kernels/types.ts'
import { encodeLetters } from '../sequence/alphabet.ts'
import { WRITER } from '../version.ts'
import { makeContexts, translatesQuery } from './contexts.ts'
import { findExact } from './exact.ts'
import { resolveOptions } from './options.ts'
import { batchQueries, catalogCells, CHUNK_RESIDUES, queryCells, scanParts } from './plan.ts'
import { Ranking, type RankKey } from './rank.ts'
import { describeResult, readEntries } from './report.ts'
import { mergeScans } from './merge.ts'
import { Job } from './schedule.ts'
import { resolveScoring, type Scoring } from './scoring.ts'
import type { Batch, ScanAnswer } from './tasks.ts'
import type {
  Query,
  QueryResult,
  ResolvedOptions,
  SearchControl,
  SearchHeader,
  SearchOptions,
  SearchRun,
} from './types.ts'
import type { WorkerPool } from './worker-types.ts'

export interface SearchHost {
  kernels: Kernels
  pool: WorkerPool
}

/**
 * Searches a catalog with every query. Options are checked before anything is read; results come one per query, in order,
 * as batches are done. Leaving the iteration early ends the workers' part too.
 *
 * @throws CatalogError `usage` for options that do not fit, `aborted` once `control.signal` fires, and whatever reading
 *   the catalog may raise.
 */
export async function search(
  catalog: Catalog,
  queries: readonly Query[],
  options: SearchOptions,
  host: SearchHost,
  control: SearchControl = {},
): Promise<SearchRun> {
  if (queries.length === 0) throw new CatalogError('input', 'There is no query: the input holds no sequence.')
  const { summary } = catalog
  const resolved = resolveOptions(options, queries, summary.alphabet)
  const encoded = queries.map((query) => encodeQuery(query, resolved))
  const header: SearchHeader = {
    writer: WRITER,
    options: resolved,
    catalog: {
      title: summary.title,
      digest: summary.digest,
      alphabet: summary.alphabet,
      entries: summary.entries,
      residues: summary.residues,
      fields: summary.fields.map((field) => field.name),
    },
    queries: queries.length,
  }
  return { header, results: new Search(catalog, queries, encoded, resolved, host, control).results() }
}

/** Where one query of a batch stands. */
interface QueryState {
  ranking: Ranking
  excluded: RankKey | null
}

class Search {
  readonly #catalog: Catalog
  readonly #queries: readonly Query[]
  readonly #encoded: readonly Uint8Array[]
  readonly #options: ResolvedOptions
  readonly #scoring: Scoring
  readonly #host: SearchHost
  readonly #control: SearchControl
  #queriesDone = 0
  #bytesRead = 0
  #cellsDone = 0
  #job: Job | null = null
  #callbackFailure: { error: unknown } | null = null

  constructor(
    catalog: Catalog,
    queries: readonly Query[],
    encoded: readonly Uint8Array[],
    options: ResolvedOptions,
    host: SearchHost,
    control: SearchControl,
  ) {
    this.#catalog = catalog
    this.#queries = queries
    this.#encoded = encoded
    this.#options = options
    this.#scoring = resolveScoring(options)
    this.#host = host
    this.#control = control
  }

  async *results(): AsyncGenerator<QueryResult> {
    const job = new Job(this.#host.pool, this.#control.signal)
    this.#job = job
    try {
      this.#progress('reading', 0, 1)
      const records = await this.#catalog.records(this.#control)
      const chunks = await this.#catalog.chunks(CHUNK_RESIDUES, this.#control)
      this.#progress('reading', 1, 1)
      let id = 0
      for (const members of batchQueries(this.#encoded.map((codes) => codes.length))) {
        const batch: Batch = {
          id: id++,
          location: this.#catalog.store.name,
          options: this.#options,
          queries: members.map((q) => ({ codes: this.#encoded[q] })),
          databaseResidues: this.#catalog.summary.residues,
          databaseEntries: this.#catalog.summary.entries,
        }
        const states =
          this.#options.mode === 'exact'
            ? await this.#lookUp(members, records)
            : await this.#scan(job, batch, chunks, records)
        await this.#align(job, batch, chunks, records, states)
        if (this.#callbackFailure !== null) throw this.#callbackFailure.error
        yield* this.#report(members, states, records)
      }
    } catch (error) {
      throw this.#callbackFailure === null ? error : this.#callbackFailure.error
    } finally {
      job.close()
    }
  }

  /** Candidates of mode `exact`: records whose id is the query's, on either strand. */
  async #lookUp(members: readonly number[], records: RecordTable): Promise<QueryState[]> {
    const states: QueryState[] = []
    for (const q of members) {
      const found = await findExact(this.#catalog, this.#host.kernels, this.#encoded[q], this.#options, this.#control)
      const candidates = found.map((record) => ({ record, evalue: 0, score: 0 }))
      states.push({ ranking: this.#rank(candidates, records), excluded: null })
    }
    return states
  }

  async #scan(job: Job, batch: Batch, chunks: readonly Chunk[], records: RecordTable): Promise<QueryState[]> {
    const total = catalogCells(this.#options, this.#encoded, this.#catalog.summary.distinctResidues)
    const before = this.#cellsDone
    this.#progress('scoring', before, total)
    let isScoring = true
    const onCells = (cells: number): void => {
      // Reports travel apart from answers and may come after the last of them.
      if (!isScoring) return
      this.#cellsDone += cells
      this.#progress('scoring', Math.min(this.#cellsDone, total), total)
    }
    const answers = await job.run<ScanAnswer>(
      scanParts(chunks).map(({ chunk, part }) => ({
        chunk: chunk + part.index,
        run: async (worker) => {
          const answer = await worker.scan(job.id, chunks[chunk], part, batch, onCells)
          this.#bytesRead += answer.bytesRead
          return answer
        },
      })),
    )
    isScoring = false
    // Windows overlap, so workers count a little more than the plan: the plan is what people see.
    this.#cellsDone =
      before +
      queryCells(
        this.#options,
        batch.queries.map((query) => query.codes.length),
        this.#catalog.summary.distinctResidues,
      )
    this.#progress('scoring', this.#cellsDone, total)
    const merged = mergeScans(answers, batch.queries.length)
    return merged.map(({ candidates, excluded }) => ({ ranking: this.#rank(candidates, records), excluded }))
  }

  #rank(candidates: RankKey[], records: RecordTable): Ranking {
    const { entryStarts } = records
    return new Ranking(
      candidates,
      (record) => entryStarts[record + 1] - entryStarts[record],
      this.#options.maxTargetSeqs,
    )
  }

  /** Aligns in rounds: each query asks for as many more candidates as its ranking still needs. */
  async #align(
    job: Job,
    batch: Batch,
    chunks: readonly Chunk[],
    records: RecordTable,
    states: readonly QueryState[],
  ): Promise<void> {
    let done = 0
    let total = 0
    for (;;) {
      const byChunk = new Map<number, Pair[]>()
      states.forEach(({ ranking }, query) => {
        for (const record of ranking.nextRecords()) {
          const chunk = chunkOf(chunks, record)
          const pairs = byChunk.get(chunk)
          if (pairs === undefined) byChunk.set(chunk, [{ query, record }])
          else pairs.push({ query, record })
          total++
        }
      })
      if (byChunk.size === 0) return
      this.#progress('aligning', done, total)
      const cells = (pair: Pair): number => batch.queries[pair.query].codes.length * records.lengths[pair.record]
      const tasks = [...byChunk].flatMap(([chunk, pairs]) => splitPairs(pairs, cells).map((part) => ({ chunk, part })))
      await job.run(
        tasks.map(({ chunk, part }) => ({
          chunk,
          run: async (worker) => {
            const answer = await worker.align(job.id, chunks[chunk], batch, {
              query: Uint32Array.from(part, (pair) => pair.query),
              record: Uint32Array.from(part, (pair) => pair.record),
            })
            this.#bytesRead += answer.bytesRead
            part.forEach((pair, i) => states[pair.query].ranking.add(pair.record, answer.hsps[i]))
            done += part.length
            this.#progress('aligning', done, total)
          },
        })),
      )
    }
  }

  async *#report(
    members: readonly number[],
    states: readonly QueryState[],
    records: RecordTable,
  ): AsyncGenerator<QueryResult> {
    const parts = members.map((index, i) => {
      const best = states[i].ranking.best()
      const { found, dropped } = states[i].ranking
      // Where candidates were dropped, the nearest miss is not what explains an empty answer.
      const excluded = found + dropped === 0 ? states[i].excluded : null
      return { index, best, found, dropped, excluded }
    })
    const named = parts.flatMap(({ best, excluded }) => (excluded === null ? best : [excluded]))
    const entries = await readEntries(
      this.#catalog,
      named.map(({ record }) => record),
      this.#control,
    )
    for (const part of parts) {
      const query = this.#queries[part.index]
      const codes = this.#encoded[part.index]
      const contexts = makeContexts(this.#host.kernels, this.#scoring, this.#options, codes, this.#catalog.summary)
      this.#queriesDone++
      yield describeResult({ ...part, records, entries, options: this.#options, query, contexts })
    }
  }

  #progress(stage: 'reading' | 'scoring' | 'aligning', done: number, total: number): void {
    const progress = {
      stage,
      done,
      total,
      queriesDone: this.#queriesDone,
      queries: this.#queries.length,
      bytesRead: this.#bytesRead,
    }
    try {
      this.#control.onProgress?.(progress)
    } catch (error) {
      // Thrown among the workers' messages it would reach nobody: the search ends with it instead.
      this.#callbackFailure ??= { error }
      this.#job?.cancel()
    }
  }
}

interface Pair {
  query: number
  record: number
}

/** An alignment task ends with so many pairs or matrix cells: small enough that all workers share the work of one chunk. */
const PAIRS_PER_TASK = 256
const CELLS_PER_TASK = 1e9

function splitPairs(pairs: readonly Pair[], cellsOf: (pair: Pair) => number): Pair[][] {
  const parts: Pair[][] = []
  let cells = Infinity
  for (const pair of pairs) {
    cells += cellsOf(pair)
    const last = parts.at(-1)
    if (last === undefined || last.length === PAIRS_PER_TASK || cells > CELLS_PER_TASK) {
      parts.push([pair])
      cells = cellsOf(pair)
    } else {
      last.push(pair)
    }
  }
  return parts
}

/** The chunk that holds a record, by binary search. */
function chunkOf(chunks: readonly Chunk[], record: number): number {
  let low = 0
  let high = chunks.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (chunks[middle].firstRecord <= record) low = middle
    else high = middle - 1
  }
  return low
}

function encodeQuery(query: Query, options: ResolvedOptions): Uint8Array {
  const isNucleotide = options.program === 'blastn' || translatesQuery(options.program)
  const letters = new TextEncoder().encode(query.residues)
  const encoded = encodeLetters(letters, isNucleotide ? 'dna' : 'protein')
  if ('codes' in encoded) return encoded.codes
  throw new CatalogError('input', `Query ${query.id}: residue ${encoded.position + 1}: ${encoded.reason}.`, {
    position: encoded.position,
  })
}
