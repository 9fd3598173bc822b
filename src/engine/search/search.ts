import { CatalogError } from '../errors.ts'
import { compareEntries } from '../format/entry-order.ts'
import type { Catalog, Entry } from '../format/types.ts'
import type { Kernels } from '../kernels/types.ts'
import { encodeLetters } from '../sequence/alphabet.ts'
import { WRITER } from '../version.ts'
import { makeContexts, translatesQuery } from './contexts.ts'
import { ExactSource } from './exact-source.ts'
import type { RecordFilter } from './filter.ts'
import { queryModes, readsIndex } from './modes.ts'
import { resolveOptions } from './options.ts'
import { batchQueries, type PlannedBatch } from './plan.ts'
import { Ranking } from './rank.ts'
import { describeResult } from './report.ts'
import { compareIds, uniteCopies } from './rows.ts'
import { ScanSource } from './scan-source.ts'
import { Job } from './schedule.ts'
import { resolveScoring, type Scoring } from './scoring.ts'
import { SeedSource } from './seed-source.ts'
import type { CandidateSource, Pair, QueryCandidates, SearchScope } from './source.ts'
import type { Batch } from './tasks.ts'
import type {
  Query,
  QueryMode,
  QueryResult,
  ResolvedOptions,
  SearchControl,
  SearchHeader,
  SearchOptions,
  SearchProgress,
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
  if (queries.length === 0)
    throw new CatalogError('input', 'There is no query: the input holds no sequence. Give a FASTA file, or residues.')
  const { summary, manifest } = catalog
  const resolved = resolveOptions(options, queries, summary.alphabet)
  const encoded = queries.map((query) => encodeQuery(query, resolved))
  const modes = queryModes(
    manifest,
    resolved,
    encoded.map((codes) => codes.length),
  )
  const header: SearchHeader = {
    writer: WRITER,
    options: resolved,
    catalog: {
      title: summary.title,
      digest: summary.digest,
      parameters: manifest.parameters.digest,
      alphabet: summary.alphabet,
      entries: summary.entries,
      residues: summary.residues,
      fields: summary.fields.map((field) => field.name),
    },
    queries: queries.length,
  }
  const filter = control.filter ?? (await filterOf(catalog, resolved))
  return { header, results: new Search(catalog, queries, encoded, modes, resolved, host, control, filter).results() }
}

/** Loaded where it is asked for: most searches have no filter. */
async function filterOf(catalog: Catalog, { where }: ResolvedOptions): Promise<RecordFilter | null> {
  if (where === null) return null
  const [{ prepareFilter }, { CatalogFilter }] = await Promise.all([
    import('../metadata/catalog.ts'),
    import('../metadata/select.ts'),
  ])
  return new CatalogFilter(catalog, prepareFilter(where, catalog.summary.fields))
}

/** Where one query of a batch stands. */
interface QueryState {
  ranking: Ranking
  /** Entries that may be reported of each record that stands for others too, or that a filter has thinned out. */
  records: ReadonlyMap<number, Reportable>
  excluded: QueryCandidates['excluded']
}

interface Reportable {
  /** The records with these residues. */
  copies: readonly number[]
  /** Entries that pass the filter. */
  entries: number
}

class Search {
  readonly #catalog: Catalog
  readonly #queries: readonly Query[]
  readonly #encoded: readonly Uint8Array[]
  readonly #modes: readonly QueryMode[]
  readonly #options: ResolvedOptions
  readonly #scoring: Scoring
  readonly #host: SearchHost
  readonly #control: SearchControl
  readonly #filter: RecordFilter | null
  readonly #sources = new Map<QueryMode, CandidateSource>()
  #queriesDone = 0
  #bytesRead = 0
  #job: Job | null = null
  #callbackFailure: { error: unknown } | null = null

  constructor(
    catalog: Catalog,
    queries: readonly Query[],
    encoded: readonly Uint8Array[],
    modes: readonly QueryMode[],
    options: ResolvedOptions,
    host: SearchHost,
    control: SearchControl,
    filter: RecordFilter | null,
  ) {
    this.#catalog = catalog
    this.#queries = queries
    this.#encoded = encoded
    this.#modes = modes
    this.#options = options
    this.#scoring = resolveScoring(options)
    this.#host = host
    this.#control = control
    this.#filter = filter
  }

  async *results(): AsyncGenerator<QueryResult> {
    const job = new Job(this.#host.pool, this.#control.signal)
    this.#job = job
    const finished = new Map<number, QueryResult>()
    let next = 0
    try {
      const lengths = this.#encoded.map((codes) => codes.length)
      const batches = batchQueries(lengths, this.#modes, (mode) => readsIndex(mode, this.#options.program))
      for (const [id, planned] of batches.entries()) {
        for (const result of await this.#batch(job, id, planned)) finished.set(result.index, result)
        for (let result = finished.get(next); result !== undefined; result = finished.get(next)) {
          finished.delete(next++)
          yield result
        }
      }
    } catch (error) {
      throw this.#callbackFailure === null ? error : this.#callbackFailure.error
    } finally {
      job.close()
    }
  }

  async #batch(job: Job, id: number, { mode, members }: PlannedBatch): Promise<QueryResult[]> {
    const batch: Batch = {
      id,
      location: this.#catalog.store.name,
      options: { ...this.#options, mode },
      queries: members.map((q) => ({ codes: this.#encoded[q] })),
      databaseResidues: this.#catalog.summary.residues,
      databaseEntries: this.#catalog.summary.entries,
    }
    const source = this.#sources.get(mode) ?? (await this.#open(mode, job))
    this.#sources.set(mode, source)
    const found = await source.find(batch)
    const states = await Promise.all(found.map((candidates) => this.#rank(candidates, source)))
    await this.#align(source, batch, states)
    if (this.#callbackFailure !== null) throw this.#callbackFailure.error
    return this.#report(source, mode, members, states)
  }

  #open(mode: QueryMode, job: Job): Promise<CandidateSource> {
    const lengths = this.#encoded.filter((_, q) => this.#modes[q] === mode).map((codes) => codes.length)
    const scope: SearchScope = {
      catalog: this.#catalog,
      options: this.#options,
      scoring: this.#scoring,
      host: this.#host,
      control: this.#control,
      job,
      filter: this.#filter,
      progress: (stage, done, total) => this.#progress(stage, done, total),
      countBytes: (bytes) => (this.#bytesRead += bytes),
    }
    if (mode === 'exact') return ExactSource.open(scope)
    if (mode === 'vector') return import('./vector-source.ts').then(({ VectorSource }) => VectorSource.open(scope))
    if (readsIndex(mode, this.#options.program)) return SeedSource.open(scope, mode as 'fast' | 'sensitive')
    return ScanSource.open(scope, lengths)
  }

  /** Leaves out what the filter does, and brings records of equal residues together. */
  async #rank({ candidates, excluded }: QueryCandidates, source: CandidateSource): Promise<QueryState> {
    const { rows } = source
    const several = this.#catalog.segments.length > 1
    const united = several ? uniteCopies(candidates, rows) : { candidates, copies: new Map<number, number[]>() }
    const records = new Map<number, Reportable>()
    let kept = united.candidates
    if (this.#filter !== null) {
      const copiesOf = kept.map(({ record }) => united.copies.get(record) ?? [record])
      const passing = await this.#filter.select(
        copiesOf.flat().map((record) => rows.entries(record)),
        this.#control,
      )
      let at = 0
      kept = kept.filter(({ record }, i) => {
        let entries = 0
        for (const _ of copiesOf[i]) entries += passing[at++].length
        records.set(record, { copies: copiesOf[i], entries })
        return entries > 0
      })
    } else {
      for (const [record, copies] of united.copies) {
        records.set(record, { copies, entries: copies.reduce((sum, copy) => sum + width(rows.entries(copy)), 0) })
      }
    }
    const entriesOf = (record: number): number => records.get(record)?.entries ?? width(rows.entries(record))
    const ranking = new Ranking(kept, entriesOf, this.#options.maxTargetSeqs, compareIds(rows))
    return { ranking, records, excluded }
  }

  /** Aligns in rounds: each query asks for as many more candidates as its ranking still needs. */
  async #align(source: CandidateSource, batch: Batch, states: readonly QueryState[]): Promise<void> {
    let done = 0
    let total = 0
    for (;;) {
      const pairs: Pair[] = states.flatMap(({ ranking }, query) =>
        ranking.nextRecords().map((record) => ({ query, record })),
      )
      if (pairs.length === 0) return
      total += pairs.length
      this.#progress('aligning', done, total)
      const hsps = await source.align(batch, pairs, (aligned) => {
        done += aligned
        this.#progress('aligning', done, total)
      })
      pairs.forEach(({ query, record }, i) => states[query].ranking.add(record, hsps[i]))
    }
  }

  async #report(
    source: CandidateSource,
    mode: QueryMode,
    members: readonly number[],
    states: readonly QueryState[],
  ): Promise<QueryResult[]> {
    const parts = members.map((index, i) => {
      const best = states[i].ranking.best()
      const { found, dropped } = states[i].ranking
      // Where candidates were dropped, the nearest miss is not what explains an empty answer; nor where a filter chose.
      const excluded = found + dropped === 0 && this.#filter === null ? states[i].excluded : null
      return { index, best, found, dropped, excluded }
    })
    const named = new Map<number, readonly number[]>()
    parts.forEach(({ best, excluded }, i) => {
      for (const { record } of best) named.set(record, states[i].records.get(record)?.copies ?? [record])
      if (excluded !== null) named.set(excluded.record, [excluded.record])
    })
    const entries = await this.#entries(source, named)
    for (const { excluded } of parts) if (excluded !== null) await this.#addCopies(excluded.record, source, entries)
    return parts.map((part) => {
      const query = this.#queries[part.index]
      const codes = this.#encoded[part.index]
      const contexts = makeContexts(this.#host.kernels, this.#scoring, this.#options, codes, this.#catalog.summary)
      this.#queriesDone++
      return describeResult({ ...part, mode, rows: source.rows, entries, options: this.#options, query, contexts })
    })
  }

  /** Adds to a record's entries those that other segments have of the same residues. */
  async #addCopies(record: number, { rows }: CandidateSource, entries: Map<number, Entry[]>): Promise<void> {
    if (this.#catalog.segments.length === 1) return
    const copies = await this.#catalog.findIds(rows.id(record), this.#control)
    const others = await this.#catalog.entriesOf(
      copies.filter((copy) => copy !== record),
      this.#control,
    )
    entries.set(record, [...entries.get(record)!, ...others.flat()].sort(compareEntries))
  }

  /** Entries to report of each record, those of its copies among them, in the order of their texts. */
  async #entries(
    source: CandidateSource,
    named: ReadonlyMap<number, readonly number[]>,
  ): Promise<Map<number, Entry[]>> {
    const wanted = [...new Set([...named.values()].flat())].sort((a, b) => a - b)
    const [read, passing] = await Promise.all([
      source.entriesOf(wanted),
      this.#filter?.select(
        wanted.map((record) => source.rows.entries(record)),
        this.#control,
      ),
    ])
    const byRecord = new Map(
      wanted.map((record, i) => {
        const passes = passing === undefined ? null : new Set(passing[i])
        return [record, passes === null ? read[i] : read[i].filter((entry) => passes.has(entry.index))]
      }),
    )
    return new Map(
      [...named].map(([record, copies]) => {
        const entries = copies.flatMap((copy) => byRecord.get(copy)!)
        return [record, entries.length > 1 ? entries.sort(compareEntries) : entries]
      }),
    )
  }

  #progress(stage: SearchProgress['stage'], done: number, total: number): void {
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

function width([from, to]: readonly [number, number]): number {
  return to - from
}

const encoder = new TextEncoder()

function encodeQuery(query: Query, options: ResolvedOptions): Uint8Array {
  const isNucleotide = options.program === 'blastn' || translatesQuery(options.program)
  const letters = encoder.encode(query.residues)
  const encoded = encodeLetters(letters, isNucleotide ? 'dna' : 'protein')
  if ('codes' in encoded) return encoded.codes
  throw new CatalogError('input', `Query ${query.id}: residue ${encoded.position + 1}: ${encoded.reason}.`, {
    position: encoded.position,
  })
}
