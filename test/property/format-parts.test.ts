import { tableFromIPC } from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnBytes, openArrow } from '../../src/engine/format/arrow.ts'
import { blockLayout, BlockTable } from '../../src/engine/format/arrow-blocks.ts'
import type { ColumnType } from '../../src/engine/format/arrow.ts'
import { Spool } from '../../src/engine/format/build/spool.ts'
import { writeArrow } from '../../src/engine/format/build/write-arrow.ts'
import { BlockWriter } from '../../src/engine/format/build/write-blocks.ts'
import { HashTableWriter } from '../../src/engine/format/build/write-hash-table.ts'
import { cachingBlocks } from '../../src/engine/format/blocks.ts'
import { ACCESSION_LAYOUT, lookUpHash } from '../../src/engine/format/hash-table.ts'
import { verifyBlocks } from '../../src/engine/format/verify-layout.ts'
import { wordsOf } from '../../src/engine/format/words.ts'
import { memorySource, MemoryScratch, MemoryStore } from '../../src/engine/source/memory.ts'
import { ByteCache } from '../../src/engine/source/wrappers.ts'
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

describe('Arrow files of equal blocks', () => {
  const specs = [
    { name: 'word', type: 'uint32' as const },
    { name: 'flag', type: 'bool' as const },
    { name: 'byte', type: 'uint8' as const },
    { name: 'digest', type: { fixed: 5 } },
  ]
  const layout = blockLayout('x', specs, 64, 512)
  const rowOf = (i: number) => ({ word: i * 7919, flag: i % 3 === 0, byte: i % 251, digest: noise(5, i + 1) })

  async function write(rows: number) {
    const store = new MemoryStore()
    const writer = await BlockWriter.create(store, layout)
    for (let i = 0; i < rows; i++) {
      const row = rowOf(i)
      writer.setUint32(0, row.word)
      if (row.flag) writer.setBit(1)
      writer.setByte(2, row.byte)
      writer.setBytes(3, row.digest)
      writer.next()
      if (i % 100 === 0) await writer.drain()
    }
    const { path } = await writer.finish('x.arrow')
    return store.files.get(path)!
  }

  it('are read by apache-arrow and by rows as they were written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 300 }), fc.nat(), fc.nat(), async (rows, a, b) => {
        const bytes = await write(rows)
        const theirs = tableFromIPC(bytes)
        expect(theirs.numRows).toBe(rows)
        expect(bytes.length % layout.stride).toBeLessThan(layout.stride)
        const plain = theirs.toArray().map((row: object) => ({ ...row }))
        expect(plain).toEqual(Array.from({ length: rows }, (_, i) => rowOf(i)))
        const from = a % (rows + 1)
        const to = from + (b % (rows - from + 1))
        const table = new BlockTable(memorySource(bytes, 'x'), layout, rows)
        const [words, flags, small, digests] = await table.read(from, to)
        for (let i = from; i < to; i++) {
          const row = rowOf(i)
          expect(wordsOf(words)[i - from]).toBe(row.word)
          expect(flags[i - from] === 1).toBe(row.flag)
          expect(small[i - from]).toBe(row.byte)
          expect(digests.subarray((i - from) * 5, (i - from + 1) * 5)).toEqual(row.digest)
        }
        expect(await verifyBlocks(memorySource(bytes, 'x'), bytes.length, layout, rows, {})).toBe(null)
      }),
      { numRuns: 40 },
    )
  })

  it('are known by every byte outside their columns', async () => {
    const bytes = await write(130)
    const data = Array.from({ length: 3 }, (_, b) => [
      4096 + b * layout.stride + layout.body,
      4096 + (b + 1) * layout.stride,
    ])
    let found = 0
    for (let at = 0; at < bytes.length; at += 13) {
      if (data.some(([start, end]) => at >= start && at < end)) continue
      const copy = bytes.slice()
      copy[at] ^= 4
      expect(await verifyBlocks(memorySource(copy, 'x'), copy.length, layout, 130, {})).toMatch(/^(has|begins)/)
      found++
    }
    expect(found).toBeGreaterThan(300)
  })
})

describe('hash tables', () => {
  const hash = fc.oneof(
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    fc.integer({ min: 2 ** 31, max: 2 ** 31 + 20 }),
    fc.constantFrom(0, 1, 2 ** 32 - 1),
  )
  const hashes = fc.oneof(fc.array(hash, { maxLength: 200 }), fc.array(hash, { minLength: 1000, maxLength: 3000 }))

  async function write(keys: readonly number[], runKeys: number) {
    const store = new MemoryStore()
    const writer = new HashTableWriter(new MemoryScratch(), runKeys)
    for (const [row, each] of keys.entries()) {
      writer.add(each, row)
      await writer.drain()
    }
    const { path } = await writer.write(store, ACCESSION_LAYOUT)
    await writer.remove()
    return new BlockTable(store.open(path), ACCESSION_LAYOUT, keys.length)
  }

  it('are sorted by hash and row, in runs as in memory', async () => {
    await fc.assert(
      fc.asyncProperty(hashes, fc.integer({ min: 1, max: 50 }), async (keys, runKeys) => {
        const table = await write(keys, runKeys)
        const [found, rows] = (await table.read(0, keys.length)).map(wordsOf)
        const expected = keys.map((each, row) => [each, row]).sort((a, b) => a[0] - b[0] || a[1] - b[1])
        expect([...found]).toEqual(expected.map(([each]) => each))
        expect([...rows]).toEqual(expected.map(([, row]) => row))
      }),
      { numRuns: 40 },
    )
  })

  it('find what a linear search finds, however hashes are spread', async () => {
    await fc.assert(
      fc.asyncProperty(hashes, fc.array(hash, { maxLength: 10 }), async (keys, others) => {
        const table = await write(keys, 1 << 20)
        for (const wanted of [...others, ...keys.slice(0, 20), ...keys.slice(-5)]) {
          const linear = keys.flatMap((key, row) => (key === wanted ? [row] : []))
          expect(await lookUpHash(table, wanted)).toEqual(linear)
        }
      }),
      { numRuns: 60 },
    )
  })
})

it('cached blocks are those of the file, and none is read twice', async () => {
  const bytes = noise(41_000)
  const read = fc.tuple(fc.nat({ max: bytes.length }), fc.nat({ max: 20_000 }))
  await fc.assert(
    fc.asyncProperty(fc.array(read, { maxLength: 12 }), fc.boolean(), async (reads, together) => {
      const blocks = new Map<number, number>()
      const plain = memorySource(bytes, 'x')
      const counting = {
        ...plain,
        read: async (offset: number, length: number) => {
          for (let block = offset / 4096; block * 4096 < offset + length; block++) {
            blocks.set(block, (blocks.get(block) ?? 0) + 1)
          }
          return plain.read(offset, length)
        },
      }
      const source = cachingBlocks(counting, bytes.length, new ByteCache(1 << 20))
      const wanted = reads.map(([start, length]) => [start, Math.min(length, bytes.length - start)])
      const works = wanted.map(
        ([start, length]) =>
          () =>
            source.read(start, length),
      )
      const got: Uint8Array[] = []
      if (together) got.push(...(await Promise.all(works.map((work) => work()))))
      else for (const work of works) got.push(await work())
      wanted.forEach(([start, length], i) => expect(got[i]).toEqual(bytes.slice(start, start + length)))
      expect([...blocks.values()].every((times) => times === 1)).toBe(true)
    }),
    { numRuns: 60 },
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
