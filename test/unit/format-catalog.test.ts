import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { CatalogError } from '../../src/engine/errors.ts'
import { encodeCatalogFile } from '../../src/engine/format/catalog-file.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import { encodeManifest } from '../../src/engine/format/manifest.ts'
import type { AheadUse, Catalog, Manifest } from '../../src/engine/format/types.ts'
import { MemoryStore } from '../../src/engine/source/memory.ts'
import { RequestTracker, tracking } from '../../src/engine/source/tracking.ts'
import type { ByteSource } from '../../src/engine/source/types.ts'
import { wrapStore } from '../../src/engine/source/wrappers.ts'
import { bytesOf, noise, textOf } from '../support/bytes.ts'
import { build, entry, PUBLISHED } from '../support/catalogs.ts'

/** 3,000 different sequences of 40 to 239 bases. */
const inputs = Array.from({ length: 3000 }, (_, i) => entry(`acc${i}`, bases(40 + (i % 200), i + 1)))

function bases(length: number, seed: number): string {
  return textOf(noise(length, seed).map((byte) => 'ACGT'.charCodeAt(byte >> 6)))
}

async function failure(work: Promise<unknown>): Promise<CatalogError> {
  const error = await work.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof CatalogError)) throw error
  return error
}

describe('finding', () => {
  it('answers by accession, by any digest, and not at all', async () => {
    const { catalog } = await build([...inputs, entry('acc7', 'AAAA'), entry('twin', textOf(inputs[9].letters))])
    const hash = (name: string) => createHash(name).update(inputs[9].letters)
    const refget = hash('sha512').digest().subarray(0, 24).toString('base64url')
    expect((await catalog.find('acc7')).map((each) => each.accession)).toEqual(['acc7', 'acc7'])
    for (const text of [
      hash('sha256').digest('hex'),
      hash('md5').digest('hex'),
      `SQ.${refget}`,
      `ga4gh:SQ.${refget}`,
    ]) {
      expect((await catalog.find(text)).map((each) => each.accession)).toEqual(['acc9', 'twin'])
    }
    expect(await catalog.find('acc')).toEqual([])
    expect(await catalog.find('0'.repeat(64))).toEqual([])
  })

  it('finds every id, and none that is not there, before and after the table is read', async () => {
    const { catalog } = await build(inputs)
    const digests = inputs.map((each) => createHash('sha256').update(each.letters).digest())
    const look = async () => {
      for (let i = 0; i < inputs.length; i += 37) {
        const record = await catalog.findId(digests[i])
        expect((await catalog.entriesOf([record]))[0].map((each) => each.accession)).toEqual([inputs[i].accession])
        const other = Uint8Array.from(digests[i])
        other[31] ^= 1
        expect(await catalog.findId(other)).toBe(-1)
      }
    }
    await look()
    const { ids, count } = await catalog.records()
    await look()
    expect(
      [...Array(count).keys()].every(
        (i) => i === 0 || Buffer.compare(ids.subarray(32 * i - 32, 32 * i), ids.subarray(32 * i, 32 * i + 32)) < 0,
      ),
    ).toBe(true)
    expect(await catalog.findId(new Uint8Array(32))).toBe(-1)
    expect(await catalog.findId(new Uint8Array(32).fill(255))).toBe(-1)
  })
})

describe('reading', () => {
  let store: MemoryStore
  beforeAll(async () => {
    const many = Array.from({ length: 40_000 }, (_, i) => entry(`acc${i}`, bases(40 + (i % 20), i + 1)))
    store = (await build(many, { shards: 3 })).store
  }, 60_000)

  async function tracked(ahead: AheadUse[] = []): Promise<{ catalog: Catalog; tracker: RequestTracker }> {
    const tracker = new RequestTracker()
    // Each read takes a turn of the event loop, so that only reads that wait for others are hops.
    const slow = (source: ByteSource): ByteSource => ({
      name: source.name,
      read: async (offset, length, options) => {
        await setTimeout(2)
        return source.read(offset, length, options)
      },
      readAll: (options) => source.readAll(options),
    })
    const catalog = await openCatalog(
      wrapStore(store, (source) => tracking(slow(source), tracker)),
      { ahead },
    )
    return { catalog, tracker }
  }

  it('opens with two requests, and knows its size', async () => {
    const { tracker } = await tracked()
    expect(tracker.requests).toHaveLength(2)
    const { catalog, store, report } = await build(inputs)
    const bytes = [...store.files.values()].reduce((sum, file) => sum + file.length, 0)
    expect([catalog.summary.bytes, report.bytes]).toEqual([bytes, bytes])
  })

  it('fetches a region by accession in few blocks', async () => {
    const { catalog, tracker } = await tracked()
    const before = tracker.requests.length
    const [found] = await catalog.find('acc2345')
    const letters = textOf(await catalog.letters(found.record, 10, 30))
    expect(letters).toBe(bases(45, 2346).slice(10, 30))
    const requests = tracker.requests.slice(before)
    const bytes = requests.reduce((sum, each) => sum + each.bytes, 0)
    expect(catalog.summary.bytes).toBeGreaterThan(4_000_000)
    expect(bytes).toBeLessThan(200_000)
    expect(requests.length).toBeLessThanOrEqual(9)
  })

  it('fetches a region by accession in five hops from the address of the catalog', async () => {
    const { catalog, tracker } = await tracked(['checksums', 'blocks', 'entries'])
    const [found] = await catalog.find('acc2345')
    expect(await catalog.length(found.record)).toBe(45)
    expect(textOf(await catalog.letters(found.record, 10, 30))).toBe(bases(45, 2346).slice(10, 30))
    expect(tracker.hops).toBe(5)
    // catalog.json; manifest, checksums, blocks, the end of the entry table; accessions; entry and rows; residues.
    expect(tracker.requests.map(({ hop }) => hop)).toEqual([1, 2, 2, 2, 2, 3, 4, 4, 5])
    expect(tracker.bytes).toBeLessThan(150_000)
  })

  it('reads a window in one round: residues, rows and exceptions', async () => {
    const codes = Array.from({ length: 600 }, (_, i) => entry(`n${i}`, `${bases(900, i + 1)}NNNRY${bases(99, i)}`))
    const { catalog, store } = await build(codes, { shards: 3 })
    const all = await catalog.records()
    const tracker = new RequestTracker()
    const other = await openCatalog(
      wrapStore(store, (source) => tracking(source, tracker)),
      {
        ahead: ['checksums', 'blocks'],
      },
    )
    const [segment] = other.segments
    const { positions, count } = await segment.blocks()
    expect([count, positions[count]]).toEqual([5, 600 * 1004])
    for (const [start, end] of [
      [0, 1],
      [1003, 5000],
      [199_000, 203_001],
      [positions[1] - 3, positions[1] + 2],
      [positions[count] - 1, positions[count]],
      [7, 7],
    ]) {
      tracker.reset()
      const { codes: read, records, firstRecord } = await segment.window(start, end)
      expect(tracker.requests.length).toBeLessThanOrEqual(4)
      const expected = new Uint8Array(end - start)
      for (let record = 0; record < all.count; record++) {
        const from = Math.max(start, all.positions[record])
        const to = Math.min(end, all.positions[record] + all.lengths[record])
        if (from >= to) continue
        const [a, b] = [from - all.positions[record], to - all.positions[record]]
        expected.set(await catalog.residues(record, a, b), from - start)
        const row = record - firstRecord
        expect(records.ids.subarray(row * 32, row * 32 + 32)).toEqual(all.ids.subarray(record * 32, record * 32 + 32))
        expect(records.positions[row]).toBe(all.positions[record])
        expect(records.entryStarts[row]).toBe(all.entryStarts[record])
      }
      expect(read).toEqual(expected)
    }
  })

  it('checks what it is asked for', async () => {
    const { catalog } = await build([entry('a', 'ACGT')])
    for (const [record, start, end] of [
      [1, 0, 1],
      [-1, 0, 1],
      [0.5, 0, 1],
      [0, 2, 1],
      [0, 0, 5],
      [0, -1, 2],
    ]) {
      expect((await failure(catalog.residues(record, start, end))).tag).toBe('usage')
    }
    expect(await catalog.residues(0, 2, 2)).toEqual(new Uint8Array(0))
  })

  it('can be tried again after a cancelled or failed read', async () => {
    const { store } = await build(inputs)
    let broken = true
    const flaky = wrapStore(store, (source) => ({
      ...source,
      name: source.name,
      read: (offset, length, options) =>
        broken && source.name.includes('records')
          ? Promise.reject(new CatalogError('not-found', 'gone', { file: source.name }))
          : source.read(offset, length, options),
      readAll: (options) => source.readAll(options),
    }))
    const catalog = await openCatalog(flaky)
    expect((await failure(catalog.records())).tag).toBe('not-found')
    broken = false
    const controller = new AbortController()
    const given = catalog.records({ signal: controller.signal })
    controller.abort()
    expect((await failure(given)).tag).toBe('aborted')
    expect((await catalog.records()).count).toBe(3000)
  })
})

describe('refusing', () => {
  /** A store whose manifest was changed and published anew, hashes and all. */
  async function lying(change: (manifest: Manifest) => void): Promise<MemoryStore> {
    const { store, report } = await build(inputs.slice(0, 50), { shards: 2 })
    const manifest = structuredClone(report.manifest)
    change(manifest)
    const bytes = encodeManifest(manifest)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const path = `versions/${sha256}.json`
    await store.put(path, bytes)
    await store.put(
      'catalog.json',
      await encodeCatalogFile({
        format: 'genomic-catalog',
        formatVersion: '0.2',
        published: PUBLISHED.toISOString(),
        version: { path, bytes: bytes.length, sha256 },
        ahead: [],
      }),
    )
    return store
  }

  const lies: [string, (manifest: Manifest) => void][] = [
    ['more records', (m) => void (m.records = m.segments[0].records = 51)],
    ['fewer entries', (m) => void (m.entries = m.segments[0].entries = 49)],
    ['another alphabet', (m) => void (m.alphabet = 'protein')],
    ['an unknown alphabet', (m) => void ((m.alphabet as string) = 'klingon')],
    ['a shard moved', (m) => void (m.segments[0].shards[0].dataOffset += 4096)],
    ['a shard beyond its file', (m) => void (m.segments[0].shards[1].dataBytes += 1e6)],
    ['shards swapped', (m) => void m.segments[0].shards.reverse()],
    ['a shard longer by a record', (m) => void m.segments[0].shards[0].records++],
    ['a path outside', (m) => void (m.segments[0].shards[0].path = '../etc/passwd')],
    ['a path without its hash', (m) => void (m.segments[0].recordTable.path = 'data/x.arrow')],
    [
      'tables swapped',
      (m) => {
        const [segment] = m.segments
        ;[segment.recordTable, segment.exceptions] = [segment.exceptions, segment.recordTable]
      },
    ],
    ['checksums from elsewhere', (m) => void (m.segments[0].recordTable.firstBlock = 1)],
    ['no segments', (m) => void (m.segments = [])],
    ['no shards', (m) => void (m.segments[0].shards = [])],
    ['negative sizes', (m) => void (m.segments[0].recordTable.bytes = -1)],
    [
      'a field that is not there',
      (m) => {
        for (const { fields } of [m, ...m.segments]) fields.push({ name: 'x', type: 'string', filled: 0 })
      },
    ],
    ['a field that no segment has', (m) => void m.fields.push({ name: 'x', type: 'string', filled: 0 })],
  ]
  it.each(lies)('a manifest with %s', async (_, change) => {
    const store = await lying(change)
    const read = async () => {
      const catalog = await openCatalog(store)
      await catalog.chunks(1000)
      await catalog.entriesOf([0, 1])
    }
    expect((await failure(read())).tag).toBe('corrupt')
  })

  it('another version of the format, with a sentence', async () => {
    const store = new MemoryStore('x')
    const file = { format: 'genomic-catalog', formatVersion: '0.3', published: '', version: {} }
    await store.put('catalog.json', bytesOf(JSON.stringify(file)))
    const error = await failure(openCatalog(store))
    expect([error.tag, error.message]).toEqual([
      'format-version',
      'x/catalog.json is in format version 0.3, but this program reads only 0.2. ' +
        'Use a program of the same version, or build the catalog again.',
    ])
  })

  it.each(['', 'nonsense', '[]', 'null', '{}', '<!doctype html>'])('a catalog.json of %j', async (text) => {
    const store = new MemoryStore('x')
    await store.put('catalog.json', bytesOf(text))
    expect((await failure(openCatalog(store))).tag).toBe('corrupt')
  })

  it('no catalog at all', async () => {
    expect((await failure(openCatalog(new MemoryStore('x')))).tag).toBe('not-found')
  })
})
