import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { appendSegment } from '../../src/engine/format/build/append.ts'
import type { BuildOptions } from '../../src/engine/format/build/build.ts'
import { compactSegments } from '../../src/engine/format/build/compact.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import type { Manifest } from '../../src/engine/format/types.ts'
import { verifyCatalog } from '../../src/engine/format/verify.ts'
import type { InputEntry } from '../../src/engine/io/types.ts'
import { MemoryScratch, MemoryStore } from '../../src/engine/source/memory.ts'
import { build, buildInto, plainInput, PUBLISHED, readBack, sortPlain } from '../support/catalogs.ts'
import { AMINO_ACIDS, entriesOf, FIELDS, NUCLEOTIDES } from '../support/entries.ts'

/** What a manifest says of the content: the same for every layout of it. */
function contentOf(manifest: Manifest) {
  const { segments: _, strategy: __, ...content } = manifest
  return content
}

/** A catalog of the first batch, to which the others were added one by one. */
async function buildInBatches(batches: readonly InputEntry[][], options: Partial<BuildOptions>): Promise<MemoryStore> {
  const store = new MemoryStore('catalog')
  await buildInto(store, batches[0], { ...options, fields: FIELDS })
  for (const batch of batches.slice(1)) {
    const target = { sink: store, scratch: new MemoryScratch() }
    const inputs = async function* () {
      yield batch
    }
    const { alphabet: _, ...rest } = options
    await appendSegment(store, inputs(), target, { ...rest, fields: FIELDS, published: PUBLISHED })
  }
  return store
}

describe.each([
  ['dna', NUCLEOTIDES],
  ['protein', AMINO_ACIDS],
] as const)('segments of %s', (alphabet, letters) => {
  const batches = fc.array(entriesOf(letters), { minLength: 2, maxLength: 4 })

  it('hold together what one would: content, counts, entries and lookups', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (some) => {
        const whole = await build(some.flat(), { alphabet, fields: FIELDS })
        const store = await buildInBatches(some, { alphabet })
        const catalog = await openCatalog(store)
        expect(catalog.segments).toHaveLength(some.length)
        expect(contentOf(catalog.manifest)).toEqual(contentOf(whole.report.manifest))
        expect(sortPlain(await readBack(catalog))).toEqual(sortPlain(some.flat().map((each) => plainInput(each))))
        expect((await verifyCatalog(store)).problems).toEqual([])
        for (const { accession } of some.flat()) {
          const names = async (found: typeof catalog) => (await found.find(accession)).map((each) => each.description)
          expect((await names(catalog)).sort()).toEqual((await names(whole.catalog as typeof catalog)).sort())
        }
        const { ids, count } = await catalog.records()
        for (let record = 0; record < count; record++) {
          expect(await catalog.findIds(ids.subarray(record * 32, record * 32 + 32))).toContain(record)
        }
      }),
      { numRuns: 15 },
    )
  })

  it('fold into the very files that a build at once makes', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.integer({ min: 1, max: 3 }), async (some, shards) => {
        const whole = await build(some.flat(), { alphabet, shards, fields: FIELDS })
        const store = await buildInBatches(some, { alphabet })
        const target = { sink: store, scratch: new MemoryScratch() }
        const { manifest, version } = await compactSegments(store, target, { shards, published: PUBLISHED })
        expect(manifest).toEqual(whole.report.manifest)
        expect(version).toBe(whole.report.version)
        for (const [path, bytes] of whole.store.files) expect(store.files.get(path)).toEqual(bytes)
      }),
      { numRuns: 20 },
    )
  })

  it('are as many as have room, with the same content', async () => {
    await fc.assert(
      fc.asyncProperty(entriesOf(letters), fc.integer({ min: 1, max: 300 }), async (entries, segmentPositions) => {
        const whole = await build(entries, { alphabet, fields: FIELDS })
        const cut = await build(entries, { alphabet, fields: FIELDS, segmentPositions })
        expect(contentOf(cut.report.manifest)).toEqual(contentOf(whole.report.manifest))
        expect(await readBack(cut.catalog)).toEqual(await readBack(whole.catalog))
        for (const { segment, blocks } of cut.catalog.segments.map((each) => ({ ...each, blocks: each.blocks() }))) {
          const { positions, count } = await blocks
          expect(positions[count] <= segmentPositions || segment.records === 1).toBe(true)
        }
        expect((await verifyCatalog(cut.store)).problems).toEqual([])
      }),
      { numRuns: 20 },
    )
  })

  it('have the same content for every strategy', async () => {
    const strategies = fc.constantFrom('taxonomic' as const, 'similarity' as const)
    const room = fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined })
    const run = [entriesOf(letters), strategies, fc.integer({ min: 1, max: 3 }), room] as const
    await fc.assert(
      fc.asyncProperty(...run, async (entries, strategy, shards, segmentPositions) => {
        const whole = await build(entries, { alphabet, fields: FIELDS })
        const groupField = strategy === 'taxonomic' ? 'word' : undefined
        const options = { shards, sharding: { strategy, groupField }, sortMemory: 600, segmentPositions }
        const planned = await build(entries, { alphabet, fields: FIELDS, ...options })
        expect(planned.report.manifest.strategy).toBe(strategy)
        expect(contentOf(planned.report.manifest)).toEqual(contentOf(whole.report.manifest))
        expect(sortPlain(await readBack(planned.catalog))).toEqual(sortPlain(await readBack(whole.catalog)))
        expect((await verifyCatalog(planned.store)).problems).toEqual([])
      }),
      { numRuns: 20 },
    )
  })
})
