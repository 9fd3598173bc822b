import { CatalogError, throwIfAborted } from '../errors.ts'
import type { Catalog, Entry } from '../format/types.ts'
import { EmbeddingRegistry } from '../index/embedding/models.ts'
import { openCatalogVectors, type CatalogVectors } from '../index/embedding/open.ts'
import { windowEnds, windowStarts } from '../index/embedding/windows.ts'
import type { PreparedQuery } from '../index/vectors/types.ts'
import type { Kernels } from '../kernels/types.ts'
import { SharedWork } from '../source/shared.ts'
import type { ReadOptions } from '../source/types.ts'
import { contextLength, queryFrames } from './contexts.ts'
import { mergeRectangles, rectangleOf, type Rectangle } from './rectangles.ts'
import { KnownEntries, KnownRows, ResidueWindows, rowAt, type RecordRow, type SegmentRange } from './residue-windows.ts'
import { compareIds } from './rows.ts'
import type { CandidateSource, Pair, QueryCandidates, SearchScope } from './source.ts'
import type { Batch } from './tasks.ts'
import type { Hsp, ResolvedOptions } from './types.ts'
import { VectorFilter } from './vector-filter.ts'
import { WindowAligner, type RecordWindows } from './window-aligner.ts'

/** Windows of queries that are looked up together. */
const GROUP = 32
/** Windows of records that are read at once, at most. */
const READ_TOGETHER = 4096

/** A window of a query, and its vector. */
interface QueryWindow {
  query: number
  start: number
  end: number
  vector: Float32Array
}

/** A window of a record near one of a query. */
interface NearWindow {
  row: RecordRow
  /** Residues of the record. */
  start: number
  end: number
  distance: number
  cosine: number
}

/** Windows of records named by an index. */
interface NamedWindows {
  ranges: SegmentRange[]
  /** By their codes. */
  distances: number[]
}

/** What was found of a record. */
interface Found {
  row: RecordRow
  cosine: number
  rectangles: Rectangle[]
}

/**
 * Windows nearest to each window of a query by their codes, whose vectors are computed anew from their residues: enough
 * that those of the entries asked for are among them.
 */
export function windowsWanted({ maxTargetSeqs }: Pick<ResolvedOptions, 'maxTargetSeqs'>): number {
  return Math.max(100, Math.min(500, 2 * maxTargetSeqs))
}

/** Vectors of open catalogs: later searches read their model no more. */
const opened = new WeakMap<Catalog, { kernels: Kernels; work: SharedWork<CatalogVectors> }>()

async function vectorsOf(catalog: Catalog, kernels: Kernels, { signal }: ReadOptions): Promise<CatalogVectors> {
  let own = opened.get(catalog)
  if (own === undefined || own.work.abandoned || own.kernels !== kernels) {
    const models = new EmbeddingRegistry()
    const work = new SharedWork((signal) => openCatalogVectors(catalog, { kernels, models }, { signal }))
    own = { kernels, work }
    opened.set(catalog, own)
  }
  try {
    return await own.work.join(catalog.store.name, signal)
  } catch (error) {
    if (opened.get(catalog) === own) opened.delete(catalog)
    throw error
  }
}

/** Candidates of mode `vector`: records with windows whose vectors are near those of the query's. */
export class VectorSource implements CandidateSource {
  readonly rows: KnownRows
  readonly #scope: SearchScope
  readonly #vectors: CatalogVectors
  readonly #filter: VectorFilter | null
  readonly #residues: ResidueWindows
  readonly #entries: KnownEntries
  readonly #aligner: WindowAligner
  /** What was found of each record for each query of the batch. */
  #found: Map<number, Found>[] = []

  private constructor(scope: SearchScope, vectors: CatalogVectors, filter: VectorFilter | null) {
    const { catalog, control } = scope
    this.#scope = scope
    this.#vectors = vectors
    this.#filter = filter
    this.rows = new KnownRows(catalog)
    this.#residues = new ResidueWindows(catalog, control)
    this.#entries = new KnownEntries(catalog, control)
    this.#aligner = new WindowAligner(scope, this.#residues)
  }

  /** @throws CatalogError `usage` where query and catalog are of different alphabets. */
  static async open(scope: SearchScope): Promise<VectorSource> {
    const { catalog, options, host, filter, control } = scope
    if (options.program !== 'blastn' && options.program !== 'blastp') {
      throw new CatalogError(
        'usage',
        `Mode vector compares sequences of one alphabet: it is not for ${options.program}. Use mode sensitive.`,
      )
    }
    const [vectors, own] = await Promise.all([
      vectorsOf(catalog, host.kernels, control),
      filter ? VectorFilter.open(catalog, filter, control) : null,
    ])
    return new VectorSource(scope, vectors, own)
  }

  async find(batch: Batch): Promise<QueryCandidates[]> {
    const { control, progress } = this.#scope
    const { description } = this.#vectors.model
    this.rows.clear()
    this.#entries.clear()
    this.#found = batch.queries.map(() => new Map())
    const windows = batch.queries.flatMap(({ codes }, query) => {
      const starts = windowStarts(codes.length, description)
      const ends = windowEnds(starts, codes.length, description)
      return Array.from(starts, (start, i) => ({ query, start, end: ends[i] }))
    })
    for (let from = 0; from < windows.length; from += GROUP) {
      throwIfAborted(control.signal)
      progress('scoring', from, windows.length)
      await this.#findGroup(batch, await this.#embed(batch, windows.slice(from, from + GROUP)))
    }
    progress('scoring', windows.length, windows.length)
    return this.#found.map((records) => ({
      candidates: Array.from(records.values(), ({ row, cosine }) => {
        return { record: row.record, cosine, evalue: 0, score: 0 }
      }),
      excluded: null,
    }))
  }

  align(batch: Batch, pairs: readonly Pair[], onDone: (pairs: number) => void): Promise<Hsp[][]> {
    if (this.#scope.options.align !== true) return Promise.resolve(pairs.map(() => []))
    const windows = pairs.map(({ query, record }): RecordWindows => {
      const { row, rectangles } = this.#found[query].get(record)!
      return { query, row, rectangles: mergeRectangles(rectangles) }
    })
    return this.#aligner.align(batch, windows, onDone)
  }

  async entriesOf(records: readonly number[]): Promise<Entry[][]> {
    const ranges = records.map((record) => this.rows.entries(record))
    await this.#entries.read(ranges)
    return ranges.map((range) => this.#entries.take(range))
  }

  /** Those that say something. */
  async #embed(batch: Batch, windows: readonly Omit<QueryWindow, 'vector'>[]): Promise<QueryWindow[]> {
    const { model } = this.#vectors
    const { dimensions } = model.description
    const embedded: QueryWindow[] = []
    for (let from = 0, to = 0; from < windows.length; from = to) {
      const { query } = windows[from]
      while (to < windows.length && windows[to].query === query) to++
      const own = windows.slice(from, to)
      const starts = Uint32Array.from(own, ({ start }) => start)
      const ends = Uint32Array.from(own, ({ end }) => end)
      const vectors = await model.embed(batch.queries[query].codes, starts, ends)
      own.forEach((window, i) => {
        const vector = vectors.slice(i * dimensions, (i + 1) * dimensions)
        if (vector.some((value) => value !== 0)) embedded.push({ ...window, vector })
      })
    }
    return embedded
  }

  /** Lists are read in one round, and residues in another. */
  async #findGroup(batch: Batch, windows: readonly QueryWindow[]): Promise<void> {
    if (windows.length === 0) return
    const { indexes } = this.#vectors
    const { control } = this.#scope
    const prepared = windows.map(({ vector }) => indexes[0].prepare(vector))
    await Promise.all(indexes.map((index) => index.load(prepared, control)))
    const named: NamedWindows[] = []
    for (const query of prepared) named.push(await this.#named(query))
    await this.#residues.read(named.flatMap(({ ranges }) => ranges).slice(0, READ_TOGETHER))
    for (const [i, window] of windows.entries()) {
      const { query, start, end, vector } = window
      const length = batch.queries[query].codes.length
      const records = this.#found[query]
      for (const near of await this.#near(named[i], vector)) {
        const { row, cosine } = near
        const found = records.get(row.record) ?? { row, cosine: -1, rectangles: [] }
        found.cosine = Math.max(found.cosine, cosine)
        if (this.#scope.options.align === true)
          found.rectangles.push(...this.#rectangles([start, end], [near.start, near.end], length, row.length))
        records.set(row.record, found)
      }
    }
  }

  /** The nearest windows of each segment by their codes, and all that tie with the last. */
  async #named(query: PreparedQuery): Promise<NamedWindows> {
    const { indexes, model } = this.#vectors
    const { control, catalog, options } = this.#scope
    const found = await Promise.all(
      indexes.map((index, segment) => {
        const accepts = this.#filter?.accepts(segment)
        return index.candidates(query, windowsWanted(options), { signal: control.signal, accepts })
      }),
    )
    const blocks = await Promise.all(catalog.segments.map((reader) => reader.blocks(control)))
    const ranges = found.flatMap(({ positions }, segment) => {
      const last = blocks[segment].positions[blocks[segment].count]
      return Array.from(positions, (start): SegmentRange => {
        return { segment, start, end: Math.min(last, start + model.description.window) }
      })
    })
    return { ranges, distances: found.flatMap(({ distances }) => [...distances]) }
  }

  /** The nearest windows of all segments by (distance, id, start), and all that tie with the last. */
  async #near({ ranges, distances }: NamedWindows, vector: Float32Array): Promise<NearWindow[]> {
    const near: NearWindow[] = []
    for (let from = 0; from < ranges.length; from += READ_TOGETHER) {
      const to = from + READ_TOGETHER
      near.push(...(await this.#compare(ranges.slice(from, to), distances.slice(from, to), vector)))
    }
    const compare = compareIds(this.rows)
    near.sort((a, b) => a.distance - b.distance || compare(a.row.record, b.row.record) || a.start - b.start)
    const wanted = windowsWanted(this.#scope.options)
    // A record that is in several segments is one.
    let count = 0
    let last = Infinity
    return near.filter(({ row, start, distance }, i) => {
      const before = near[i - 1] as NearWindow | undefined
      const isCopy = before !== undefined && before.start === start && compare(before.row.record, row.record) === 0
      if (!isCopy && ++count === wanted) last = distance
      return distance <= last
    })
  }

  /** Exact cosines of windows, from their residues. */
  async #compare(
    ranges: readonly SegmentRange[],
    distances: readonly number[],
    vector: Float32Array,
  ): Promise<NearWindow[]> {
    const { model } = this.#vectors
    const { embedding } = this.#scope.host.kernels
    const windows = await this.#residues.read(ranges)
    const starts = new Uint32Array(ranges.length)
    const ends = new Uint32Array(ranges.length)
    const codes = new Uint8Array(ranges.length * model.description.window)
    let used = 0
    const near = ranges.map(({ segment, start: position }, i): NearWindow => {
      const window = windows[i]
      const row = this.rows.add(segment, window.firstRecord, window.records, rowAt(window, position))
      const start = position - row.position
      const [end] = windowEnds(Uint32Array.of(start), row.length, model.description)
      const from = position - window.start
      codes.set(window.codes.subarray(from, from + end - start), used)
      starts[i] = used
      ends[i] = used += end - start
      return { row, start, end, distance: distances[i], cosine: 0 }
    })
    const vectors = await model.embed(codes.subarray(0, used), starts, ends)
    const cosines = embedding.bestDots(vectors, vector, model.description.dimensions).rows
    near.forEach((each, i) => (each.cosine = Math.round(cosines[i] * 1e6) / 1e6))
    return near
  }

  /** A window of a query and one of a record, on each strand. */
  #rectangles(query: [number, number], subject: [number, number], length: number, subjectLength: number): Rectangle[] {
    const { program, strand } = this.#scope.options
    return queryFrames(program, strand).map((frame, context) => {
      const [queryStart, queryEnd] = frame < 0 ? [length - query[1], length - query[0]] : query
      const window: Rectangle = {
        context,
        queryStart,
        queryEnd,
        subjectStart: subject[0],
        subjectEnd: subject[1],
        diagonalLow: subject[0] - queryEnd,
        diagonalHigh: subject[1] - queryStart,
      }
      return rectangleOf(window, contextLength(program, frame, length), subjectLength)
    })
  }
}
