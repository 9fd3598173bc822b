import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../src/engine/format/types.ts'
import { entrySchema } from '../../src/engine/format/entries.ts'
import { prepareFilter } from '../../src/engine/metadata/catalog.ts'
import { EntryBitset } from '../../src/engine/metadata/bitset.ts'
import { matchesEntry } from '../../src/engine/metadata/entry.ts'
import { explainFilter, filterEntries } from '../../src/engine/metadata/filter.ts'
import { openFilterTable } from '../../src/engine/metadata/table.ts'
import type { FieldSummary } from '../../src/engine/format/types.ts'
import { bytesOf } from '../support/bytes.ts'
import { openMemory, recordedSource } from '../support/filters.ts'
import { randomPredicate } from '../support/predicates.ts'
import type { PredicateField } from '../support/predicates.ts'

type Values = [string | null, number | null, number | null, boolean | null]

const FIELDS: FieldSummary[] = [
  { name: 'organism', type: 'string', filled: 1 },
  { name: 'year', type: 'integer', filled: 1 },
  { name: 'score', type: 'number', filled: 1 },
  { name: 'mobile', type: 'boolean', filled: 1 },
]
const TEXTS = [
  'Salmonella',
  'Salmonella enterica',
  'x',
  '',
  'é',
  '😀',
  'Escherichia',
  'Salmonella enterica subsp. a',
  'Salmonella enterica subsp. b',
]
const NUMBERS = [0, -1, 1, 2020, 0.25, -5.5, 1e300]

const QUERY_FIELDS: PredicateField[] = [
  { name: 'organism', type: 'string', literals: TEXTS.map((text) => `'${text}'`) },
  { name: 'year', type: 'integer', literals: ['0', '1990', '1995.5', '2020', '1e3'] },
  { name: 'score', type: 'number', literals: NUMBERS.map(String) },
  { name: 'mobile', type: 'boolean', literals: ['true', 'false'] },
  { name: 'description', type: 'string', literals: ["'d1'", "''"] },
  { name: 'length', type: 'integer', literals: ['3', '5'] },
]

const some = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { nil: null, freq: 5 })
const row: fc.Arbitrary<Values> = fc.tuple(
  some(fc.constantFrom(...TEXTS)),
  some(fc.integer({ min: 1990, max: 2022 })),
  some(fc.constantFrom(...NUMBERS)),
  some(fc.boolean()),
)

/** An entry table in small row groups and pages, sorted by the first field or not, and its entries. */
function write(
  rows: Values[],
  groupRows: number,
  pageSize: number,
  columnIndex: boolean,
): { bytes: Uint8Array; entries: Entry[] } {
  const writer = new ByteWriter()
  const parquet = new ParquetWriter({
    writer,
    schema: entrySchema({ stop: false, lowerCase: false, quality: false }, FIELDS),
  })
  const entries = rows.map(([organism, year, score, mobile], index): Entry => {
    const rest = { lowerCase: null, quality: null, stop: false }
    const metadata = { organism, year, score, mobile }
    return {
      accession: `a${index}`,
      description: index % 3 === 0 ? '' : `d${index % 4}`,
      record: index >> 1,
      index,
      metadata,
      ...rest,
    }
  })
  const column = (name: string, data: unknown[], statistics = true) => ({
    name,
    data,
    statistics,
    columnIndex: columnIndex && statistics,
  })
  const columnData = [
    column(
      'accession',
      entries.map((entry) => bytesOf(entry.accession)),
      false,
    ),
    column(
      'description',
      entries.map((entry) => bytesOf(entry.description)),
      false,
    ),
    column(
      'record',
      entries.map((entry) => entry.record),
    ),
    column(
      'organism',
      entries.map((entry) => entry.metadata.organism),
    ),
    column(
      'year',
      entries.map(({ metadata: { year } }) => (year === null ? null : BigInt(year))),
    ),
    column(
      'score',
      entries.map((entry) => entry.metadata.score),
    ),
    column(
      'mobile',
      entries.map((entry) => entry.metadata.mobile),
    ),
  ]
  void parquet.write({ columnData: columnData as never, rowGroupSize: groupRows, pageSize })
  void parquet.finish()
  return { bytes: writer.getBytes(), entries }
}

const lengthOf = (record: number): number => 1 + (record % 7)
const lengths = (records: Uint32Array): Promise<Uint32Array> => Promise.resolve(records.map(lengthOf))

describe('a filter', () => {
  const table = fc.record({
    rows: fc.array(row, { minLength: 1, maxLength: 200 }),
    isSorted: fc.boolean(),
    groupRows: fc.integer({ min: 1, max: 80 }),
    pageSize: fc.integer({ min: 8, max: 200 }),
    columnIndex: fc.boolean(),
    seed: fc.nat(),
  })

  it('finds the same rows by statistics, without them, of some rows alone, and entry by entry', async () => {
    let compared = 0
    await fc.assert(
      fc.asyncProperty(table, async ({ rows, isSorted, groupRows, pageSize, columnIndex, seed }) => {
        if (isSorted) rows.sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1))
        const { bytes, entries } = write(rows, groupRows, pageSize, columnIndex)
        const reads: [number, number][] = []
        const opened = await openFilterTable({ source: recordedSource(bytes, reads), bytes: bytes.length }, true)
        let state = seed
        const random = { next: () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32 }
        for (let i = 0; i < 5; i++) {
          const filter = prepareFilter(randomPredicate(random, QUERY_FIELDS, [], 3), FIELDS)
          const expected = entries.filter((entry) => matchesEntry(filter, entry, lengthOf(entry.record)))
          const numbers = expected.map(({ index }) => index)
          const plan = await explainFilter(opened, filter)
          reads.length = 0
          expect([...(await filterEntries(opened, filter, { lengths }))], filter.text).toEqual(numbers)
          for (const [start, end] of reads)
            expect(
              plan.ranges.some((range) => range.start <= start && end <= range.end),
              'a read that was not planned',
            ).toBe(true)
          const unpruned = await filterEntries(await openMemory(bytes, true), filter, { lengths, prune: false })
          expect([...unpruned], filter.text).toEqual(numbers)
          const part = { from: rows.length >> 2, to: rows.length >> 1 }
          const partly = await filterEntries(opened, filter, { lengths, rows: [part] })
          expect([...partly], filter.text).toEqual(numbers.filter((index) => index >= part.from && index < part.to))
          expect(plan.rowsPassing).toBeLessThanOrEqual(numbers.length)
          expect(plan.rowsPassing + plan.rowsRead).toBeGreaterThanOrEqual(numbers.length)
          expect(plan.rowsPassing + plan.rowsRead + plan.rowsFailing).toBe(rows.length)
          compared++
        }
      }),
      { numRuns: 150 },
    )
    expect(compared).toBe(750)
  })
})

describe('a set of entries', () => {
  it('answers as a plain set does', () => {
    const set = fc.record({
      length: fc.integer({ min: 1, max: 200 }),
      ranges: fc.array(fc.tuple(fc.nat(199), fc.nat(80)), { maxLength: 5 }),
      offset: fc.nat(100),
    })
    fc.assert(
      fc.property(set, ({ length, ranges, offset }) => {
        const bits = new EntryBitset(length)
        const plain = new Set<number>()
        for (const [from, size] of ranges) {
          const to = Math.min(length, from + size)
          if (from < to) bits.addRange(from, to)
          for (let i = from; i < to; i++) plain.add(i)
        }
        const sorted = [...plain].sort((a, b) => a - b)
        expect([...bits]).toEqual(sorted)
        expect(bits.count).toBe(plain.size)
        const moved = new EntryBitset(length + offset)
        moved.addAll(bits, offset)
        expect([...moved]).toEqual(sorted.map((each) => each + offset))
        for (let i = 0; i < length + 5; i++) expect(bits.has(i)).toBe(plain.has(i))
        for (const [from, size] of ranges)
          expect(bits.hasAny(from, from + size)).toBe(sorted.some((each) => each >= from && each < from + size))
      }),
    )
  })
})
