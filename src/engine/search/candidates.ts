import type { Chunk } from '../format/types.ts'
import type { Context } from './contexts.ts'
import { PassTable } from './pass-table.ts'
import type { Scoring } from './scoring.ts'
import type { Batch, ScanAnswer } from './tasks.ts'
import type { Windows } from './windows.ts'

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
  readonly #excludedRecord: Int32Array
  readonly #excludedScore: Int32Array
  readonly #excludedEvalue: Float64Array

  constructor(chunk: Chunk, batch: Batch, windows: Windows, scoring: Scoring) {
    this.#chunk = chunk
    this.#windows = windows
    this.#scoring = scoring
    this.#passes = new PassTable(chunk.lengths, batch.options.evalue)
    this.#excludedRecord = new Int32Array(batch.queries.length).fill(-1)
    this.#excludedScore = new Int32Array(batch.queries.length)
    this.#excludedEvalue = new Float64Array(batch.queries.length)
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
    let excluded: Context | null = null
    this.#passes.reset(contexts)
    for (let r = 0; r < lengths.length; r++) {
      let bestEvalue = Infinity
      let bestScore = 0
      for (let c = 0; c < contexts.length; c++) {
        const raw = this.#rawScore(r, scores, row + c * this.#windows.lengths.length)
        if (raw <= 0) continue
        const evalue = this.#passes.evalue(c, r, raw)
        if (evalue >= 0) {
          if (evalue < bestEvalue || (evalue === bestEvalue && raw > bestScore)) {
            bestEvalue = evalue
            bestScore = raw
          }
        } else if (raw > this.#excludedScore[query]) {
          this.#excludedScore[query] = raw
          this.#excludedRecord[query] = r
          excluded = contexts[c]
        }
      }
      if (bestEvalue < Infinity) {
        this.#query.push(query)
        this.#record.push(firstRecord + r)
        this.#evalue.push(bestEvalue)
        this.#score.push(bestScore)
      }
    }
    if (excluded !== null) {
      const record = this.#excludedRecord[query]
      this.#excludedEvalue[query] = excluded.statistics.evalue(this.#excludedScore[query], lengths[record])
      this.#excludedRecord[query] = firstRecord + record
    }
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
      excludedRecord: this.#excludedRecord,
      excludedScore: this.#excludedScore,
      excludedEvalue: this.#excludedEvalue,
      bytesRead,
    }
  }
}
