import { beforeAll, describe, expect, it } from 'vitest'
import * as scalar from '../../src/engine/kernels/scalar.ts'
import type { BandRequest, Kernels } from '../../src/engine/kernels/types.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { full } from '../support/requires.ts'
import { finish, Random } from './kernels.ts'

const ROUNDS = full ? 8000 : 1000

let kernels: Kernels
beforeAll(async () => {
  kernels = await loadKernels()
})

function randomRequest(random: Random): BandRequest {
  const alphabet = 2 + random.below(random.chance(2) ? 4 : 20)
  const ancestor = random.codes(1 + random.below(random.chance(20) ? 400 : 70), alphabet)
  const match = random.chance(4) ? 100 : 1 + random.below(6)
  const rows = new Int8Array(32 * 32).map((_, at) =>
    at >> 5 === (at & 31) ? match : -random.below(2 * match) + (random.chance(8) ? 1 : 0),
  )
  const index = Uint16Array.from(random.mutate(ancestor, alphabet))
  const subject = random.mutate(ancestor, alphabet)
  const low = random.below(40) - 30
  return {
    profile: { length: index.length, rows, index },
    subject,
    gaps: random.chance(6) ? null : { open: random.below(12), extend: 1 + random.below(3) },
    minScore: 1 + random.below(20),
    low,
    high: low + random.below(60),
  }
}

describe('alignBanded', () => {
  it('gives the alignment of the scalar twin', () => {
    const random = new Random(11)
    let found = 0
    let gapped = 0
    for (let round = 0; round < ROUNDS; round++) {
      const request = randomRequest(random)
      const expected = scalar.alignBanded(request)
      const given = finish(kernels.alignBanded(request))
      expect(given?.alignment ?? null, `round ${round}`).toEqual(expected)
      if (given === null) continue
      found++
      if (given.alignment.operations.length > 1) gapped++
      expect(given.lowest).toBeGreaterThanOrEqual(request.low)
      expect(given.highest).toBeLessThanOrEqual(request.high)
    }
    expect(found).toBeGreaterThan(ROUNDS / 2)
    expect(gapped).toBeGreaterThan(ROUNDS / 10)
  })

  it('gives the best alignment of `align` where the band holds everything', () => {
    const random = new Random(12)
    let compared = 0
    for (let round = 0; round < ROUNDS; round++) {
      const request = randomRequest(random)
      const [best] = finish(kernels.align({ ...request, limit: 1 }))
      const whole = { ...request, low: -request.profile.length, high: request.subject.length }
      expect(finish(kernels.alignBanded(whole))?.alignment, `round ${round}`).toEqual(best)
      if (best !== undefined) compared++
    }
    expect(compared).toBeGreaterThan(ROUNDS / 2)
  })

  it('goes back through many blocks', () => {
    const random = new Random(13)
    const codes = random.codes(30_000, 4)
    const rows = new Int8Array(32 * 32).map((_, at) => (at >> 5 === (at & 31) ? 2 : -3))
    const profile = { length: codes.length, rows, index: Uint16Array.from(codes) }
    const subject = Uint8Array.from([...codes.subarray(0, 9000), ...random.codes(40, 4), ...codes.subarray(9000)])
    const request = { profile, subject, gaps: { open: 5, extend: 2 }, minScore: 1, low: -600, high: 600 }
    const given = finish(kernels.alignBanded(request))!
    expect(given.alignment.score).toBe(60_000 - 5 - 80)
    expect([given.lowest, given.highest]).toEqual([0, 40])
    expect(given.alignment.operations.length).toBe(3)
  })
})
