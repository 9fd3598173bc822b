import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { readChunk } from '../../src/engine/format/chunk.ts'
import { packedBytes, packLetters, unpackCodes } from '../../src/engine/format/pack.ts'
import { verifyCatalog } from '../../src/engine/format/verify.ts'
import type { Kernels } from '../../src/engine/kernels/types.ts'
import { codesOfLetters } from '../../src/engine/sequence/alphabet.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { bytesOf } from '../support/bytes.ts'
import { build, plainInput, readBack, sortPlain } from '../support/catalogs.ts'
import { AMINO_ACIDS, entriesOf, FIELDS, lettersFrom, NUCLEOTIDES } from '../support/entries.ts'

let kernels: Kernels
beforeAll(async () => {
  kernels = await loadKernels()
})

describe.each([
  ['dna', NUCLEOTIDES],
  ['protein', AMINO_ACIDS],
] as const)('a catalog of %s', (alphabet, letters) => {
  it('gives back every entry as it came, and verifies', async () => {
    await fc.assert(
      fc.asyncProperty(entriesOf(letters), fc.integer({ min: 1, max: 5 }), async (entries, shards) => {
        const { catalog, store } = await build(entries, { alphabet, shards, fields: FIELDS })
        expect(sortPlain(await readBack(catalog))).toEqual(sortPlain(entries.map((each) => plainInput(each))))
        expect((await verifyCatalog(store)).problems).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  it('has the same bytes for any order of the input and any amount of memory', async () => {
    await fc.assert(
      fc.asyncProperty(entriesOf(letters), fc.integer({ min: 1, max: 4 }), fc.nat(), async (entries, shards, seed) => {
        const first = await build(entries, { alphabet, shards, fields: FIELDS })
        const shuffled = entries
          .map((each, i) => ({ each, key: Math.imul(i + 1, (seed % 1000) * 2 + 7919) % 8191 }))
          .sort((a, b) => a.key - b.key)
          .map(({ each }) => each)
        const second = await build(shuffled, { alphabet, shards, fields: FIELDS, sortMemory: 600 })
        expect([...second.store.files.keys()].sort()).toEqual([...first.store.files.keys()].sort())
        for (const [path, bytes] of first.store.files) expect(second.store.files.get(path)).toEqual(bytes)
      }),
      { numRuns: 60 },
    )
  })

  it('has the same content digest, entries and order of records for any number of shards', async () => {
    await fc.assert(
      fc.asyncProperty(entriesOf(letters), fc.integer({ min: 2, max: 7 }), async (entries, shards) => {
        const one = await build(entries, { alphabet, shards: 1, fields: FIELDS })
        const several = await build(entries, { alphabet, shards, fields: FIELDS })
        expect(several.report.manifest.digest).toBe(one.report.manifest.digest)
        expect(await readBack(several.catalog)).toEqual(await readBack(one.catalog))
      }),
      { numRuns: 30 },
    )
  })

  it('decodes chunks of any size as it decodes regions', async () => {
    await fc.assert(
      fc.asyncProperty(entriesOf(letters), fc.integer({ min: 1, max: 200 }), async (entries, size) => {
        const { catalog, store } = await build(entries, { alphabet, shards: 2 })
        let next = 0
        for (const chunk of await catalog.chunks(size)) {
          expect(chunk.firstRecord).toBe(next)
          const batch = await readChunk(store, structuredClone(chunk), kernels)
          for (let i = 0; i < batch.lengths.length; i++, next++) {
            const codes = batch.codes.subarray(batch.starts[i], batch.starts[i] + batch.lengths[i])
            expect(await catalog.residues(next, 0, batch.lengths[i])).toEqual(codes)
            const middle = batch.lengths[i] >> 1
            expect(await catalog.residues(next, middle, batch.lengths[i])).toEqual(codes.slice(middle))
          }
        }
        expect(next).toBe(catalog.manifest.records)
      }),
      { numRuns: 30 },
    )
  })

  it('packs as the kernels do', () => {
    const plain = alphabet === 'protein' ? letters : 'ACGT'
    fc.assert(
      fc.property(lettersFrom(plain, 60), (text) => {
        const codes = bytesOf(text).map((letter) => codesOfLetters(alphabet)[letter])
        const packed = new Uint8Array(packedBytes(alphabet, text.length))
        expect(packLetters(alphabet, bytesOf(text), packed, 0)).toBe(0)
        const theirs = alphabet === 'protein' ? kernels.packProtein(codes) : kernels.packNucleotides(codes)
        expect([...packed.subarray(0, theirs.length)]).toEqual([...theirs])
        expect(packed.subarray(theirs.length).every((byte) => byte === 0)).toBe(true)
        expect(unpackCodes(alphabet, packed, 0, text.length)).toEqual(codes)
      }),
    )
  })
})
