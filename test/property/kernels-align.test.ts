import { beforeAll, describe, expect, it } from 'vitest'
import type { Aligner } from '../../src/engine/kernels/align.ts'
import type { KernelMemory } from '../../src/engine/kernels/memory.ts'
import * as scalar from '../../src/engine/kernels/scalar.ts'
import type { AlignRequest, Kernels } from '../../src/engine/kernels/types.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { full } from '../support/requires.ts'
import { checkpointAligner, fault, finish, Random, scoreAll } from './kernels.ts'

/** Pairs compared with the scalar twin. */
const ROUNDS = full ? 8000 : 1000

let kernels: Kernels
let checkpoints: Aligner
let memory: KernelMemory
beforeAll(async () => {
  kernels = await loadKernels()
  const made = await checkpointAligner()
  checkpoints = made.aligner
  memory = made.memory
})

/** Two relatives, often with the subject doubled so that several alignments exist. */
function randomRequest(random: Random, longest: number): AlignRequest {
  const alphabet = 2 + random.below(random.chance(2) ? 4 : 20)
  const ancestor = random.codes(1 + random.below(longest), alphabet)
  const match = random.chance(4) ? 100 : 1 + random.below(6)
  const rows = new Int8Array(32 * 32).map((_, at) =>
    at >> 5 === (at & 31) ? match : -random.below(2 * match) + (random.chance(8) ? 1 : 0),
  )
  const index = Uint16Array.from(random.mutate(ancestor, alphabet))
  const subject = random.mutate(ancestor, alphabet)
  const twice = Uint8Array.from([...subject, ...random.mutate(ancestor, alphabet)])
  return {
    profile: { length: index.length, rows, index },
    subject: random.chance(3) ? twice : subject,
    gaps: random.chance(6) ? null : { open: random.below(random.chance(10) ? 200 : 12), extend: 1 + random.below(3) },
    minScore: 1 + random.below(40) * (random.chance(3) ? 10 : 1),
    limit: 1 + random.below(8),
  }
}

describe('align', () => {
  it('gives the alignments of the scalar twin, kept whole or by checkpoints', () => {
    const random = new Random(5)
    let [alignments, wide, later] = [0, 0, 0]
    for (let round = 0; round < ROUNDS; round++) {
      const request = randomRequest(random, random.chance(20) ? 400 : 70)
      const expected = scalar.align(request)
      expect(finish(kernels.align(request)), `round ${round}`).toEqual(expected)
      expect(finish(checkpoints.align(request)), `round ${round}, checkpoints`).toEqual(expected)
      alignments += expected.length
      later += Math.max(0, expected.length - 1)
      wide += expected.filter(({ score }) => score > 254).length
    }
    expect(alignments).toBeGreaterThan(2 * ROUNDS)
    expect(later).toBeGreaterThan(ROUNDS)
    expect(wide).toBeGreaterThan(ROUNDS / 2)
  })

  it('gives optimal alignments that add up and share no pair', () => {
    const random = new Random(6)
    let alignments = 0
    for (let round = 0; round < 400; round++) {
      const request = { ...randomRequest(random, random.chance(20) ? 3000 : 300), minScore: 20 }
      const found = finish((random.chance(2) ? kernels : checkpoints).align(request))
      expect(fault(request, found), `round ${round}`).toBe('')
      const [best] = scoreAll(kernels, [request.profile], [request.subject], request.gaps)
      expect(found[0]?.score ?? 0).toBe(best >= 20 ? best : 0)
      alignments += found.length
    }
    expect(alignments).toBeGreaterThan(800)
  })

  it('aligns across blocks with gaps longer than a block', () => {
    const random = new Random(7)
    const rows = new Int8Array(4 * 32).map((_, at) => (at >> 5 === (at & 31) ? 5 : -4))
    let gaps = 0
    for (let round = 0; round < 60; round++) {
      const arms = random.codes(200 + random.below(200), 4)
      const cut = 100 + random.below(100)
      const gap = 1 + random.below(150)
      const middle = random.codes(gap, 4)
      const long = Uint8Array.from([...arms.subarray(0, cut), ...middle, ...arms.subarray(cut)])
      const [query, subject] = random.chance(2) ? [arms, long] : [long, arms]
      const request = {
        profile: { length: query.length, rows, index: Uint16Array.from(query) },
        subject,
        gaps: { open: 10, extend: 1 },
        minScore: 50,
        limit: 3,
      }
      const expected = scalar.align(request)
      expect(finish(checkpoints.align(request))).toEqual(expected)
      expect(finish(kernels.align(request))).toEqual(expected)
      for (const run of expected[0].operations) if ((run & 3) !== 0 && run >>> 2 > 40) gaps++
    }
    expect(gaps).toBeGreaterThan(30)
  })

  it('keeps two running alignments apart and gives memory back', () => {
    const random = new Random(8)
    const requests = Array.from({ length: 6 }, () => ({ ...randomRequest(random, 4000), limit: 3, minScore: 30 }))
    const alone = requests.map((request) => finish(checkpoints.align(request)))
    const before = memory.used
    const running = requests.map((request) => checkpoints.align(request))
    const results = requests.map(() => null as unknown)
    for (let left = running.length; left > 0;) {
      running.forEach((work, at) => {
        if (results[at] !== null) return
        const step = work.next()
        if (!step.done) return
        results[at] = step.value
        left--
      })
    }
    expect(results).toEqual(alone)
    for (let round = 0; round < 20; round++) {
      const work = checkpoints.align(requests[round % requests.length])
      if (!work.next().done) work.return([])
    }
    expect(memory.used).toBeLessThanOrEqual(before * 4)
    const settled = memory.used
    for (const request of requests) finish(checkpoints.align(request))
    expect(memory.used).toBeLessThanOrEqual(settled)
  })

  it('finds nothing in nothing', () => {
    const rows = new Int8Array(32).fill(1)
    const empty = { length: 0, rows, index: new Uint16Array(0) }
    const one = { length: 1, rows, index: new Uint16Array(1) }
    const request = { gaps: null, minScore: 1, limit: 5 }
    expect(finish(kernels.align({ ...request, profile: empty, subject: new Uint8Array(3) }))).toEqual([])
    expect(finish(kernels.align({ ...request, profile: one, subject: new Uint8Array(0) }))).toEqual([])
    expect(finish(kernels.align({ ...request, limit: 0, profile: one, subject: new Uint8Array(3) }))).toEqual([])
    expect(finish(kernels.align({ ...request, profile: one, subject: new Uint8Array(3) }))).toHaveLength(3)
  })
})
