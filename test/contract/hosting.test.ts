import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCatalog } from '../../src/engine/format/build/build.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import { readSequenceBatches } from '../../src/engine/io/sequences.ts'
import { decodeCodes } from '../../src/engine/sequence/alphabet.ts'
import { httpStore } from '../../src/engine/source/http.ts'
import { DirectorySink, DiskScratch, FileSystemStore } from '../../server/storage/file.ts'
import { browserFetch } from '../support/browser-fetch.ts'
import { bytesOf, chunked, textOf } from '../support/bytes.ts'
import { hosts } from '../support/hosts.ts'
import type { RunningHost } from '../support/hosts.ts'
import { requiresTools } from '../support/requires.ts'

/** 300 different records of DNA. */
const records = Array.from({ length: 300 }, (_, i) => ({
  accession: `r${i}`,
  residues: Array.from({ length: 200 + i }, (_, j) => 'ACGT'[(i * 7 + j * j * (i + 3)) % 4]).join(''),
}))
let directory = ''
let data = ''
let size = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hosting-'))
  const text = records.map(({ accession, residues }) => `>${accession}\n${residues}\n`).join('')
  const input = readSequenceBatches(chunked(bytesOf(text), 65_536), { file: 'x.fa', onReject: () => undefined })
  const target = { sink: new DirectorySink(directory), scratch: new DiskScratch() }
  const { manifest } = await buildCatalog(input, target, { title: 'Hosted', shards: 1 })
  data = manifest.segments[0].shards[0].path
  size = manifest.segments[0].shards[0].bytes
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe('the guide', () => {
  it('has a row for every host that is tested, with its result', async () => {
    const guide = await readFile(new URL('../../docs/hosting.md', import.meta.url), 'utf8')
    const rows = [...guide.matchAll(/^\| \[([^\]]+)\]\(#([^)]+)\) .*\| ([^|]+?) *\|$/gm)]
    const results = { works: 'works', 'range-ignored': 'refused', network: 'same site only' }
    expect(rows.map(([, name, , result]) => [name, result])).toEqual(
      hosts.map((host) => [host.name, results[host.result]]),
    )
    const headings = [...guide.matchAll(/^## (.*)$/gm)].map(([, title]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    )
    for (const [, , anchor] of rows) expect(headings).toContain(anchor)
  })
})

for (const host of hosts) {
  describe.runIf(requiresTools(...host.tools))(`${host.name}, for a page of another origin`, () => {
    let running: RunningHost
    beforeAll(async () => {
      running = await host.start(directory)
    })
    afterAll(() => running.close())
    const store = () => httpStore(running.url, { fetch: browserFetch })

    if (host.result === 'works') {
      it('gives whole files and exact ranges', async () => {
        const disk = new FileSystemStore(directory)
        expect(await store().open('catalog.json').readAll()).toEqual(await disk.open('catalog.json').readAll())
        const source = store().open(data)
        const ranges = [[0, 1], [0, size], [size - 1, 1], [100, 4000], [1, size - 1]] // prettier-ignore
        for (const [offset, length] of ranges) {
          expect(await source.read(offset, length)).toEqual(await disk.open(data).read(offset, length))
        }
      })

      it('says what is missing and what is too far', async () => {
        await expect(store().open('data/none.arrow').read(0, 1)).rejects.toMatchObject({ tag: 'not-found' })
        await expect(store().open('none.json').readAll()).rejects.toMatchObject({ tag: 'not-found' })
        await expect(
          store()
            .open(data)
            .read(size - 1, 2),
        ).rejects.toMatchObject({ tag: 'short-read' })
        // nginx sends the CORS header twice with a 416, which a browser takes for none.
        const tag = host.name === 'nginx' ? 'network' : 'short-read'
        await expect(store().open(data).read(size, 1)).rejects.toMatchObject({ tag })
      })

      it('serves a catalog', async () => {
        const catalog = await openCatalog(store())
        expect(catalog.summary.entries).toBe(records.length)
        for (const { accession, residues } of [records[0], records[17], records[299]]) {
          const [entry] = await catalog.find(accession)
          const codes = await catalog.residues(entry.record, 10, 150)
          expect(textOf(decodeCodes(codes, 'dna'))).toBe(residues.slice(10, 150))
        }
      })
    } else {
      it(`is refused: ${host.result}`, async () => {
        const fetch = host.result === 'network' ? browserFetch : undefined
        const refused = httpStore(running.url, { fetch })
        await expect(refused.open(data).read(1, 10)).rejects.toMatchObject({
          tag: host.result,
          message: expect.stringContaining(host.result === 'network' ? 'Access-Control-Allow-Origin' : 'hosting.md'),
        })
        const search = async () => (await openCatalog(refused)).residues(0, 10, 150)
        await expect(search()).rejects.toMatchObject({ tag: host.result })
      })
    }
  })
}

describe('GitHub Pages', () => {
  it('keeps ETag and Content-Range from other origins', async () => {
    const running = await hosts.find(({ name }) => name === 'GitHub Pages')!.start(directory)
    try {
      const headers = { Range: 'bytes=0-9' }
      const response = await browserFetch(running.url + data, {
        headers,
        signal: new AbortController().signal,
        cache: 'default',
      })
      expect(response.status).toBe(206)
      expect(['etag', 'content-range', 'accept-ranges'].map((name) => response.headers.get(name))).toEqual([
        null,
        null,
        null,
      ])
    } finally {
      await running.close()
    }
  })
})
