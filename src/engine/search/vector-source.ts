import { CatalogError } from '../errors.ts'
import type { Entry } from '../format/types.ts'
import { EmbeddingRegistry } from '../index/embedding/models.ts'
import { openCatalogVectors, type CatalogVectors } from '../index/embedding/open.ts'
import { windowEnds, windowStarts } from '../index/embedding/windows.ts'
import { contextLength, queryFrames } from './contexts.ts'
import { nearer } from './merge.ts'
import { mergeRectangles, rectangleOf, type Rectangle } from './rectangles.ts'
import { KnownEntries, KnownRows, ResidueWindows, rowAt, type RecordRow } from './residue-windows.ts'
import { compareIds } from './rows.ts'
import type { CandidateSource, Pair, QueryCandidates, SearchScope } from './source.ts'
import type { Batch } from './tasks.ts'
import type { Hsp } from './types.ts'
import { VectorFilter } from './vector-filter.ts'
import { WindowAligner, type RecordWindows } from './window-aligner.ts'

/** Windows nearest to each window of a query, by their codes, whose vectors are computed anew from their residues. */
const WINDOWS = 500

/** A window of a record near one of a query. */
interface NearWindow {
  row: RecordRow
  /** Residues of the record. */
  start: number
  end: number
  codes: Uint8Array
  distance: number
}

/** What was found of a record. */
interface Found {
  row: RecordRow
  cosine: number
  rectangles: Rectangle[]
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
  /** What is compared of each pair of the batch, by `pairKey`. */
  readonly #windows = new Map<string, RecordWindows>()

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
    const models = new EmbeddingRegistry()
    const [vectors, own] = await Promise.all([
      openCatalogVectors(catalog, { kernels: host.kernels, models }, control),
      filter ? VectorFilter.open(catalog, filter, control) : null,
    ])
    return new VectorSource(scope, vectors, own)
  }

  async find(batch: Batch): Promise<QueryCandidates[]> {
    this.rows.clear()
    this.#entries.clear()
    this.#windows.clear()
    const found: Found[][] = []
    for (const { codes } of batch.queries) found.push(await this.#findOne(codes))
    return this.#score(batch, found)
  }

  align(batch: Batch, pairs: readonly Pair[], onDone: (pairs: number) => void): Promise<Hsp[][]> {
    const windows = pairs.map(({ query, record }) => this.#windows.get(pairKey(query, record))!)
    return this.#aligner.align(batch, windows, onDone)
  }

  async entriesOf(records: readonly number[]): Promise<Entry[][]> {
    const ranges = records.map((record) => this.rows.entries(record))
    await this.#entries.read(ranges)
    return ranges.map((range) => this.#entries.take(range))
  }

  async #findOne(codes: Uint8Array): Promise<Found[]> {
    const { model } = this.#vectors
    const { dimensions } = model.description
    const starts = windowStarts(codes.length, model.description)
    const ends = windowEnds(starts, codes.length, model.description)
    const vectors = await model.embed(codes, starts, ends)
    const records = new Map<number, Found>()
    for (let i = 0; i < starts.length; i++) {
      const vector = vectors.slice(i * dimensions, (i + 1) * dimensions)
      if (vector.every((value) => value === 0)) continue
      const near = await this.#nearWindows(vector)
      const cosines = await this.#cosinesOf(vector, near)
      near.forEach(({ row, start, end }, j) => {
        const found = records.get(row.record) ?? { row, cosine: -1, rectangles: [] }
        found.cosine = Math.max(found.cosine, cosines[j])
        found.rectangles.push(...this.#rectangles([starts[i], ends[i]], [start, end], codes.length, row.length))
        records.set(row.record, found)
      })
    }
    return [...records.values()]
  }

  /** The `WINDOWS` nearest windows by (distance, id, start), and all that tie with the last. */
  async #nearWindows(vector: Float32Array): Promise<NearWindow[]> {
    const { indexes, model } = this.#vectors
    const { control, catalog } = this.#scope
    const prepared = indexes[0].prepare(vector)
    const found = await Promise.all(
      indexes.map((index, segment) =>
        index.candidates(prepared, WINDOWS, { signal: control.signal, accepts: this.#filter?.accepts(segment) }),
      ),
    )
    const blocks = await Promise.all(catalog.segments.map((reader) => reader.blocks(control)))
    const ranges = found.flatMap(({ positions }, segment) => {
      const last = blocks[segment].positions[blocks[segment].count]
      return Array.from(positions, (start) => {
        return { segment, start, end: Math.min(last, start + model.description.window) }
      })
    })
    const windows = await this.#residues.read(ranges)
    const distances = found.flatMap((each) => [...each.distances])
    const near = ranges.map(({ segment, start: position }, i): NearWindow => {
      const window = windows[i]
      const row = this.rows.add(segment, window.firstRecord, window.records, rowAt(window, position))
      const start = position - row.position
      const [end] = windowEnds(Uint32Array.of(start), row.length, model.description)
      const from = position - window.start
      return { row, start, end, codes: window.codes.subarray(from, from + end - start), distance: distances[i] }
    })
    const compare = compareIds(this.rows)
    near.sort((a, b) => a.distance - b.distance || compare(a.row.record, b.row.record) || a.start - b.start)
    // A record that is in several segments is one.
    let count = 0
    let last = Infinity
    return near.filter(({ row, start, distance }, i) => {
      const before = near[i - 1] as NearWindow | undefined
      const isCopy = before !== undefined && before.start === start && compare(before.row.record, row.record) === 0
      if (!isCopy && ++count === WINDOWS) last = distance
      return distance <= last
    })
  }

  /** Exact ones, from the residues. */
  async #cosinesOf(vector: Float32Array, windows: readonly NearWindow[]): Promise<Float32Array> {
    const { model } = this.#vectors
    const { kernels } = this.#scope.host
    const starts = new Uint32Array(windows.length)
    windows.forEach(({ codes }, i) => (starts[i + 1] = starts[i] + codes.length))
    const ends = starts.map((start, i) => start + windows[i].codes.length)
    const all = new Uint8Array(windows.length === 0 ? 0 : ends[windows.length - 1])
    windows.forEach(({ codes }, i) => all.set(codes, starts[i]))
    const vectors = await model.embed(all, starts, ends)
    return kernels.embedding.bestDots(vectors, vector, model.description.dimensions).rows
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

  /** Scores what was found: only records that pass the E-value limit are candidates. */
  async #score(batch: Batch, found: readonly Found[][]): Promise<QueryCandidates[]> {
    const { progress } = this.#scope
    const all = found.flatMap((records, query) =>
      records.map(({ row, rectangles }): RecordWindows => ({ query, row, rectangles: mergeRectangles(rectangles) })),
    )
    const cosines = found.flatMap((records) => records.map(({ cosine }) => cosine))
    let done = 0
    progress('scoring', 0, all.length)
    const scores = await this.#aligner.score(batch, all, (count) => progress('scoring', (done += count), all.length))
    const answers = batch.queries.map((): QueryCandidates => ({ candidates: [], excluded: null }))
    const compare = compareIds(this.rows)
    all.forEach((windows, i) => {
      const { key, excluded } = scores[i]
      const answer = answers[windows.query]
      if (key !== null) {
        answer.candidates.push({ ...key, cosine: cosines[i] })
        this.#windows.set(pairKey(windows.query, windows.row.record), windows)
      }
      if (excluded !== null) answer.excluded = nearer(answer.excluded, excluded, compare)
    })
    return answers
  }
}

function pairKey(query: number, record: number): string {
  return `${query} ${record}`
}
