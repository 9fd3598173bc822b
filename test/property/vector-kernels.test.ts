import { beforeAll, describe, expect, it } from 'vitest'
import * as scalar from '../../src/engine/kernels/vectors-scalar.ts'
import { byteTable, wordTable } from '../../src/engine/kernels/vector-tables.ts'
import type { VectorKernels } from '../../src/engine/kernels/vectors.ts'
import { randomRotation } from '../../src/engine/index/vectors/random.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { full } from '../support/requires.ts'
import { Random } from './kernels.ts'

const ROUNDS = full ? 100 : 12

let kernels: VectorKernels
beforeAll(async () => {
  kernels = (await loadKernels()).vectors
})

const words = (random: Random, length: number, most: number): Int16Array =>
  Int16Array.from({ length }, () => random.below(2 * most + 1) - most)
const floats = (random: Random, length: number): Float32Array =>
  Float32Array.from({ length }, () => (random.below(2001) - 1000) / (1 + random.below(300)))

describe('vector kernels give what their scalar twins give', () => {
  it('prepares vectors, with and without mean and rotation', () => {
    const random = new Random(1)
    for (let round = 0; round < ROUNDS; round++) {
      const dimensions = 8 * (1 + random.below(12))
      const raw = floats(random, (1 + random.below(20)) * dimensions)
      if (random.chance(3)) raw.fill(0, 0, dimensions)
      const mean = random.chance(2) ? floats(random, dimensions) : null
      const rotation = random.chance(2) ? randomRotation(dimensions, round) : null
      expect(kernels.prepare(raw, dimensions, mean, rotation)).toEqual(scalar.prepare(raw, dimensions, mean, rotation))
    }
  })

  it('finds the nearest entries of books of any size, the lowest of equal ones', () => {
    const random = new Random(2)
    for (let round = 0; round < ROUNDS; round++) {
      const width = 2 * (1 + random.below(20))
      const count = 1 + random.below(70)
      // Few values: many equal distances.
      const most = random.chance(2) ? 2 : 3000
      const entries = words(random, count * width, most)
      const rows = words(random, (1 + random.below(600)) * width, most)
      const book = kernels.book(entries, count, width)
      expect(kernels.nearest(rows, book)).toEqual(scalar.nearest(rows, entries, width))
      const x = rows.slice(0, width)
      const dots = Int32Array.from({ length: count }, (_, e) =>
        scalar.dot(x, entries.subarray(e * width, (e + 1) * width)),
      )
      expect(kernels.dots(x, book)).toEqual(dots)
      kernels.releaseBook(book)
    }
  })

  it('assigns in two levels: to the nearest entry of the nearest centres, of all entries where all centres are asked', () => {
    const random = new Random(6)
    for (let round = 0; round < ROUNDS; round++) {
      const width = 2 * (1 + random.below(10))
      const [count, centreCount] = [1 + random.below(200), 1 + random.below(20)]
      const entries = words(random, count * width, 3000)
      const centres = words(random, centreCount * width, 3000)
      const groups = scalar.nearest(entries, centres, width)
      const rows = words(random, (1 + random.below(600)) * width, 3000)
      const grouped = kernels.groupedBook(entries, width, centres, groups)
      const distance = (row: number, of: Int16Array, entry: number): number => {
        let [dot, square] = [0, 0]
        for (let d = 0; d < width; d++) {
          dot += rows[row * width + d] * of[entry * width + d]
          square += of[entry * width + d] ** 2
        }
        return Math.floor(square / 2) - dot
      }
      const probes = random.chance(2) ? centreCount : 1 + random.below(centreCount)
      const found = kernels.nearestGrouped(rows, grouped, probes)
      found.forEach((entry, row) => {
        const order = Array.from({ length: centreCount }, (_, c) => c).sort(
          (a, b) => distance(row, centres, a) - distance(row, centres, b) || a - b,
        )
        const asked = new Set(order.slice(0, probes))
        const candidates = Array.from(groups.keys()).filter((e) => asked.has(groups[e]))
        if (candidates.length === 0) return
        expect(candidates).toContain(entry)
        const least = Math.min(...candidates.map((e) => distance(row, entries, e)))
        expect(distance(row, entries, entry)).toBe(least)
      })
      kernels.releaseGrouped(grouped)
    }
  })

  it('encodes, scales and scans codes of 8 and 4 bits', () => {
    const random = new Random(3)
    let scanned = 0
    for (let round = 0; round < ROUNDS; round++) {
      const bits = random.chance(2) ? 8 : 4
      const entries = 2 ** bits
      const parts = 8 * (1 + random.below(4))
      const width = 2 * (1 + random.below(3))
      const dimensions = parts * width
      const most = random.chance(3) ? 3 : 2000
      const codebooks = words(random, parts * entries * width, most)
      const count = 1 + random.below(80)
      const rows = words(random, count * dimensions, most)
      const centroids = words(random, 5 * dimensions, most)
      const lists = Uint32Array.from({ length: count }, () => random.below(5))
      const residuals = kernels.residuals(rows, dimensions, centroids, lists)
      expect(residuals).toEqual(scalar.residuals(rows, dimensions, centroids, lists))
      const laid = kernels.parts(codebooks, parts, entries, width)
      const codes = kernels.encode(residuals, laid)
      expect(codes).toEqual(scalar.encode(residuals, codebooks, parts, entries))
      const scales = kernels.scales(codes, laid, centroids, lists)
      const code = (row: number): Uint8Array => codes.subarray(row * parts, (row + 1) * parts)
      for (let row = 0; row < count; row++) {
        const centroid = centroids.subarray(lists[row] * dimensions, (lists[row] + 1) * dimensions)
        expect(scales[row]).toBe(scalar.scale(scalar.decode(code(row), codebooks, entries, centroid)))
      }
      const query = words(random, dimensions, 2000)
      const table = kernels.table(query, laid)
      const rowBytes = 6 + (parts * bits) / 8
      const list = new Uint8Array(count * rowBytes)
      const view = new DataView(list.buffer)
      for (let row = 0; row < count; row++) {
        view.setUint32(row * rowBytes, row, true)
        view.setUint16(row * rowBytes + 4, scales[row], true)
        code(row).forEach((value, m) => {
          if (bits === 8) list[row * rowBytes + 6 + m] = value
          else list[row * rowBytes + 6 + (m >> 1)] |= value << (4 * (m & 1))
        })
      }
      const product = random.below(2 ** 20) - 2 ** 19
      const distances = Array.from({ length: count }, (_, row) =>
        scalar.distance(code(row), table.values, entries, table.shift, product + table.offset, scales[row]),
      )
      const limit = distances.toSorted((a, b) => a - b)[random.below(count)]
      const found = kernels.scan(list, rowBytes, table, product, limit)
      const expected = Array.from(distances.keys()).filter((row) => distances[row] <= limit)
      expect(Array.from(found.rows)).toEqual(expected)
      expect(Array.from(found.distances)).toEqual(expected.map((row) => distances[row]))
      scanned += count
      kernels.releaseParts(laid)
    }
    expect(scanned).toBeGreaterThan(ROUNDS * 10)
  })

  it('multiplies rows', () => {
    const random = new Random(4)
    const rows = words(random, 700 * 48, 10000)
    const x = words(random, 48, 10000)
    expect(Array.from(kernels.dotRows(x, rows))).toEqual(
      Array.from({ length: 700 }, (_, row) => scalar.dot(x, rows.subarray(row * 48, (row + 1) * 48))),
    )
  })

  it('frees what it takes', () => {
    kernels.dispose()
    const book = kernels.book(new Int16Array(64), 8, 8)
    kernels.releaseBook(book)
    kernels.prepare(new Float32Array(64), 8, null, null)
    kernels.dispose()
    const again = kernels.book(new Int16Array(64), 8, 8)
    expect(again.at).toBe(book.at)
    kernels.releaseBook(again)
  })
})

describe('tables of products', () => {
  it('keep each product to within half a step', () => {
    const random = new Random(5)
    for (const most of [10, 30000, 2 ** 26]) {
      const dots = Int32Array.from({ length: 256 }, () => random.below(2 * most) - most)
      const wide = wordTable(dots)
      const narrow = byteTable(dots, 16)
      let offset = 0
      for (let part = 0; part < 16; part++) offset += 2 * Math.min(...dots.subarray(part * 16, part * 16 + 16))
      expect(narrow.offset).toBe(offset)
      dots.forEach((dot, i) => {
        expect(Math.abs(wide.values[i] * 2 ** wide.shift - 2 * dot)).toBeLessThanOrEqual(2 ** wide.shift / 2)
        const least = 2 * Math.min(...dots.subarray(i & ~15, (i & ~15) + 16))
        expect(Math.abs(narrow.values[i] * 2 ** narrow.shift + least - 2 * dot)).toBeLessThanOrEqual(
          2 ** narrow.shift / 2,
        )
        expect(narrow.values[i]).toBeLessThan(128)
      })
    }
  })
})
