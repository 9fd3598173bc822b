import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareKeys, Ranking, type RankKey } from '../../src/engine/search/rank.ts'
import type { Hsp } from '../../src/engine/search/types.ts'

const hsp = (evalue: number, score: number): Hsp => ({ evalue, score }) as Hsp

/** Ids in the order of record numbers. */
const byNumber = (a: number, b: number): number => a - b

/** Runs a ranking to its end; `filtered` says what remains of each candidate after alignment. */
function rank(
  candidates: RankKey[],
  entries: (record: number) => number,
  limit: number,
  filtered: (key: RankKey) => Hsp[],
): { best: number[]; aligned: number } {
  const ranking = new Ranking(candidates, entries, limit, byNumber)
  const byRecord = new Map(candidates.map((key) => [key.record, key]))
  let aligned = 0
  for (let records = ranking.nextRecords(); records.length > 0; records = ranking.nextRecords()) {
    for (const record of records) {
      aligned++
      ranking.add(record, filtered(byRecord.get(record)!))
    }
  }
  return { best: ranking.best().map(({ record }) => record), aligned }
}

const keys = fc.uniqueArray(
  fc.record({ evalue: fc.integer({ min: 1, max: 20 }), score: fc.integer({ min: 1, max: 9 }), record: fc.nat(99) }),
  {
    selector: (key) => key.record,
    maxLength: 40,
  },
)

describe('Ranking', () => {
  it('aligns no more than the limit needs when nothing is filtered', () => {
    const candidates = Array.from({ length: 100 }, (_, record) => ({ record, evalue: record + 1, score: 200 - record }))
    const { best, aligned } = rank(
      candidates,
      () => 1,
      10,
      ({ evalue, score }) => [hsp(evalue, score)],
    )
    expect(best).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(aligned).toBe(10)
  })

  it('counts entries, not records', () => {
    const candidates = Array.from({ length: 10 }, (_, record) => ({ record, evalue: record + 1, score: 1 }))
    expect(
      rank(
        candidates,
        () => 4,
        10,
        ({ evalue, score }) => [hsp(evalue, score)],
      ).best,
    ).toEqual([0, 1, 2])
  })

  it('gives what sorting everything would give, whatever filters drop or weaken', () => {
    fc.assert(
      fc.property(
        keys,
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.nat(2), { minLength: 100, maxLength: 100 }),
        (candidates, limit, fate) => {
          // Fate 0: kept as it is; 1: dropped; 2: its best HSP is dropped and a weaker one remains.
          const filtered = (key: RankKey): Hsp[] =>
            fate[key.record] === 0
              ? [hsp(key.evalue, key.score)]
              : fate[key.record] === 1
                ? []
                : [hsp(key.evalue * 3, key.score)]
          const expected = candidates
            .flatMap((key) => filtered(key).map(({ evalue, score }) => ({ record: key.record, evalue, score })))
            .sort((a, b) => compareKeys(a, b, byNumber))
            .slice(0, limit)
            .map(({ record }) => record)
          expect(rank(candidates, () => 1, limit, filtered).best).toEqual(expected)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
