import type { Hsp, QueryResult } from '#engine/search/types.ts'
import { hitName } from './sentences.ts'
import { valueText } from './rows.ts'

/** Hands a file to the browser's downloads. */
export function save(blob: Blob, name: string) {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** A file name made of a query's id. */
export const fileStem = (id: string) => id.replaceAll(/[^\w.-]+/g, '_').slice(0, 60) || 'query'

/** The results with only those hits that `keeps` keeps. */
export function reduce(results: readonly QueryResult[], keeps: (result: QueryResult, rank: number) => boolean) {
  return results.map((result) => ({ ...result, hits: result.hits.filter((_, rank) => keeps(result, rank)) }))
}

/** One line per HSP, and for a hit without any, with the catalog's metadata: RFC 4180. */
export function toCsv(results: readonly QueryResult[], fields: readonly string[]): string {
  const hasCosines = results.some(({ hits }) => hits.some(({ cosine }) => cosine !== undefined))
  const head = [
    'query',
    'accession',
    'description',
    ...fields,
    'percent_identity',
    'alignment_length',
    'mismatches',
    'gap_openings',
    'query_start',
    'query_end',
    'subject_start',
    'subject_end',
    'evalue',
    'bit_score',
    'query_coverage',
    'subject_length',
    ...(hasCosines ? ['cosine'] : []),
  ]
  const lines = [head]
  for (const { query, hits } of results) {
    for (const hit of hits) {
      for (const hsp of hit.hsps.length > 0 ? hit.hsps : [null]) {
        lines.push([
          query.id,
          hit.accession,
          hit.description,
          ...fields.map((field) => valueText(hit.metadata[field])),
          ...alignmentValues(hsp),
          hsp === null ? '' : hit.queryCoverage.toFixed(1),
          String(hit.subjectLength),
          ...(hasCosines ? [String(hit.cosine ?? '')] : []),
        ])
      }
    }
  }
  return lines.map((line) => line.map(csvField).join(',')).join('\r\n') + '\r\n'
}

/** The columns of an alignment; empty where there is none. */
function alignmentValues(hsp: Hsp | null): string[] {
  if (hsp === null) return new Array<string>(10).fill('')
  return [
    ((100 * hsp.identities) / hsp.length).toFixed(3),
    String(hsp.length),
    String(hsp.mismatches),
    String(hsp.gapOpens),
    String(hsp.queryStart),
    String(hsp.queryEnd),
    String(hsp.subjectStart),
    String(hsp.subjectEnd),
    String(hsp.evalue),
    hsp.bitScore.toFixed(1),
  ]
}

const csvField = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** The aligned part of every HSP's subject, without gaps, as it lies on the query's strand or frame. */
export function toFasta(results: readonly QueryResult[]): string {
  const lines: string[] = []
  for (const { hits } of results) {
    for (const hit of hits) {
      for (const hsp of hit.hsps) {
        const strand = hsp.subjectFrame < 0 ? ' (minus strand)' : ''
        const [start, end] = [Math.min(hsp.subjectStart, hsp.subjectEnd), Math.max(hsp.subjectStart, hsp.subjectEnd)]
        lines.push(`>${hit.accession}:${start}-${end}${strand} ${hitName(hit)}`)
        lines.push(...(hsp.subjectSequence.replaceAll('-', '').match(/.{1,70}/g) ?? []))
      }
    }
  }
  return lines.join('\n') + '\n'
}
