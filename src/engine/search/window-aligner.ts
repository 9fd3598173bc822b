import { contextLength, queryFrames } from './contexts.ts'
import type { SegmentWindow } from '../format/types.ts'
import type { RankKey } from './rank.ts'
import { grow, mergeRectangles, type Rectangle } from './rectangles.ts'
import type { RecordRow, ResidueWindows, SegmentRange } from './residue-windows.ts'
import type { SearchScope } from './source.ts'
import type { Batch, WindowWork } from './tasks.ts'
import type { Hsp } from './types.ts'

/** A query of a batch, a record, and what of them is compared. */
export interface RecordWindows {
  query: number
  row: RecordRow
  /** Merged: see `mergeRectangles`. */
  rectangles: Rectangle[]
}

export interface WindowScore {
  /** Where the best score passes the E-value limit. */
  key: RankKey | null
  /** The best score that does not. */
  excluded: RankKey | null
}

/** Compares windows of records with queries on the workers, whatever named the windows. */
export class WindowAligner {
  readonly #scope: SearchScope
  readonly #residues: ResidueWindows

  constructor(scope: SearchScope, residues: ResidueWindows) {
    this.#scope = scope
    this.#residues = residues
  }

  /** Best score of each. `onDone` counts them as they are scored. */
  async score(
    batch: Batch,
    all: readonly RecordWindows[],
    onDone: (count: number) => void = () => undefined,
  ): Promise<WindowScore[]> {
    const { job, host } = this.#scope
    const scores = new Array<WindowScore>(all.length)
    await job.run(
      tasksOf(all, host.pool.workers.length).map((members) => ({
        affinity: affinityOf(all[members[0]]),
        run: async (worker) => {
          const work = await this.#work(members.map((i) => all[i]))
          const answer = await worker.scoreWindows(job.id, batch, work)
          members.forEach((i, at) => {
            const { record } = all[i].row
            const { evalues, scores: best, excludedScores, excludedEvalues } = answer
            scores[i] = {
              key: evalues[at] === Infinity ? null : { record, evalue: evalues[at], score: best[at] },
              excluded:
                excludedScores[at] === 0 ? null : { record, evalue: excludedEvalues[at], score: excludedScores[at] },
            }
          })
          onDone(members.length)
        },
      })),
    )
    return scores
  }

  /** HSPs of each, best first. Windows that alignments leave are enlarged until none does. */
  async align(batch: Batch, all: readonly RecordWindows[], onDone: (count: number) => void): Promise<Hsp[][]> {
    const { job, host } = this.#scope
    const hsps = new Array<Hsp[]>(all.length)
    let waiting = all.map((windows, i) => ({ i, windows }))
    while (waiting.length > 0) {
      const grown: typeof waiting = []
      const current = waiting
      await job.run(
        tasksOf(
          current.map(({ windows }) => windows),
          host.pool.workers.length,
        ).map((members) => ({
          affinity: affinityOf(current[members[0]].windows),
          run: async (worker) => {
            const work = await this.#work(members.map((at) => current[at].windows))
            const answer = await worker.alignWindows(job.id, batch, work)
            members.forEach((at, pair) => {
              const { i, windows } = current[at]
              const growths = answer.growths.filter((growth) => growth.pair === pair)
              if (growths.length === 0) {
                hsps[i] = answer.hsps[pair]
                return
              }
              const rectangles = [...windows.rectangles]
              for (const growth of growths) {
                const which = growth.window - work.windowStarts[pair]
                const queryLength = this.#contextLength(batch, windows.query, rectangles[which].context)
                rectangles[which] = grow(rectangles[which], growth, queryLength, windows.row.length)
              }
              grown.push({ i, windows: { ...windows, rectangles: mergeRectangles(rectangles) } })
            })
            onDone(members.length)
          },
        })),
      )
      onDone(-grown.length)
      waiting = grown.sort((a, b) => a.i - b.i)
    }
    return hsps
  }

  #contextLength(batch: Batch, query: number, context: number): number {
    const { program, strand } = this.#scope.options
    return contextLength(program, queryFrames(program, strand)[context], batch.queries[query].codes.length)
  }

  async #work(pairs: readonly RecordWindows[]): Promise<WindowWork> {
    const count = pairs.reduce((sum, { rectangles }) => sum + rectangles.length, 0)
    const work = {
      queries: new Uint32Array(pairs.length),
      records: new Uint32Array(pairs.length),
      subjectLengths: new Uint32Array(pairs.length),
      windowStarts: new Uint32Array(pairs.length + 1),
      contexts: new Uint8Array(count),
      queryStarts: new Uint32Array(count),
      queryEnds: new Uint32Array(count),
      subjectStarts: new Uint32Array(count),
      subjectEnds: new Uint32Array(count),
      codeStarts: new Uint32Array(count),
      diagonalLows: new Float64Array(count),
      diagonalHighs: new Float64Array(count),
    }
    // Where each window begins in its segment, and the residues read that hold it.
    const starts = new Float64Array(count)
    const held = new Array<SegmentWindow | undefined>(count)
    const missing: SegmentRange[] = []
    let w = 0
    let residues = 0
    pairs.forEach(({ query, row, rectangles }, pair) => {
      work.queries[pair] = query
      work.records[pair] = row.record
      work.subjectLengths[pair] = row.length
      for (const rectangle of rectangles) {
        const { subjectStart, subjectEnd } = rectangle
        work.contexts[w] = rectangle.context
        work.queryStarts[w] = rectangle.queryStart
        work.queryEnds[w] = rectangle.queryEnd
        work.subjectStarts[w] = subjectStart
        work.subjectEnds[w] = subjectEnd
        work.codeStarts[w] = residues
        work.diagonalLows[w] = rectangle.diagonalLow
        work.diagonalHighs[w] = rectangle.diagonalHigh
        residues += subjectEnd - subjectStart
        starts[w] = row.position + subjectStart
        held[w] = this.#residues.held(row.segment, starts[w], row.position + subjectEnd)
        if (held[w] === undefined) {
          missing.push({ segment: row.segment, start: starts[w], end: row.position + subjectEnd })
        }
        w++
      }
      work.windowStarts[pair + 1] = w
    })
    const read = missing.length === 0 ? [] : await this.#residues.read(missing)
    const codes = new Uint8Array(residues)
    let at = 0
    for (let w = 0; w < count; w++) {
      const window = held[w] ?? read[at++]
      const first = starts[w] - window.start
      const length = work.subjectEnds[w] - work.subjectStarts[w]
      codes.set(window.codes.subarray(first, first + length), work.codeStarts[w])
    }
    return { ...work, codes }
  }
}

/** A worker that has compared a pair knows its windows when they have grown. */
function affinityOf({ query, row }: RecordWindows): number {
  return query + row.record
}

/** Pairs of a task, of which those of one query stay together where they are no more than twice as many; cells at most. */
const TASK_PAIRS = { least: 256, most: 2048 }
const TASK_CELLS = 1e9
/** Tasks for each worker, at least, where there are pairs for them. */
const TASKS_PER_WORKER = 4

/** Tasks of neighbouring pairs: positions in `all`, in order of query. */
function tasksOf(all: readonly RecordWindows[], workers: number): number[][] {
  const order = all.map((_, i) => i)
  if (all.some(({ query }, i) => i > 0 && query < all[i - 1].query)) {
    order.sort((a, b) => all[a].query - all[b].query || a - b)
  }
  const share = Math.ceil(all.length / (workers * TASKS_PER_WORKER))
  const pairs = Math.min(TASK_PAIRS.most, Math.max(TASK_PAIRS.least, share))
  const tasks: number[][] = []
  let task: number[] = []
  let cells = Infinity
  for (const i of order) {
    let own = 0
    for (const r of all[i].rectangles) own += (r.queryEnd - r.queryStart) * (r.subjectEnd - r.subjectStart)
    const isFull =
      task.length >= pairs && (all[task[task.length - 1]].query !== all[i].query || task.length >= 2 * pairs)
    if (isFull || cells + own > TASK_CELLS) {
      task = []
      tasks.push(task)
      cells = 0
    }
    task.push(i)
    cells += own
  }
  return tasks
}
