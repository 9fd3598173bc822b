import { CatalogError } from '../errors.ts'
import type { QueryResult, SearchHeader } from '../search/types.ts'
import type { Column } from './write-columns.ts'
import { describeOptions, titleLine } from './write-header.ts'

export interface TableFormat {
  kind: 'table'
  columns: Column[]
  delimiter: string
  /** BLAST's format 7: comment lines around each query's rows. */
  comments: boolean
  /** BLAST's format 10, with values quoted as RFC 4180 has it where they need to be. */
  quoted: boolean
}

/**
 * One row per HSP, in the order of the results.
 * @throws CatalogError `usage` where a column names a metadata field that the catalog does not have.
 */
export async function* writeTable(
  header: SearchHeader,
  results: AsyncIterable<QueryResult>,
  format: TableFormat,
): AsyncGenerator<string> {
  checkFields(format, header.catalog.fields)
  const program = header.options.program
  const cell = cellWriter(format)
  let queries = 0
  for await (const result of results) {
    const rows: string[] = []
    for (const hit of result.hits)
      for (const hsp of hit.hsps)
        rows.push(format.columns.map((c) => cell(c.value({ program, result, hit, hsp }))).join(format.delimiter) + '\n')
    let text = ''
    if (format.comments) {
      text += `# ${program.toUpperCase()} ${header.writer}\n# Query: ${titleLine(result.query)}\n`
      text += `# Database: ${header.catalog.title}\n`
      if (queries === 0) {
        text += `# Catalog digest: ${header.catalog.digest}\n`
        text += `# Options: ${describeOptions(header.options)}\n`
      }
      if (rows.length > 0) text += `# Fields: ${format.columns.map((c) => c.heading).join(', ')}\n`
      for (const warning of result.warnings) text += `# Warning: ${warning}\n`
      text += `# ${rows.length} hits found\n`
    }
    queries++
    text += rows.join('')
    if (text !== '') yield text
  }
  if (format.comments) yield `# BLAST processed ${queries} queries\n`
}

/** Refuses metadata columns that the catalog does not have; worth calling before a search starts. */
export function checkFields(format: TableFormat, fields: readonly string[]): void {
  for (const { name } of format.columns) {
    if (!name.startsWith('meta:') || fields.includes(name.slice(5))) continue
    const known = fields.length > 0 ? `It has ${fields.join(', ')}.` : 'It has none.'
    throw new CatalogError('usage', `The catalog has no metadata field "${name.slice(5)}". ${known}`, { column: name })
  }
}

function cellWriter(format: TableFormat): (value: string) => string {
  const { delimiter, quoted } = format
  return (value) => {
    if (!quoted) return /[\t\r\n]/.test(value) ? value.replace(/[\t\r\n]+/g, ' ') : value
    return value.includes(delimiter) || /["\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
  }
}
