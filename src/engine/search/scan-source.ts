import type { Chunk, Entry, RecordTable } from '../format/types.ts'
import { mergeScans } from './merge.ts'
import { CHUNK_RESIDUES, queryCells, scanParts } from './plan.ts'
import { compareIds, tableRows, type RecordRows } from './rows.ts'
import type { CandidateSource, Pair, QueryCandidates, SearchScope } from './source.ts'
import type { Batch, ScanAnswer } from './tasks.ts'
import type { Hsp } from './types.ts'

/** Candidates of the modes that read every record: `exhaustive`, and `sensitive` where nothing is stored for it. */
export class ScanSource implements CandidateSource {
  readonly #scope: SearchScope
  readonly #records: RecordTable
  readonly #chunks: readonly Chunk[]
  readonly rows: RecordRows
  /** Matrix cells of all queries that are scanned. */
  readonly #total: number
  #done = 0

  private constructor(scope: SearchScope, records: RecordTable, chunks: readonly Chunk[], total: number) {
    this.#scope = scope
    this.#records = records
    this.#chunks = chunks
    this.#total = total
    this.rows = tableRows(records)
  }

  /** `lengths`: of all queries that this source will be asked for. */
  static async open(scope: SearchScope, lengths: readonly number[]): Promise<ScanSource> {
    const { catalog, control } = scope
    scope.progress('reading', 0, 1)
    const [records, passing] = await Promise.all([catalog.records(control), scope.filter?.passing?.(control)])
    const all = await catalog.chunks(CHUNK_RESIDUES, control)
    // Chunks none of whose entries pass are not read.
    const isWanted = ({ firstRecord, lengths: { length } }: Chunk): boolean =>
      passing?.hasAny(records.entryStarts[firstRecord], records.entryStarts[firstRecord + length]) ?? true
    const chunks = all.filter(isWanted)
    scope.progress('reading', 1, 1)
    return new ScanSource(scope, records, chunks, queryCells(scope.options, lengths, catalog.summary.distinctResidues))
  }

  async find(batch: Batch): Promise<QueryCandidates[]> {
    const { job, catalog, options, progress, countBytes } = this.#scope
    const before = this.#done
    progress('scoring', before, this.#total)
    let isScoring = true
    const onCells = (cells: number): void => {
      // Reports travel apart from answers and may come after the last of them.
      if (!isScoring) return
      this.#done += cells
      progress('scoring', Math.min(this.#done, this.#total), this.#total)
    }
    const answers = await job.run<ScanAnswer>(
      scanParts(this.#chunks).map(({ chunk, part }) => ({
        affinity: chunk + part.index,
        run: async (worker) => {
          const answer = await worker.scan(job.id, this.#chunks[chunk], part, batch, onCells)
          countBytes(answer.bytesRead)
          return answer
        },
      })),
    )
    isScoring = false
    // Windows overlap, so workers count a little more than the plan: the plan is what people see.
    const lengths = batch.queries.map((query) => query.codes.length)
    this.#done = before + queryCells(options, lengths, catalog.summary.distinctResidues)
    progress('scoring', this.#done, this.#total)
    return mergeScans(answers, batch.queries.length, compareIds(this.rows))
  }

  async align(batch: Batch, pairs: readonly Pair[], onDone: (pairs: number) => void): Promise<Hsp[][]> {
    const { job } = this.#scope
    const byChunk = new Map<number, number[]>()
    pairs.forEach(({ record }, i) => {
      const chunk = chunkOf(this.#chunks, record)
      const members = byChunk.get(chunk)
      if (members === undefined) byChunk.set(chunk, [i])
      else members.push(i)
    })
    const cells = (i: number): number =>
      batch.queries[pairs[i].query].codes.length * this.#records.lengths[pairs[i].record]
    const tasks = [...byChunk].flatMap(([chunk, members]) => splitWork(members, cells).map((part) => ({ chunk, part })))
    const hsps = new Array<Hsp[]>(pairs.length)
    await job.run(
      tasks.map(({ chunk, part }) => ({
        affinity: chunk,
        run: async (worker) => {
          const answer = await worker.align(job.id, this.#chunks[chunk], batch, {
            query: Uint32Array.from(part, (i) => pairs[i].query),
            record: Uint32Array.from(part, (i) => pairs[i].record),
          })
          this.#scope.countBytes(answer.bytesRead)
          part.forEach((i, at) => (hsps[i] = answer.hsps[at]))
          onDone(part.length)
        },
      })),
    )
    return hsps
  }

  entriesOf(records: readonly number[]): Promise<Entry[][]> {
    return this.#scope.catalog.entriesOf(records, this.#scope.control)
  }
}

/** An alignment task ends with so many pairs or matrix cells: small enough that all workers share the work. */
const PAIRS_PER_TASK = 256
const CELLS_PER_TASK = 1e9

/** Cuts pairs, given by number, into tasks. */
export function splitWork(pairs: readonly number[], cellsOf: (pair: number) => number): number[][] {
  const parts: number[][] = []
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
