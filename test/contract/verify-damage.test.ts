import { beforeAll, describe, expect, it } from 'vitest'
import { CatalogError } from '../../src/engine/errors.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import { readChunk } from '../../src/engine/format/chunk.ts'
import { verifyCatalog } from '../../src/engine/format/verify.ts'
import type { Kernels } from '../../src/engine/kernels/types.ts'
import { MemoryStore } from '../../src/engine/source/memory.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { noise, textOf } from '../support/bytes.ts'
import { appendSegment } from '../../src/engine/format/build/append.ts'
import { MemoryScratch } from '../../src/engine/source/memory.ts'
import { build, entry, PUBLISHED } from '../support/catalogs.ts'
import { plainIndexers } from '../support/indexers.ts'
import { full } from '../support/requires.ts'

const bases = (length: number, seed: number) => textOf(noise(length, seed).map((byte) => 'ACGT'.charCodeAt(byte >> 6)))

/** A little of everything the format holds. */
const inputs = [
  ...Array.from({ length: 12 }, (_, i) => entry(`seq${i}`, bases(40 + 7 * i, i + 1), { description: `number ${i}` })),
  entry('twin', bases(40, 1), { lowerCase: Uint32Array.of(3, 5), stop: true }),
  entry('codes', 'ACGTNNNNRYACGUU', { quality: 'IIIIIHHHHHGGGGG' }),
]
const rows = new Map(inputs.map(({ accession }, i) => [accession, [`place ${i % 3}`, String(2000 + i)]]))

let kernels: Kernels
let whole: MemoryStore
let answer: string

/** All that a reader can learn from a catalog, as one text. */
async function everything(store: MemoryStore): Promise<string> {
  const catalog = await openCatalog(store, { ahead: ['checksums', 'entries'] })
  const { count, lengths } = await catalog.records()
  const parts: unknown[] = [catalog.manifest.digest, catalog.summary.version]
  for (const chunk of await catalog.chunks(300)) {
    const batch = await readChunk(store, chunk, kernels)
    for (let i = 0; i < batch.lengths.length; i++) {
      parts.push([...batch.codes.subarray(batch.starts[i], batch.starts[i] + batch.lengths[i])])
    }
  }
  parts.push(await catalog.entriesOf([...Array(count).keys()]))
  for (const { accession } of inputs) parts.push(await catalog.find(accession))
  for (let record = 0; record < count; record++) {
    parts.push(textOf(await catalog.letters(record, 1, lengths[record] - 1)))
  }
  for (const segment of catalog.segments) {
    const { positions, count: blocks } = await segment.blocks()
    const { codes, records } = await segment.window(1, positions[blocks] - 2)
    const { directory, postings } = segment.segment.seeds!
    parts.push([...codes], [...records.ids], [...(await segment.whole(directory))])
    parts.push([...(await (await segment.open(postings)).read(0, postings.bytes))])
  }
  return JSON.stringify(parts)
}

/** What reading says of a damaged catalog: 'same', the tag of an error, or 'different'. */
async function reading(store: MemoryStore): Promise<string> {
  try {
    return (await everything(store)) === answer ? 'same' : 'different'
  } catch (error) {
    if (error instanceof CatalogError) return error.tag
    throw error
  }
}

function damaged(change: (files: Map<string, Uint8Array>) => void): MemoryStore {
  const store = new MemoryStore(whole.name, whole.files)
  change(store.files)
  return store
}

beforeAll(async () => {
  kernels = await loadKernels()
  const metadata = { fields: ['place', 'year'], rows }
  const indexers = plainIndexers()
  whole = (await build(inputs.slice(2), { shards: 2, metadata, indexers })).store
  const added = async function* () {
    yield inputs.slice(0, 3)
  }
  const target = { sink: whole, scratch: new MemoryScratch() }
  await appendSegment(whole, added(), target, { metadata, indexers: plainIndexers(), published: PUBLISHED })
  const { version } = (await openCatalog(whole)).summary
  for (const path of whole.files.keys()) {
    if (path.startsWith('versions/') && path !== `versions/${version}.json`) whole.files.delete(path)
  }
  answer = await everything(whole)
})

it('a whole catalog has no problems', async () => {
  const seen: string[] = []
  const report = await verifyCatalog(whole, { onProgress: ({ stage }) => seen.push(stage) })
  expect(report).toEqual({
    problems: [],
    files: 23,
    bytes: [...whole.files.values()].reduce((sum, bytes) => sum + bytes.length, 0),
    records: 13,
    entries: 15,
  })
  expect(new Set(seen)).toEqual(new Set(['files', 'records', 'entries']))
})

describe('every flipped byte is found by verify and never changes an answer', () => {
  /** One byte in this many; in the JSON files more, and all of them in the full run. */
  const stride = full ? 5 : 101

  it('in every file', { timeout: 1_800_000 }, async () => {
    let flips = 0
    const answers = new Map<string, number>()
    for (const [path, bytes] of whole.files) {
      for (let at = 0; at < bytes.length; at += path.endsWith('.json') ? Math.ceil(stride / 24) : stride) {
        const store = damaged((files) => {
          const copy = bytes.slice()
          copy[at] ^= 1 << (at % 8)
          files.set(path, copy)
        })
        const { problems } = await verifyCatalog(store)
        if (problems.length === 0) throw new Error(`verify does not see byte ${at} of ${path}`)
        const outcome = await reading(store)
        if (outcome === 'different') throw new Error(`byte ${at} of ${path} changes what is read`)
        answers.set(outcome, (answers.get(outcome) ?? 0) + 1)
        flips++
      }
    }
    expect(flips).toBeGreaterThan(full ? 30_000 : 1_200)
    // Padding and tables that a reader did not need are the same; nearly all else is told as damage.
    expect(answers.get('corrupt')).toBeGreaterThan(flips / 3)
    expect([...answers.keys()].sort()).toEqual(['corrupt', 'format-version', 'same'])
  })
})

describe('truncated, lengthened and missing files', () => {
  it('are found by verify and never change an answer', async () => {
    for (const [path, bytes] of whole.files) {
      const changes: [string, Uint8Array | null][] = [
        ['missing', null],
        ['empty', new Uint8Array(0)],
        ['one byte short', bytes.slice(0, -1)],
        ['half', bytes.slice(0, bytes.length >> 1)],
        ['one byte longer', Uint8Array.from([...bytes, 0])],
        ['twice', Uint8Array.from([...bytes, ...bytes])],
        ['of another file', [...whole.files].find(([other]) => other !== path && other.endsWith('.arrow'))![1]],
      ]
      for (const [name, content] of changes) {
        const store = damaged((files) => (content === null ? files.delete(path) : files.set(path, content)))
        const { problems } = await verifyCatalog(store)
        expect(problems, `${path}, ${name}`).not.toEqual([])
        const outcome = await reading(store)
        expect(outcome, `${path}, ${name}`).not.toBe('different')
        const used = name !== 'one byte longer' && name !== 'twice'
        if (used || path.endsWith('.json'))
          expect(outcome, `${path}, ${name}`).toMatch(/corrupt|not-found|short-read|same/)
      }
    }
  })

  it('are all listed, not only the first', async () => {
    const store = damaged((files) => {
      for (const [path, bytes] of files) if (path.startsWith('data/')) files.set(path, bytes.slice(0, -1))
    })
    const { problems } = await verifyCatalog(store)
    expect(new Set(problems.map(({ file }) => file)).size).toBe(21)
  })
})

it('verify ends with an error only where it is told to stop or cannot reach the catalog', async () => {
  const failing = (tag: 'aborted' | 'network') => ({
    name: 'x',
    open: () => ({
      name: 'x',
      read: () => Promise.reject(new CatalogError(tag, 'No.')),
      readAll: () => Promise.reject(new CatalogError(tag, 'No.')),
    }),
  })
  await expect(verifyCatalog(failing('network'))).rejects.toMatchObject({ tag: 'network' })
  await expect(verifyCatalog(failing('aborted'))).rejects.toMatchObject({ tag: 'aborted' })
  const { problems } = await verifyCatalog(new MemoryStore('nowhere'))
  expect(problems).toEqual([{ file: 'nowhere/catalog.json', message: 'nowhere/catalog.json does not exist.' }])
})
