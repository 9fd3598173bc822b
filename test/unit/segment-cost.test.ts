import { describe, expect, it } from 'vitest'
import { indexersOf, newIndexers } from '../../server/publish/indexers.ts'
import { appendSegment } from '../../src/engine/format/build/append.ts'
import { buildCatalog } from '../../src/engine/format/build/build.ts'
import type { InputEntry } from '../../src/engine/io/types.ts'
import { MemoryScratch, MemoryStore } from '../../src/engine/source/memory.ts'
import { RequestTracker, tracking } from '../../src/engine/source/tracking.ts'
import type { FileSink } from '../../src/engine/source/types.ts'
import { wrapStore } from '../../src/engine/source/wrappers.ts'
import { entry } from '../support/catalogs.ts'

/** `count` entries of 300 letters that look random, the same for the same seed. */
async function* entries(count: number, seed: number): AsyncGenerator<InputEntry> {
  let state = seed
  for (let i = 0; i < count; i++) {
    const letters = Array.from({ length: 300 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return 'ACGT'[state >>> 30]
    })
    yield entry(`s${seed}.${i}`, letters.join(''))
  }
}

/** Counts the bytes that go to a sink. */
function counting(sink: FileSink): FileSink & { bytes: number } {
  const counted = {
    name: sink.name,
    bytes: 0,
    async create() {
      const writer = await sink.create()
      return {
        ...writer,
        write: (bytes: Uint8Array) => {
          counted.bytes += bytes.length
          return writer.write(bytes)
        },
      }
    },
    put: (path: string, bytes: Uint8Array) => {
      counted.bytes += bytes.length
      return sink.put(path, bytes)
    },
  }
  return counted
}

/** What adding 20 entries to a catalog of `count` reads and writes. */
async function costOfAdding(count: number) {
  const store = new MemoryStore('catalog')
  const target = (sink: FileSink) => ({ sink, scratch: new MemoryScratch() })
  const indexers = await newIndexers({ seeds: true, sensitive: false, vectors: [] })
  const { manifest, bytes } = await buildCatalog(entries(count, 1), target(store), { title: 'test', indexers })
  const tracker = new RequestTracker()
  const tracked = wrapStore(store, (source) => tracking(source, tracker))
  const sink = counting(store)
  await appendSegment(tracked, entries(20, 2), target(sink), { indexers: await indexersOf(manifest.parameters) })
  const read = (kind: string) =>
    tracker.requests.filter(({ name }) => name.includes(kind)).reduce((sum, request) => sum + request.bytes, 0)
  const kinds = new Set(tracker.requests.map(({ name }) => name.replace(/.*\.(?=\w+\.arrow$)|.*\//, '')))
  return { bytes, written: sink.bytes, read, kinds }
}

describe('adding 20 entries', () => {
  it('writes as much to a large catalog as to a small one, and reads none of its residues, entries and seeds', async () => {
    const small = await costOfAdding(1000)
    const large = await costOfAdding(8000)
    expect(large.bytes).toBeGreaterThan(7 * small.bytes)
    // The manifest is written anew; it names the frequent seeds, of which a larger catalog has more.
    expect(Math.abs(large.written - small.written)).toBeLessThan(small.written / 20)
    for (const { kinds } of [small, large])
      expect([...kinds].filter((kind) => /residues|records|entries|seed|exceptions/.test(kind))).toEqual([])
    // The lists of checksums and of record blocks are read whole: they are a small part of a catalog.
    expect(large.read('checksums') + large.read('blocks')).toBeLessThan(large.bytes / 100)
    // Each of the 20 is looked up by its digest: 64 KiB and a block at most, however large the table.
    expect(large.read('digests')).toBeLessThan(20 * (65_536 + 4096))
  })
})
