import { beforeAll, describe, expect, it } from 'vitest'
import { clusterRecords } from '../../src/engine/index/neighbours/cluster.ts'
import { sampledWindows, similarity, type RecordVectors } from '../../src/engine/index/neighbours/likeness.ts'
import { nearestRecords, reciprocalBestHits } from '../../src/engine/index/neighbours/nearest.ts'
import type { VectorSpace } from '../../src/engine/index/neighbours/space.ts'
import {
  writeClusterJson,
  writeClusterTable,
  writeNearestJson,
  writeNearestTable,
  writePairTable,
} from '../../src/engine/index/neighbours/write.ts'
import type { InputEntry } from '../../src/engine/io/types.ts'
import { verifyCatalog } from '../../src/engine/format/verify.ts'
import { requiresShared, sharedPath } from '../support/requires.ts'
import { buildWithVectors, readEntries, spaceOf, textOf, vectorHost } from '../support/vectors.ts'

const file = 'data/genes/resistance_and_virulence_genes.fasta.gz'

/** Everything that users get of neighbours, clusters and pairs. */
async function outputs(space: VectorSpace, other: VectorSpace): Promise<string[]> {
  const texts = [
    await textOf(writeNearestTable(space.records, nearestRecords(space, 4))),
    await textOf(writeNearestJson(space, { k: 2 }, nearestRecords(space, 2))),
    await textOf(writePairTable(space.records, other.records, await reciprocalBestHits(space, other))),
    await textOf(writePairTable(other.records, space.records, await reciprocalBestHits(other, space))),
  ]
  for (const method of ['greedy', 'components'] as const) {
    const clusters = await clusterRecords(space, { threshold: 0.5, method })
    texts.push(await textOf(writeClusterTable(space.records, clusters)))
    texts.push(await textOf(writeClusterJson(space, { method }, clusters)))
  }
  return texts
}

describe.runIf(requiresShared(file))('neighbours, clusters and pairs of genes', () => {
  let all: InputEntry[]
  let other: VectorSpace
  let space: VectorSpace
  let expected: string[]
  beforeAll(async () => {
    const genes = readEntries(sharedPath(file), 360)
    // Some sequences twice, so that two segments have them.
    all = [...genes, ...genes.slice(0, 8).map((each) => ({ ...each, accession: `${each.accession}-copy` }))]
    other = await spaceOf(await buildWithVectors([readEntries(sharedPath(file), 720, 1)]))
    space = await spaceOf(await buildWithVectors([all]))
    expected = await outputs(space, other)
  }, 120_000)

  it.each<{ name: string; batches: () => InputEntry[][]; options?: Parameters<typeof buildWithVectors>[1] }>([
    { name: '5 shards', batches: () => [all], options: { shards: 5 } },
    {
      name: 'records by similarity',
      batches: () => [all],
      options: { sharding: { strategy: 'similarity', shards: 3 } },
    },
    { name: 'two segments with some sequences in both', batches: () => [all.slice(0, 36), all.slice(36)] },
    {
      name: 'three segments, backwards',
      batches: () => [0, 1, 2].map((i) => [...all].reverse().filter((_, j) => j % 3 === i)),
    },
  ])(
    'are the same bytes for $name',
    async ({ batches, options }) => {
      const store = await buildWithVectors(batches(), options)
      expect((await verifyCatalog(store)).problems).toEqual([])
      expect(await outputs(await spaceOf(store), other)).toEqual(expected)
    },
    120_000,
  )

  it('find what comparing all pairs finds', async () => {
    const vectors: RecordVectors[] = []
    for (let rank = 0; rank < space.records.count; rank++) vectors.push(await space.vectorsOf(rank))
    let [same, lists] = [0, 0]
    for await (const { rank, neighbours } of nearestRecords(space, 1)) {
      let best = { rank: -1, similarity: -2 }
      for (let other = 0; other < vectors.length; other++) {
        if (other === rank) continue
        const value = await similarity(vectors[rank], vectors[other], space.dimensions, vectorHost.kernels.embedding)
        if (value > best.similarity) best = { rank: other, similarity: value }
      }
      // Strangers are in no order worth keeping.
      if (best.similarity < 0.4) continue
      lists++
      if (neighbours[0]?.rank === best.rank) same++
    }
    expect(lists).toBeGreaterThan(8)
    expect(same / lists).toBeGreaterThanOrEqual(0.9)
  }, 120_000)

  it('make every record a member of one cluster, no member less similar than the threshold', async () => {
    for (const threshold of [0.3, 0.7]) {
      const clusters = await clusterRecords(space, { threshold, method: 'greedy' })
      const members = clusters.flatMap((cluster) => cluster.members)
      expect(members.map(({ rank }) => rank).sort((a, b) => a - b)).toEqual([...Array(space.records.count).keys()])
      for (const each of members) expect(each.similarity).toBeGreaterThanOrEqual(threshold)
      for (const { representative, members: own } of clusters) {
        const longest = Math.max(...own.map(({ rank }) => space.records.lengths[rank]))
        expect(space.records.lengths[representative]).toBe(longest)
      }
    }
  }, 60_000)
})

describe('similarity', () => {
  const random = (windows: number, seed: number): RecordVectors => {
    const all = new Float32Array(windows * 8)
    for (let i = 0; i < all.length; i++) all[i] = (((Math.imul(i + seed, 2654435761) >>> 8) % 2001) - 1000) / 2000
    const wanted = sampledWindows(windows)
    const sample = Float32Array.from({ length: wanted.length * 8 }, (_, i) => all[wanted[i >> 3] * 8 + (i & 7)])
    return {
      count: windows,
      sample,
      blocks: () => [all.subarray(0, (windows >> 1) * 8), all.subarray((windows >> 1) * 8)],
    }
  }

  it.each([
    [3, 5],
    [1, 700],
    [600, 1400],
  ])('of records with %i and %i windows is the same either way', async (a, b) => {
    const [one, other] = [random(a, 1), random(b, 99)]
    const { embedding } = vectorHost.kernels
    expect(await similarity(one, other, 8, embedding)).toBe(await similarity(other, one, 8, embedding))
  })
})
