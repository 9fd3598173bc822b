import { proxy, transfer, wrap, type Remote } from 'comlink'
import { CatalogError } from '#engine/errors.ts'
import kernelsUrl from '../../../wasm/build/kernels.wasm?url'
import { carryErrors } from '../../../workers/errors.ts'
import { Failure } from '../../../workers/failure.ts'
import type { RequestReport } from '../../../workers/remote.ts'
import type { SearchService } from '../../../workers/search.ts'
import type { Client, DownloadFormat, RequestLogEntry } from './types.ts'
import type { QueryResult, SearchHeader } from '#engine/search/types.ts'

/** Requests kept for the page's log. */
const LOG_LENGTH = 1000
const OUTFMT: Record<DownloadFormat, string> = {
  pairwise: '0',
  tabular: '6',
  'tabular-commented': '7',
  json: 'json',
}

/** The page's client. Workers start with the first call that needs them. */
export function createClient(): Client {
  const requests: RequestLogEntry[] = []
  const listeners = new Set<(entry: RequestLogEntry) => void>()
  let starting: ReturnType<typeof startService> | undefined
  let lastSearch = 0

  const onRequest = (request: RequestReport): void => {
    requests.push(request)
    if (requests.length > LOG_LENGTH) requests.shift()
    for (const listener of listeners) listener(request)
  }
  const forget = (): void => {
    starting = undefined
  }
  /** Asks the search worker, which is started where it is not running; fails where a worker dies. */
  const ask = async <T>(question: (remote: Remote<SearchService>) => PromiseLike<T>): Promise<T> => {
    starting ??= startService(onRequest, forget)
    starting.catch(forget)
    const { remote, failure } = await starting
    return failure.guard(question(remote))
  }

  return {
    requests,

    async open(url) {
      return ask((remote) => remote.open(absolute(url)))
    },

    async inspect(text) {
      const { parsed, isAccession } = await ask((remote) => remote.inspect(text))
      return {
        queries: parsed.queries.map(({ id, description, residues, alphabet }) => ({
          id,
          description,
          length: residues.length,
          alphabet,
        })),
        problems: parsed.problems,
        accession: isAccession ? text.trim() : null,
      }
    },

    checkFilter: (text, fields) => ask((remote) => remote.checkFilter(text, fields)),

    async estimate(url, text, options) {
      return ask((remote) => remote.estimate(absolute(url), text, options))
    },

    async search(url, text, options, control) {
      const id = ++lastSearch
      let header: SearchHeader | undefined
      const results: QueryResult[] = []
      const cancel = (): void => void ask((remote) => remote.cancel(id)).catch(() => undefined)
      if (control.signal?.aborted) throw new CatalogError('aborted', 'The search was cancelled.')
      control.signal?.addEventListener('abort', cancel, { once: true })
      try {
        await ask((remote) =>
          remote.search(
            id,
            absolute(url),
            text,
            options,
            proxy((value: SearchHeader) => {
              header = value
              control.onHeader?.(value)
            }),
            proxy((result: QueryResult) => {
              results.push(result)
              control.onResult?.(result)
            }),
            proxy((progress) => control.onProgress?.(progress)),
          ),
        )
      } finally {
        control.signal?.removeEventListener('abort', cancel)
      }
      return { header: header!, results }
    },

    async find(url, accession) {
      return ask((remote) => remote.find(absolute(url), accession))
    },

    async fetch(url, entry, start = 0, end = Number.MAX_SAFE_INTEGER) {
      return ask((remote) => remote.fetch(absolute(url), entry, start, end))
    },

    async format(header, results, format, columns) {
      const outfmt = columns === undefined ? OUTFMT[format] : `${OUTFMT[format]} ${columns}`
      return ask((remote) => remote.format(header, results, outfmt))
    },

    onRequest(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Catalog URLs are relative to the page, and to nothing else. */
function absolute(url: string): string {
  return new URL(url, document.baseURI).href
}

async function startService(
  onRequest: (request: RequestReport) => void,
  onFailure: () => void,
): Promise<{ remote: Remote<SearchService>; failure: Failure }> {
  carryErrors()
  const response = await fetch(kernelsUrl)
  if (!response.ok) throw partMissing(kernelsUrl, `status ${response.status}`)
  const module = await WebAssembly.compile(await response.arrayBuffer())
  const failure = new Failure()
  const workers: Worker[] = []
  const watched = (worker: Worker): Worker => {
    workers.push(worker)
    worker.addEventListener('error', (event) => {
      for (const other of workers) other.terminate()
      failure.fail(partMissing('a worker', event.message))
      onFailure()
    })
    return worker
  }
  const ports: MessagePort[] = []
  for (let i = 0; i < navigator.hardwareConcurrency; i++) {
    const worker = watched(new Worker(new URL('../../../workers/compute.ts', import.meta.url), { type: 'module' }))
    const { port1, port2 } = new MessageChannel()
    worker.postMessage(port1, [port1])
    ports.push(port2)
  }
  const coordinator = watched(new Worker(new URL('../../../workers/search.ts', import.meta.url), { type: 'module' }))
  const remote = wrap<SearchService>(coordinator)
  await failure.guard(remote.start(module, transfer(ports, ports), proxy(onRequest)))
  return { remote, failure }
}

function partMissing(file: string, detail: string): CatalogError {
  return new CatalogError('network', `A part of this app failed or could not be loaded (${detail}). Reload the page.`, {
    file,
  })
}
