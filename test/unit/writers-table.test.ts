import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { COLUMNS, btop, parseColumns } from '../../src/engine/io/write-columns.ts'
import { parseOutputFormat, writeResults } from '../../src/engine/io/write-results.ts'
import type { QueryResult } from '../../src/engine/search/types.ts'
import { join, stream } from '../support/writers-blast.ts'
import { sampleHeader, sampleHit, sampleHsp, sampleResult } from '../support/writers-sample.ts'

const write = (format: string, results: QueryResult[] = [sampleResult()]) =>
  join(writeResults(sampleHeader, stream(results), parseOutputFormat(format)))

describe('tables', () => {
  it("has BLAST's default columns", async () => {
    expect(await write('6')).toBe('Q1\tS1\t66.667\t9\t1\t2\t1\t8\t11\t18\t5.00e-04\t20.2\n')
    expect(await write('6 std')).toBe(await write('6'))
  })

  it('adds, repeats and takes away columns as BLAST does', async () => {
    expect(await write('6 qseqid sseqid qseqid')).toBe('Q1\tS1\n')
    expect(await write('6 std -pident -qaccver')).toBe('S1\t9\t1\t2\t1\t8\t11\t18\t5.00e-04\t20.2\n')
    expect(await write('6 evalue -evalue')).toBe(await write('6'))
  })

  it('writes metadata, records and titles', async () => {
    expect(await write('6 meta:organism meta:"host species" meta:year recordid stitle')).toBe(
      `E. coli\tN/A\t1997\t${'ab'.repeat(32)}\tS1 first, "the" subject\n`,
    )
  })

  it('keeps rows whole where a value holds the delimiter', async () => {
    const hits = [sampleHit({ description: 'with\ttab\nand line' })]
    expect(await write('6 sseqid stitle', [sampleResult({ hits })])).toBe('S1\tS1 with tab and line\n')
    expect(await write('10 stitle qlen')).toBe('"S1 first, ""the"" subject",10\n')
    expect(await write('10 delim=; stitle qlen')).toBe('"S1 first, ""the"" subject";10\n')
    expect(await write('6 delim=@ qseqid sseqid')).toBe('Q1@S1\n')
  })

  it('comments on every query, with hits and without', async () => {
    const none = sampleResult({ index: 1, query: { id: 'Q2', description: '', length: 4 }, hits: [], found: 0 })
    const options =
      '--program blastn --task blastn --mode exhaustive --evalue 10 --max-target-seqs 500 --reward 2 --penalty -3 ' +
      '--gapopen 5 --gapextend 2 --strand both --dust yes'
    expect((await write('7 qseqid evalue', [sampleResult(), none])).split('\n')).toEqual([
      '# BLASTN genomic-catalog 0.1.0',
      '# Query: Q1 a query',
      '# Database: Sample',
      `# Catalog digest: ${'d'.repeat(64)}`,
      `# Options: ${options}`,
      '# Fields: query id, evalue',
      '# 1 hits found',
      'Q1\t5.00e-04',
      '# BLASTN genomic-catalog 0.1.0',
      '# Query: Q2',
      '# Database: Sample',
      '# 0 hits found',
      '# BLAST processed 2 queries',
      '',
    ])
  })

  it('writes strands and frames as BLAST does', async () => {
    const hits = [sampleHit({ hsps: [sampleHsp({ subjectFrame: -1, subjectStart: 18, subjectEnd: 11 })] })]
    expect(await write('6 sstrand frames sstart send', [sampleResult({ hits })])).toBe('minus\t1/-1\t18\t11\n')
  })

  it('spells the trace-back', () => {
    expect(btop(sampleHsp())).toBe('3-T1AT2T-')
    expect(btop(sampleHsp({ querySequence: 'aCGT', subjectSequence: 'ACGT' }))).toBe('4')
  })

  it.each([
    [
      '6 qseqid foo',
      /^There is no output column "foo"\. Known are std, qseqid, .*recordid, cosine and meta:<field>\.$/,
    ],
    ['6 meta:country', /^The catalog has no metadata field "country"\. It has organism, host species, year\.$/],
    ['5', /^There is no output format "5"\. Known are 0 .* and json\.$/],
    ['', /^There is no output format ""/],
    ['json qseqid', /^Output format json takes no columns; 6, 7 and 10 do\.$/],
    ['0 std', /takes no columns/],
    ['6 delim= qseqid', /^delim= needs a character/],
  ])('refuses "%s"', async (format, message) => {
    await expect(async () => write(format)).rejects.toMatchObject({
      tag: 'usage',
      message: expect.stringMatching(message),
    })
  })

  it('has every column documented', () => {
    const guide = readFileSync(new URL('../../docs/guide/command-line.md', import.meta.url), 'utf8')
    for (const { name, help } of COLUMNS) expect(guide.replace(/ +/g, ' ')).toContain(`| \`${name}\` | ${help} |`)
    expect(parseColumns(COLUMNS.map(({ name }) => name))).toHaveLength(COLUMNS.length)
  })
})
