import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'

const repository = path.resolve(import.meta.dirname, '../..')
const demo = path.join(repository, 'public/demo/ncbi_rrna.fasta.gz')
const metadata = path.join(repository, 'public/demo/ncbi_rrna_metadata.tsv')

let folder: string
/** Rows of the metadata table, by accession. */
const genera = new Map<string, string>()

const cli = (...args: string[]) => runCli(args, { cwd: folder })
const rows = (table: string): string[][] =>
  table
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'genomic-catalog-cli-filter-'))
  const [header, ...table] = rows(readFileSync(metadata, 'utf8'))
  for (const row of table) genera.set(row[0], row[header.indexOf('genus')])
  const first = gunzipSync(readFileSync(demo)).toString().split(/^>/m)[4]
  writeFileSync(
    path.join(folder, 'query.fasta'),
    `>query\n${first.slice(first.indexOf('\n')).replaceAll('\n', '').slice(100, 500)}\n`,
  )
  expect((await cli('build', demo, '--metadata', metadata, '--out', 'catalog')).status).toBe(0)
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('query', () => {
  it('lists the entries that pass, as the metadata table has them, in order of accession', async () => {
    const { status, stdout, stderr } = await cli(
      'query',
      'catalog',
      '--where',
      "genus LIKE 'S%' AND NOT genus = 'Sulfolobus'",
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const [header, ...listed] = rows(stdout)
    expect(header.slice(0, 2)).toEqual(['accession', 'description'])
    const expected = [...genera].filter(([, genus]) => genus.startsWith('S') && genus !== 'Sulfolobus')
    expect(listed.length).toBeGreaterThan(20)
    expect(listed.map(([accession]) => accession)).toEqual(expected.map(([accession]) => accession).sort())
    const column = header.indexOf('genus')
    for (const row of listed) expect(row[column]).toBe(genera.get(row[0]))
  })

  it('counts, limits, explains and writes JSON', async () => {
    const where = ['--where', "genus = 'Bacillus' OR length < 600"]
    const all = rows((await cli('query', 'catalog', ...where)).stdout).length - 1
    expect((await cli('query', 'catalog', ...where, '--count')).stdout).toBe(`${all}\n`)
    const limited = await cli('query', 'catalog', ...where, '--limit', '2', '--outfmt', 'json')
    const document = JSON.parse(limited.stdout) as { where: string; entries: { accession: string; recordId: string }[] }
    expect(document.where).toBe(where[1])
    expect(document.entries.length).toBe(2)
    expect(document.entries[0].recordId).toMatch(/^[0-9a-f]{64}$/)
    expect(limited.stderr).toContain(`${all} entries found, of which the first 2 are listed`)
    expect((await cli('query', 'catalog', ...where, '--explain')).stdout).toMatch(/To read +[\d.]+ (k|M)?B/)
    expect((await cli('query', 'catalog', '--count')).stdout).toBe('1689\n')
  })

  it.each([
    ["genus = 'x'; DROP TABLE entries", 12],
    ["read_csv('/etc/passwd')", 1],
    ['genus IN (SELECT genus FROM entries)', 11],
    ['genis IS NULL', 1],
    ['genus = 5', 9],
  ])('refuses %s', async (where, character) => {
    const { status, stdout, stderr } = await cli('query', 'catalog', '--where', where)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(`The filter cannot be used: character ${character}: `)
  })
})

describe('search --where', () => {
  const columns = '6 sseqid evalue bitscore meta:genus'

  it.each(['exhaustive', 'sensitive'])(
    'reports the hits that pass, with the E-values of the whole catalog (%s)',
    async (mode) => {
      const search = (...more: string[]) =>
        cli('search', 'catalog', 'query.fasta', '--mode', mode, '-outfmt', columns, '-max_hsps', '1', ...more)
      const all = rows((await search('-max_target_seqs', '2000')).stdout)
      const passing = all.filter(([, , , genus]) => genus.startsWith('M'))
      expect(passing.length).toBeGreaterThan(5)
      expect(passing.length).toBeLessThan(all.length)
      const filtered = await search('--where', "genus LIKE 'M%'", '-max_target_seqs', '2000')
      expect(rows(filtered.stdout)).toEqual(passing)
      const limited = await search('--where', "genus LIKE 'M%'", '-max_target_seqs', '3')
      expect(rows(limited.stdout)).toEqual(passing.slice(0, 3))
    },
  )

  it('gives the same answers for another layout: other shards, two segments', async () => {
    const records = gunzipSync(readFileSync(demo))
      .toString()
      .split(/^(?=>)/m)
    writeFileSync(path.join(folder, 'first.fasta'), records.slice(0, 700).join(''))
    writeFileSync(path.join(folder, 'second.fasta'), records.slice(700).join(''))
    await cli(
      'build',
      'first.fasta',
      '--metadata',
      metadata,
      '--out',
      'parts',
      '--title',
      'ncbi_rrna',
      '--strategy',
      'hash',
      '--shards',
      '3',
    )
    expect((await cli('add', 'parts', 'second.fasta', '--metadata', metadata)).status).toBe(0)
    const where = ['--where', "genus LIKE 'M%' AND length > 1400"]
    for (const command of [['query'], ['search', 'query.fasta', '--mode', 'sensitive', '-outfmt', '6']]) {
      const [name, ...rest] = command
      const [whole, parts] = await Promise.all(
        ['catalog', 'parts'].map((catalog) => cli(name, catalog, ...rest, ...where)),
      )
      expect(rows(whole.stdout).length).toBeGreaterThan(5)
      expect(parts.stdout).toBe(whole.stdout)
    }
  })

  it('states the filter in its results', async () => {
    const where = "genus LIKE 'M%'"
    const table = await cli('search', 'catalog', 'query.fasta', '--where', where, '-outfmt', '7')
    expect(table.stdout).toContain(`--where 'genus LIKE '\\''M%'\\'''`)
    const json = await cli('search', 'catalog', 'query.fasta', '--where', where, '-outfmt', 'json')
    expect((JSON.parse(json.stdout) as { options: unknown }).options).toMatchObject({ where })
  })

  it('refuses a filter that does not fit before it searches', async () => {
    const { status, stderr } = await cli('search', 'catalog', 'query.fasta', '--where', 'genis = 1')
    expect(status).toBe(2)
    expect(stderr).toContain('character 1: there is no field “genis”')
  })
})
