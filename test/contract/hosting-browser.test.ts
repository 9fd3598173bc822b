import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium } from '../../server/setup/chromium.mjs'
import { noise } from '../support/bytes.ts'
import { faultyServer } from '../support/faulty-server.ts'
import type { FaultyServer } from '../support/faulty-server.ts'
import { hosts } from '../support/hosts.ts'
import { requires, requiresTools } from '../support/requires.ts'

const content = noise(20_000)
const executablePath = findChromium()

type Answer = number[] | { tag: string; message: string }
interface Wanted {
  url: string
  path: string
  /** Offset and length; null for the whole file. */
  range: [number, number] | null
}

/** The page that reads. Its script is text, since Vitest rewrites imports in functions. */
const PAGE = `<!doctype html><title>Reader</title><script type="module">
  import { httpStore } from '/src/engine/source/http.ts'
  globalThis.readFrom = async ({ url, path, range }) => {
    const source = httpStore(url, { timeout: 2000 }).open(path)
    try {
      return [...(range ? await source.read(...range) : await source.readAll())]
    } catch ({ tag, message }) {
      return { tag, message }
    }
  }
</script>`

/** Serves that page and the engine's modules as JavaScript: the origin that reads from the hosts. */
async function engineOrigin() {
  const root = new URL('../../', import.meta.url)
  const server = createServer((request, response) => {
    void (async () => {
      const path = request.url ?? '/'
      if (/^\/src\/engine\/[\w/-]+\.ts$/.test(path)) {
        const source = await readFile(new URL(`.${path}`, root), 'utf8')
        response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(stripTypeScriptTypes(source))
      } else {
        response.writeHead(200, { 'Content-Type': 'text/html' }).end(PAGE)
      }
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server }
}

/** What the page gets: bytes or the error. */
function readInPage(page: Page, wanted: Wanted): Promise<Answer> {
  return page.evaluate(
    (wanted) => (globalThis as unknown as { readFrom(wanted: Wanted): Promise<Answer> }).readFrom(wanted),
    wanted,
  )
}

describe.runIf(requires('Chromium', executablePath !== null))('Chromium, on a page of another origin', () => {
  let browser: Browser
  let page: Page
  let directory = ''
  let origin: Awaited<ReturnType<typeof engineOrigin>>
  let faulty: FaultyServer

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hosting-browser-'))
    await mkdir(join(directory, 'data'))
    await writeFile(join(directory, 'data', 'file.arrow'), content)
    await writeFile(join(directory, 'catalog.json'), '{"format": "genomic-catalog"}')
    origin = await engineOrigin()
    faulty = await faultyServer(content)
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] })
    page = await browser.newPage()
    await page.goto(origin.url)
  })
  afterAll(async () => {
    await browser?.close()
    await faulty?.close()
    origin?.server.close()
    origin?.server.closeAllConnections()
    await rm(directory, { recursive: true, force: true })
  })

  for (const host of hosts) {
    it.runIf(requiresTools(...host.tools))(`reads from ${host.name}: ${host.result}`, async () => {
      const running = await host.start(directory)
      try {
        const read = (path: string, range: [number, number] | null) =>
          readInPage(page, { url: running.url, path, range })
        const ranges: [number, number][] = [[0, 10], [4096, 8192], [19_990, 10], [0, 20_000]] // prettier-ignore
        if (host.result !== 'works') {
          // The page sees that a host without leave refuses it, not what that host would have answered.
          expect(await read('data/file.arrow', [1, 10])).toMatchObject({ tag: 'network' })
          return
        }
        for (const [offset, length] of ranges) {
          expect(await read('data/file.arrow', [offset, length])).toEqual([...content.slice(offset, offset + length)])
        }
        expect(String.fromCharCode(...((await read('catalog.json', null)) as number[]))).toContain('genomic-catalog')
        expect(await read('data/none.arrow', [0, 1])).toMatchObject({ tag: 'not-found' })
        expect(await read('data/file.arrow', [19_999, 2])).toMatchObject({ tag: 'short-read' })
      } finally {
        await running.close()
      }
    })
  }

  it.each([
    ['whole', ['range-ignored']],
    ['endless', ['range-ignored']],
    ['short', ['short-read']],
    ['long', ['short-read']],
    ['cut', ['network', 'short-read']],
    ['reset', ['network']],
    ['stall', ['timeout']],
    ['silent', ['timeout']],
    ['private', ['network']],
    ['missing', ['not-found']],
    ['unsatisfiable', ['short-read']],
  ])('refuses what a host does wrong: %s', async (fault, tags) => {
    const answer = await readInPage(page, { url: `${faulty.url}${fault}`, path: 'file', range: [10, 100] })
    expect(tags).toContain((answer as { tag: string }).tag)
  })

  it('makes no preflight', () => {
    expect(faulty.methods.size).toBe(1)
    expect(faulty.methods).toContain('GET')
  })
})
