import { compareKeys, type CompareIds, type RankKey } from './rank.ts'
import type { ScanAnswer } from './tasks.ts'

export interface MergedScan {
  /** The best of each record, in no order. */
  candidates: RankKey[]
  /** The highest-scoring record that did not pass anywhere, the lowest id of equal ones. */
  excluded: RankKey | null
}

/** Brings together what the parts of a catalog found, per query. */
export function mergeScans(answers: readonly ScanAnswer[], queries: number, compareIds: CompareIds): MergedScan[] {
  const best = Array.from({ length: queries }, () => new Map<number, RankKey>())
  const excluded = Array.from({ length: queries }, (): RankKey | null => null)
  for (const answer of answers) {
    answer.query.forEach((q, i) => {
      const key = { record: answer.record[i], evalue: answer.evalue[i], score: answer.score[i] }
      const known = best[q].get(key.record)
      if (known === undefined || compareKeys(key, known, compareIds) < 0) best[q].set(key.record, key)
    })
    answer.excludedQuery.forEach((q, i) => {
      const record = answer.excludedRecord[i]
      const key = { record, score: answer.excludedScore[i], evalue: answer.excludedEvalue[i] }
      excluded[q] = nearer(excluded[q], key, compareIds)
    })
  }
  return best.map((records, q) => ({ candidates: [...records.values()], excluded: excluded[q] }))
}

/** Of two records that did not pass, the one with the higher score, then the lower id. */
export function nearer(known: RankKey | null, other: RankKey, compareIds: CompareIds): RankKey {
  if (known === null) return other
  const order = known.score - other.score || compareIds(other.record, known.record)
  return order >= 0 ? known : other
}
