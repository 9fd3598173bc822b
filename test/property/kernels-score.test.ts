import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import * as scalar from '../../src/engine/kernels/scalar.ts'
import type { GapCosts, Kernels, Profile } from '../../src/engine/kernels/types.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { full } from '../support/requires.ts'
import { Random, scoreAll } from './kernels.ts'

const ROUNDS = full ? 1500 : 200

let kernels: Kernels
beforeAll(async () => {
  kernels = await loadKernels()
})

/** Largest score of a row: mild ones stay in i8, steep ones saturate i8 and, in long pairs, i16. */
function randomProfile(random: Random, length: number, steep: number): Profile {
  const rowCount = 1 + random.below(random.chance(2) ? 24 : 300)
  const rows = new Int8Array(rowCount * 32).map(() =>
    steep === 0 ? random.below(256) - 128 : steep === 1 ? random.below(16) - 10 : random.below(138) - 10,
  )
  return { length, rows, index: Uint16Array.from({ length }, () => random.below(rowCount)) }
}

function compare(
  profiles: Profile[],
  subjects: Uint8Array[],
  gaps: GapCosts,
  cells?: number,
): { scores: Int32Array; expected: number[] } {
  const scores = scoreAll(kernels, profiles, subjects, gaps, cells)
  const expected = profiles.flatMap((profile) => subjects.map((subject) => scalar.score(profile, subject, gaps)))
  return { scores, expected }
}

describe('score', () => {
  it('gives the scalar scores for random profiles, gap costs, lengths and slices', () => {
    const random = new Random(1)
    let [pairs, wide, gapless] = [0, 0, 0]
    for (let round = 0; round < ROUNDS; round++) {
      const alphabet = random.chance(2) ? 32 : 16
      const steep = random.below(3)
      const profiles = Array.from({ length: random.below(5) }, () =>
        randomProfile(random, random.below(random.chance(6) ? 400 : 60), steep),
      )
      const subjects = Array.from({ length: random.below(60) }, () =>
        random.codes(random.below(random.chance(5) ? 300 : 50), alphabet),
      )
      const open = random.below(random.chance(8) ? 200 : 15)
      const gaps = random.chance(4) ? null : { open, extend: random.below(4) + (open ? 0 : 1) }
      const { scores, expected } = compare(profiles, subjects, gaps, random.chance(2) ? 1 : 1e6)
      expect(Array.from(scores), `round ${round}`).toEqual(expected)
      pairs += expected.length
      wide += expected.filter((score) => score > 254).length
      gapless += gaps ? 0 : expected.length
    }
    expect(pairs).toBeGreaterThan(50 * ROUNDS)
    expect(wide).toBeGreaterThan(5 * ROUNDS)
    expect(gapless).toBeGreaterThan(5 * ROUNDS)
  })

  it('agrees around the scores at which lanes saturate', () => {
    let compared = 0
    for (const best of [1, 5, 17, 127]) {
      const rows = new Int8Array(32).fill(-1)
      rows[3] = best
      for (const edge of [255, 65535]) {
        const around = Math.floor(edge / best)
        const lengths = [around - 1, around, around + 1, around + 2].filter((length) => length <= 20_000)
        if (lengths.length === 0) continue
        const length = Math.max(...lengths)
        const profile: Profile = { length, rows, index: new Uint16Array(length) }
        const subjects = lengths.map((n) => new Uint8Array(n).fill(3))
        const scores = scoreAll(kernels, [profile], subjects, { open: 3, extend: 1 })
        expect(Array.from(scores)).toEqual(lengths.map((n) => n * best))
        compared += lengths.length
      }
    }
    expect(compared).toBe(28)
  })

  it('finds a gap as long as the costs of each width allow', () => {
    let compared = 0
    for (const gap of [1, 100, 250, 1000, 5000]) {
      const rows = new Int8Array(64).fill(-100)
      rows[1] = 100
      rows[32 + 2] = 100
      const arm = 70
      const profile: Profile = {
        length: 2 * arm,
        rows,
        index: Uint16Array.from({ length: 2 * arm }, (_, i) => (i < arm ? 0 : 1)),
      }
      const subject = Uint8Array.from({ length: 2 * arm + gap }, (_, j) => (j < arm ? 1 : j < arm + gap ? 0 : 2))
      for (const open of [0, 120, 126, 127, 128, 5000]) {
        const gaps = { open, extend: 1 }
        const expected = scalar.score(profile, subject, gaps)
        if (gap < 5000 && open < 5000) expect(expected).toBeGreaterThanOrEqual(2 * arm * 100 - open - gap)
        expect(scoreAll(kernels, [profile], [subject], gaps)[0]).toBe(expected)
        compared++
      }
    }
    expect(compared).toBe(30)
  })

  it('does not depend on the other subjects or their order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40, max: 4 }), { minLength: 1, maxLength: 40 }),
        fc.uint8Array({ minLength: 1, maxLength: 40, max: 4 }),
        fc.integer({ min: 1, max: 90 }),
        fc.nat(),
        (subjects, query, match, seed) => {
          const rows = new Int8Array(5 * 32).map((_, at) => (at >> 5 === (at & 31) ? match : -match))
          const profile: Profile = { length: query.length, rows, index: Uint16Array.from(query) }
          const gaps = { open: 5, extend: 2 }
          const together = scoreAll(kernels, [profile], subjects, gaps)
          const random = new Random(seed)
          const order = subjects.map((_, s) => [random.below(1e9), s]).sort((a, b) => a[0] - b[0])
          const shuffled = scoreAll(
            kernels,
            [profile, profile],
            order.map(([, s]) => subjects[s]),
            gaps,
          )
          order.forEach(([, s], at) => {
            expect(shuffled[at]).toBe(together[s])
            expect(shuffled[subjects.length + at]).toBe(together[s])
          })
        },
      ),
      { numRuns: 200, seed: 1 },
    )
  })

  it('uses many profiles at once as it uses each alone', () => {
    const random = new Random(3)
    const matrix = new Int8Array(24 * 32).map(() => random.below(16) - 10)
    const profiles: Profile[] = Array.from({ length: 40 }, () => {
      const length = 1 + random.below(80)
      return { length, rows: matrix, index: Uint16Array.from({ length }, () => random.below(24)) }
    })
    profiles.push(randomProfile(random, 30, 1), randomProfile(random, 0, 1))
    const subjects = Array.from({ length: 50 }, () => random.codes(random.below(90), 24))
    const { scores, expected } = compare(profiles, subjects, { open: 11, extend: 1 })
    expect(Array.from(scores)).toEqual(expected)
    expect(expected.length).toBe(2100)
  })
})
