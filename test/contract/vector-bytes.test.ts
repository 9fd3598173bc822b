import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import type { Catalog } from '../../src/engine/format/types.ts'
import type { Kernels } from '../../src/engine/kernels/types.ts'
import { VECTOR_AHEAD } from '../../src/engine/search/modes.ts'
import { search } from '../../src/engine/search/search.ts'
import type { Query, QueryResult, SearchOptions } from '../../src/engine/search/types.ts'
import type { MemoryStore } from '../../src/engine/source/memory.ts'
import { RequestTracker, tracking } from '../../src/engine/source/tracking.ts'
import type { ByteSource } from '../../src/engine/source/types.ts'
import { wrapStore } from '../../src/engine/source/wrappers.ts'
import { newIndexers } from '../../server/publish/indexers.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { Random } from '../property/kernels.ts'
import { build, entry } from '../support/catalogs.ts'
import { poolInPlace } from '../support/search.ts'

const RECORDS = 9_000
const random = new Random(5)
const letters = (codes: Uint8Array): string => [...codes].map((code) => 'ACGT'[code]).join('')

describe('what a search by vectors reads', () => {
  let store: MemoryStore
  let records: string[]
  /** Of the table of records. */
  let tableBytes: number
  let tablePath: string
  let kernels: Kernels

  beforeAll(async () => {
    records = Array.from({ length: RECORDS }, () => letters(random.codes(300, 4)))
    const indexers = await newIndexers({ seeds: false, sensitive: false, vectors: ['kmer'] })
    const rows = new Map(records.map((_, i) => [`acc${i}`, [i === 2_000 ? 'one' : 'other']]))
    store = (await build(records.map((residues, i) => entry(`acc${i}`, residues)), { indexers, metadata: { fields: ['family'], rows } })).store // prettier-ignore
    kernels = await loadKernels()
    const { manifest } = await openCatalog(store)
    ;({ path: tablePath, bytes: tableBytes } = manifest.segments[0].recordTable)
  }, 120_000)

  async function open(): Promise<{ catalog: Catalog; tracker: RequestTracker }> {
    const tracker = new RequestTracker()
    // Each read takes longer than what is computed between reads, so that only those that wait for others are hops.
    const slow = (source: ByteSource): ByteSource => ({
      name: source.name,
      read: async (offset, length, options) => {
        await setTimeout(50)
        return source.read(offset, length, options)
      },
      readAll: (options) => source.readAll(options),
    })
    const tracked = wrapStore(store, (source) => tracking(slow(source), tracker))
    return { catalog: await openCatalog(tracked, { ahead: VECTOR_AHEAD }), tracker }
  }

  async function find(catalog: Catalog, residues: string, options: SearchOptions = {}): Promise<QueryResult> {
    const query: Query = { id: 'q', description: '', residues, alphabet: 'dna' }
    const host = { kernels, pool: await poolInPlace(() => store) }
    const { results } = await search(catalog, [query], { mode: 'vector', maxTargetSeqs: 10, ...options }, host)
    for await (const result of results) return result
    throw new Error('There is no result.')
  }

  it('reads lists, windows and entries in one round each', async () => {
    for (const source of [17, 4_321, 8_999]) {
      const { catalog, tracker } = await open()
      const { hits } = await find(catalog, records[source])
      expect(hits).toHaveLength(10)
      expect(hits[0]).toMatchObject({ accession: `acc${source}`, cosine: 1, hsps: [] })
      // catalog.json; manifest, directories and model; lists; windows and rows; entries.
      expect(tracker.hops).toBe(5)
      expect(tracker.requests.length).toBeLessThanOrEqual(120)
      expect(tracker.bytes).toBeLessThanOrEqual(3_000_000)
    }
  })

  it('reads no parameters again for a later query', async () => {
    const { catalog, tracker } = await open()
    await find(catalog, records[100])
    const { bytes } = tracker
    tracker.reset()
    await find(catalog, records[8_000])
    expect(tracker.hops).toBeLessThanOrEqual(3)
    expect(tracker.bytes).toBeLessThan(bytes / 2)
    expect(tracker.requests.every(({ name }) => !name.includes('vector-model'))).toBe(true)
  })

  it('takes no more rounds for a query of many windows', async () => {
    const { catalog, tracker } = await open()
    const { hits } = await find(catalog, records.slice(500, 510).join(''), { maxTargetSeqs: 20 })
    expect(hits.map(({ accession }) => accession)).toEqual(
      expect.arrayContaining(Array.from({ length: 10 }, (_, i) => `acc${500 + i}`)),
    )
    expect(tracker.hops).toBe(5)
  })

  it('reads rows of the records alone whose blocks a filter divides', async () => {
    const rows = async (where: string): Promise<{ bytes: number; hits: string[] }> => {
      const { catalog, tracker } = await open()
      const { hits } = await find(catalog, records[2_000], { where })
      const read = tracker.requests.filter(({ name, range }) => name.endsWith(tablePath) && range !== null)
      return { bytes: read.reduce((sum, { bytes }) => sum + bytes, 0), hits: hits.map(({ accession }) => accession) }
    }
    const found = await rows("family = 'one'")
    expect(found.hits).toEqual(['acc2000'])
    expect(found.bytes).toBeLessThan(tableBytes / 10)
  })
})
