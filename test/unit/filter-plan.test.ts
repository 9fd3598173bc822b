import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { parquetMetadata, readOffsetIndex } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { CatalogError } from '../../src/engine/errors.ts'
import { entrySchema } from '../../src/engine/format/entries.ts'
import type { Catalog, FieldSummary, SegmentReader } from '../../src/engine/format/types.ts'
import { EntryTableWriter } from '../../src/engine/format/build/write-entries.ts'
import { bindFilter } from '../../src/engine/metadata/bind.ts'
import { explainCatalog, expectedSelectivity, filterCatalog, prepareFilter } from '../../src/engine/metadata/catalog.ts'
import { explainFilter, filterEntries } from '../../src/engine/metadata/filter.ts'
import { parseFilter } from '../../src/engine/metadata/parse.ts'
import { CatalogFilter } from '../../src/engine/metadata/select.ts'
import { openFilterTable, tableFields } from '../../src/engine/metadata/table.ts'
import { MemoryStore, memorySource } from '../../src/engine/source/memory.ts'
import { bytesOf } from '../support/bytes.ts'
import { openMemory, recordedSource } from '../support/filters.ts'

const ORGANISMS = ['Bacillus', 'Escherichia', 'Salmonella bongori', 'Salmonella enterica', 'Vibrio']
const FIELDS: FieldSummary[] = [
  { name: 'organism', type: 'string', filled: 1 },
  { name: 'year', type: 'integer', filled: 1 },
]

/** Four row groups of 100 rows: 80 rows of each organism, years 0 … 399; pages of 40 rows. */
function table(): Uint8Array {
  const writer = new ByteWriter()
  const schema = entrySchema({ stop: false, lowerCase: false, quality: false }, FIELDS)
  const parquet = new ParquetWriter({ writer, schema })
  const rows = Array.from({ length: 400 }, (_, i) => i)
  const columnData = [
    { name: 'accession', data: rows.map((i) => bytesOf(`a${i}`)), statistics: false },
    { name: 'description', data: rows.map((i) => bytesOf(`description ${(i * 7919) % 400}`)), statistics: false },
    { name: 'record', data: rows },
    { name: 'organism', data: rows.map((i) => ORGANISMS[Math.floor(i / 80)]), columnIndex: true },
    { name: 'year', data: rows.map(BigInt), columnIndex: true },
  ]
  void parquet.write({ columnData, rowGroupSize: 100, pageSize: 161 })
  void parquet.finish()
  return writer.getBytes()
}

const bytes = table()
const { row_groups: groups } = parquetMetadata(bytes.slice().buffer)

/** Byte ranges of a column chunk's dictionary and of its pages, by the file's own index. */
function layout(group: number, name: string): { dictionary: [number, number]; pages: [number, number, number][] } {
  const column = groups[group].columns.find((each) => each.meta_data!.path_in_schema[0] === name)!
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const index = readOffsetIndex({ view, offset: Number(column.offset_index_offset) })
  const pages = index.page_locations.map(
    ({ offset, compressed_page_size: size, first_row_index: row }): [number, number, number] => [
      Number(offset),
      Number(offset) + size,
      Number(row),
    ],
  )
  const { dictionary_page_offset: start } = column.meta_data!
  return { dictionary: [Number(start ?? pages[0][0]), pages[0][0]], pages }
}

async function plan(predicate: string) {
  const opened = await openMemory(bytes, true)
  return explainFilter(opened, bindFilter(parseFilter(predicate), tableFields(opened)))
}

type Range = [number, number]
const rangesOf = (plan: { ranges: { start: number; end: number }[] }): Range[] =>
  plan.ranges.map(({ start, end }) => [start, end])

describe('the byte plan of a filter', () => {
  it('reads the pages that statistics leave open, with their dictionaries, and no others', async () => {
    const found = await plan("organism LIKE 'Salmonella%'")
    expect(found.groups.map(({ passing }) => passing)).toEqual([
      [],
      [{ from: 180, to: 200 }],
      [{ from: 200, to: 300 }],
      [],
    ])
    expect(found.groups.map(({ read }) => read)).toEqual([[], [{ from: 140, to: 180 }], [], [{ from: 300, to: 340 }]])
    const { rows, rowsPassing, rowsFailing, rowsRead } = found
    expect({ rows, rowsPassing, rowsFailing, rowsRead }).toEqual({
      rows: 400,
      rowsPassing: 120,
      rowsFailing: 200,
      rowsRead: 80,
    })
    const [second, fourth] = [layout(1, 'organism'), layout(3, 'organism')]
    expect(rangesOf(found)).toEqual([
      second.dictionary,
      [second.pages[1][0], second.pages[1][1]],
      // The dictionary and the first page lie next to each other.
      [fourth.dictionary[0], fourth.pages[0][1]],
    ])
    expect(found.bytes).toBe(rangesOf(found).reduce((sum, [start, end]) => sum + end - start, 0))
  })

  it('reads nothing where statistics answer', async () => {
    for (const [predicate, selectivity] of [
      ['year >= 0', 1],
      ['year > 400', 0],
      ['organism IS NOT NULL AND accession IS NOT NULL', 1],
      ['organism IS NULL OR year IS NULL', 0],
      ["organism = 'Vibrio' AND year < 300", 0],
      ["NOT organism < 'B'", 1],
      ['year = NULL', 0],
    ] as const) {
      const { ranges, bytes: planned, selectivity: found } = await plan(predicate)
      expect({ ranges, planned, found }, predicate).toEqual({ ranges: [], planned: 0, found: selectivity })
    }
  })

  it('brings pages of several columns to one set of rows', async () => {
    const found = await plan("organism = 'Vibrio' AND year BETWEEN 325 AND 330")
    expect(found.groups.map(({ read }) => read)).toEqual([[], [], [], [{ from: 320, to: 340 }]])
    const [organism, year] = [layout(3, 'organism'), layout(3, 'year')]
    expect(rangesOf(found)).toEqual([
      [organism.dictionary[0], organism.pages[0][1]],
      [year.pages[1][0], year.pages[1][1]],
    ])
    expect(found.selectivity).toBeGreaterThan(0)
    expect(found.selectivity).toBeLessThan(20 / 400)
  })

  it('is what is read', async () => {
    const reads: Range[] = []
    const opened = await openFilterTable({ source: recordedSource(bytes, reads), bytes: bytes.length }, true)
    expect(reads).toEqual([[0, bytes.length]])
    const filter = bindFilter(parseFilter("organism LIKE 'Salmonella%'"), tableFields(opened))
    const { ranges } = await explainFilter(opened, filter)
    // A column index and an offset index for each of the two row groups that statistics leave open.
    expect(reads.length).toBe(1 + 4)
    reads.length = 0
    const found = await filterEntries(opened, filter)
    expect(reads).toEqual(ranges.map(({ start, end }) => [start, end]))
    expect([...found]).toEqual(Array.from({ length: 160 }, (_, i) => 160 + i))
  })

  it('tells a damaged table', async () => {
    const error = await openMemory(bytes.subarray(0, bytes.length - 1)).catch((each: unknown) => each)
    expect(error).toBeInstanceOf(CatalogError)
    expect((error as CatalogError).tag).toBe('corrupt')
    const damaged = bytes.slice()
    const { pages } = layout(1, 'organism')
    damaged.fill(0xff, pages[1][0], pages[1][1])
    const opened = await openMemory(damaged, true)
    const filter = bindFilter(parseFilter("organism LIKE 'Salmonella%'"), tableFields(opened))
    await expect(filterEntries(opened, filter)).rejects.toMatchObject({ tag: 'corrupt' })
  })

  it('can be cancelled', async () => {
    const opened = await openMemory(bytes, true)
    const filter = bindFilter(parseFilter("description LIKE '%9%'"), tableFields(opened))
    const signal = AbortSignal.abort()
    await expect(filterEntries(opened, filter, { signal })).rejects.toMatchObject({ tag: 'aborted' })
  })
})

/** A segment that has an entry table and record lengths, and nothing else. */
async function segmentOf(fields: FieldSummary[], rows: (string | null)[][], first: number): Promise<SegmentReader> {
  const store = new MemoryStore('catalog')
  const writer = await EntryTableWriter.create(store, { stop: false, lowerCase: false, quality: false }, fields)
  rows.forEach((values, i) =>
    writer.add(
      bytesOf(`acc${first + i}`),
      bytesOf(''),
      i,
      false,
      null,
      null,
      values.map((value) => value ?? ''),
    ),
  )
  const { file } = await writer.finish()
  const lengths = Uint32Array.from(rows, (_, i) => 100 * (i + 1))
  return {
    firstEntry: first,
    segment: { entries: rows.length, entryTable: file, fields },
    open: () => Promise.resolve(memorySource(store.files.get(file.path)!, file.path)),
    rows: (from: number, to: number) => Promise.resolve({ lengths: lengths.slice(from, to) }),
  } as unknown as SegmentReader
}

describe('a filter over segments', () => {
  const field = (name: string, type: FieldSummary['type']): FieldSummary => ({ name, type, filled: 1 })
  const of = async (): Promise<Catalog> => {
    const segments = [
      await segmentOf(
        [field('Length_', 'integer'), field('id', 'integer'), field('ok', 'boolean')],
        [
          ['1', '7', 'true'],
          ['20', null, 'false'],
        ],
        0,
      ),
      await segmentOf(
        [field('id', 'string'), field('Length_', 'number')],
        [
          ['7', '1.5'],
          ['x', '20'],
          ['true', null],
        ],
        2,
      ),
      await segmentOf([field('ok', 'string')], [['true'], ['maybe']], 5),
    ]
    const fields = [field('Length_', 'number'), field('id', 'string'), field('ok', 'string')]
    return { store: { name: 'catalog' }, ahead: [], segments, summary: { entries: 7, fields } } as unknown as Catalog
  }

  it.each([
    ["id = '7'", [0, 2]],
    ["id LIKE '%7%' OR id > 'a'", [0, 2, 3, 4]],
    ['id IS NULL', [1, 5, 6]],
    ["id = '7' AND accession = 'acc2'", [2]],
    ['length_ >= 1.5', [1, 2, 3]],
    ['Length_ IN (20, 1)', [0, 1, 3]],
    ['Length_ IS NULL', [4, 5, 6]],
    ["ok = 'true'", [0, 5]],
    ["ok <> 'true'", [1, 6]],
    ["NOT ok = 'true'", [1, 6]],
    ['length > 100 AND length < 300', [1, 3, 6]],
    ["length = 100 AND (id = '7' OR ok = 'true')", [0, 2, 5]],
  ] as const)('%s', async (predicate, expected) => {
    const catalog = await of()
    const filter = prepareFilter(predicate, catalog.summary.fields)
    expect([...(await filterCatalog(catalog, filter))]).toEqual(expected)
    const rows = [
      { from: 1, to: 3 },
      { from: 4, to: 7 },
    ]
    const some = expected.filter((entry) => rows.some(({ from, to }) => entry >= from && entry < to))
    expect([...(await filterCatalog(catalog, filter, { rows }))]).toEqual(some)
    const search = new CatalogFilter(catalog, filter)
    const ranges = [
      [4, 7],
      [0, 2],
      [1, 3],
    ] as const
    const selected = await search.select(ranges)
    expect(selected.map((each) => [...each])).toEqual(
      ranges.map(([from, to]) => expected.filter((entry) => entry >= from && entry < to)),
    )
    expect((await search.passing()).count).toBe(expected.length)
    const share = expectedSelectivity(await explainCatalog(catalog, filter))
    expect(share).toBeGreaterThanOrEqual(0)
    expect(share).toBeLessThanOrEqual(1)
  })
})
