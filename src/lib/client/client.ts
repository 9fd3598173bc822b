import { proxy, transfer, wrap, type Remote } from 'comlink'
import { CatalogError } from '#engine/errors.ts'
import kernelsUrl from '../../../wasm/build/kernels.wasm?url'
import { carryErrors } from '../../../workers/errors.ts'
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
  let starting: Promise<Remote<SearchService>> | undefined
  let lastSearch = 0

  const onRequest = (request: RequestReport): void => {
    requests.push(request)
    if (requests.length > LOG_LENGTH) requests.shift()
    for (const listener of listeners) listener(request)
  }
  const service = (): Promise<Remote<SearchService>> => {
    starting ??= startService(onRequest)
    starting.catch(() => (starting = undefined))
    return starting
  }

  return {
    requests,

    async open(url) {
      return (await service()).open(absolute(url))
    },

    async inspect(text) {
      const { parsed, isAccession } = await (await service()).inspect(text)
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

    async estimate(url, text, options) {
      return (await service()).estimate(absolute(url), text, options)
    },

    async search(url, text, options, control) {
      const remote = await service()
      const id = ++lastSearch
      let header: SearchHeader | undefined
      const results: QueryResult[] = []
      const cancel = (): void => void remote.cancel(id)
      if (control.signal?.aborted) throw new CatalogError('aborted', 'The search was cancelled.')
      control.signal?.addEventListener('abort', cancel, { once: true })
      try {
        await remote.search(
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
        )
      } finally {
        control.signal?.removeEventListener('abort', cancel)
      }
      return { header: header!, results }
    },

    async find(url, accession) {
      return (await service()).find(absolute(url), accession)
    },

    async fetch(url, entry, start = 0, end = Number.MAX_SAFE_INTEGER) {
      return (await service()).fetch(absolute(url), entry, start, end)
    },

    async format(header, results, format, columns) {
      const outfmt = columns === undefined ? OUTFMT[format] : `${OUTFMT[format]} ${columns}`
      return (await service()).format(header, results, outfmt)
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

async function startService(onRequest: (request: RequestReport) => void): Promise<Remote<SearchService>> {
  carryErrors()
  const response = await fetch(kernelsUrl)
  if (!response.ok) {
    throw new CatalogError('network', `A part of this app could not be loaded (${response.status}). Reload the page.`, {
      file: kernelsUrl,
    })
  }
  const module = await WebAssembly.compile(await response.arrayBuffer())
  const ports: MessagePort[] = []
  for (let i = 0; i < navigator.hardwareConcurrency; i++) {
    const worker = new Worker(new URL('../../../workers/compute.ts', import.meta.url), { type: 'module' })
    const { port1, port2 } = new MessageChannel()
    worker.postMessage(port1, [port1])
    ports.push(port2)
  }
  const coordinator = new Worker(new URL('../../../workers/search.ts', import.meta.url), { type: 'module' })
  const remote = wrap<SearchService>(coordinator)
  await remote.start(module, transfer(ports, ports), proxy(onRequest))
  return remote
}
