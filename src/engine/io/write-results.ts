import { CatalogError } from '../errors.ts'
import type { QueryResult, SearchHeader } from '../search/types.ts'
import { parseColumns } from './write-columns.ts'
import { writeJson } from './write-json.ts'
import { writePairwise } from './write-pairwise.ts'
import { type TableFormat, writeTable } from './write-tabular.ts'

export type OutputFormat = { kind: 'pairwise' } | { kind: 'json' } | TableFormat

const NAMED: Record<string, string> = { pairwise: '0', tabular: '6', 'tabular-commented': '7', csv: '10' }

/**
 * Understands BLAST's `-outfmt`: `0`, `6`, `7`, `10`, the last three followed by `delim=…` and format specifiers, and
 * our `json`. The names `pairwise`, `tabular`, `tabular-commented` and `csv` mean 0, 6, 7 and 10.
 * @throws CatalogError `usage`
 */
export function parseOutputFormat(text: string): OutputFormat {
  const words = (text.match(/(?:[^\s"]|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ''))
  const name = words[0]?.toLowerCase() ?? ''
  const kind = NAMED[name] ?? name
  const rest = words.slice(1)
  if (kind === '6' || kind === '7' || kind === '10') {
    const delimiter = rest[0]?.startsWith('delim=') ? rest.shift()!.slice(6) : undefined
    if (delimiter === '') throw new CatalogError('usage', 'delim= needs a character: for example "6 delim=; std".')
    return {
      kind: 'table',
      columns: parseColumns(rest),
      delimiter: delimiter ?? (kind === '10' ? ',' : '\t'),
      comments: kind === '7',
      quoted: kind === '10',
    }
  }
  if (kind !== '0' && kind !== 'json') {
    throw new CatalogError(
      'usage',
      `There is no output format "${text}". Known are 0 (pairwise), 6 (table), 7 (table with comments), 10 (CSV) and json.`,
      { outfmt: text },
    )
  }
  if (rest.length > 0) throw new CatalogError('usage', `Output format ${name} takes no columns; 6, 7 and 10 do.`)
  return { kind: kind === '0' ? 'pairwise' : 'json' }
}

/** Results as text, in pieces, as they come. */
export function writeResults(
  header: SearchHeader,
  results: AsyncIterable<QueryResult>,
  format: OutputFormat,
): AsyncIterable<string> {
  if (format.kind === 'pairwise') return writePairwise(header, results)
  if (format.kind === 'json') return writeJson(header, results)
  return writeTable(header, results, format)
}
