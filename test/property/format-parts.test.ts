import { tableFromIPC } from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ACCESSION_COLUMNS, AccessionWriter } from '../../src/engine/format/accessions.ts'
import { columnBytes, openArrow } from '../../src/engine/format/arrow.ts'
import type { ColumnType } from '../../src/engine/format/arrow.ts'
import { Spool } from '../../src/engine/format/build/spool.ts'
import { writeArrow } from '../../src/engine/format/build/write-arrow.ts'
import { lowerBound } from '../../src/engine/format/lookup.ts'
import { MemoryScratch, MemoryStore } from '../../src/engine/source/memory.ts'
import { joinBytes, noise } from '../support/bytes.ts'

const columnType: fc.Arbitrary<ColumnType> = fc.oneof(
  fc.constantFrom<ColumnType>('uint8', 'uint32', 'uint64', 'bool'),
  fc.integer({ min: 1, max: 40 }).map((fixed) => ({ fixed })),
)

describe('Arrow files', () => {
  it('are read by apache-arrow and by row ranges as they were written', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(columnType, { minLength: 1, maxLength: 9 }),
        fc.nat({ max: 3000 }),
        async (types, rows) => {
          const specs = types.map((type, i) => ({ name: `column ${i}`, type }))
          const columns = types.map((type, i) => noise(columnBytes(type, rows), i + 1))
          const store = new MemoryStore()
          const pieces = columns.map((bytes) => [bytes.subarray(0, 5), bytes.subarray(5)])
          const written = await writeArrow(store, 'x.arrow', specs, rows, pieces, { 'genomic-catalog': 'x' })
          const bytes = store.files.get(written.path)!
          expect(bytes.length).toBe(written.bytes)

          const table = tableFromIPC(bytes)
          expect([table.numRows, table.batches.length, table.schema.metadata.get('genomic-catalog')]).toEqual([
            rows,
            1,
            'x',
          ])
          const file = await openArrow(store.open(written.path), bytes.length, specs)
          expect(file.rows).toBe(rows)
          for (let c = 0; c < specs.length; c++) {
            expect(written.columnOffsets[c] % 64).toBe(0)
            expect(await file.read(specs[c].name, 0, rows)).toEqual(columns[c])
            const type = types[c]
            const theirs = table.getChildAt(c)!
            expect(theirs.nullCount).toBe(0)
            if (rows === 0) continue
            const row = Math.floor(rows / 3)
            const one = await file.read(specs[c].name, row, row + 1)
            const value: unknown = theirs.get(row)
            if (type === 'bool') expect(((one[0] >> (row & 7)) & 1) === 1).toBe(value)
            else if (typeof type === 'object') expect(one).toEqual(value)
            else {
              const little = [...one].reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
              expect(little).toBe(BigInt(value as number | bigint))
            }
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('are refused where their columns are not the expected ones', async () => {
    const store = new MemoryStore()
    const specs = [
      { name: 'a', type: 'uint32' as const },
      { name: 'b', type: { fixed: 3 } },
    ]
    const { path, bytes } = await writeArrow(store, 'x.arrow', specs, 2, [[noise(8)], [noise(6)]], {})
    const others = [
      [specs[1], specs[0]],
      [specs[0]],
      [...specs, specs[0]],
      [specs[0], { name: 'b', type: { fixed: 4 } }],
      [{ name: 'a', type: 'uint64' as const }, specs[1]],
      [{ name: 'c', type: 'uint32' as const }, specs[1]],
    ]
    for (const other of others) {
      await expect(openArrow(store.open(path), bytes, other)).rejects.toMatchObject({ tag: 'corrupt' })
    }
    for (const length of [0, 7, 100, 4095, 4096, 4110]) {
      await expect(openArrow(store.open(path), length, specs)).rejects.toMatchObject({ tag: 'corrupt' })
    }
  })
})

it('lowerBound finds what a linear search finds, however keys are spread', async () => {
  const keys = fc.array(fc.nat({ max: 60_000 }), { maxLength: 5000 }).map((list) => Uint16Array.from(list).sort())
  await fc.assert(
    fc.asyncProperty(keys, fc.nat({ max: 65_535 }), async (sorted, wanted) => {
      const load = (from: number, to: number) => Promise.resolve(new Uint8Array(sorted.slice(from, to).buffer))
      const compare = (bytes: Uint8Array, offset: number) => bytes[offset] + 256 * bytes[offset + 1] - wanted
      const found = await lowerBound(sorted.length, wanted / 65_536, 2, load, compare)
      const linear = sorted.findIndex((key) => key >= wanted)
      expect(found).toBe(linear < 0 ? sorted.length : linear)
    }),
    { numRuns: 300 },
  )
})

it('accessions are sorted by hash and entry, in runs as in memory', async () => {
  const hash = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 1, 2 ** 32 - 1))
  await fc.assert(
    fc.asyncProperty(fc.array(hash, { maxLength: 200 }), fc.integer({ min: 1, max: 50 }), async (hashes, runKeys) => {
      const store = new MemoryStore()
      const writer = new AccessionWriter(new MemoryScratch(), runKeys)
      for (const [entry, each] of hashes.entries()) {
        writer.add(each, entry)
        await writer.drain()
      }
      const { path, bytes } = await writer.write(store)
      await writer.remove()
      const file = await openArrow(store.open(path), bytes, ACCESSION_COLUMNS)
      const words = async (name: string) => [
        ...new Uint32Array(new Uint8Array(await file.read(name, 0, file.rows)).buffer),
      ]
      const expected = hashes.map((each, entry) => [each, entry]).sort((a, b) => a[0] - b[0] || a[1] - b[1])
      expect(await words('hash')).toEqual(expected.map(([each]) => each))
      expect(await words('entry')).toEqual(expected.map(([, entry]) => entry))
    }),
  )
})

it('a spool gives back what was pushed, spilled or not', async () => {
  const piece = fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: 100_000, max: 600_000 }))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 12 }), async (pieces) => {
      const spool = new Spool(new MemoryScratch())
      const all: Uint8Array[] = []
      for (const [length, drain] of pieces) {
        const bytes = noise(length, length + 1)
        spool.push(bytes)
        spool.pushUint32(length)
        spool.pushByte(7)
        all.push(bytes, new Uint8Array(Uint32Array.of(length).buffer), Uint8Array.of(7))
        if (drain) await spool.drain()
      }
      for (let twice = 0; twice < 2; twice++) {
        const read: Uint8Array[] = []
        for await (const bytes of spool.read()) read.push(bytes.slice())
        expect(Buffer.compare(joinBytes(read), joinBytes(all))).toBe(0)
      }
      expect(spool.length).toBe(joinBytes(all).length)
      await spool.remove()
    }),
    { numRuns: 30 },
  )
})
