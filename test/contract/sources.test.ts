import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpSource, httpStore, openStore } from '../../src/engine/source/http.ts'
import type { RequestReport } from '../../src/engine/source/http.ts'
import { MemoryStore } from '../../src/engine/source/memory.ts'
import { RequestTracker, tracking } from '../../src/engine/source/tracking.ts'
import type { FileStore } from '../../src/engine/source/types.ts'
import { ByteCache, caching, coalescing, retrying, wrapStore } from '../../src/engine/source/wrappers.ts'
import { serve } from '../../server/serve/static.ts'
import { FileSystemStore } from '../../server/storage/file.ts'
import { openStore as openAny } from '../../server/storage/open.ts'
import { browserFetch } from '../support/browser-fetch.ts'
import { noise } from '../support/bytes.ts'
import { faultyServer } from '../support/faulty-server.ts'
import type { FaultyServer } from '../support/faulty-server.ts'
import { requiresChromium } from '../support/browser.ts'
import { opfsInChromium } from '../support/opfs.ts'
import type { OpfsInChromium, OpfsPlace } from '../support/opfs.ts'

const content = noise(100_000)
let directory = ''
let server: Awaited<ReturnType<typeof serve>>
let faulty: FaultyServer
let opfs: OpfsInChromium
const chromium = requiresChromium()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sources-'))
  await writeFile(join(directory, 'a b+c.bin'), content)
  await writeFile(join(directory, 'empty'), '')
  server = await serve({ mounts: [{ prefix: '/', directory }], port: 0 })
  faulty = await faultyServer(content)
  if (!chromium) return
  opfs = await opfsInChromium()
  await opfs.ask('worker', { action: 'put', path: 'a b+c.bin', bytes: Buffer.from(content).toString('base64') })
  await opfs.ask('page', { action: 'put', path: 'empty', bytes: '' })
}, 60_000)
afterAll(async () => {
  if (chromium) await opfs.close()
  await server.close()
  await faulty.close()
  await rm(directory, { recursive: true, force: true })
})

const stores: Record<string, () => FileStore> = {
  memory: () =>
    new MemoryStore('memory', [
      ['a b+c.bin', content],
      ['empty', new Uint8Array(0)],
    ]),
  'a directory': () => new FileSystemStore(directory),
  HTTP: () => httpStore(server.url),
  'HTTP as a page of another origin has it': () => httpStore(server.url, { fetch: browserFetch }),
  'HTTP, wrapped': () =>
    wrapStore(httpStore(server.url), (source) =>
      caching(coalescing(tracking(retrying(source, { delay: 1 }), new RequestTracker())), new ByteCache(1e6)),
    ),
}

const inChromium: Record<string, () => FileStore> = {
  'OPFS in a worker': () => opfs.store('worker'),
  'OPFS in a page': () => opfs.store('page'),
}

describe.each(Object.entries({ ...stores, ...(chromium ? inChromium : {}) }))('a source of %s', (_, open) => {
  it.each([
    [0, 1],
    [0, 100_000],
    [99_999, 1],
    [4096, 8192],
    [50_000, 0],
  ])('reads exactly from %i for %i bytes', async (offset, length) => {
    expect(await open().open('a b+c.bin').read(offset, length)).toEqual(content.slice(offset, offset + length))
  })

  it('reads whole files, empty ones too', async () => {
    expect(await open().open('a b+c.bin').readAll()).toEqual(content)
    expect(await open().open('empty').readAll()).toHaveLength(0)
  })

  it('reads many ranges at once', async () => {
    const source = open().open('a b+c.bin')
    const offsets = Array.from({ length: 200 }, (_, i) => (i * 7919) % 99_000)
    const parts = await Promise.all(offsets.map((offset) => source.read(offset, 500)))
    parts.forEach((part, i) => expect(Buffer.compare(part, content.slice(offsets[i], offsets[i] + 500))).toBe(0))
  })

  it.each([
    [99_999, 2],
    [100_000, 1],
    [200_000, 10],
  ])('refuses to read from %i for %i bytes, beyond the end', async (offset, length) => {
    await expect(open().open('a b+c.bin').read(offset, length)).rejects.toMatchObject({ tag: 'short-read' })
  })

  it('says that a file does not exist, whichever way it is read', async () => {
    const source = open().open('data/none.bin')
    const error = { tag: 'not-found', message: expect.stringContaining('none.bin') }
    await expect(source.read(0, 1)).rejects.toMatchObject(error)
    await expect(source.readAll()).rejects.toMatchObject(error)
  })

  it('does not read for a caller who has given up', async () => {
    const source = open().open('a b+c.bin')
    const signal = AbortSignal.abort()
    await expect(source.read(0, 10, { signal })).rejects.toMatchObject({ tag: 'aborted' })
    await expect(source.readAll({ signal })).rejects.toMatchObject({ tag: 'aborted' })
    expect(await source.read(0, 10)).toEqual(content.slice(0, 10))
  })
})

describe('a directory', () => {
  it('says that a file has become shorter than it was', async () => {
    const file = join(directory, 'shrinking')
    await writeFile(file, content)
    const source = new FileSystemStore(directory).open('shrinking')
    expect(await source.read(90_000, 10)).toEqual(content.slice(90_000, 90_010))
    await truncate(file, 1000)
    await expect(source.read(90_000, 10)).rejects.toMatchObject({ tag: 'short-read' })
  })
})

describe.runIf(chromium)('OPFS', () => {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

  it('is read by two workers and a page at once', async () => {
    const places: OpfsPlace[] = ['worker', 'other worker', 'page']
    const parts = await Promise.all(places.map((place) => opfs.store(place).open('a b+c.bin').read(7, 5000)))
    for (const part of parts) expect(part).toEqual(content.slice(7, 5007))
  })

  it.each<OpfsPlace>(['page', 'worker'])('in a %s: a file appears whole, once it is committed', async (place) => {
    const store = opfs.store('other worker')
    const path = `data/${place}.bin`
    await opfs.ask(place, { action: 'create' })
    await opfs.ask(place, { action: 'write', bytes: base64(content.slice(0, 60_000)) })
    await opfs.ask(place, { action: 'write', bytes: base64(content.slice(60_000)) })
    await expect(store.open(path).read(0, 1)).rejects.toMatchObject({ tag: 'not-found' })
    await opfs.ask(place, { action: 'commit', path })
    expect(await store.open(path).readAll()).toEqual(content)
    expect(await opfs.ask(place, { action: 'names' })).toEqual(['a b+c.bin', 'data', 'empty'])
  })

  it.each<OpfsPlace>(['page', 'worker'])('in a %s: what is discarded leaves nothing', async (place) => {
    await opfs.ask(place, { action: 'create' })
    await opfs.ask(place, { action: 'write', bytes: base64(content) })
    await opfs.ask(place, { action: 'discard' })
    expect(await opfs.ask(place, { action: 'names' })).toEqual(['a b+c.bin', 'data', 'empty'])
  })

  it.each<OpfsPlace>(['page', 'worker'])('in a %s: a file is replaced in one step', async (place) => {
    const store = opfs.store('other worker')
    await opfs.ask(place, { action: 'put', path: 'catalog/catalog.json', bytes: base64(content.slice(0, 5000)) })
    expect(await store.open('catalog/catalog.json').readAll()).toEqual(content.slice(0, 5000))
    await opfs.ask(place, { action: 'put', path: 'catalog/catalog.json', bytes: base64(content.slice(100, 200)) })
    expect(await store.open('catalog/catalog.json').readAll()).toEqual(content.slice(100, 200))
  })

  it('says that a file changed between two reads', async () => {
    await opfs.ask('worker', { action: 'put', path: 'changing', bytes: base64(content) })
    const source = opfs.store('page').open('changing')
    expect(await source.read(10, 10)).toEqual(content.slice(10, 20))
    await opfs.ask('worker', { action: 'put', path: 'changing', bytes: base64(content.slice(0, 50)) })
    await expect(source.read(10, 10)).rejects.toMatchObject({ tag: 'changed' })
  })
})

describe('a host that misbehaves', () => {
  const open = (fault: string, options = {}) => httpSource(`${faulty.url}${fault}/file`, options)
  it.each([
    ['whole', 'range-ignored', /answered whole where only bytes 10-19 were asked for.*docs\/hosting\.md/],
    ['short', 'short-read', /sent bytes 10-18 where 10-19 were asked for|sent only 9 bytes/],
    ['cut', 'network', /connection broke/],
    ['long', 'short-read', /more than the 10 bytes/],
    ['shifted', 'short-read', /sent bytes 11-20 where 10-19 were asked for/],
    ['unsatisfiable', 'short-read', /shorter than the 20 bytes expected/],
    ['reset', 'network', /out of reach/],
    ['gzip', 'range-ignored', /Content-Encoding: gzip.*Turn compression off/],
    ['missing', 'not-found', /does not exist/],
    ['forbidden', 'not-found', /may not be read/],
    ['broken', 'network', /status 500/],
    ['wrong', 'network', /status 400/],
  ])('%s: %s', async (fault, tag, message) => {
    await expect(open(fault).read(10, 10)).rejects.toMatchObject({ tag, message: expect.stringMatching(message) })
  })

  it.each(['short', 'cut', 'long'])('%s: an error also where headers are hidden', async (fault) => {
    const reading = open(fault, { fetch: browserFetch }).read(10, 10)
    await expect(reading).rejects.toMatchObject({ tag: expect.stringMatching(/^(short-read|network)$/) })
  })

  it.each(['stall', 'silent'])('%s: a time-out', async (fault) => {
    await expect(open(fault, { timeout: 50 }).read(10, 10)).rejects.toMatchObject({
      tag: 'timeout',
      message: expect.stringMatching(/sent nothing for 0.05 seconds/),
    })
  })

  it.each(['stall', 'silent', 'endless'])('%s: ends when the caller gives up', async (fault) => {
    const control = new AbortController()
    const reading = open(fault).readAll({ signal: control.signal })
    setTimeout(() => control.abort(), 20)
    await expect(reading).rejects.toMatchObject({ tag: 'aborted' })
  })

  it('changing: refused from the second read on', async () => {
    const source = open('changing')
    expect(await source.read(0, 10)).toEqual(content.slice(0, 10))
    await expect(source.read(10, 10)).rejects.toMatchObject({ tag: 'changed' })
  })

  it('endless: the body of a 200 for a range is let go at once, not taken into memory', async () => {
    await expect(open('endless').read(10, 10)).rejects.toMatchObject({ tag: 'range-ignored' })
    await expect.poll(() => faulty.sent(), { timeout: 5000 }).toBeGreaterThan(0)
    expect(faulty.sent()).toBeLessThan(32 << 20)
  })

  it('whole: taken where the range asked for is the whole file', async () => {
    expect(await open('whole').read(0, content.length)).toEqual(content)
    await expect(open('whole').read(0, content.length - 1)).rejects.toMatchObject({ tag: 'range-ignored' })
    await expect(open('whole').read(0, content.length + 1)).rejects.toMatchObject({ tag: 'range-ignored' })
  })

  it('flaky: read in the end, with retries', async () => {
    const source = retrying(open('flaky'), { attempts: 4, delay: 1 })
    expect(await source.read(10, 10)).toEqual(content.slice(10, 20))
    expect(faulty.requests.filter(({ path }) => path === '/flaky/file')).toHaveLength(4)
  })

  it('that gives no leave to other origins is named with what it has to send', async () => {
    expect(await open('private').read(0, 1)).toEqual(content.slice(0, 1))
    await expect(open('private', { fetch: browserFetch }).read(0, 1)).rejects.toMatchObject({
      tag: 'network',
      message: expect.stringMatching(/Access-Control-Allow-Origin/),
    })
  })

  it('that is not there is out of reach', async () => {
    const gone = await faultyServer(content)
    await gone.close()
    await expect(httpSource(`${gone.url}good/file`).read(0, 1)).rejects.toMatchObject({ tag: 'network' })
  })
})

describe('requests', () => {
  it('are GET with one closed range, and are reported with what came', async () => {
    const reports: RequestReport[] = []
    const store = httpStore(`${faulty.url}good`, { onRequest: (report) => reports.push(report) })
    await store.open('x').read(5, 10)
    await store.open('x').readAll()
    await expect(
      httpSource(`${faulty.url}broken/x`, { onRequest: (r) => reports.push(r) }).read(0, 1),
    ).rejects.toThrow()
    const url = `${faulty.url}good/x`
    expect(reports.map(({ url, range, bytes, status }) => ({ url, range, bytes, status }))).toEqual([
      { url, range: [5, 15], bytes: 10, status: 206 },
      { url, range: null, bytes: content.length, status: 200 },
      { url: `${faulty.url}broken/x`, range: [0, 1], bytes: 0, status: 500 },
    ])
    for (const { milliseconds } of reports) expect(milliseconds).toBeGreaterThan(0)
    expect(faulty.requests.filter(({ path }) => path === '/good/x').map(({ range }) => range)).toEqual([
      'bytes=5-14',
      undefined,
    ])
  })
})

describe('opening a store', () => {
  it('takes the URL of a folder or of its catalog.json', async () => {
    for (const url of [server.url, server.url.slice(0, -1), `${server.url}catalog.json`, `${server.url}?x#y`]) {
      const store = openStore(url)
      expect(store.name).toBe(server.url.slice(0, -1))
      expect(await store.open('a b+c.bin').read(0, 2)).toEqual(content.slice(0, 2))
    }
  })

  it('takes directories where there is a file system', async () => {
    for (const location of [directory, join(directory, 'catalog.json'), server.url]) {
      expect(await openAny(location).open('a b+c.bin').read(0, 2)).toEqual(content.slice(0, 2))
    }
  })

  it('refuses what is no URL', () => {
    expect(() => openStore('demo')).toThrow(/has to begin with https:\/\//)
  })
})
