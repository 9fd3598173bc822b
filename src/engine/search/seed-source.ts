import type { Entry, RecordBlocks } from '../format/types.ts'
import type { SeedQuery } from '../index/seeds/types.ts'
import { contextLength, dustOf, makeContexts, queryFrames } from './contexts.ts'
import { nearer } from './merge.ts'
import { mergeRectangles, rectangleOf } from './rectangles.ts'
import { KnownEntries, KnownRows, ResidueWindows, type SegmentRange } from './residue-windows.ts'
import { compareIds } from './rows.ts'
import { rangeOf, SeedChoice, type FoundCluster, type RecordCandidate, type SeedTarget } from './seed-choice.ts'
import { SeedLookup } from './seed-lookup.ts'
import type { CandidateSource, Pair, QueryCandidates, SearchScope } from './source.ts'
import type { Batch } from './tasks.ts'
import type { Hsp } from './types.ts'
import { WindowAligner, type RecordWindows } from './window-aligner.ts'

/** Records that mode `fast` aligns with a query at most. */
const FAST_CANDIDATES = 100
/** The same for `sensitive`, unless more entries are asked for. */
const SENSITIVE_CANDIDATES = 1000
/** Clusters whose entries are read together with their residues, before it is known which will be reported. */
const CLUSTERS_AHEAD = 200
/** Entries of a record block that are worth reading ahead. */
const ENTRIES_AHEAD = 2048

/** Candidates of the modes that look seeds up in the catalog's indexes: `fast`, and `sensitive` for nucleotides. */
export class SeedSource implements CandidateSource {
  readonly rows: KnownRows
  readonly #scope: SearchScope
  readonly #most: number
  readonly #lookup: SeedLookup
  readonly #blocks: readonly RecordBlocks[]
  readonly #residues: ResidueWindows
  readonly #entries: KnownEntries
  readonly #aligner: WindowAligner
  /** What is compared of each pair of the batch, by `pairKey`. */
  readonly #windows = new Map<string, RecordWindows>()

  private constructor(scope: SearchScope, most: number, lookup: SeedLookup, blocks: readonly RecordBlocks[]) {
    const { catalog, control } = scope
    this.#scope = scope
    this.#most = most
    this.#lookup = lookup
    this.#blocks = blocks
    this.rows = new KnownRows(catalog)
    this.#residues = new ResidueWindows(catalog, control)
    this.#entries = new KnownEntries(catalog, control)
    this.#aligner = new WindowAligner(scope, this.#residues)
  }

  static async open(scope: SearchScope, mode: 'fast' | 'sensitive'): Promise<SeedSource> {
    const { catalog, control, options } = scope
    scope.progress('reading', 0, 1)
    // The blocks are needed by the last hop: asked for beside the directories, they cost none.
    const [lookup, blocks] = await Promise.all([
      SeedLookup.open(scope, mode),
      Promise.all(catalog.segments.map((reader) => reader.blocks(control))),
    ])
    scope.progress('reading', 1, 1)
    const most = mode === 'fast' ? FAST_CANDIDATES : Math.max(SENSITIVE_CANDIDATES, 2 * options.maxTargetSeqs)
    return new SeedSource(scope, most, lookup, blocks)
  }

  async find(batch: Batch): Promise<QueryCandidates[]> {
    this.rows.clear()
    this.#entries.clear()
    this.#windows.clear()
    const { queries, targets } = this.#seedQueries(batch)
    const found: FoundCluster[][] = batch.queries.map(() => [])
    for (const part of await this.#lookup.clusters(queries)) {
      const target = targets[part.query]
      const { count, strands, scores } = part.clusters
      for (let index = 0; index < count; index++) {
        if (target.contexts[strands[index]] >= 0)
          found[target.query].push({ part, index, target, score: scores[index] })
      }
    }
    return this.#score(batch, await this.#choose(found))
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

  /** What is looked up: each query once for nucleotides, whose index knows both strands; else each of its frames. */
  #seedQueries(batch: Batch): { queries: SeedQuery[]; targets: SeedTarget[] } {
    const { options, scoring, host, catalog } = this.#scope
    const frames = queryFrames(options.program, options.strand)
    const queries: SeedQuery[] = []
    const targets: SeedTarget[] = []
    batch.queries.forEach(({ codes }, query) => {
      if (options.program === 'blastn') {
        queries.push({ codes, masks: options.dust ? dustOf(codes) : null })
        targets.push({ query, length: codes.length, contexts: [frames.indexOf(1), frames.indexOf(-1)] })
        return
      }
      makeContexts(host.kernels, scoring, options, codes, catalog.summary).forEach(({ codes, masks }, context) => {
        queries.push({ codes, masks })
        targets.push({ query, length: codes.length, contexts: [context, -1] })
      })
    })
    return { queries, targets }
  }

  async #choose(found: readonly FoundCluster[][]): Promise<RecordCandidate[][]> {
    const parameters = this.#scope.catalog.manifest.parameters.seeds!
    const isFiltered = this.#scope.filter !== null
    const choices = found.map((clusters) => new SeedChoice(clusters, this.#most, this.rows, parameters, isFiltered))
    for (;;) {
      const asked = choices.map((choice) => choice.next())
      const ranges = asked.flat().map((cluster) => rangeOf(cluster, this.#end(cluster.part.segment)))
      if (ranges.length === 0) break
      const [windows] = await Promise.all([this.#residues.read(ranges), this.#readEntriesAhead(ranges)])
      let at = 0
      choices.forEach((choice, i) => choice.take(windows.slice(at, (at += asked[i].length))))
      await this.#filter(choices)
    }
    return choices.map((choice) => choice.chosen())
  }

  /** Asks the filter about all records that were named since. */
  async #filter(choices: readonly SeedChoice[]): Promise<void> {
    const { filter, control } = this.#scope
    if (filter === null) return
    const asked = choices.flatMap((choice) => choice.unfiltered().map((row) => ({ choice, row })))
    const passing = await filter.select(
      asked.map(({ row }) => row.entries),
      control,
    )
    asked.forEach(({ choice, row }, i) => choice.filter(row.record, passing[i].length > 0))
  }

  /** One query's worth of clusters comes with its entries: those of the whole record blocks, since rows are not known yet. */
  async #readEntriesAhead(ranges: readonly SegmentRange[]): Promise<void> {
    if (ranges.length > CLUSTERS_AHEAD) return
    const wanted = ranges.map(({ segment, start, end }): [number, number] => {
      const { positions, entries, count } = this.#blocks[segment]
      const first = lastAtMost(positions, count, start)
      const last = lastAtMost(positions, count, end - 1)
      const { firstEntry } = this.#scope.catalog.segments[segment]
      return [firstEntry + entries[first], firstEntry + entries[last + 1]]
    })
    await this.#entries.read(wanted.filter(([from, to]) => to - from <= ENTRIES_AHEAD))
  }

  /** Scores what was chosen: only records that pass the E-value limit are candidates. */
  async #score(batch: Batch, chosen: readonly RecordCandidate[][]): Promise<QueryCandidates[]> {
    const { options, progress } = this.#scope
    const frames = queryFrames(options.program, options.strand)
    const all = chosen.flatMap((candidates, query) =>
      candidates.map(({ row, clusters }): RecordWindows => {
        const rectangles = clusters.map((cluster) => {
          const length = contextLength(options.program, frames[cluster.context], batch.queries[query].codes.length)
          return rectangleOf(cluster, length, row.length)
        })
        return { query, row, rectangles: mergeRectangles(rectangles) }
      }),
    )
    let done = 0
    progress('scoring', 0, all.length)
    const scores = await this.#aligner.score(batch, all, (count) => progress('scoring', (done += count), all.length))
    const answers = batch.queries.map((): QueryCandidates => ({ candidates: [], excluded: null }))
    const compare = compareIds(this.rows)
    all.forEach((windows, i) => {
      const { key, excluded } = scores[i]
      const answer = answers[windows.query]
      if (key !== null) {
        answer.candidates.push(key)
        this.#windows.set(pairKey(windows.query, windows.row.record), windows)
      }
      if (excluded !== null) answer.excluded = nearer(answer.excluded, excluded, compare)
    })
    return answers
  }

  #end(segment: number): number {
    const { positions, count } = this.#blocks[segment]
    return positions[count]
  }
}

function pairKey(query: number, record: number): string {
  return `${query} ${record}`
}

/** The last of the first `count` ascending numbers that is at most `value`. */
function lastAtMost(numbers: Float64Array, count: number, value: number): number {
  let low = 0
  let high = count - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (numbers[middle] <= value) low = middle
    else high = middle - 1
  }
  return low
}
