import type { Hsp } from '#engine/search/types.ts'
import { touches, valueText, type Row } from './rows.ts'

/** A property of hits that has few values. */
export interface FacetDefinition {
  name: string
  label: string
  /** The value of a row. */
  of: (row: Row) => string
  /** Values in the order shown; for metadata, the most frequent first. */
  values: string[]
}

export interface Facet extends FacetDefinition {
  /** Rows of each value that pass the filters of all other facets. */
  counts: Map<string, number>
}

export interface Filters {
  /** Chosen values by facet; a facet without any does not filter. */
  chosen: Readonly<Record<string, readonly string[]>>
  /** Part of the query that a hit has to touch, 1-based and inclusive. */
  interval: [number, number] | null
  /** Words that description, accession or metadata have to hold. */
  words: string
}

export const NO_FILTERS: Filters = { chosen: {}, interval: null, words: '' }

/** Facets with more values than this help nobody. */
const MOST_VALUES = 400
/** Numbers of more values are measures, not groups. */
const MOST_NUMBERS = 12

const identityClasses: [number, string][] = [
  [100, '100%'],
  [99, '99–100%'],
  [97, '97–99%'],
  [90, '90–97%'],
  [70, '70–90%'],
  [50, '50–70%'],
  [0, 'under 50%'],
]
/** Hits of mode vector without an alignment. */
const UNALIGNED = 'not aligned'

const coverageClasses: [number, string][] = [
  [95, '95–100%'],
  [75, '75–95%'],
  [50, '50–75%'],
  [25, '25–50%'],
  [0, 'under 25%'],
]
const classOf = (classes: [number, string][], value: number) =>
  classes.find(([bound]) => value >= bound)?.[1] ?? classes[classes.length - 1][1]

/** The facets worth showing for these rows: metadata fields with few values first, then what every search has. */
export function facetDefinitions(rows: readonly Row[], fields: readonly string[]): FacetDefinition[] {
  const found: FacetDefinition[] = []
  for (const field of fields) {
    const of = (row: Row) => valueText(row.hit.metadata[field])
    const values = byFrequency(rows, of)
    if (values.length < 2 || values.length > MOST_VALUES) continue
    // A field that names nearly every hit apart is an identifier, not a group.
    if (values.length > 8 && values.length > rows.length * 0.5) continue
    const isNumeric = rows.some(({ hit }) => typeof hit.metadata[field] === 'number')
    if (isNumeric && values.length > MOST_NUMBERS) continue
    found.push({ name: field, label: field, of, values })
  }
  // The coarsest division first: it is the one that sorts a long list.
  found.sort((a, b) => a.values.length - b.values.length)
  const built: [string, string, (row: Row) => string, string[]][] = [
    [
      '%identity',
      'Identity',
      (row) => (row.identity === null ? UNALIGNED : classOf(identityClasses, row.identity)),
      [...identityClasses.map(([, name]) => name), UNALIGNED],
    ],
    [
      '%coverage',
      'Query coverage',
      (row) => (row.best === null ? UNALIGNED : classOf(coverageClasses, row.hit.queryCoverage)),
      [...coverageClasses.map(([, name]) => name), UNALIGNED],
    ],
    [
      '%strand',
      'Strand',
      (row) => (row.best === null ? UNALIGNED : isMinus(row.best) ? 'minus' : 'plus'),
      ['plus', 'minus', UNALIGNED],
    ],
  ]
  for (const [name, label, of, order] of built) {
    const present = new Set(rows.map(of))
    if (present.size > 1) found.push({ name, label, of, values: order.filter((value) => present.has(value)) })
  }
  return found
}

const isMinus = ({ queryFrame, subjectFrame }: Hsp) => queryFrame * subjectFrame < 0 || (queryFrame || subjectFrame) < 0

function byFrequency(rows: readonly Row[], of: (row: Row) => string): string[] {
  const counts = new Map<string, number>()
  for (const row of rows) {
    const value = of(row)
    counts.set(value, (counts.get(value) ?? 0) + 1)
    if (counts.size > MOST_VALUES) break
  }
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([value]) => value)
}

/** Applies the filters once over all rows; a facet's counts leave its own filter out. */
export function applyFilters(
  rows: readonly Row[],
  definitions: readonly FacetDefinition[],
  filters: Filters,
): { shown: Row[]; facets: Facet[] } {
  const facets = definitions.map((definition) => ({ ...definition, counts: new Map<string, number>() }))
  const chosen = facets.map((facet) => new Set(filters.chosen[facet.name]))
  const words = filters.words.toLowerCase().split(/\s+/).filter(Boolean)
  const shown: Row[] = []
  for (const row of rows) {
    if (filters.interval !== null && !touches(row.hit, filters.interval)) continue
    if (words.length > 0 && !holds(row, words)) continue
    let failed = -1
    let failures = 0
    const values = facets.map((facet, index) => {
      const value = facet.of(row)
      const wanted = chosen[index]
      if (wanted.size > 0 && !wanted.has(value)) {
        failed = index
        failures++
      }
      return value
    })
    if (failures === 0) shown.push(row)
    if (failures > 1) continue
    for (const [index, facet] of facets.entries()) {
      if (failures === 1 && index !== failed) continue
      facet.counts.set(values[index], (facet.counts.get(values[index]) ?? 0) + 1)
    }
  }
  return { shown, facets }
}

function holds({ hit }: Row, words: string[]): boolean {
  const text =
    `${hit.accession} ${hit.description} ${Object.values(hit.metadata).map(valueText).join(' ')}`.toLowerCase()
  return words.every((word) => text.includes(word))
}
