import { CatalogError } from '../errors.ts'
import type { ByteSource, FileStore, ReadOptions } from './types.ts'

/** What of a host's `fetch` is used. */
export type Fetch = (
  url: string,
  init: { headers: Record<string, string>; signal: AbortSignal; cache: 'default' | 'no-cache' },
) => Promise<HttpResponse>

/** What of its answer is used. */
export interface HttpResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: { getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }> } } | null
}

/** One request, told when its body has been read or it has failed. */
export interface RequestReport {
  url: string
  /** Bytes asked for, half open; null for a whole file. */
  range: [number, number] | null
  /** Bytes of body received. */
  bytes: number
  milliseconds: number
  /** HTTP status; 0 where no answer came. */
  status: number
}

export interface HttpOptions {
  /** Defaults to the host's own. */
  fetch?: Fetch
  onRequest?: (report: RequestReport) => void
  /** Milliseconds without any byte after which a request is given up; default 30,000. */
  timeout?: number
}

const DEFAULT_TIMEOUT = 30_000

/**
 * The files below a URL. Only simple CORS requests are made: GET, with at most one `Range: bytes=a-b`. No response header
 * is needed: `ETag` and `Content-Range` are compared where the host lets them be seen.
 */
export function httpStore(url: string, options: HttpOptions = {}): FileStore {
  const base = baseUrl(url)
  const sources = new Map<string, ByteSource>()
  return {
    name: base.slice(0, -1),
    open(path) {
      let source = sources.get(path)
      if (source === undefined) {
        source = httpSource(base + path.split('/').map(encodeURIComponent).join('/'), options)
        sources.set(path, source)
      }
      return source
    },
  }
}

/** A store for a URL: what hosts without a file system can open. */
export function openStore(location: string, options: HttpOptions = {}): FileStore {
  if (!/^https?:\/\//i.test(location)) {
    throw new CatalogError('usage', `${location} is no catalog URL: it has to begin with https:// or http://.`, {
      file: location,
    })
  }
  return httpStore(location, options)
}

/** `url` as a folder: without query, fragment and `catalog.json`, with a final slash. */
function baseUrl(url: string): string {
  const path = url.replace(/[?#].*$/s, '').replace(/\/catalog\.json$/, '/')
  return path.endsWith('/') ? path : `${path}/`
}

/** One file of an HTTP host. It remembers the first `ETag` it sees and refuses another. */
export function httpSource(url: string, options: HttpOptions = {}): ByteSource {
  const send = options.fetch ?? fetch
  let etag: string | null = null

  async function request(range: [number, number] | null, read: ReadOptions): Promise<Uint8Array> {
    const control = new RequestControl(url, options.timeout ?? DEFAULT_TIMEOUT, read.signal)
    const started = performance.now()
    let status = 0
    let received = 0
    try {
      const response = await control.guard(
        send(url, {
          headers: range === null ? {} : { Range: `bytes=${range[0]}-${range[1] - 1}` },
          signal: control.signal,
          // A page that reloads must see the catalog's newest version; data files never change.
          cache: range === null ? 'no-cache' : 'default',
        }),
      )
      status = response.status
      const collect = (length: number | null) =>
        readBody(response, length, url, control, (bytes) => {
          received += bytes
        })
      if (range === null) {
        if (status !== 200) throw statusError(status, url, range)
        return await collect(null)
      }
      const wanted = range[1] - range[0]
      if (status === 200) {
        // A host may answer a range that is the whole file with the whole file.
        const declared = response.headers.get('content-length')
        if (range[0] !== 0 || declared === null || Number(declared) !== wanted) throw rangeIgnored(url, range)
        return await collect(wanted)
      }
      if (status !== 206) throw statusError(status, url, range)
      checkRange(response, url, range)
      const seen = response.headers.get('etag')
      if (seen !== null && etag !== null && seen !== etag) {
        throw new CatalogError('changed', `${url} changed while it was read. Open the catalog again.`, { file: url })
      }
      etag ??= seen
      return await collect(wanted)
    } catch (error) {
      control.stop()
      throw control.explain(error)
    } finally {
      control.release()
      options.onRequest?.({ url, range, bytes: received, milliseconds: performance.now() - started, status })
    }
  }

  return {
    name: url,
    async read(offset, length, read = {}) {
      if (length === 0) return new Uint8Array(0)
      return request([offset, offset + length], read)
    },
    readAll: (read = {}) => request(null, read),
  }
}

/** Time-out and cancellation of one request. */
class RequestControl {
  readonly #url: string
  readonly #timeout: number
  readonly #caller: AbortSignal | undefined
  readonly #controller = new AbortController()
  readonly #onAbort = () => this.#controller.abort()
  #timedOut = false

  constructor(url: string, timeout: number, caller: AbortSignal | undefined) {
    this.#url = url
    this.#timeout = timeout
    this.#caller = caller
    if (caller?.aborted) this.#controller.abort()
    else caller?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** `work`, unless nothing comes for the time allowed. */
  async guard<T>(work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.#timedOut = true
      this.#controller.abort()
    }, this.#timeout)
    try {
      return await work
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends the request, so that no more of its body is received. */
  stop(): void {
    this.#controller.abort()
  }

  release(): void {
    this.#caller?.removeEventListener('abort', this.#onAbort)
  }

  explain(error: unknown): CatalogError {
    const file = this.#url
    if (this.#caller?.aborted) {
      return new CatalogError('aborted', `Reading ${file} was cancelled.`, { file }, this.#caller.reason)
    }
    if (this.#timedOut) {
      const seconds = this.#timeout / 1000
      return new CatalogError('timeout', `${file} sent nothing for ${seconds} seconds. Try again.`, { file }, error)
    }
    if (error instanceof CatalogError) return error
    return new CatalogError(
      'network',
      `${file} could not be read: the host is out of reach, the connection broke, or the host does not allow other ` +
        `sites to read it (CORS: it must send "Access-Control-Allow-Origin: *").`,
      { file },
      error,
    )
  }
}

/** The body: exactly `length` bytes, where given. Never holds more than that. */
async function readBody(
  response: HttpResponse,
  length: number | null,
  url: string,
  control: RequestControl,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array> {
  if (response.body === null) {
    if (length === null || length === 0) return new Uint8Array(0)
    throw wrongLength(url, 0, length)
  }
  const reader = response.body.getReader()
  const pieces: Uint8Array[] = []
  let received = 0
  for (;;) {
    const { done, value } = await control.guard(reader.read())
    if (done) break
    if (value === undefined) continue
    received += value.length
    onBytes(value.length)
    if (length !== null && received > length) throw wrongLength(url, received, length)
    pieces.push(value)
  }
  if (length !== null && received < length) throw wrongLength(url, received, length)
  if (pieces.length === 1) return pieces[0]
  const body = new Uint8Array(received)
  let at = 0
  for (const piece of pieces) {
    body.set(piece, at)
    at += piece.length
  }
  return body
}

function wrongLength(url: string, received: number, length: number): CatalogError {
  const what = received < length ? `only ${received}` : `more than the ${length}`
  return new CatalogError('short-read', `${url} sent ${what} bytes where ${length} were asked for.`, {
    file: url,
    received,
    length,
  })
}

/** Refuses an answer to another range, or bytes that were compressed on the way, where the host lets that be seen. */
function checkRange(response: HttpResponse, url: string, range: [number, number]): void {
  const encoding = response.headers.get('content-encoding')
  if (encoding !== null && encoding !== 'identity') {
    throw new CatalogError(
      'range-ignored',
      `${url} was sent with "Content-Encoding: ${encoding}", so its byte ranges mean nothing. ` +
        `Turn compression off for the catalog's files.`,
      { file: url, start: range[0], end: range[1] },
    )
  }
  const match = /^bytes (\d+)-(\d+)\//.exec(response.headers.get('content-range') ?? '')
  if (match && (Number(match[1]) !== range[0] || Number(match[2]) !== range[1] - 1)) {
    throw new CatalogError(
      'short-read',
      `${url} sent bytes ${match[1]}-${match[2]} where ${range[0]}-${range[1] - 1} were asked for.`,
      { file: url, start: range[0], end: range[1] },
    )
  }
}

function rangeIgnored(url: string, [start, end]: [number, number]): CatalogError {
  return new CatalogError(
    'range-ignored',
    `${url} was answered whole where only bytes ${start}-${end - 1} were asked for: its host ignores byte ranges. ` +
      `Serve the catalog from a host that supports them (docs/hosting.md).`,
    { file: url, start, end },
  )
}

function statusError(status: number, url: string, range: [number, number] | null): CatalogError {
  const fields = { file: url, status, ...(range && { start: range[0], end: range[1] }) }
  if (status === 404 || status === 410) {
    return new CatalogError('not-found', `${url} does not exist (status ${status}).`, fields)
  }
  if (status === 401 || status === 403) {
    // S3 answers 403 for a missing file where the bucket may not be listed.
    return new CatalogError('not-found', `${url} may not be read, or does not exist (status ${status}).`, fields)
  }
  if (status === 416) {
    return new CatalogError('short-read', `${url} is shorter than the ${range?.[1]} bytes expected of it.`, fields)
  }
  if (status === 412) {
    return new CatalogError('changed', `${url} changed while it was read. Open the catalog again.`, fields)
  }
  return new CatalogError('network', `${url} was answered with status ${status}. Try again later.`, fields)
}
