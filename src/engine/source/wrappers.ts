import { CatalogError, throwIfAborted } from '../errors.ts'
import { planReads } from './plan.ts'
import { SharedWork } from './shared.ts'
import type { ByteSource, FileStore } from './types.ts'

/** `store` with every source wrapped; the same path always has the same source. */
export function wrapStore(store: FileStore, wrap: (source: ByteSource, path: string) => ByteSource): FileStore {
  const sources = new Map<string, ByteSource>()
  return {
    name: store.name,
    open(path) {
      let source = sources.get(path)
      if (source === undefined) {
        source = wrap(store.open(path), path)
        sources.set(path, source)
      }
      return source
    },
  }
}

export interface RetryOptions {
  /** Times a read is tried in all; default 3. */
  attempts?: number
  /** Milliseconds before the second try, doubled before each further one; default 250. */
  delay?: number
}

/** Repeats reads that failed for a reason that may pass: no connection, a time-out, a broken transfer, a busy host. */
export function retrying(source: ByteSource, options: RetryOptions = {}): ByteSource {
  const { attempts = 3, delay = 250 } = options
  async function repeat<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (attempt >= attempts || !mayPass(error)) throw error
        await pause(delay * 2 ** (attempt - 1), signal)
      }
    }
  }
  return {
    name: source.name,
    read: (offset, length, read) => repeat(() => source.read(offset, length, read), read?.signal),
    readAll: (read) => repeat(() => source.readAll(read), read?.signal),
  }
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof CatalogError)) return false
  const status = error.fields.status
  if (error.tag === 'timeout') return true
  // A broken transfer; a range beyond the end of the file (status 416) stays one.
  if (error.tag === 'short-read') return error.fields.received !== undefined
  if (error.tag !== 'network') return false
  return typeof status !== 'number' || status === 408 || status === 429 || status >= 500
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer)
      reject(new CatalogError('aborted', 'The search was cancelled.', {}, signal?.reason))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, milliseconds)
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
  })
}

export interface CoalesceOptions {
  /** Bytes that may be read for nothing to save a request; default 64 KiB. */
  gap?: number
  /** Bytes of one request at most, unless a single read is longer; default 8 MiB. */
  limit?: number
}

/** Merges reads that are asked for together (before the host's event loop turns) and lie close to each other. */
export function coalescing(source: ByteSource, options: CoalesceOptions = {}): ByteSource {
  const { gap = 65_536, limit = 8 << 20 } = options
  interface Waiting {
    start: number
    end: number
    signal: AbortSignal | undefined
    resolve: (bytes: Uint8Array | Promise<Uint8Array>) => void
  }
  let waiting: Waiting[] = []

  function flush(): void {
    const batch = waiting
    waiting = []
    for (const planned of planReads(batch, gap, limit)) {
      const { start, end } = planned
      const work = new SharedWork((signal) => source.read(start, end - start, { signal }))
      for (const i of planned.ranges) {
        const wanted = batch[i]
        const part = work
          .join(source.name, wanted.signal)
          .then((bytes) => bytes.subarray(wanted.start - start, wanted.end - start))
        wanted.resolve(part)
      }
    }
  }

  return {
    name: source.name,
    async read(offset, length, read) {
      throwIfAborted(read?.signal)
      if (length === 0) return new Uint8Array(0)
      return new Promise((resolve) => {
        waiting.push({ start: offset, end: offset + length, signal: read?.signal, resolve })
        if (waiting.length === 1) void Promise.resolve().then(flush)
      })
    },
    readAll: (read) => source.readAll(read),
  }
}

/** Bytes of several sources kept in memory, the longest unused given up first. */
export class ByteCache {
  /** Bytes held. */
  bytes = 0
  readonly #budget: number
  readonly #entries = new Map<string, Uint8Array>()

  /** `budget`: bytes to hold at most. */
  constructor(budget: number) {
    this.#budget = budget
  }

  get(key: string): Uint8Array | undefined {
    const bytes = this.#entries.get(key)
    if (bytes === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, bytes)
    return bytes
  }

  /** Keeps `bytes`, unless they alone exceed the budget. */
  set(key: string, bytes: Uint8Array): void {
    if (bytes.length > this.#budget) return
    this.bytes += bytes.length - (this.#entries.get(key)?.length ?? 0)
    this.#entries.delete(key)
    // A view would keep the whole of a larger read alive.
    this.#entries.set(key, bytes.byteLength < bytes.buffer.byteLength ? bytes.slice() : bytes)
    for (const [oldest, held] of this.#entries) {
      if (this.bytes <= this.#budget) break
      this.#entries.delete(oldest)
      this.bytes -= held.length
    }
  }
}

/** Answers a read that was made before from `cache`; equal reads at the same time are made once. `readAll` is not kept. */
export function caching(source: ByteSource, cache: ByteCache): ByteSource {
  const running = new Map<string, SharedWork<Uint8Array>>()
  return {
    name: source.name,
    async read(offset, length, read) {
      throwIfAborted(read?.signal)
      const key = `${offset}+${length} ${source.name}`
      const held = cache.get(key)
      if (held !== undefined) return held
      let work = running.get(key)
      if (work === undefined || work.abandoned) {
        const started = new SharedWork(async (signal) => {
          try {
            const bytes = await source.read(offset, length, { signal })
            cache.set(key, bytes)
            return bytes
          } finally {
            if (running.get(key) === started) running.delete(key)
          }
        })
        work = started
        running.set(key, work)
      }
      return work.join(source.name, read?.signal)
    },
    readAll: (read) => source.readAll(read),
  }
}
