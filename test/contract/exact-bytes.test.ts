import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { appendSegment } from '../../src/engine/format/build/append.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import type { Catalog } from '../../src/engine/format/types.ts'
import type { InputEntry } from '../../src/engine/io/types.ts'
import type { Kernels } from '../../src/engine/kernels/types.ts'
import { SEARCH_AHEAD } from '../../src/engine/search/modes.ts'
import { search } from '../../src/engine/search/search.ts'
import type { Query, QueryResult } from '../../src/engine/search/types.ts'
import { MemoryScratch, type MemoryStore } from '../../src/engine/source/memory.ts'
import { RequestTracker, tracking } from '../../src/engine/source/tracking.ts'
import type { ByteSource } from '../../src/engine/source/types.ts'
import { wrapStore } from '../../src/engine/source/wrappers.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { Random } from '../property/kernels.ts'
import { build, entry, PUBLISHED } from '../support/catalogs.ts'
import { poolInPlace } from '../support/search.ts'

const RECORDS = 12_000
/** More than is read before it is known that it will be aligned. */
const LONG = 1_500_000
const random = new Random(11)
const letters = (codes: Uint8Array): string => [...codes].map((code) => 'ACGT'[code]).join('')

describe('what a search for whole sequences reads', () => {
  let one: MemoryStore
  let two: MemoryStore
  let records: string[]
  let long: string
  let kernels: Kernels

  beforeAll(async () => {
    kernels = await loadKernels()
    records = Array.from({ length: RECORDS }, () => letters(random.codes(300, 4)))
    long = letters(random.codes(LONG, 4))
    const entries = records.map((residues, i) => entry(`acc${i}`, residues))
    one = (await build(entries)).store
    two = (await build(entries.slice(0, RECORDS / 2))).store
    // Every second record of the first segment once more, and the long one.
    const later = entries.filter((_, i) => i % 2 === 0 || i >= RECORDS / 2)
    const again = [entry('long', long), ...later.map((each) => ({ ...each, accession: `${each.accession}_again` }))]
    await appendSegment(two, batchOf(again), { sink: two, scratch: new MemoryScratch() }, { published: PUBLISHED })
  }, 120_000)

  async function open(store: MemoryStore): Promise<{ catalog: Catalog; tracker: RequestTracker }> {
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

  async function find(store: MemoryStore, catalog: Catalog, residues: string[]): Promise<QueryResult[]> {
    const queries = residues.map((residues, i): Query => ({ id: `q${i}`, description: '', residues, alphabet: 'dna' }))
    const host = { kernels, pool: await poolInPlace(() => store) }
    const { results } = await search(catalog, queries, { mode: 'exact' }, host)
    const found: QueryResult[] = []
    for await (const result of results) found.push(result)
    return found
  }

  it.each(['plus', 'minus'])('%s strand: few requests and bytes in five hops', async (strand) => {
    for (const source of [17, 5_432, 11_999]) {
      const { catalog, tracker } = await open(one)
      const query = strand === 'plus' ? records[source] : reverseComplement(records[source])
      const [{ hits }] = await find(one, catalog, [query])
      expect(hits.map(({ accession }) => accession)).toEqual([`acc${source}`])
      const [{ hsps }] = hits
      expect(hsps).toHaveLength(1)
      expect(hsps[0]).toMatchObject({ identities: 300, length: 300, subjectFrame: strand === 'plus' ? 1 : -1 })
      expect(tracker.hops).toBe(5)
      expect(tracker.requests.length).toBeLessThanOrEqual(12)
      expect(tracker.bytes).toBeLessThanOrEqual(300_000)
      // One block of rows, and of residues as many blocks as the record lies in.
      expect(bytesOf(tracker, [catalog.segments[0].segment.recordTable.path])).toBeLessThanOrEqual(16_384)
      expect(bytesOf(tracker, shardPaths(catalog, 0))).toBeLessThanOrEqual(8192)
    }
  })

  it('two segments: the copies are one answer, and residues are read of the first alone', async () => {
    const { catalog, tracker } = await open(two)
    expect(catalog.segments).toHaveLength(2)
    const [{ hits }] = await find(two, catalog, [records[4_000]])
    expect(hits.map(({ accession }) => accession)).toEqual(['acc4000', 'acc4000_again'])
    expect(tracker.hops).toBe(5)
    expect(tracker.requests.length).toBeLessThanOrEqual(20)
    expect(tracker.bytes).toBeLessThanOrEqual(400_000)
    expect(bytesOf(tracker, shardPaths(catalog, 1))).toBe(0)
  })

  it('reads no row, residue or entry where nothing is found', async () => {
    const { catalog, tracker } = await open(one)
    const [{ hits }] = await find(one, catalog, [letters(random.codes(300, 4))])
    expect(hits).toEqual([])
    const [{ segment }] = catalog.segments
    expect(bytesOf(tracker, [segment.recordTable.path, ...shardPaths(catalog, 0)])).toBe(0)
    expect(tracker.hops).toBe(3)
  })

  it('a long record on both strands', async () => {
    const { catalog, tracker } = await open(two)
    const results = await find(two, catalog, [long, reverseComplement(long)])
    for (const [i, { hits }] of results.entries()) {
      expect(hits.map(({ accession }) => accession)).toEqual(['long'])
      expect(hits[0].hsps).toHaveLength(1)
      expect(hits[0].hsps[0]).toMatchObject({ identities: LONG, length: LONG, subjectFrame: i === 0 ? 1 : -1 })
    }
    // Packed four to a byte, read once.
    expect(bytesOf(tracker, shardPaths(catalog, 1))).toBeLessThanOrEqual(LONG / 4 + 8192)
  })

  it('a later query costs what it finds', async () => {
    const { catalog, tracker } = await open(one)
    await find(one, catalog, [records[100]])
    const { bytes, hops } = tracker
    const found = await find(one, catalog, [records[7_000], records[7_001]])
    expect(found.map(({ hits }) => hits.map(({ accession }) => accession))).toEqual([['acc7000'], ['acc7001']])
    expect(tracker.hops - hops).toBe(3)
    // Reads that lie near each other are one, here mostly of the table of digests.
    expect(tracker.bytes - bytes).toBeLessThanOrEqual(300_000)
  })
})

async function* batchOf(entries: InputEntry[]): AsyncGenerator<InputEntry[]> {
  yield entries
}

function shardPaths(catalog: Catalog, segment: number): string[] {
  return catalog.segments[segment].segment.shards.map(({ path }) => path)
}

/** Bytes read of some files. */
function bytesOf(tracker: RequestTracker, paths: readonly string[]): number {
  const own = tracker.requests.filter(({ name }) => paths.some((path) => name.endsWith(path)))
  return own.reduce((sum, { bytes }) => sum + bytes, 0)
}

function reverseComplement(sequence: string): string {
  return [...sequence].reverse().map((letter) => 'TGCA'['ACGT'.indexOf(letter)]).join('') // prettier-ignore
}
