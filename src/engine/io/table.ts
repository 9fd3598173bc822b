import { CatalogError } from '../errors.ts'
import type { MetadataTable, Rejection } from './types.ts'

/** Names by which the accession column is looked for, in this order, case and `_`/space/`-` aside. */
export const ACCESSION_COLUMNS = [
  'accession',
  'accessionversion',
  'genbankaccession',
  'seqid',
  'sequenceid',
  'id',
  'name',
  'seqname',
  'strain',
]

export interface ReadTableOptions {
  /** Name of the file, for messages. */
  file: string
  /** Column that holds the accession, if its name is none of `ACCESSION_COLUMNS`. */
  column?: string
  /** Told of rows that are not kept. */
  onReject: (rejection: Rejection) => void
}

/**
 * A metadata table: TSV or CSV (RFC 4180 quotes), told apart by the header line, UTF-8 with or without byte order mark.
 * Values are kept as they stand. A row with too many or too few cells, without an
 * accession or with one that an earlier row has is not kept.
 */
export function readTable(text: string, options: ReadTableOptions): MetadataTable {
  const { file, onReject } = options
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const rows = body.split(/\r\n|\n|\r/, 1)[0].includes('\t') ? tsvRows(body) : csvRows(body, file)
  const header = rows.next().value?.cells.map((name) => name.trim())
  if (header === undefined) throw new CatalogError('input', `${file} is empty: it holds no table.`, { file })
  checkHeader(header, file)
  const key = accessionColumn(header, options)
  const table: MetadataTable = { fields: header.filter((_, i) => i !== key), rows: new Map() }
  const lines = new Map<string, number>()
  for (const { cells, line } of rows) {
    if (cells.length === 1 && cells[0].trim() === '') continue
    const accession = cells[key]?.trim() ?? ''
    const reject = (reason: string) => onReject({ file, line, accession, reason })
    if (cells.length !== header.length) {
      reject(`has ${cells.length} cells where the header has ${header.length}`)
    } else if (accession === '') {
      reject(`has no value in the column ${header[key]}`)
    } else if (lines.has(accession)) {
      reject(`has the accession of line ${lines.get(accession)} again`)
    } else {
      lines.set(accession, line)
      table.rows.set(
        accession,
        cells.filter((_, i) => i !== key),
      )
    }
  }
  return table
}

interface Row {
  cells: string[]
  /** 1-based line where the row begins. */
  line: number
}

function* tsvRows(text: string): Generator<Row, undefined> {
  let line = 0
  for (const row of text.matchAll(/(.*)(?:\r\n|\n|\r|$)/g)) {
    line++
    if (row.index < text.length) yield { cells: row[1].split('\t').map(unquote), line }
  }
}

/** A TSV cell that a spreadsheet put in quotes. Quotes have no meaning to TSV: any other stays as it is. */
function unquote(cell: string): string {
  return /^"(?:[^"]|"")*"$/.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell
}

function* csvRows(text: string, file: string): Generator<Row, undefined> {
  const separator = /^[^,"\n\r]*;/.test(text) ? ';' : ','
  let at = 0
  let line = 1
  while (at < text.length) {
    const row: Row = { cells: [], line }
    for (let more = true; more;) {
      let cell = ''
      if (text[at] === '"') {
        const opened = line
        for (;;) {
          const close = text.indexOf('"', at + 1)
          if (close < 0) {
            const message = `${file} has a quote at line ${opened} that is never closed.`
            throw new CatalogError('input', message, { file, line: opened })
          }
          const part = text.slice(at + 1, close)
          line += countLines(part)
          cell += part
          at = close + 1
          if (text[at] !== '"') break
          cell += '"'
        }
      }
      const end = cellEnd(text, at, separator)
      cell += text.slice(at, end)
      row.cells.push(cell)
      more = text[end] === separator
      at = more || end === text.length ? end + 1 : text[end] === '\r' && text[end + 1] === '\n' ? end + 2 : end + 1
    }
    line++
    yield row
  }
}

function cellEnd(text: string, start: number, separator: string): number {
  let end = start
  while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') end++
  return end
}

function countLines(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0
}

function checkHeader(header: string[], file: string): void {
  const empty = header.indexOf('')
  if (empty >= 0) {
    throw new CatalogError('input', `${file} has no name for column ${empty + 1}: give every column one.`, {
      file,
      line: 1,
    })
  }
  const twice = header.find((name, i) => header.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new CatalogError('input', `${file} has two columns named ${twice}: rename one.`, { file, line: 1 })
  }
}

function accessionColumn(header: string[], { file, column }: ReadTableOptions): number {
  if (column !== undefined) {
    const index = header.indexOf(column)
    if (index >= 0) return index
    throw new CatalogError('usage', `${file} has no column ${column}; it has ${header.join(', ')}.`, { file })
  }
  const plain = header.map((name) => name.toLowerCase().replace(/[\s_-]/g, ''))
  for (const name of ACCESSION_COLUMNS) {
    const index = plain.indexOf(name)
    if (index >= 0) return index
  }
  const message = `${file} has no column named accession (or id, name, strain …); it has ${header.join(', ')}.`
  throw new CatalogError('input', `${message} Rename the column that holds accessions, or name it.`, { file, line: 1 })
}
