import { compareKeys, type RankKey } from './rank.ts'
import type { ScanAnswer } from './tasks.ts'

export interface MergedScan {
  /** The best of each record, in no order. */
  candidates: RankKey[]
  /** The highest-scoring record that did not pass anywhere, the lowest record number of equal ones. */
  excluded: RankKey | null
}

/** Brings together what the parts of a catalog found, per query. */
export function mergeScans(answers: readonly ScanAnswer[], queries: number): MergedScan[] {
  const best = Array.from({ length: queries }, () => new Map<number, RankKey>())
  const excluded = Array.from({ length: queries }, (): RankKey | null => null)
  for (const answer of answers) {
    answer.query.forEach((q, i) => {
      const key = { record: answer.record[i], evalue: answer.evalue[i], score: answer.score[i] }
      const known = best[q].get(key.record)
      if (known === undefined || compareKeys(key, known) < 0) best[q].set(key.record, key)
    })
    answer.excludedRecord.forEach((record, q) => {
      const score = answer.excludedScore[q]
      const known = excluded[q]
      if (
        record < 0 ||
        (known !== null && (score < known.score || (score === known.score && record >= known.record)))
      ) {
        return
      }
      excluded[q] = { record, score, evalue: answer.excludedEvalue[q] }
    })
  }
  return best.map((records, q) => ({ candidates: [...records.values()], excluded: excluded[q] }))
}
