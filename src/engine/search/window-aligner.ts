import { contextLength, queryFrames } from './contexts.ts'
import type { RankKey } from './rank.ts'
import { grow, mergeRectangles, type Rectangle } from './rectangles.ts'
import type { RecordRow, ResidueWindows, SegmentRange } from './residue-windows.ts'
import { splitWork } from './scan-source.ts'
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
    const { job } = this.#scope
    const scores = new Array<WindowScore>(all.length)
    await job.run(
      tasksOf(all).map((members) => ({
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
    const { job } = this.#scope
    const hsps = new Array<Hsp[]>(all.length)
    let waiting = all.map((windows, i) => ({ i, windows }))
    while (waiting.length > 0) {
      const grown: typeof waiting = []
      const current = waiting
      await job.run(
        tasksOf(current.map(({ windows }) => windows)).map((members) => ({
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
    const rectangles = pairs.flatMap((pair) => pair.rectangles)
    const ranges = pairs.flatMap(({ row, rectangles }) =>
      rectangles.map(({ subjectStart, subjectEnd }): SegmentRange => ({
        segment: row.segment,
        start: row.position + subjectStart,
        end: row.position + subjectEnd,
      })),
    )
    const windows = await this.#residues.read(ranges)
    const codeStarts = new Uint32Array(ranges.length)
    let residues = 0
    ranges.forEach(({ start, end }, i) => {
      codeStarts[i] = residues
      residues += end - start
    })
    const codes = new Uint8Array(residues)
    ranges.forEach(({ start, end }, i) => {
      const { codes: from, start: first } = windows[i]
      codes.set(from.subarray(start - first, end - first), codeStarts[i])
    })
    const windowStarts = new Uint32Array(pairs.length + 1)
    pairs.forEach((pair, i) => (windowStarts[i + 1] = windowStarts[i] + pair.rectangles.length))
    return {
      queries: Uint32Array.from(pairs, ({ query }) => query),
      records: Uint32Array.from(pairs, ({ row }) => row.record),
      subjectLengths: Uint32Array.from(pairs, ({ row }) => row.length),
      windowStarts,
      contexts: Uint8Array.from(rectangles, (r) => r.context),
      queryStarts: Uint32Array.from(rectangles, (r) => r.queryStart),
      queryEnds: Uint32Array.from(rectangles, (r) => r.queryEnd),
      subjectStarts: Uint32Array.from(rectangles, (r) => r.subjectStart),
      subjectEnds: Uint32Array.from(rectangles, (r) => r.subjectEnd),
      codeStarts,
      diagonalLows: Float64Array.from(rectangles, (r) => r.diagonalLow),
      diagonalHighs: Float64Array.from(rectangles, (r) => r.diagonalHigh),
      codes,
    }
  }
}

/** A worker that has compared a pair knows its windows when they have grown. */
function affinityOf({ query, row }: RecordWindows): number {
  return query + row.record
}

/** Tasks of neighbouring pairs, so that those of one query stay together. */
function tasksOf(all: readonly RecordWindows[]): number[][] {
  const cells = (i: number): number =>
    all[i].rectangles.reduce((sum, r) => sum + (r.queryEnd - r.queryStart) * (r.subjectEnd - r.subjectStart), 0)
  const order = [...all.keys()].sort((a, b) => all[a].query - all[b].query || a - b)
  return splitWork(order, cells)
}
