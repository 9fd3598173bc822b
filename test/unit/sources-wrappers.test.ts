import { describe, expect, it } from 'vitest'
import { CatalogError } from '../../src/engine/errors.ts'
import { MemoryStore, memorySource } from '../../src/engine/source/memory.ts'
import { RequestTracker, tracking } from '../../src/engine/source/tracking.ts'
import type { ByteSource } from '../../src/engine/source/types.ts'
import { ByteCache, caching, coalescing, retrying, wrapStore } from '../../src/engine/source/wrappers.ts'
import { noise } from '../support/bytes.ts'

const content = noise(10_000)

function tracked() {
  const tracker = new RequestTracker()
  return { tracker, source: tracking(memorySource(content, 'file'), tracker) }
}

/** A source whose reads end when they are told to. */
function held() {
  const reads: { offset: number; length: number; signal?: AbortSignal; release: (error?: unknown) => void }[] = []
  const source: ByteSource = {
    name: 'held',
    read: (offset, length, options) =>
      new Promise((resolve, reject) => {
        const release = (error?: unknown) =>
          error === undefined ? resolve(content.subarray(offset, offset + length)) : reject(error)
        options?.signal?.addEventListener('abort', () => reject(new Error('stopped')))
        reads.push({ offset, length, signal: options?.signal, release })
      }),
    readAll: async () => content,
  }
  return { source, reads }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0))

describe('coalescing', () => {
  it('makes one request of reads asked for together that lie close', async () => {
    const { tracker, source } = tracked()
    const merged = coalescing(source, { gap: 100 })
    const ranges = [[0, 10], [1000, 50], [60, 40], [1040, 60], [5, 20]] // prettier-ignore
    const parts = await Promise.all(ranges.map(([offset, length]) => merged.read(offset, length)))
    parts.forEach((part, i) => expect(part).toEqual(content.slice(ranges[i][0], ranges[i][0] + ranges[i][1])))
    expect(tracker.requests.map(({ range }) => range)).toEqual([
      [0, 100],
      [1000, 1100],
    ])
    expect(tracker.hops).toBe(1)
  })

  it('does not delay nor merge reads asked for one after the other', async () => {
    const { tracker, source } = tracked()
    const merged = coalescing(source)
    await merged.read(0, 10)
    await merged.read(10, 10)
    expect([tracker.requests.length, tracker.hops]).toEqual([2, 2])
  })

  it('fails each read of a request that fails', async () => {
    const { source } = tracked()
    const reads = [coalescing(source).read(0, 10), coalescing(source).read(9_990, 20)]
    expect((await Promise.allSettled(reads)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    const merged = coalescing(source)
    const both = await Promise.allSettled([merged.read(9_900, 10), merged.read(9_990, 20)])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  it('ends a request when all who wait for it have given up, not before', async () => {
    const { source, reads } = held()
    const merged = coalescing(source)
    const [first, second] = [new AbortController(), new AbortController()]
    const results = [merged.read(0, 10, { signal: first.signal }), merged.read(10, 10, { signal: second.signal })].map(
      (read) => read.catch((error: CatalogError) => error.tag),
    )
    await turn()
    expect(reads).toHaveLength(1)
    first.abort()
    expect(await results[0]).toBe('aborted')
    expect(reads[0].signal?.aborted).toBe(false)
    second.abort()
    expect(await results[1]).toBe('aborted')
    expect(reads[0].signal?.aborted).toBe(true)
  })

  it('answers the others when one gives up', async () => {
    const { source, reads } = held()
    const merged = coalescing(source)
    const control = new AbortController()
    const gone = merged.read(0, 10, { signal: control.signal }).catch((error: CatalogError) => error.tag)
    const stays = merged.read(10, 10)
    await turn()
    control.abort()
    reads[0].release()
    expect(await gone).toBe('aborted')
    expect(await stays).toEqual(content.slice(10, 20))
  })
})

describe('caching', () => {
  it('answers again without a request, and shares one that is under way', async () => {
    const { tracker, source } = tracked()
    const cached = caching(source, new ByteCache(1000))
    const parts = await Promise.all([cached.read(0, 10), cached.read(0, 10)])
    parts.push(await cached.read(0, 10))
    for (const part of parts) expect(part).toEqual(content.slice(0, 10))
    await cached.read(0, 11)
    expect(tracker.requests).toHaveLength(2)
  })

  it('stays within its budget for all its sources, and gives up the longest unused first', async () => {
    const { tracker, source } = tracked()
    const cache = new ByteCache(250)
    const cached = caching(source, cache)
    await cached.read(0, 100)
    await cached.read(100, 100)
    await cached.read(0, 100)
    await cached.read(200, 100)
    expect(cache.bytes).toBe(200)
    tracker.reset()
    await cached.read(0, 100)
    expect(tracker.requests).toHaveLength(0)
    await cached.read(100, 100)
    expect(tracker.requests).toHaveLength(1)
    const other = caching(memorySource(noise(1000, 2), 'other'), cache)
    expect(await other.read(0, 100)).toEqual(noise(100, 2))
    expect(cache.bytes).toBe(200)
    await cached.read(0, 300)
    expect(cache.bytes).toBe(200)
  })

  it('does not keep the rest of a larger read alive', async () => {
    const cache = new ByteCache(1000)
    const cached = caching(memorySource(content, 'file'), cache)
    await cached.read(0, 10)
    expect((await cached.read(0, 10)).buffer.byteLength).toBe(10)
  })

  it('does not keep failures, nor fail a reader because another gave up', async () => {
    const { source, reads } = held()
    const cached = caching(source, new ByteCache(1000))
    const failed = cached.read(0, 10).catch((error: Error) => error.message)
    await turn()
    reads[0].release(new Error('once'))
    expect(await failed).toBe('once')
    const control = new AbortController()
    const gone = cached.read(0, 10, { signal: control.signal }).catch((error: CatalogError) => error.tag)
    const stays = cached.read(0, 10)
    await turn()
    control.abort()
    expect(await gone).toBe('aborted')
    reads[1].release()
    expect(await stays).toEqual(content.slice(0, 10))
    expect(reads).toHaveLength(2)
  })

  it('reads again after all who waited gave up', async () => {
    const { source, reads } = held()
    const cached = caching(source, new ByteCache(1000))
    const control = new AbortController()
    const gone = cached.read(0, 10, { signal: control.signal }).catch((error: CatalogError) => error.tag)
    await turn()
    control.abort()
    const next = cached.read(0, 10)
    expect(await gone).toBe('aborted')
    await turn()
    reads[1].release()
    expect(await next).toEqual(content.slice(0, 10))
  })
})

describe('retrying', () => {
  function failing(errors: CatalogError[]) {
    let reads = 0
    const source: ByteSource = {
      name: 'failing',
      async read(offset, length) {
        const error = errors[reads++]
        if (error) throw error
        return content.subarray(offset, offset + length)
      },
      readAll: (options) => source.read(0, content.length, options),
    }
    return { source: retrying(source, { attempts: 3, delay: 1 }), reads: () => reads }
  }
  const error = (tag: CatalogError['tag'], fields = {}) => new CatalogError(tag, tag, fields)

  it('tries again what may pass', async () => {
    const { source, reads } = failing([error('timeout'), error('network', { status: 503 })])
    expect(await source.read(5, 5)).toEqual(content.slice(5, 10))
    expect(reads()).toBe(3)
    expect(await failing([error('network'), error('short-read', { received: 3 })]).source.readAll()).toEqual(content)
  })

  it('gives up after the last attempt with its error', async () => {
    const { source, reads } = failing([1, 2, 3, 4].map((status) => error('network', { status: 500 + status })))
    await expect(source.read(0, 1)).rejects.toMatchObject({ fields: { status: 503 } })
    expect(reads()).toBe(3)
  })

  it.each<[CatalogError['tag'], object]>([
    ['not-found', {}],
    ['range-ignored', {}],
    ['changed', {}],
    ['corrupt', {}],
    ['aborted', {}],
    ['short-read', {}],
    ['network', { status: 400 }],
  ])('does not repeat %s %j', async (tag, fields) => {
    const { source, reads } = failing([error(tag, fields)])
    await expect(source.read(0, 1)).rejects.toMatchObject({ tag })
    expect(reads()).toBe(1)
  })

  it('stops waiting when it is cancelled', async () => {
    const control = new AbortController()
    const source = retrying({ ...failing([]).source, read: () => Promise.reject(error('timeout')) }, { delay: 100_000 })
    const reading = source.read(0, 1, { signal: control.signal })
    await turn()
    control.abort()
    await expect(reading).rejects.toMatchObject({ tag: 'aborted' })
  })
})

describe('tracking', () => {
  it('counts requests, bytes and the longest chain of requests that waited for others', async () => {
    const { tracker, source } = tracked()
    await source.readAll()
    await Promise.all([source.read(0, 10), source.read(10, 10)])
    await source.read(20, 5)
    expect(tracker.requests.map(({ hop, range }) => [hop, range])).toEqual([
      [1, null],
      [2, [0, 10]],
      [2, [10, 20]],
      [3, [20, 25]],
    ])
    expect([tracker.bytes, tracker.hops]).toEqual([10_025, 3])
    tracker.reset()
    expect([tracker.requests.length, tracker.bytes, tracker.hops]).toEqual([0, 0, 0])
  })
})

describe('a wrapped store', () => {
  it('wraps each file once', async () => {
    let wrapped = 0
    const store = wrapStore(new MemoryStore('memory', [['a', content]]), (source) => {
      wrapped++
      return coalescing(source)
    })
    expect(store.open('a')).toBe(store.open('a'))
    expect(await store.open('a').read(0, 3)).toEqual(content.slice(0, 3))
    expect([wrapped, store.name]).toEqual([1, 'memory'])
  })
})
