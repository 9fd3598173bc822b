import { describe, expect, it } from 'vitest'
import { createKernels } from '../../src/engine/kernels/kernels.ts'
import { findWordsScalar } from '../../src/engine/kernels/words-scalar.ts'
import { TWENTY } from '../../src/engine/kernels/words.ts'
import type { WordBlocks, WordRequest } from '../../src/engine/kernels/words-types.ts'
import { proteinMatrix } from '../../src/engine/search/matrices.ts'
import { cutBlocks, regionsOf } from '../../src/engine/search/prefilter-blocks.ts'
import { loadKernelModule } from '../../server/search/kernels.ts'
import { Random } from './kernels.ts'

const kernels = await createKernels(await loadKernelModule())
const matrix = proteinMatrix('BLOSUM62')!
const X = 21

function find(request: WordRequest): number[][] {
  const run = kernels.words.find(request)
  while (!run.step());
  const found = request.queries.map((_, q) => run.found(q))
  expect(run.done).toBe(1)
  run.dispose()
  return found
}

/** Proteins, some with relatives of the queries, some of few letters, some with letters that are no residue. */
function sequences(random: Random, count: number, longest: number): Uint8Array[] {
  const relatives: Uint8Array[] = []
  return Array.from({ length: count }, () => {
    const length = random.below(longest)
    const letters = random.chance(4) ? 1 + random.below(3) : 20
    const fresh = Uint8Array.from({ length }, () =>
      random.chance(60) ? 21 + random.below(7) : TWENTY[random.below(letters)],
    )
    const old = relatives.length > 0 && random.chance(2) ? relatives[random.below(relatives.length)] : null
    const codes = old === null ? fresh : Uint8Array.from([...fresh, ...random.mutate(old, 20).map((c) => c || 1)])
    const cut = codes.slice(0, longest)
    relatives.push(cut)
    return cut
  })
}

function blocksOf(subjects: readonly Uint8Array[], limit: () => number): WordBlocks {
  const codes = Uint8Array.from(subjects.flatMap((subject) => [...subject]))
  let at = 0
  const strips = subjects.map(({ length }) => ({ start: (at += length) - length, length }))
  const blocks = cutBlocks(strips)
  return { codes, ...blocks, limit: Uint8Array.from(blocks.start, limit) }
}

describe('words that meet', () => {
  it('are found where plain loops find them', () => {
    const random = new Random(7)
    let pairs = 0
    let found = 0
    for (let round = 0; round < 20; round++) {
      const all = sequences(random, 4 + random.below(16), round % 10 === 0 ? 3000 : 200)
      const queries = all
        .slice(0, 1 + random.below(4))
        .map((codes) => ({ codes: codes.map((code) => (random.chance(50) ? X : code)), limit: 20 + random.below(20) }))
      const request: WordRequest = {
        matrix,
        shapes: [
          [1, 2],
          [1 + random.below(3), 4 + random.below(20)],
        ],
        threshold: 11 + random.below(4),
        queries,
        blocks: blocksOf(all, () => random.below(12)),
      }
      const expected = findWordsScalar(request)
      expect(find(request)).toEqual(expected)
      pairs += queries.length * request.blocks.start.length
      found += expected.flat().length
    }
    expect(found).toBeGreaterThan(100)
    expect(pairs - found).toBeGreaterThan(100)
  })

  it('are the same however subjects and queries are shared out', () => {
    const random = new Random(11)
    const all = sequences(random, 40, 1500)
    const queries = all.slice(0, 8).map((codes) => ({ codes, limit: 26 }))
    const request = {
      matrix,
      shapes: [[1, 2] as [number, number]],
      threshold: 13,
      queries,
      blocks: blocksOf(all, () => 4),
    }
    const whole = find(request)
    const { blocks } = request
    const middle = blocks.start.length >> 1
    const part = (from: number, to: number): WordBlocks => ({
      codes: blocks.codes,
      start: blocks.start.subarray(from, to),
      end: blocks.end.subarray(from, to),
      sequenceStart: blocks.sequenceStart.subarray(from, to),
      sequenceEnd: blocks.sequenceEnd.subarray(from, to),
      limit: blocks.limit.subarray(from, to),
    })
    const [low, high] = [part(0, middle), part(middle, blocks.start.length)].map((blocks) =>
      find({ ...request, blocks }),
    )
    expect(queries.map((_, q) => [...low[q], ...high[q].map((b) => b + middle)])).toEqual(whole)
    expect(queries.map((query) => find({ ...request, queries: [query] })[0])).toEqual(whole)
  })

  it('are none where there is nothing to find', () => {
    const request = {
      matrix,
      shapes: [[1, 2] as [number, number]],
      threshold: 13,
      queries: [],
      blocks: blocksOf([], () => 0),
    }
    expect(find(request)).toEqual([])
    const short = { codes: Uint8Array.of(1, 3), limit: 1 }
    expect(find({ ...request, queries: [short], blocks: blocksOf([short.codes, new Uint8Array(0)], () => 0) })).toEqual(
      [[]],
    )
  })
})

describe('regions around blocks', () => {
  it('hold every alignment of usual length that touches the block, whatever else was found', () => {
    const strips = [
      { start: 0, length: 9000 },
      { start: 9000, length: 300 },
    ]
    const blocks = cutBlocks(strips)
    expect([...blocks.strip]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1])
    const all = regionsOf(strips, blocks, [...blocks.strip.keys()], 100)
    for (const [b] of blocks.strip.entries()) {
      const [region] = regionsOf(strips, blocks, [b], 100)
      expect(region.start).toBeLessThanOrEqual(Math.max(strips[region.strip].start, blocks.start[b] - 264))
      expect(region.end).toBeGreaterThanOrEqual(
        Math.min(strips[region.strip].start + strips[region.strip].length, blocks.end[b] + 264),
      )
      expect(all).toContainEqual(region)
    }
    expect(regionsOf(strips, blocks, [0, 3, 7], 6000)).toEqual([{ strip: 0, start: 0, end: 9000 }])
  })
})
