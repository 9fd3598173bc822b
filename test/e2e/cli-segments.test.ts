import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'

const repository = path.resolve(import.meta.dirname, '../..')
const metadata = path.join(repository, 'public/demo/ncbi_rrna_metadata.tsv')

let folder: string
/** FASTA records. */
let records: string[]

const cli = (...args: string[]) => runCli(args, { cwd: folder })
const write = (name: string, texts: string[]) => writeFileSync(path.join(folder, name), texts.join(''))

async function info(catalog: string) {
  const { status, stdout, stderr } = await cli('info', catalog, '--json')
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return JSON.parse(stdout) as {
    digest: string
    entries: number
    fields: { name: string }[]
    parameters: { digest: string; seeds: { masks: string[] } | null }
    segments: { kind: string; shards: number }[]
    sizes: { kind: string; bytes: number; perResidue: number }[]
    strategy: string
  }
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'genomic-catalog-segments-'))
  const fasta = gunzipSync(readFileSync(path.join(repository, 'public/demo/ncbi_rrna.fasta.gz'))).toString()
  records = fasta
    .split(/^(?=>)/m)
    .filter((text) => text !== '')
    .slice(0, 240)
  write('all.fasta', records)
  write('base.fasta', records.slice(0, 200))
  write('first.fasta', records.slice(200, 220))
  write('second.fasta', records.slice(220))
  write('query.fasta', [records[3], records[210], records[230]])
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('build', () => {
  it('says how shards turned out before it writes', async () => {
    const options = ['--metadata', metadata, '--group-by', 'genus', '--shards', '3', '--balance', '1.01']
    const { status, stdout, stderr } = await cli('build', 'all.fasta', '--out', 'taxa', ...options)
    expect(status).toBe(0)
    expect(stdout).toBe('')
    const lines = stderr.split('\n')
    expect(lines[0]).toMatch(/^Plan by taxonomic: 3 shards, the largest 1\.\d\d of the mean; \d+ taxa\.$/)
    expect(lines[1]).toMatch(/^shard +records +residues +packed +taxa$/)
    const shards = lines.slice(2, 5).map((line) => line.trim().split(/ {2,}/))
    expect(shards.map(([shard]) => shard)).toEqual(['1', '2', '3'])
    const counts = shards.map((cells) => Number(cells[1]))
    expect(counts.reduce((sum, count) => sum + count)).toBe(240)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(20)
    expect(await info('taxa')).toMatchObject({ strategy: 'taxonomic', segments: [{ kind: 'base', shards: 3 }] })
  })

  it.each([
    [['--strategy', 'taxonomic'], /needs --group-by FIELD/],
    [['--group-by', 'nothing', '--metadata', metadata], /no field “nothing”/],
    [
      ['--group-by', 'genus', '--strategy', 'hash', '--metadata', metadata],
      /--group-by goes with --strategy taxonomic/,
    ],
    [['--capacity', '1', '--strategy', 'hash'], /--capacity goes with --strategy similarity/],
    [['--sensitive', '--index', 'none'], /--index none leaves out/],
    [['--sensitive', '--parameters', 'taxa'], /--sensitive and --parameters exclude each other/],
  ])('refuses %j', async (options, message) => {
    const { status, stderr } = await cli('build', 'base.fasta', '--out', 'refused', ...options)
    expect(stderr).toMatch(message)
    expect(status).toBe(2)
    expect(readdirSync(folder)).not.toContain('refused')
  })

  it('refuses parameters of the other kind of molecule', async () => {
    write('proteins.fasta', ['>p\nMKVLAAGGHHKLPMNWQRSTVYEEDFLIKKLLPP\n'])
    for (const [file, out] of [
      ['proteins.fasta', 'of-proteins'],
      ['base.fasta', 'of-genes'],
    ])
      expect((await cli('build', file, '--out', out)).status).toBe(0)
    for (const args of [
      ['build', 'proteins.fasta', '--out', 'refused', '--parameters', 'of-genes'],
      ['build', 'base.fasta', '--out', 'refused', '--parameters', 'of-proteins'],
      ['rebuild', 'of-genes', '--parameters', 'of-proteins'],
    ]) {
      const { status, stderr } = await cli(...args)
      expect(stderr).toMatch(/the parameters are those of a catalog of (nucleotides|proteins)/)
      expect(status).toBe(2)
    }
    expect(readdirSync(folder)).not.toContain('refused')
  })

  it('leaves indexes out, or makes larger ones, as asked', async () => {
    expect((await cli('build', 'base.fasta', '--out', 'plain', '--index', 'none')).status).toBe(0)
    expect((await cli('build', 'base.fasta', '--out', 'sensitive', '--sensitive')).status).toBe(0)
    expect((await info('plain')).parameters.seeds).toBeNull()
    const { parameters, sizes } = await info('sensitive')
    expect(parameters.seeds!.masks).toHaveLength(2)
    expect(sizes.map(({ kind }) => kind)).toEqual(['residues', 'record table', 'entries', 'checksums', 'seeds'])
    expect(sizes[0].perResidue).toBeGreaterThan(0.25)
  })
})

describe('add, compact and rebuild', () => {
  it('keep content and answers, and rebuild says that parameters changed', async () => {
    expect((await cli('build', 'all.fasta', '--out', 'whole')).status).toBe(0)
    const expected = await info('whole')
    expect((await cli('build', 'base.fasta', '--out', 'grown', '--parameters', 'whole')).status).toBe(0)
    const first = await cli('add', 'grown', 'first.fasta')
    expect(first).toMatchObject({ status: 0, stdout: '' })
    expect(first.stderr).toMatch(/^20 entries added, [\d.]+ kB written\.\nbase: 220 entries of /)
    expect((await cli('add', 'grown', 'second.fasta', '--metadata', metadata)).stderr).toMatch(/20 entries matched/)
    const grown = await info('grown')
    expect(grown.segments.map(({ kind }) => kind)).toEqual(['base', 'hot', 'hot'])
    expect(grown.parameters).toEqual(expected.parameters)
    expect(grown.entries).toBe(240)
    const search = async (catalog: string, mode: string) => {
      const { status, stdout, stderr } = await cli('search', catalog, 'query.fasta', '--mode', mode, '-outfmt', '6')
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      return stdout
    }
    const answers = await search('whole', 'sensitive')
    expect(answers.split('\n').length).toBeGreaterThan(20)
    expect(await search('grown', 'sensitive')).toBe(answers)

    const compacted = await cli('compact', 'grown', '--shards', '2')
    expect(compacted).toMatchObject({ status: 0, stdout: '' })
    expect(compacted.stderr).toMatch(/^Plan by similarity: 2 shards.*\n[^]*3 segments folded into 1\.\n/)
    const after = await info('grown')
    expect(after).toMatchObject({ digest: grown.digest, parameters: grown.parameters, fields: grown.fields })
    expect(after.segments).toMatchObject([{ kind: 'base', shards: 2 }])
    expect(await search('grown', 'sensitive')).toBe(answers)

    const refused = await cli('rebuild', 'grown')
    expect(refused.status).toBe(2)
    expect(refused.stderr).toMatch(/say --retrain, or take them over with --parameters/)
    const rebuilt = await cli('rebuild', 'grown', '--retrain', '--sensitive')
    expect(rebuilt.status).toBe(0)
    expect(rebuilt.stderr).toContain(`(before: ${grown.parameters.digest})`)
    expect((await info('grown')).digest).toBe(grown.digest)
    expect((await cli('rebuild', 'grown', '--parameters', 'whole')).stderr).toContain(grown.parameters.digest)
    expect(await search('grown', 'sensitive')).toBe(answers)
    expect((await cli('verify', 'grown')).status).toBe(0)
  }, 120_000)

  it('keep the vectors of a catalog that is rebuilt, and search it by them', async () => {
    expect((await cli('build', 'base.fasta', '--out', 'alike', '--index', 'none', '--vectors', 'kmer')).status).toBe(0)
    expect((await cli('add', 'alike', 'first.fasta')).status).toBe(0)
    const search = async () => (await cli('search', 'alike', 'first.fasta', '--mode', 'vector', '--outfmt', '6')).stdout
    const answers = await search()
    expect(answers.split('\n').length).toBeGreaterThan(20)
    expect((await cli('rebuild', 'alike', '--retrain')).status).toBe(0)
    const { segments } = await info('alike')
    expect(segments.map(({ kind }) => kind)).toEqual(['base'])
    expect(await search()).toBe(answers)
    expect((await cli('rebuild', 'alike', '--retrain', '--vectors', 'none')).status).toBe(0)
    expect((await cli('search', 'alike', 'first.fasta', '--mode', 'vector')).stderr).toMatch(/has no vectors/)
  }, 120_000)

  it('has eight hot segments at most', async () => {
    const pieces = Array.from({ length: 9 }, (_, i) => `piece${i}.fasta`)
    pieces.forEach((name, i) => write(name, [records[i]]))
    expect((await cli('build', pieces[8], '--out', 'many')).status).toBe(0)
    for (const [i, piece] of pieces.slice(0, 8).entries()) {
      const { status, stderr } = await cli('add', 'many', piece)
      expect(status).toBe(0)
      expect(stderr.includes('8 hot segments, the most there may be')).toBe(i === 7)
    }
    const refused = await cli('add', 'many', 'second.fasta')
    expect(refused.status).toBe(2)
    expect(refused.stderr).toMatch(/^genomic-catalog: many has 8 hot segments.*compact many.*--compact\.\n$/)
    const added = await cli('add', 'many', 'second.fasta', '--compact')
    expect(added.stderr).toMatch(/^9 segments folded into one\.\n20 entries added/)
    const { segments, entries } = await info('many')
    expect(segments.map(({ kind }) => kind)).toEqual(['base', 'hot'])
    expect(entries).toBe(29)
  }, 120_000)

  it('let one of several writers through at a time, and lose nothing', async () => {
    expect((await cli('build', 'base.fasta', '--out', 'shared')).status).toBe(0)
    const attempts = await Promise.all(['first', 'second', 'all'].map((name) => cli('add', 'shared', `${name}.fasta`)))
    let added = 0
    for (const { status, stderr } of attempts) {
      if (status === 0) added += Number(/(\d+) entries added/.exec(stderr)![1])
      else
        expect({ status, stderr }).toEqual({
          status: 1,
          stderr: expect.stringMatching(/^genomic-catalog: Process \d+ on/),
        })
    }
    expect(added).toBeGreaterThan(0)
    expect((await info('shared')).entries).toBe(200 + added)
    expect((await cli('verify', 'shared')).status).toBe(0)
    expect(readdirSync(path.join(folder, 'shared')).sort()).toEqual(['catalog.json', 'data', 'versions'])
  }, 60_000)

  it('refuse what is no folder of a catalog', async () => {
    expect(await cli('add', 'https://example.org/genes', 'first.fasta')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/is a URL: name the folder/),
    })
    expect((await cli('add', 'nowhere', 'first.fasta')).stderr).toMatch(/nowhere.* does not exist/)
    expect(readdirSync(folder)).not.toContain('nowhere')
  })
})
