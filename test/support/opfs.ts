import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { CatalogError } from '../../src/engine/errors.ts'
import type { ErrorTag } from '../../src/engine/errors.ts'
import type { ByteSource, FileStore, ReadOptions } from '../../src/engine/source/types.ts'
import { launchChromium } from './browser.ts'

/** Answers requests for the origin's private file system; a page and a worker each run it. */
const SERVICE = `
  import { OpfsSink, OpfsStore } from '/src/engine/source/opfs.ts'
  const root = navigator.storage.getDirectory()
  let store, writer
  const base64 = (bytes) => bytes.toBase64?.() ?? btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  const actions = {
    read: async ({ path, range, signal }) =>
      base64(range ? await store.open(path).read(...range, { signal }) : await store.open(path).readAll({ signal })),
    put: async ({ path, bytes }) => sink.put(path, bytesOf(bytes)),
    create: async () => { writer = await sink.create() },
    write: ({ bytes }) => writer.write(bytesOf(bytes)),
    commit: ({ path }) => writer.commit(path),
    discard: () => writer.discard(),
    close: () => store.close(),
    names: async () => {
      const names = []
      for await (const name of (await root).keys()) names.push(name)
      return names.sort()
    },
  }
  let sink
  export async function answer(request) {
    store ??= new OpfsStore(await root, 'opfs')
    sink ??= new OpfsSink(await root, 'opfs')
    const signal = request.aborted ? AbortSignal.abort() : undefined
    try {
      return { value: await actions[request.action]({ ...request, signal }) }
    } catch ({ tag, message, stack }) {
      return { tag, message: tag ? message : stack }
    }
  }`
const WORKER = `
  import { answer } from '/service.js'
  onmessage = async ({ data, ports }) => ports[0].postMessage(await answer(data))`
const PAGE = `<!doctype html><title>Storage</title><script type="module">
  import { answer } from '/service.js'
  const worker = new Worker('/worker.js', { type: 'module' })
  const other = new Worker('/worker.js', { type: 'module' })
  const askWorker = (worker, request) => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }) => resolve(data)
    worker.postMessage(request, [port2])
  })
  globalThis.ask = (where, request) =>
    where === 'page' ? answer(request) : askWorker(where === 'worker' ? worker : other, request)
</script>`

export type OpfsPlace = 'page' | 'worker' | 'other worker'

export interface OpfsRequest {
  action: 'read' | 'put' | 'create' | 'write' | 'commit' | 'discard' | 'close' | 'names'
  path?: string
  range?: [number, number] | null
  /** Base64. */
  bytes?: string
  aborted?: boolean
}

export interface OpfsInChromium {
  /** What the engine's OPFS classes answer there; throws their errors. */
  ask(where: OpfsPlace, request: OpfsRequest): Promise<unknown>
  /** The engine's `OpfsStore` as it works there. */
  store(where: OpfsPlace): FileStore
  close(): Promise<void>
}

/** Starts Chromium on a page with two workers, in which the engine's OPFS classes run. */
export async function opfsInChromium(): Promise<OpfsInChromium> {
  const root = new URL('../../', import.meta.url)
  const server = createServer((request, response) => {
    void (async () => {
      const path = request.url ?? '/'
      const script = (text: string) => response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(text)
      if (path === '/service.js') script(SERVICE)
      else if (path === '/worker.js') script(WORKER)
      else if (/^\/src\/engine\/[\w/-]+\.ts$/.test(path))
        script(stripTypeScriptTypes(await readFile(new URL(`.${path}`, root), 'utf8')))
      else response.writeHead(200, { 'Content-Type': 'text/html' }).end(PAGE)
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await launchChromium()
  const page: Page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await page.waitForFunction('globalThis.ask')

  async function ask(where: OpfsPlace, request: OpfsRequest): Promise<unknown> {
    const answer = await page.evaluate(
      ([where, request]) =>
        (globalThis as unknown as { ask(where: string, request: unknown): Promise<unknown> }).ask(where, request),
      [where, request] as const,
    )
    const { value, tag, message } = answer as { value?: unknown; tag?: ErrorTag; message?: string }
    if (message !== undefined) throw tag === undefined ? new Error(message) : new CatalogError(tag, message)
    return value
  }

  function source(where: OpfsPlace, path: string): ByteSource {
    const read = async (range: [number, number] | null, options?: ReadOptions) => {
      const request: OpfsRequest = { action: 'read', path, range, aborted: options?.signal?.aborted === true }
      return new Uint8Array(Buffer.from((await ask(where, request)) as string, 'base64'))
    }
    return {
      name: path,
      read: (offset, length, options) => read([offset, length], options),
      readAll: (options) => read(null, options),
    }
  }

  return {
    ask,
    store: (where) => ({ name: 'opfs', open: (path) => source(where, path) }),
    async close() {
      await browser.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
