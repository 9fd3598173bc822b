import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { requires, requiresTools } from '../support/requires.ts'

const repository = path.resolve(import.meta.dirname, '../..')
const demo = path.join(repository, 'public/demo/ncbi_rrna.fasta.gz')
const metadata = path.join(repository, 'public/demo/ncbi_rrna_metadata.tsv')
const samtools = requiresTools('samtools')
const app = requires('the built web app', existsSync(path.join(repository, 'build/index.html')))
const fullDisk = requires('/dev/full', existsSync('/dev/full'))

let folder: string
let fasta: string
/** Header without `>`, and residues on one line. */
let entries: [string, string][]

const at = (name: string) => path.join(folder, name)
const cli = (...args: string[]) => runCli(args, { cwd: folder })
const rows = (table: string) =>
  table
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'genomic-catalog-cli-'))
  fasta = gunzipSync(readFileSync(demo)).toString()
  writeFileSync(at('demo.fasta'), fasta)
  entries = fasta
    .split(/^>/m)
    .slice(1)
    .map((record) => {
      const end = record.indexOf('\n')
      return [record.slice(0, end), record.slice(end).replaceAll('\n', '')]
    })
  const queries = [entries[3], entries[900]].map(
    ([header, residues], i) => `>query${i} of ${header}\n${residues.slice(200, 420)}\n`,
  )
  writeFileSync(at('query.fasta'), queries.join(''))
  writeFileSync(at('protein.fasta'), '>p\nMKVLAAGLLKWERTYIPLKDEGHWQ\n')
  const built = await cli('build', demo, '--metadata', metadata, '--out', 'catalog', '--title', 'Demo')
  expect(built).toMatchObject({ status: 0, stdout: '' })
  expect(built.stderr).toMatch(/^Demo: 1,689 entries of 1,518 distinct sequences, 2,266,908 residues \(dna\), /)
  expect(built.stderr).toContain('Metadata: 1,689 entries matched')
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('info and verify', () => {
  it('describe and check the catalog that was built', async () => {
    const info = await cli('info', 'catalog')
    expect(info).toMatchObject({ status: 0, stderr: '' })
    expect(info.stdout).toMatch(/^Title +Demo\n/)
    expect(info.stdout).toMatch(/^ {2}genus +string +1,689 filled$/m)
    const json = JSON.parse((await cli('info', 'catalog', '--json')).stdout)
    expect(json).toMatchObject({ entries: 1689, records: 1518, residues: 2266908, alphabet: 'dna' })
    const verified = await cli('verify', 'catalog')
    expect(verified).toMatchObject({ status: 0, stdout: '' })
    expect(verified.stderr).toMatch(
      /^catalog is whole: 12 files of .* read, 1,518 records and 1,689 entries checked\.\n$/,
    )
  })

  it('find a byte that was changed, in verify and in search', async () => {
    execFileSync('cp', ['-r', at('catalog'), at('damaged')])
    const { segments } = JSON.parse(readFileSync(at(versionFile('damaged')), 'utf8'))
    const file = at(path.join('damaged', segments[0].shards[0].path))
    const bytes = readFileSync(file)
    bytes[bytes.length >> 1] ^= 1
    writeFileSync(file, bytes)
    const verified = await cli('verify', 'damaged')
    expect(verified).toMatchObject({ status: 1, stderr: 'genomic-catalog: damaged is damaged: 1 problem found.\n' })
    expect(verified.stdout).toContain(path.basename(file))
    const searched = await cli('search', 'damaged', 'query.fasta')
    expect(searched.status).toBe(1)
    expect(searched.stderr).toContain(path.basename(file))
  })
})

function versionFile(catalog: string): string {
  return path.join(catalog, JSON.parse(readFileSync(at(path.join(catalog, 'catalog.json')), 'utf8')).version.path)
}

describe('fetch', () => {
  it.runIf(samtools)('prints what samtools faidx prints', async () => {
    // samtools takes the first of entries that share an accession.
    const names = entries.map(([header]) => header.split(' ')[0])
    const unique = names.filter((name, i) => names.indexOf(name) === i && names.lastIndexOf(name) === i)
    expect(unique.length).toBeGreaterThan(1600)
    const regions = unique.map((name, i) => {
      const length = entries[names.indexOf(name)][1].length
      const start = 1 + ((i * 7919) % length)
      const end = start + ((i * 104729) % (length - start + 1))
      return [`${name}:${start}-${end}`, `${name}:${start}`, `${name}:${start}-`][i % 3]
    })
    writeFileSync(at('regions.txt'), regions.join('\n'))
    for (const reverse of [[], ['-i']]) {
      const expected = execFileSync('samtools', ['faidx', ...reverse, '-r', at('regions.txt'), at('demo.fasta')], {
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      })
      const printed = await cli('fetch', 'catalog', '-r', 'regions.txt', ...reverse)
      expect(printed).toMatchObject({ status: 0, stderr: '' })
      expect(printed.stdout.split('>').length - 1).toBe(unique.length)
      expect(printed.stdout === expected).toBe(true)
    }
    writeFileSync(at('names.txt'), unique.join('\n'))
    const whole = execFileSync('samtools', ['faidx', '-r', at('names.txt'), at('demo.fasta')], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    })
    const printed = await cli('fetch', 'catalog', '--region-file', 'names.txt')
    expect(printed.stdout.replace(/^(>\S+) .*/gm, '$1') === whole).toBe(true)
  })

  it('gives whole entries their header back, and finds records by digest', async () => {
    const [header, residues] = entries[12]
    const accession = header.split(' ')[0]
    const expected = `>${header}\n${residues}\n`
    expect((await cli('fetch', 'catalog', accession, '--width', '0')).stdout).toBe(expected)
    for (const algorithm of ['sha256', 'md5']) {
      const digest = createHash(algorithm).update(residues).digest('hex')
      expect((await cli('fetch', 'catalog', digest, '-n', '0')).stdout).toContain(expected)
    }
    const refget = createHash('sha512').update(residues).digest().subarray(0, 24).toString('base64url')
    expect((await cli('fetch', 'catalog', `SQ.${refget}`, '-n', '0')).stdout).toContain(expected)
  })

  it('gives case, gaps aside, ambiguity codes and a final stop back', async () => {
    writeFileSync(at('odd.fasta'), '>a first\nACGTNNnnryACgt\nTTUU\n>b:1-2\nacgtACGT\n')
    writeFileSync(at('stop.fasta'), '>p one\nMKVLUxX*\n')
    expect((await cli('build', 'odd.fasta', '--out', 'odd', '--alphabet', 'dna')).status).toBe(0)
    expect((await cli('build', 'stop.fasta', '--out', 'stop', '--alphabet', 'protein')).status).toBe(0)
    expect((await cli('fetch', 'odd', 'a', 'b:1-2', 'b:1-2:3-6')).stdout).toBe(
      '>a first\nACGTNNnnryACgtTTUU\n>b:1-2\nacgtACGT\n>b:1-2:3-6\ngtAC\n',
    )
    expect((await cli('fetch', 'odd', 'a:9-12', '--reverse-complement')).stdout).toBe('>a:9-12/rc\nGTry\n')
    expect((await cli('fetch', 'stop', 'p')).stdout).toBe('>p one\nMKVLUxX*\n')
  })

  it('prints what there is and names what is missing', async () => {
    const accession = entries[0][0].split(' ')[0]
    const result = await cli('fetch', 'catalog', 'nosuch', `${accession}:1-10`, 'other')
    expect(result.status).toBe(1)
    expect(result.stdout).toBe(`>${accession}:1-10\n${entries[0][1].slice(0, 10)}\n`)
    expect(result.stderr).toBe('genomic-catalog: catalog has no entry “nosuch”, nor 1 other of the names given.\n')
    const part = await cli('fetch', 'catalog', 'nosuch.1:5-9')
    expect(part.stderr).toContain('no entry “nosuch.1:5-9”, and none “nosuch.1” of which that is a part.')
  })
})

describe('search', () => {
  it('finds where the queries come from, in every format', async () => {
    const table = await cli('search', 'catalog', 'query.fasta', '-outfmt', '6', '-max_target_seqs', '3')
    expect(table).toMatchObject({ status: 0, stderr: '' })
    const first = rows(table.stdout).filter((cells) => cells[2] === '100.000' && cells[3] === '220')
    const accessions = [entries[3], entries[900]].map(([header]) => header.split(' ')[0])
    for (const [i, accession] of accessions.entries())
      expect(first.some(([query, subject]) => query === `query${i}` && subject === accession)).toBe(true)
    const json = JSON.parse(
      (await cli('search', 'catalog', 'query.fasta', '--outfmt', 'json', '--max-target-seqs', '3')).stdout,
    )
    expect(
      json.results.flatMap((result: { hits: { accession: string }[] }) => result.hits.map((hit) => hit.accession)),
    ).toEqual(rows(table.stdout).map(([, subject]) => subject))
    const report = await cli('search', 'catalog', 'query.fasta', '-max_target_seqs', '3')
    expect(report.stdout.split('\n').filter((line) => line.startsWith('>')).length).toBe(6)
    const own = await cli(
      'search',
      'catalog',
      'query.fasta',
      '-outfmt',
      '10 qseqid meta:genus',
      '-max_target_seqs',
      '1',
    )
    expect(own.stdout).toMatch(/^query0,[A-Z]\w+\nquery1,\w+\n$/)
  })

  it('gives the same from files, standard input, --subject, BLAST spellings, any shards and any threads', async () => {
    const options = ['-outfmt', '6', '-evalue', '1e-10', '-max_target_seqs', '20']
    const expected = await cli('search', 'catalog', 'query.fasta', ...options)
    expect(rows(expected.stdout).length).toBeGreaterThanOrEqual(20)
    const sharded = await cli('build', 'demo.fasta', '--out', 'sharded', '--shards', '4', '--quiet')
    expect(sharded).toEqual({ status: 0, stdout: '', stderr: '' })
    const query = readFileSync(at('query.fasta'), 'utf8')
    const others = await Promise.all([
      runCli(['search', 'catalog', '-', ...options], { cwd: folder, input: query }),
      runCli(['search', 'catalog', ...options], { cwd: folder, input: query }),
      cli('search', '--subject', demo, 'query.fasta', ...options),
      cli('search', '-db', 'sharded', '-query', 'query.fasta', '-num_threads', '3', ...options),
      cli('search', 'sharded', '--query', 'query.fasta', '--threads', '1', ...options),
    ])
    for (const other of others) expect(other).toEqual(expected)
    const toFile = await cli('search', 'catalog', 'query.fasta', ...options, '-out', 'hits.tsv')
    expect(toFile).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(readFileSync(at('hits.tsv'), 'utf8')).toBe(expected.stdout)
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('goes on without a query that cannot be understood, unless told otherwise', async () => {
    const input = `>bad\nAC!GT\n${readFileSync(at('query.fasta'), 'utf8')}`
    const options = ['-outfmt', '6 qseqid', '-max_target_seqs', '1', '-max_hsps', '1']
    const result = await runCli(['search', 'catalog', '-', ...options], { cwd: folder, input })
    expect(result).toMatchObject({ status: 0, stdout: 'query0\nquery1\n' })
    expect(result.stderr).toMatch(/^genomic-catalog: Standard input, line 2: .*; this query is left out\.\n$/)
    const strict = await runCli(['search', 'catalog', '-', '--strict', ...options], { cwd: folder, input })
    expect(strict).toMatchObject({ status: 1, stdout: '' })
  })
})

describe('pipes, signals and servers', () => {
  it('ends quietly where the reader of its output is gone', async () => {
    const names = entries.map(([header]) => header.split(' ')[0]).join('\n')
    const args = ['fetch', 'catalog', '--region-file', '-']
    const result = await runCli(args, { cwd: folder, input: names, readAtMost: 100 })
    expect(result).toMatchObject({ status: 0, stderr: '' })
    expect(result.stdout.length).toBeLessThan(fasta.length / 2)
  })

  it.runIf(fullDisk)('says that the disk is full', async () => {
    const result = await cli('search', 'catalog', 'query.fasta', '--out', '/dev/full')
    expect(result).toMatchObject({
      status: 1,
      stderr: 'genomic-catalog: /dev/full could not be written: the disk is full.\n',
    })
  })

  it.runIf(app)('serves a site, whose catalog answers as the folder does, until it is interrupted', async () => {
    const built = await cli('build', demo, '--metadata', metadata, '--site', '--out', 'site', '--title', 'On the web')
    expect(built.status).toBe(0)
    expect(JSON.parse(readFileSync(at('site/catalogs.json'), 'utf8'))).toEqual({
      catalogs: [{ url: 'catalog/', title: 'On the web' }],
    })
    expect(statSync(at('site/index.html')).size).toBeGreaterThan(100)
    const options = ['query.fasta', '-outfmt', '7', '-evalue', '1e-20']
    let checked: Promise<void> | undefined
    const check = async (url: string) => {
      expect((await (await fetch(url)).text()).toLowerCase()).toContain('<!doctype html>')
      const [local, remote] = await Promise.all([
        cli('search', 'site/catalog', ...options),
        cli('search', `${url}catalog/`, ...options),
      ])
      expect(remote).toEqual(local)
      expect(remote.status).toBe(0)
      expect((await cli('verify', `${url}catalog`)).status).toBe(0)
    }
    let done = false
    const served = await runCli(['serve', 'site', '--port', '0'], {
      cwd: folder,
      signal: {
        name: 'SIGINT',
        when: ({ stdout }) => {
          const [url] = /^http:\S+/.exec(stdout) ?? []
          if (url && !checked) checked = check(url).finally(() => (done = true))
          return done
        },
      },
    })
    await checked
    expect(served.status).toBe(0)
  })

  it('stops at Ctrl-C with status 130 and leaves nothing behind', async () => {
    const result = await runCli(
      ['search', '--subject', demo, 'demo.fasta', '-outfmt', '7', '-out', 'never.tsv', '--num-threads', '1'],
      {
        cwd: folder,
        signal: { name: 'SIGINT', when: () => existsSync(at('never.tsv.part')) },
      },
    )
    expect(result).toMatchObject({ status: 130, stdout: '', stderr: 'genomic-catalog: Interrupted.\n' })
    expect(readdirSync(folder).filter((name) => name.startsWith('never'))).toEqual([])
  })
})
