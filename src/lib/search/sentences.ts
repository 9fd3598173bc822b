import type { QueryResult } from '#engine/search/types.ts'
import { counted, percent, share } from '#lib/format.ts'

/** What a hit is called: its description, else its accession. */
export const hitName = (hit: { accession: string; description: string }) => hit.description || hit.accession

/**
 * Entries that a query found: more than are listed where the list was cut. Where it was not, those listed count: of the
 * entries whose score passed, an alignment may yet fail.
 */
export const hitCount = ({ hits, found }: QueryResult, maxTargetSeqs: number) =>
  hits.length < maxTargetSeqs ? hits.length : found

/** How candidates were found, which `auto` decides for each query: "exhaustive", "exhaustive or sensitive". */
export const modesUsed = (results: readonly QueryResult[]) => [...new Set(results.map(({ mode }) => mode))].join(' or ')

/** A cosine as it is shown; '' where there is none. */
export const cosineText = (cosine: number | undefined) => cosine?.toFixed(3) ?? ''

/** The outcome in one line, for the live region and the list of recent searches. */
export function outcome(results: readonly QueryResult[], maxTargetSeqs: number): string {
  if (results.length === 0) return 'No query was answered.'
  if (results.length > 1) {
    const answered = results.filter((result) => result.hits.length > 0).length
    return `${counted(results.length, 'query', 'queries')}: ${answered} with hits, ${results.length - answered} without`
  }
  const [result] = results
  const { hits } = result
  if (hits.length === 0) return 'No hits'
  const best = hits[0].hsps.at(0)
  const start = `${counted(hitCount(result, maxTargetSeqs), 'hit')}. Best: ${hitName(hits[0])}, `
  if (best === undefined) return `${start}cosine ${cosineText(hits[0].cosine)}`
  return (
    start +
    `${percent(share(best.identities, best.length))}% identical over ${percent(hits[0].queryCoverage)}% of the query`
  )
}
