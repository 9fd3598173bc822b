import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import { filterCatalog, prepareFilter } from '../../src/engine/metadata/catalog.ts'
import { CatalogFilter } from '../../src/engine/metadata/select.ts'
import type { MemoryStore } from '../../src/engine/source/memory.ts'
import { RequestTracker, tracking } from '../../src/engine/source/tracking.ts'
import type { ByteSource } from '../../src/engine/source/types.ts'
import { wrapStore } from '../../src/engine/source/wrappers.ts'
import { build, entry } from '../support/catalogs.ts'
import { seeded } from '../support/filters.ts'

const ENTRIES = 40_000
const GENERA = [
  'Bacillus',
  'Escherichia',
  'Klebsiella',
  'Salmonella',
  'Staphylococcus',
  'Vibrio',
  'Yersinia',
  'Zymomonas',
]

describe('a filter of a cold catalog', () => {
  let store: MemoryStore
  let salmonella: number
  /** Of entry 77. */
  let serial: string

  beforeAll(async () => {
    const random = seeded(3)
    const letters = (): string => Array.from({ length: 24 }, () => 'ACGT'[Math.floor(random.next() * 4)]).join('')
    const inputs = Array.from({ length: ENTRIES }, (_, i) =>
      entry(`acc${i}`, letters(), { description: `gene product ${i}` }),
    )
    const rows = new Map(
      inputs.map(({ accession }, i) => [
        accession,
        [
          GENERA[Math.floor((i / ENTRIES) * GENERA.length)],
          String(1990 + (i % 35)),
          String(Math.floor(random.next() * 1e6)),
        ],
      ]),
    )
    salmonella = [...rows.values()].filter(([genus]) => genus === 'Salmonella').length
    serial = rows.get('acc77')![2]
    store = (await build(inputs, { metadata: { fields: ['genus', 'year', 'serial'], rows } })).store
  }, 120_000)

  /** What a question costs from the catalog's address on. */
  const cost = async (predicate: string, ask: (filter: CatalogFilter) => Promise<number>) => {
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
    const catalog = await openCatalog(tracked, { ahead: ['checksums', 'entries'] })
    const opened = { requests: tracker.requests.length, bytes: tracker.bytes }
    const found = await ask(new CatalogFilter(catalog, prepareFilter(predicate, catalog.summary.fields)))
    const { requests, bytes, hops } = tracker
    return { found, hops, requests: requests.length - opened.requests, bytes: bytes - opened.bytes }
  }
  const whole = async (filter: CatalogFilter): Promise<number> => (await filter.passing()).count

  it('takes three hops, the last of them for the pages of the columns named', async () => {
    const { found, hops, requests, bytes } = await cost("genus LIKE 'Salmonella%'", whole)
    expect(found).toBe(salmonella)
    expect(hops).toBe(3)
    expect(requests).toBeLessThanOrEqual(3)
    expect(bytes).toBeLessThan(40_000)
  })

  it('takes two where statistics answer', async () => {
    expect(await cost("year >= 1990 AND genus > 'A' OR genus IS NULL", whole)).toEqual({
      found: ENTRIES,
      hops: 2,
      requests: 0,
      bytes: 0,
    })
    expect(await cost('year > 2050', whole)).toEqual({ found: 0, hops: 2, requests: 0, bytes: 0 })
  })

  it('reads only the pages of candidates where all would be much', async () => {
    const all = await cost("description LIKE '%7'", whole)
    const some = await cost("description LIKE '%7'", async (filter) => {
      expect(await filter.isSmall()).toBe(all.bytes <= 1 << 20)
      const rows = [
        { from: 100, to: 103 },
        { from: 30_000, to: 30_001 },
      ]
      const found = await filterCatalog(filter.catalog, filter.filter, { rows })
      return found.count
    })
    expect(all.found).toBe(ENTRIES / 10)
    expect(some.requests).toBe(2)
    expect(some.bytes * 5).toBeLessThan(all.bytes)
  })

  it('asks for the costlier of two conditions only where the other holds', async () => {
    const both = await cost(`serial = ${serial} AND description LIKE '%7'`, whole)
    const [cheap, costly] = [await cost(`serial = ${serial}`, whole), await cost("description LIKE '%7'", whole)]
    expect(both.found).toBe(1)
    expect(both.bytes).toBeGreaterThan(cheap.bytes)
    expect((both.bytes - cheap.bytes) * 3).toBeLessThan(costly.bytes)
    expect(both.hops).toBe(4)
  })
})
