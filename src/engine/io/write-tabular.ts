import { CatalogError } from '../errors.ts'
import type { QueryResult, ResolvedOptions, SearchHeader } from '../search/types.ts'
import { defaultColumns, type Column } from './write-columns.ts'
import { describeOptions, titleLine } from './write-header.ts'

export interface TableFormat {
  kind: 'table'
  /** Null: the default of the search. */
  columns: Column[] | null
  delimiter: string
  /** BLAST's format 7: comment lines around each query's rows. */
  comments: boolean
  /** BLAST's format 10, with values quoted as RFC 4180 has it where they need to be. */
  quoted: boolean
}

/**
 * One row per HSP, in the order of the results; in mode `vector` one for a hit without any.
 * @throws CatalogError `usage` where a column says nothing in this search.
 */
export async function* writeTable(
  header: SearchHeader,
  results: AsyncIterable<QueryResult>,
  format: TableFormat,
): AsyncGenerator<string> {
  checkColumns(format, header.catalog.fields, header.options)
  const columns = format.columns ?? defaultColumns(header.options)
  const program = header.options.program
  const cell = cellWriter(format)
  let queries = 0
  for await (const result of results) {
    const rows: string[] = []
    for (const hit of result.hits)
      for (const hsp of hit.hsps.length > 0 ? hit.hsps : [null])
        rows.push(columns.map((c) => cell(c.value({ program, result, hit, hsp }))).join(format.delimiter) + '\n')
    let text = ''
    if (format.comments) {
      text += `# ${program.toUpperCase()} ${header.writer}\n# Query: ${titleLine(result.query)}\n`
      text += `# Database: ${header.catalog.title}\n`
      if (queries === 0) {
        text += `# Catalog digest: ${header.catalog.digest}\n`
        text += `# Options: ${describeOptions(header.options)}\n`
      }
      if (rows.length > 0) text += `# Fields: ${columns.map((c) => c.heading).join(', ')}\n`
      for (const warning of result.warnings) text += `# Warning: ${warning}\n`
      text += `# ${rows.length} hits found\n`
    }
    queries++
    text += rows.join('')
    if (text !== '') yield text
  }
  if (format.comments) yield `# BLAST processed ${queries} queries\n`
}

/** Refuses columns that say nothing in a search; worth calling before it starts. */
export function checkColumns(
  format: TableFormat,
  fields: readonly string[],
  { mode, align }: Pick<ResolvedOptions, 'mode' | 'align'>,
): void {
  for (const { name, aligned } of format.columns ?? []) {
    if (aligned && align === false) {
      const advice = `Add --align, or leave it out; ${defaultColumns({ mode, align })
        .map((column) => column.name)
        .join(', ')} do without.`
      throw new CatalogError('usage', `Column ${name} is of alignments, and this search makes none. ${advice}`, {
        column: name,
      })
    }
    if (name === 'cosine' && mode !== 'vector')
      throw new CatalogError('usage', `Only --mode vector compares by cosine: leave out the column cosine.`, {
        column: name,
      })
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
