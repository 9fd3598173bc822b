import { describe, expect, it } from 'vitest'
import { readTable } from '../../src/engine/io/table.ts'

function read(text: string, column?: string) {
  const rejections: string[] = []
  const table = readTable(text, {
    file: 'm.tsv',
    column,
    onReject: ({ line, accession, reason }) => rejections.push(`${line} ${accession}: ${reason}`),
  })
  return { fields: table.fields, rows: Object.fromEntries(table.rows), rejections }
}

describe('a metadata table', () => {
  it('is TSV where its header has a tab', () => {
    expect(read('accession\torganism\tlength, bp\nA1\tE. coli, K12\t12\n\nB2\t5" x\t\n')).toEqual({
      fields: ['organism', 'length, bp'],
      rows: { A1: ['E. coli, K12', '12'], B2: ['5" x', ''] },
      rejections: [],
    })
  })

  it('is CSV with RFC 4180 quotes otherwise, with byte order mark and CRLF', () => {
    expect(read('\ufeff"x ""y""",id,z\r\n"a,b\r\nc",A1,\r\n,"B ""2""",d')).toEqual({
      fields: ['x "y"', 'z'],
      rows: { A1: ['a,b\r\nc', ''], 'B "2"': ['', 'd'] },
      rejections: [],
    })
  })

  it('may have semicolons, as spreadsheets in much of Europe write', () => {
    expect(read('id;x\nA;1,5\n').rows).toEqual({ A: ['1,5'] })
  })

  it('keeps values as they stand', () => {
    expect(read('id\tx\ty\nA\t 1.50 \t"quoted ""it"""\n').rows).toEqual({ A: [' 1.50 ', 'quoted "it"'] })
  })

  it.each([
    ['name\tstrain\tID', 'ID'],
    ['strain\tSeq ID\tname', 'Seq ID'],
    ['id\tAccession', 'Accession'],
    ['x\tname', 'name'],
    ['x\tstrain', 'strain'],
  ])('is joined by the first known column: %j by %s', (header, expected) => {
    expect(read(`${header}\n`).fields).toEqual(header.split('\t').filter((name) => name !== expected))
  })

  it('is joined by a column that is named', () => {
    expect(read('accession\tcode\nA\tB\n', 'code').rows).toEqual({ B: ['A'] })
    expect(() => read('accession\tcode\n', 'kode')).toThrow(/has no column kode; it has accession, code/)
  })

  it('reports ragged rows, rows without accession and repeated ones, by line', () => {
    expect(read('id,x\nA,1\n"B\nB",2\nC\nD,1,2\n,3\nA,4\nE,5\n')).toEqual({
      fields: ['x'],
      rows: { A: ['1'], 'B\nB': ['2'], E: ['5'] },
      rejections: [
        '5 C: has 1 cells where the header has 2',
        '6 D: has 3 cells where the header has 2',
        '7 : has no value in the column id',
        '8 A: has the accession of line 2 again',
      ],
    })
  })

  it.each([
    ['', /is empty/],
    ['x\ty\n', /no column named accession/],
    ['id\tx\tx\n', /two columns named x/],
    ['id\t\tx\n', /no name for column 2/],
    ['id,x\nA,"open\n', /a quote at line 2 that is never closed/],
  ])('refuses %j', (text, message) => {
    expect(() => read(text)).toThrow(message)
  })
})
