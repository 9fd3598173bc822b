import { describe, expect, it } from 'vitest'
import { appendSegment } from '../../src/engine/format/build/append.ts'
import { compactSegments } from '../../src/engine/format/build/compact.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import type { IndexedPiece } from '../../src/engine/format/types.ts'
import { verifyCatalog } from '../../src/engine/format/verify.ts'
import { MemoryScratch, MemoryStore } from '../../src/engine/source/memory.ts'
import { noise, textOf } from '../support/bytes.ts'
import { build, buildInto, entry } from '../support/catalogs.ts'
import { plainIndexers, PLAIN_SEEDS } from '../support/indexers.ts'

const bases = (length: number, seed: number) => textOf(noise(length, seed).map((byte) => 'ACGT'.charCodeAt(byte >> 6)))
const inputs = [
  entry('short', 'ACGTN'),
  entry('twin', 'ACGTN'),
  entry('odd', bases(101, 1)),
  entry('long', `${bases(1_500_000, 2)}NNNRY${bases(1_000_001, 3)}`),
  ...Array.from({ length: 200 }, (_, i) => entry(`s${i}`, bases(30 + i, i + 10))),
]
const one = async function* (names: string[]) {
  yield inputs.filter(({ accession }) => names.includes(accession))
}
const target = (sink: MemoryStore) => ({ sink, scratch: new MemoryScratch() })

describe('an index is shown', () => {
  it.each([0, 1, 30, 5000])(
    'every residue of every record in order, long ones in pieces that overlap by %i',
    async (overlap) => {
      const seen: IndexedPiece[] = []
      const { catalog, store } = await build(inputs, { shards: 2, indexers: plainIndexers(overlap, seen) })
      const { count, ids, lengths, positions } = await catalog.records()
      let next = 0
      for (let record = 0; record < count; record++) {
        let end = 0
        for (let last = false; !last; next++) {
          const { start, position, codes, final, ...piece } = seen[next]
          expect(piece).toEqual({ record, id: ids.slice(record * 32, record * 32 + 32), length: lengths[record] })
          expect(position).toBe(positions[record] + start)
          expect(start).toBe(end === 0 ? 0 : end - overlap)
          end = start + codes.length
          expect(codes).toEqual(await catalog.residues(record, start, end))
          last = final
        }
        expect(end).toBe(lengths[record])
      }
      expect(next).toBe(seen.length)
      expect(seen.length).toBeGreaterThan(count)
      expect((await verifyCatalog(store)).problems).toEqual([])
    },
  )
})

describe('the parameters of indexes', () => {
  const manyStops = { ...PLAIN_SEEDS, stopTerms: [[1, 2]] }

  it('belong to the catalog: later segments and folding take them over', async () => {
    const store = new MemoryStore('x')
    await buildInto(store, inputs.slice(0, 3), { indexers: plainIndexers(0, [], manyStops) })
    const first = (await openCatalog(store)).manifest
    expect(first.parameters.seeds).toEqual(manyStops)
    const { manifest } = await appendSegment(store, one(['s1', 's2']), target(store), { indexers: plainIndexers() })
    expect(manifest.parameters).toEqual(first.parameters)
    expect(manifest.segments.map(({ kind }) => kind)).toEqual(['base', 'hot'])
    expect((await verifyCatalog(store)).problems).toEqual([])
    const folded = await compactSegments(store, target(store), { indexers: plainIndexers() })
    expect([folded.manifest.parameters, folded.manifest.segments.length]).toEqual([first.parameters, 1])
    const rebuilt = await compactSegments(store, target(store), { retrain: true, indexers: plainIndexers() })
    expect(rebuilt.manifest.parameters.seeds).toEqual(PLAIN_SEEDS)
    expect(rebuilt.manifest.parameters.digest).not.toBe(first.parameters.digest)
    expect(rebuilt.manifest.digest).toBe(folded.manifest.digest)
  })

  it('can be those of another catalog', async () => {
    const { catalog } = await build(inputs.slice(0, 3), { indexers: plainIndexers(0, [], manyStops) })
    const parameters = { values: catalog.manifest.parameters, store: catalog.store }
    const { report } = await build(inputs.slice(3, 9), { parameters, indexers: plainIndexers() })
    expect(report.manifest.parameters).toEqual(catalog.manifest.parameters)
  })

  it('cannot be left out or changed by a later segment', async () => {
    const store = new MemoryStore('x')
    await buildInto(store, inputs.slice(0, 3), { indexers: plainIndexers() })
    const before = store.files.get('catalog.json')
    const append = (indexers?: ReturnType<typeof plainIndexers>) =>
      appendSegment(store, one(['s1']), target(store), { indexers })
    await expect(append()).rejects.toMatchObject({ tag: 'usage' })
    const others = plainIndexers(0, [], manyStops)
    await expect(append((context) => others({ ...context, parameters: null }))).rejects.toMatchObject({ tag: 'usage' })
    await expect(compactSegments(store, target(store), {})).rejects.toMatchObject({ tag: 'usage' })
    expect(store.files.get('catalog.json')).toBe(before)
  })
})

it('directories of indexes are read ahead', async () => {
  const { store } = await build(inputs.slice(0, 3), { indexers: plainIndexers() })
  const [reader] = (await openCatalog(store, { ahead: ['checksums', 'seeds'] })).segments
  const { directory, directoryOffset } = reader.segment.seeds!
  store.files.delete(directory.path)
  expect(await (await reader.open(directory)).read(directoryOffset, 3)).toEqual(Uint8Array.of(1, 2, 2))
  expect((await reader.whole(directory)).length).toBe(directory.bytes)
})
