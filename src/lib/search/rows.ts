import type { Hit, Hsp } from '#engine/search/types.ts'

/** A hit as a line of the table. */
export interface Row {
  hit: Hit
  /** Position in the result, from 0; names the row. */
  rank: number
  /** The HSP that stands for the hit: the first; null where nothing was aligned. */
  best: Hsp | null
  /** Percent of identical columns in `best`. */
  identity: number | null
}

/** A column by which the table is sorted. */
export type SortKey =
  'rank' | 'description' | 'field' | 'cosine' | 'bits' | 'evalue' | 'identity' | 'coverage' | 'accession'

export interface Sort {
  key: SortKey
  descending: boolean
}

export const toRows = (hits: readonly Hit[]): Row[] =>
  hits.map((hit, rank) => {
    const best = hit.hsps.at(0) ?? null
    return { hit, rank, best, identity: best && (100 * best.identities) / best.length }
  })

const texts = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/** Rows in the order of `sort`; equals keep the order of the result. `field` is the metadata column shown. */
export function sortRows(rows: readonly Row[], sort: Sort, field: string | null): Row[] {
  const sorted = [...rows]
  const direction = sort.descending ? -1 : 1
  const number = (value: (row: Row) => number | null | undefined) => (a: Row, b: Row) => {
    // Missing values come last either way.
    const [one, other] = [value(a) ?? null, value(b) ?? null]
    if (one === null || other === null) return Number(one === null) - Number(other === null) || a.rank - b.rank
    return direction * (one - other) || a.rank - b.rank
  }
  const text = (value: (row: Row) => string) => {
    return (a: Row, b: Row) => {
      const [one, other] = [value(a), value(b)]
      if (one === '' || other === '') return Number(one === '') - Number(other === '') || a.rank - b.rank
      return direction * texts.compare(one, other) || a.rank - b.rank
    }
  }
  const compare: Record<SortKey, (a: Row, b: Row) => number> = {
    rank: number((row) => row.rank),
    description: text((row) => row.hit.description),
    field: text((row) => (field === null ? '' : valueText(row.hit.metadata[field]))),
    cosine: number((row) => row.hit.cosine),
    bits: number((row) => row.best?.bitScore),
    evalue: number((row) => row.best?.evalue),
    identity: number((row) => row.identity),
    coverage: number((row) => row.best && row.hit.queryCoverage),
    accession: text((row) => row.hit.accession),
  }
  return sorted.sort(compare[sort.key])
}

/** A metadata value as text; '' where it is missing. */
export const valueText = (value: string | number | boolean | null | undefined) =>
  value === null || value === undefined ? '' : String(value)

/** Lower bounds of the bit score classes, as NCBI draws them. */
export const SCORE_CLASSES = [0, 40, 50, 80, 200] as const

/** Class of a bit score: 0 (below 40) to 4 (200 and more). */
export const scoreClass = (bits: number) => SCORE_CLASSES.findLastIndex((bound) => bits >= bound)

/** Names of the classes, lowest first. */
export const SCORE_CLASS_NAMES = ['< 40', '40–50', '50–80', '80–200', '≥ 200']

/** The interval of the query that an HSP covers, 1-based and inclusive, whatever its strand. */
export const queryInterval = (hsp: Hsp): [number, number] =>
  hsp.queryStart <= hsp.queryEnd ? [hsp.queryStart, hsp.queryEnd] : [hsp.queryEnd, hsp.queryStart]

/** Whether any HSP of the hit covers at least one residue of [start, end]. */
export const touches = (hit: Hit, [start, end]: [number, number]) =>
  hit.hsps.some((hsp) => {
    const [from, to] = queryInterval(hsp)
    return from <= end && to >= start
  })

/** Number of hits over each of `bins` equal parts of the query. */
export function coverageDepth(rows: readonly Row[], queryLength: number, bins: number): Uint32Array {
  const depth = new Uint32Array(bins)
  const seen = new Int32Array(bins).fill(-1)
  for (const row of rows) {
    for (const hsp of row.hit.hsps) {
      const [start, end] = queryInterval(hsp)
      const first = Math.floor(((start - 1) * bins) / queryLength)
      const last = Math.min(bins - 1, Math.ceil((end * bins) / queryLength) - 1)
      for (let bin = first; bin <= last; bin++) {
        if (seen[bin] === row.rank) continue
        seen[bin] = row.rank
        depth[bin]++
      }
    }
  }
  return depth
}
