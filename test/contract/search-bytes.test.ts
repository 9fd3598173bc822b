import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import type { Catalog } from '../../src/engine/format/types.ts'
import type { Query, QueryMode, QueryResult } from '../../src/engine/search/types.ts'
import { SEARCH_AHEAD } from '../../src/engine/search/modes.ts'
import { search } from '../../src/engine/search/search.ts'
import type { MemoryStore } from '../../src/engine/source/memory.ts'
import { RequestTracker, tracking } from '../../src/engine/source/tracking.ts'
import type { ByteSource } from '../../src/engine/source/types.ts'
import { wrapStore } from '../../src/engine/source/wrappers.ts'
import { newIndexers } from '../../server/publish/indexers.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { Random } from '../property/kernels.ts'
import { build, entry } from '../support/catalogs.ts'
import { poolInPlace } from '../support/search.ts'

const RECORDS = 30_000
const random = new Random(3)
const letters = (codes: Uint8Array): string => [...codes].map((code) => 'ACGT'[code]).join('')

describe('what a search reads', () => {
  let store: MemoryStore
  let records: string[]

  beforeAll(async () => {
    records = Array.from({ length: RECORDS }, () => letters(random.codes(300, 4)))
    const indexers = await newIndexers({ seeds: true, sensitive: false, vectors: [] })
    store = (await build(records.map((residues, i) => entry(`acc${i}`, residues)), { indexers })).store // prettier-ignore
  }, 60_000)

  async function open(): Promise<{ catalog: Catalog; tracker: RequestTracker }> {
    const tracker = new RequestTracker()
    // Each read takes longer than what is computed between reads, so that only those that wait for others are hops.
    const slow = (source: ByteSource): ByteSource => ({
      name: source.name,
      read: async (offset, length, options) => {
        await setTimeout(20)
        return source.read(offset, length, options)
      },
      readAll: (options) => source.readAll(options),
    })
    const tracked = wrapStore(store, (source) => tracking(slow(source), tracker))
    return { catalog: await openCatalog(tracked, { ahead: SEARCH_AHEAD }), tracker }
  }

  async function find(catalog: Catalog, mode: QueryMode, source: number): Promise<QueryResult> {
    const residues = [...records[source].slice(40, 265)]
      .map((letter) => (random.chance(12) ? 'ACGT'[random.below(4)] : letter))
      .join('')
    const query: Query = { id: 'q', description: '', residues, alphabet: 'dna' }
    const host = { kernels: await loadKernels(), pool: await poolInPlace(() => store) }
    const { results } = await search(catalog, [query], { mode, evalue: 1e-3 }, host)
    for await (const result of results) return result
    throw new Error('There is no result.')
  }

  it.each<{ mode: QueryMode; requests: number; bytes: number }>([
    { mode: 'fast', requests: 120, bytes: 3_000_000 },
    { mode: 'sensitive', requests: 150, bytes: 6_000_000 },
  ])(
    '$mode: few requests and bytes in four hops from the address of the catalog',
    async ({ mode, requests, bytes }) => {
      for (const source of [17, 12_345, 29_999]) {
        const { catalog, tracker } = await open()
        const { hits } = await find(catalog, mode, source)
        expect(hits.map(({ accession }) => accession)).toContain(`acc${source}`)
        expect(tracker.hops).toBe(4)
        expect(tracker.requests.length).toBeLessThanOrEqual(requests)
        expect(tracker.bytes).toBeLessThanOrEqual(bytes)
      }
    },
  )

  it('reads lists, and what they point to, for a later query', async () => {
    const { catalog, tracker } = await open()
    await find(catalog, 'fast', 100)
    const { bytes, hops } = tracker
    expect(hops).toBe(4)
    await find(catalog, 'fast', 20_000)
    expect(tracker.hops).toBe(6)
    expect(tracker.bytes - bytes).toBeLessThan(bytes)
  })
})
