import { describe, expect, it } from 'vitest'
import type { Hit, Hsp } from '../../src/engine/search/types.ts'
import { applyFilters, facetDefinitions, NO_FILTERS } from '../../src/lib/search/facets.ts'
import { toCsv, toFasta } from '../../src/lib/search/download.ts'
import { coverageDepth, scoreClass, sortRows, toRows, type SortKey } from '../../src/lib/search/rows.ts'

const hsp = (start: number, end: number, more: Partial<Hsp> = {}): Hsp => ({
  score: 10,
  bitScore: 20,
  evalue: 0.1,
  queryFrame: 1,
  subjectFrame: 1,
  queryStart: start,
  queryEnd: end,
  subjectStart: start,
  subjectEnd: end,
  length: 10,
  identities: 9,
  positives: 9,
  mismatches: 1,
  gaps: 0,
  gapOpens: 0,
  querySequence: 'ACGTACGTAC',
  midline: '|||||||||.',
  subjectSequence: 'ACGTAC--AC',
  ...more,
})
const hits: Hit[] = Array.from({ length: 40 }, (_, index) => ({
  accession: `A${index}`,
  description: `organism ${index % 3}, "clone" ${index}`,
  recordId: '',
  entry: index,
  subjectLength: 100,
  metadata: {
    kind: ['x', 'y', 'z'][index % 3],
    place: index % 4 === 0 ? null : `p${index % 2}`,
    id: `unique-${index}`,
    size: index,
  },
  hsps: [hsp(1 + index, 10 + index, { bitScore: 300 - index, identities: 5 + (index % 6) })],
  queryCoverage: index * 2.5,
}))
const rows = toRows(hits)
const definitions = facetDefinitions(rows, ['kind', 'place', 'id', 'size'])

describe('facets', () => {
  it('are made of fields with few values, not of identifiers and measures', () => {
    expect(definitions.map(({ name }) => name)).toEqual(['kind', 'place', '%identity', '%coverage'])
    expect(definitions[0].values).toEqual(['x', 'y', 'z'])
    expect(definitions[1].values).toContain('')
  })

  it('count what each value would give, its own filter left out', () => {
    const filters = { ...NO_FILTERS, chosen: { kind: ['x'], place: ['p1'] } }
    const { shown, facets } = applyFilters(rows, definitions, filters)
    const of = (row: (typeof rows)[number]) => row.hit.metadata
    expect(shown).toEqual(rows.filter((row) => of(row).kind === 'x' && of(row).place === 'p1'))
    for (const value of ['x', 'y', 'z']) {
      const expected = rows.filter((row) => of(row).kind === value && of(row).place === 'p1').length
      expect(facets[0].counts.get(value) ?? 0).toBe(expected)
    }
    for (const value of ['p0', 'p1', '']) {
      const expected = rows.filter((row) => of(row).kind === 'x' && (of(row).place ?? '') === value).length
      expect(facets[1].counts.get(value) ?? 0).toBe(expected)
    }
  })

  it('join words and a part of the query', () => {
    const words = applyFilters(rows, definitions, { ...NO_FILTERS, words: 'ORGANISM  2, unique-5' })
    expect(words.shown.map((row) => row.hit.accession)).toEqual(['A5'])
    const part = applyFilters(rows, definitions, { ...NO_FILTERS, interval: [48, 100] })
    expect(part.shown.map((row) => row.rank)).toEqual([38, 39])
  })
})

describe('rows', () => {
  it('sort by every column, equals in the order of the result', () => {
    for (const key of [
      'rank',
      'description',
      'field',
      'bits',
      'evalue',
      'identity',
      'coverage',
      'accession',
    ] as SortKey[]) {
      for (const descending of [false, true]) {
        const sorted = sortRows(rows, { key, descending }, 'place')
        expect(new Set(sorted)).toEqual(new Set(rows))
        if (key === 'evalue') expect(sorted).toEqual(rows)
      }
    }
    expect(sortRows(rows, { key: 'accession', descending: false }, null)[10].hit.accession).toBe('A10')
    // Missing values come last either way.
    expect(
      sortRows(rows, { key: 'field', descending: true }, 'place')
        .slice(-10)
        .every((row) => row.hit.metadata.place === null),
    ).toBe(true)
  })

  it('cover the query as counting position by position says', () => {
    const depth = coverageDepth(rows, 50, 50)
    for (let position = 1; position <= 50; position++) {
      const expected = hits.filter(({ hsps: [one] }) => one.queryStart <= position && position <= one.queryEnd).length
      expect([position, depth[position - 1]]).toEqual([position, expected])
    }
  })

  it('fall into the bit score classes of NCBI', () => {
    expect([0, 39.9, 40, 50, 79.9, 80, 200, 5000].map(scoreClass)).toEqual([0, 0, 1, 2, 2, 3, 4, 4])
  })
})

describe('downloads made in the page', () => {
  const results = [{ query: { id: 'q', description: '', length: 50 }, hits: hits.slice(0, 2) }] as never

  it('CSV quotes what needs it', () => {
    const lines = toCsv(results, ['kind', 'place']).split('\r\n')
    expect(lines).toHaveLength(4)
    expect(lines[1]).toBe('q,A0,"organism 0, ""clone"" 0",x,,50.000,10,1,0,1,10,1,10,0.1,300.0,0.0,100')
  })

  it('FASTA holds the aligned part without gaps', () => {
    expect(toFasta(results).split('\n').slice(0, 2)).toEqual(['>A0:1-10 organism 0, "clone" 0', 'ACGTACAC'])
  })
})
