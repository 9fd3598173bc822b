import { beforeAll, describe, expect, it } from 'vitest'
import { loadKernels } from '../../server/search/kernels.ts'
import { splitByRecord } from '../../src/engine/index/seeds/clusters.ts'
import { scalarClusters, scalarTerms, type PlacedCodes } from '../../src/engine/index/seeds/scalar.ts'
import { chooseSeedParameters, schemeOf } from '../../src/engine/index/seeds/scheme.ts'
import type { Clusters, SeedParameters } from '../../src/engine/index/seeds/types.ts'
import type { Kernels } from '../../src/engine/kernels/types.ts'
import { full } from '../support/requires.ts'
import { buildSeeds, clustersOf, lookUp } from '../support/seeds.ts'
import { Random } from './kernels.ts'

const ROUNDS = full ? 300 : 15

let kernels: Kernels
beforeAll(async () => {
  kernels = await loadKernels()
})

/** Masks of weight 5 and 6 that find something in short sequences; the second scheme's hold palindromes. */
function schemes(): SeedParameters[] {
  const dna = { version: 1, alphabet: 'nucleotide', groups: null, stopTerms: null } as const
  return [
    { ...dna, masks: ['1101011'], sampling: 600, fastSampling: 300 },
    { ...dna, masks: ['1001111001', '110101011'], sampling: 3000, fastSampling: 1000 },
    { ...dna, masks: ['111111'], sampling: 4096, fastSampling: 2048 },
    { ...chooseSeedParameters('protein', 1e6), masks: ['11011'], sampling: 5000, fastSampling: 3000 },
    chooseSeedParameters('dna', 1e6),
    chooseSeedParameters('dna', 1e8, { masks: 2 }),
    chooseSeedParameters('protein', 1e6),
  ]
}

/** Letters of the scheme's alphabet, now and then an ambiguous one or a stretch of low complexity. */
function sequence(random: Random, parameters: SeedParameters, length: number): Uint8Array {
  const protein = parameters.alphabet === 'protein'
  const codes = random.codes(length, protein ? 25 : 4)
  const unit = 1 + random.below(3)
  if (random.chance(3)) for (let i = 20; i < Math.min(length, 50); i++) codes[i] = codes[i - unit]
  if (random.chance(2)) for (let i = 0; i < length; i++) if (random.chance(60)) codes[i] = protein ? 21 : 14
  return codes
}

const complement = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 13, 12, 11, 10, 14]
function reverse(codes: Uint8Array): Uint8Array {
  return codes.map((code) => complement[code]).reverse()
}

/** Records laid out as a segment does, some relatives of the query, on either strand. */
function relatives(random: Random, parameters: SeedParameters, query: Uint8Array, start: number): PlacedCodes[] {
  const group = parameters.alphabet === 'protein' ? 8 : 4
  let position = start
  return Array.from({ length: 1 + random.below(6) }, () => {
    let codes = sequence(random, parameters, 1 + random.below(200))
    if (random.chance(2)) codes = Uint8Array.from([...codes, ...random.mutate(query, 4), ...codes])
    if (group === 4 && random.chance(2)) codes = reverse(codes)
    const record = { position, codes }
    position += Math.ceil(codes.length / group) * group
    return record
  })
}

/** Clusters in an order of their own, hits included. */
function comparable(clusters: Clusters): unknown[] {
  return Array.from({ length: clusters.count }, (_, i) => {
    const hits = Array.from({ length: clusters.hitStarts[i + 1] - clusters.hitStarts[i] }, (_, h) => {
      const at = clusters.hitStarts[i] + h
      return `${clusters.hitQueries[at]} ${clusters.hitMasks[at]} ${clusters.hitSubjects[at]}`
    }).sort()
    const { strands, scores, queryStarts, queryEnds, subjectStarts, subjectEnds, diagonalLows, diagonalHighs } =
      clusters
    const numbers = [
      strands, scores, queryStarts, queryEnds, subjectStarts, subjectEnds, diagonalLows, diagonalHighs,
    ].map((column) => column[i]) // prettier-ignore
    return `${numbers.join(' ')}: ${hits.join(', ')}`
  }).sort()
}

describe('seeds beside plain loops', () => {
  it('takes the terms of sequences', () => {
    const random = new Random(1)
    let terms = 0
    for (let round = 0; round < ROUNDS; round++) {
      for (const parameters of schemes()) {
        const codes = sequence(random, parameters, random.below(300))
        parameters.masks.forEach((_, mask) => {
          const found = kernels.seeds.terms(codes, parameters, mask, parameters.sampling)
          expect(found).toEqual(scalarTerms(codes, parameters, mask, parameters.sampling))
          terms += found.count
        })
      }
    }
    expect(terms).toBeGreaterThan(ROUNDS * 500)
  })

  it('takes them across the borders of the kernels’ chunks', () => {
    const random = new Random(2)
    const parameters = chooseSeedParameters('dna', 1e6)
    for (const length of [65_535, 65_536, 65_537, 65_550, 65_551, 150_000]) {
      const codes = random.codes(length, 4)
      const found = kernels.seeds.terms(codes, parameters, 0, 3000)
      expect(found).toEqual(scalarTerms(codes, parameters, 0, 3000))
    }
  })

  it('finds again every posting of an index, of long records in pieces, too', async () => {
    const random = new Random(3)
    for (let round = 0; round < ROUNDS / 4; round++) {
      for (const parameters of schemes()) {
        const query = sequence(random, parameters, 400)
        const start = random.chance(2) ? 0 : 2 ** 32 - 4000
        const records = relatives(random, parameters, query, start)
        const built = await buildSeeds(
          kernels,
          parameters,
          records,
          random.chance(2) ? Infinity : 30 + random.below(40),
        )
        const all = parameters.masks.map((_, mask) =>
          records.flatMap(({ codes }) => [...scalarTerms(codes, parameters, mask, parameters.sampling).hashes]),
        )
        expect(built.files.postingCount).toBe(all.flat().length)
        const { lookups, lists } = await lookUp(
          kernels,
          built,
          records.map(({ codes }) => codes),
        )
        lookups.termHashes.forEach((hash, term) => {
          const times = all[lookups.termMasks[term]].filter((other) => other === hash).length
          expect(lists.counts[term]).toBe(times)
        })
      }
    }
  })

  it('clusters hits of both strands', async () => {
    const random = new Random(4)
    let clusters = 0
    let minus = 0
    for (let round = 0; round < ROUNDS; round++) {
      for (const parameters of schemes()) {
        const query = sequence(random, parameters, 20 + random.below(200))
        const records = relatives(random, parameters, query, random.chance(2) ? 0 : 2 ** 32 - 8000)
        const built = await buildSeeds(kernels, parameters, records)
        const { weight } = schemeOf(parameters)
        const rule = {
          band: random.below(9),
          gap: 20 + random.below(200),
          threshold: 4 * weight + random.below(8 * weight),
        }
        for (const mode of ['fast', 'sensitive'] as const) {
          const [found] = clustersOf(kernels, await lookUp(kernels, built, [query], mode), rule)
          const limit = mode === 'fast' ? parameters.fastSampling : parameters.sampling
          const wanted = scalarClusters(query, records, parameters, limit, rule)
          expect(comparable(found)).toEqual(comparable(wanted))
          clusters += found.count
          minus += found.strands.reduce((sum, strand) => sum + strand, 0)
        }
      }
    }
    expect(clusters).toBeGreaterThan(ROUNDS * 10)
    expect(minus).toBeGreaterThan(ROUNDS)
  })

  it('finds in a record the same whatever lies beside it, and wherever it lies', async () => {
    const random = new Random(5)
    let compared = 0
    for (let round = 0; round < ROUNDS; round++) {
      for (const parameters of schemes()) {
        const query = sequence(random, parameters, 150)
        const records = relatives(random, parameters, query, 0)
        const { weight } = schemeOf(parameters)
        const rule = { band: 8, gap: 100, threshold: 4 * weight + 4 + random.below(8 * weight) }
        const together = await byRecord(parameters, query, records, rule)
        for (let r = 0; r < records.length; r++) {
          const alone = { position: 8 * random.below(1000), codes: records[r].codes }
          const [expected] = await byRecord(parameters, query, [alone], rule)
          expect(together[r]).toEqual(expected)
          compared += expected.length
        }
      }
    }
    expect(compared).toBeGreaterThan(ROUNDS * 5)
  })
})

/** Clusters of each record, in coordinates of the record. */
async function byRecord(
  parameters: SeedParameters,
  query: Uint8Array,
  records: readonly PlacedCodes[],
  rule: { band: number; gap: number; threshold: number },
): Promise<unknown[][]> {
  const built = await buildSeeds(kernels, parameters, records)
  const [clusters] = clustersOf(kernels, await lookUp(kernels, built, [query]), rule)
  const last = records[records.length - 1]
  const starts = Float64Array.of(...records.map(({ position }) => position), last.position + last.codes.length)
  const split = splitByRecord(clusters, starts, rule, built.parameters)
  return records.map(({ position }, r) =>
    Array.from(split.records.keys())
      .filter((i) => split.records[i] === r)
      .map((i) => [
        split.strands[i],
        split.scores[i],
        split.queryStarts[i],
        split.queryEnds[i],
        split.subjectStarts[i] - position,
        split.subjectEnds[i] - position,
        split.diagonalLows[i] - position,
        split.diagonalHighs[i] - position,
      ])
      .sort((a, b) => a[0] - b[0] || a[2] - b[2] || a[4] - b[4] || a[5] - b[5]),
  )
}
