import type { Chunk } from '../format/types.ts'
import type { Context } from './contexts.ts'
import { PassTable } from './pass-table.ts'
import type { Scoring } from './scoring.ts'
import type { Batch, ScanAnswer } from './tasks.ts'
import type { Windows } from './windows.ts'

/** The records of the highest score that did not pass, by one query. */
interface Excluded {
  score: number
  records: number[]
  evalues: number[]
}

/** Collects, from the scores of one part of a chunk, the records whose best score passes the E-value limit. */
export class Candidates {
  readonly #chunk: Chunk
  readonly #windows: Windows
  readonly #scoring: Scoring
  readonly #passes: PassTable
  readonly #query: number[] = []
  readonly #record: number[] = []
  readonly #evalue: number[] = []
  readonly #score: number[] = []
  readonly #excluded: Excluded[]

  constructor(chunk: Chunk, batch: Batch, windows: Windows, scoring: Scoring) {
    this.#chunk = chunk
    this.#windows = windows
    this.#scoring = scoring
    this.#passes = new PassTable(chunk.lengths, batch.options.evalue)
    this.#excluded = batch.queries.map(() => ({ score: 0, records: [], evalues: [] }))
  }

  /** Takes kernel scores `[context × windows + window]` of consecutive queries of the batch, the first of which is `first`. */
  add(first: number, contexts: readonly Context[][], scores: Int32Array): void {
    let row = 0
    contexts.forEach((queryContexts, i) => {
      this.#addQuery(first + i, queryContexts, scores, row)
      row += queryContexts.length * this.#windows.lengths.length
    })
  }

  #addQuery(query: number, contexts: readonly Context[], scores: Int32Array, row: number): void {
    const { lengths, firstRecord } = this.#chunk
    const excluded = this.#excluded[query]
    /** Context of each excluded record, to have its E-value once no better one can come. */
    let contextsOf: Context[] = []
    this.#passes.reset(contexts)
    for (let r = 0; r < lengths.length; r++) {
      let bestEvalue = Infinity
      let bestScore = 0
      let missed = 0
      let missedBy = contexts[0]
      for (let c = 0; c < contexts.length; c++) {
        const raw = this.#rawScore(r, scores, row + c * this.#windows.lengths.length)
        if (raw <= 0) continue
        const evalue = this.#passes.evalue(c, r, raw)
        if (evalue >= 0) {
          if (evalue < bestEvalue || (evalue === bestEvalue && raw > bestScore)) {
            bestEvalue = evalue
            bestScore = raw
          }
        } else if (raw > missed) {
          missed = raw
          missedBy = contexts[c]
        }
      }
      if (missed > excluded.score) {
        excluded.score = missed
        excluded.records.length = 0
        contextsOf = []
      }
      if (missed > 0 && missed === excluded.score) {
        excluded.records.push(r)
        contextsOf.push(missedBy)
      }
      if (bestEvalue < Infinity) {
        this.#query.push(query)
        this.#record.push(firstRecord + r)
        this.#evalue.push(bestEvalue)
        this.#score.push(bestScore)
      }
    }
    excluded.evalues = excluded.records.map((r, i) => contextsOf[i].statistics.evalue(excluded.score, lengths[r]))
    excluded.records = excluded.records.map((r) => firstRecord + r)
  }

  /** Best raw score of a record over its windows, by one context's row of scores. */
  #rawScore(record: number, scores: Int32Array, row: number): number {
    const { recordStarts } = this.#windows
    let best = 0
    for (let w = recordStarts[record]; w < recordStarts[record + 1]; w++) {
      if (scores[row + w] > best) best = scores[row + w]
    }
    return this.#scoring.rawScore(best)
  }

  answer(bytesRead: number): ScanAnswer {
    return {
      query: Uint32Array.from(this.#query),
      record: Uint32Array.from(this.#record),
      evalue: Float64Array.from(this.#evalue),
      score: Int32Array.from(this.#score),
      excludedQuery: Uint32Array.from(this.#excluded.flatMap(({ records }, query) => records.map(() => query))),
      excludedRecord: Uint32Array.from(this.#excluded.flatMap(({ records }) => records)),
      excludedScore: Int32Array.from(this.#excluded.flatMap(({ records, score }) => records.map(() => score))),
      excludedEvalue: Float64Array.from(this.#excluded.flatMap(({ evalues }) => evalues)),
      bytesRead,
    }
  }
}
