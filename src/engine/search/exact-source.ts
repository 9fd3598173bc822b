import type { Entry } from '../format/types.ts'
import { findExact } from './exact.ts'
import { KnownEntries, KnownRows, ResidueWindows, type RecordRow } from './residue-windows.ts'
import type { CandidateSource, Pair, QueryCandidates, SearchScope } from './source.ts'
import type { Batch } from './tasks.ts'
import type { Hsp } from './types.ts'
import { WindowAligner, type RecordWindows } from './window-aligner.ts'

/** Residues of a record that are read ahead at most. */
const RESIDUES_AHEAD = 1 << 20

/** Candidates of mode `exact`: records whose id is the query's, on either strand. Reads nothing of other records. */
export class ExactSource implements CandidateSource {
  readonly rows: KnownRows
  readonly #scope: SearchScope
  readonly #residues: ResidueWindows
  readonly #entries: KnownEntries
  readonly #aligner: WindowAligner

  private constructor(scope: SearchScope) {
    const { catalog, control } = scope
    this.#scope = scope
    this.rows = new KnownRows(catalog)
    this.#residues = new ResidueWindows(catalog, control)
    this.#entries = new KnownEntries(catalog, control)
    this.#aligner = new WindowAligner(scope, this.#residues)
  }

  static open(scope: SearchScope): Promise<ExactSource> {
    return Promise.resolve(new ExactSource(scope))
  }

  async find(batch: Batch): Promise<QueryCandidates[]> {
    const { catalog, host, options, control, progress } = this.#scope
    this.rows.clear()
    this.#entries.clear()
    progress('reading', 0, 1)
    const found = await Promise.all(
      batch.queries.map(({ codes }) => findExact(catalog, host.kernels, codes, options, control)),
    )
    const records = [...new Set(found.flat())].sort((a, b) => a - b)
    const rows = await Promise.all(records.map((record) => this.#readRow(record)))
    // Nearly all of them are reported: entries and residues come in one round.
    await Promise.all([this.#entries.read(rows.map(({ entries }) => entries)), this.#readResiduesAhead(rows)])
    progress('reading', 1, 1)
    return found.map((records) => ({
      candidates: records.map((record) => ({ record, evalue: 0, score: 0 })),
      excluded: null,
    }))
  }

  align(batch: Batch, pairs: readonly Pair[], onDone: (pairs: number) => void): Promise<Hsp[][]> {
    const windows = pairs.map(({ query, record }) => wholeRecord(query, this.rows.row(record)))
    return this.#aligner.align(batch, windows, onDone)
  }

  async entriesOf(records: readonly number[]): Promise<Entry[][]> {
    const ranges = records.map((record) => this.rows.entries(record))
    await this.#entries.read(ranges)
    return ranges.map((range) => this.#entries.take(range))
  }

  /** Residues of records, in ascending order, as far as they are aligned: of copies the first. Long ones wait until then. */
  async #readResiduesAhead(rows: readonly RecordRow[]): Promise<void> {
    const firsts = rows.filter(
      (row, i) => row.length <= RESIDUES_AHEAD && rows.findIndex(({ key }) => key === row.key) === i,
    )
    await this.#residues.read(
      firsts.map(({ segment, position, length }) => ({ segment, start: position, end: position + length })),
    )
  }

  /** The row of a record that an id was found in: its block has just been read. */
  async #readRow(record: number): Promise<RecordRow> {
    const { catalog, control } = this.#scope
    const segment = catalog.segments.findLastIndex(({ firstRecord }) => firstRecord <= record)
    const reader = catalog.segments[segment]
    const own = record - reader.firstRecord
    const table = await reader.rows(own, own + 1, { ...control, digests: false })
    return this.rows.add(segment, own, table, 0)
  }
}

/** All of a query and all of a record. The worker finds out on which strand they are the same. */
function wholeRecord(query: number, row: RecordRow): RecordWindows {
  const { length } = row
  const rectangle = {
    context: 0,
    queryStart: 0,
    queryEnd: length,
    subjectStart: 0,
    subjectEnd: length,
    diagonalLow: 0,
    diagonalHigh: 0,
  }
  return { query, row, rectangles: [rectangle] }
}
