import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VERSION } from '../../src/engine/version.ts'
import { runCli } from '../support/cli.ts'

const repository = path.resolve(import.meta.dirname, '../..')
const demo = path.join(repository, 'public/demo/ncbi_rrna.fasta.gz')

let folder: string

const at = (name: string) => path.join(folder, name)
const cli = (...args: string[]) => runCli(args, { cwd: folder })

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'genomic-catalog-cli-'))
  // A few records are enough here.
  const fasta = gunzipSync(readFileSync(demo))
    .toString()
    .split(/^(?=>)/m)
    .slice(0, 20)
  writeFileSync(at('demo.fasta'), fasta.join(''))
  writeFileSync(at('query.fasta'), fasta[3].slice(0, 600) + '\n')
  writeFileSync(at('protein.fasta'), '>p\nMKVLAAGLLKWERTYIPLKDEGHWQ\n')
  writeFileSync(at('table.tsv'), `accession\torganism\n${fasta[0].slice(1).split(' ')[0]}\tSulfolobus\n`)
  expect((await cli('build', 'demo.fasta', '--out', 'catalog', '--metadata', 'table.tsv')).status).toBe(0)
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('wrong input', () => {
  const wrong: [name: string, args: string[], status: number, message: RegExp][] = [
    ['an empty file to build', ['build', 'empty.fasta', '--out', 'x'], 1, /empty\.fasta is empty/],
    ['an empty query', ['search', 'catalog', 'empty.fasta'], 1, /empty\.fasta is empty/],
    ['an empty subject', ['search', '--subject', 'empty.fasta', 'query.fasta'], 1, /empty\.fasta is empty/],
    ['a binary file to build', ['build', 'binary.fasta', '--out', 'x'], 1, /binary\.fasta is neither FASTA nor FASTQ/],
    ['a binary query', ['search', 'catalog', 'binary.fasta'], 1, /binary\.fasta is not text/],
    ['a file that is not there', ['build', 'none.fasta', '--out', 'x'], 1, /none\.fasta does not exist/],
    ['a query that is not there', ['search', 'catalog', 'none.fasta'], 1, /none\.fasta does not exist/],
    ['a query that is a folder', ['search', 'catalog', 'catalog'], 1, /catalog is a directory, not a file/],
    ['a catalog that is not there', ['search', 'nowhere', 'query.fasta'], 1, /nowhere.*catalog\.json does not exist/],
    ['nothing to verify', ['verify', 'nowhere'], 1, /catalog\.json does not exist/],
    ['a folder that is no catalog', ['info', '.'], 1, /catalog\.json does not exist/],
    [
      'an unreadable URL',
      ['info', 'http://127.0.0.1:9/none'],
      1,
      /http:\/\/127\.0\.0\.1:9\/none\/catalog\.json could not be read/,
    ],
    [
      'a protein against DNA, untranslated',
      ['search', 'catalog', 'protein.fasta', '--program', 'blastn'],
      2,
      /blastn needs nucleotide queries, and p is a protein/,
    ],
    [
      'a protein program against DNA',
      ['search', 'catalog', 'protein.fasta', '--program', 'blastp'],
      2,
      /blastp searches protein sequences, and this catalog holds DNA/,
    ],
    [
      'an unknown option',
      ['search', 'catalog', 'query.fasta', '-evaule', '1'],
      2,
      /no option -evaule\. Did you mean --evalue\?/,
    ],
    [
      'a bad E-value',
      ['search', 'catalog', 'query.fasta', '-evalue', 'small'],
      2,
      /-evalue needs a number, and “small” is none/,
    ],
    ['a negative E-value', ['search', 'catalog', 'query.fasta', '-evalue', '-1'], 2, /-evalue needs a number above 0/],
    ['an unknown matrix', ['search', 'catalog', 'protein.fasta', '-matrix', 'BLOSUM61'], 2, /no matrix BLOSUM61/],
    [
      'a matrix for DNA',
      ['search', 'catalog', 'query.fasta', '-matrix', 'BLOSUM62'],
      2,
      /--matrix has no meaning for a blastn search/,
    ],
    ['an unknown format', ['search', 'catalog', 'query.fasta', '-outfmt', '5'], 2, /no output format "5"/],
    ['an unknown column', ['search', 'catalog', 'query.fasta', '-outfmt', '6 foo'], 2, /no output column "foo"/],
    [
      'an unknown field',
      ['search', 'catalog', 'query.fasta', '-outfmt', '6 meta:foo'],
      2,
      /no metadata field "foo"\. It has organism\./,
    ],
    ['a refused option', ['search', 'catalog', 'query.fasta', '-word_size', '7'], 2, /-word_size 7 cannot be followed/],
    [
      'a catalog and a subject',
      ['search', '-db', 'catalog', '-subject', demo, '-query', 'query.fasta'],
      2,
      /leave one out/,
    ],
    [
      'an output in no folder',
      ['search', 'catalog', 'query.fasta', '--out', 'none/hits.tsv'],
      1,
      /none\/hits\.tsv does not exist/,
    ],
    ['an output that is a file', ['build', 'demo.fasta', '--out', 'query.fasta'], 2, /query\.fasta is a file/],
    ['an output below a file', ['build', 'demo.fasta', '--out', 'query.fasta/x'], 1, /query\.fasta/],
    ['no output', ['build', 'demo.fasta'], 2, /build needs --out DIR/],
    ['a catalog that is not there to fetch from', ['fetch', 'nowhere', 'x'], 1, /catalog\.json does not exist/],
    ['an unknown command', ['serch'], 2, /no command “serch”\. Did you mean search\?/],
    ['a folder to serve that is not there', ['serve', 'nowhere', '--port', '0'], 1, /nowhere does not exist/],
  ]

  it.each(wrong)('%s', async (_, args, status, message) => {
    writeFileSync(at('empty.fasta'), '')
    writeFileSync(at('binary.fasta'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 255, 254, 0, 200]))
    const result = await cli(...args)
    expect(result.status).toBe(status)
    expect(result.stdout).toBe('')
    expect(result.stderr).toMatch(message)
    // One sentence, and nothing of what the program is made of.
    expect(result.stderr).toMatch(/^genomic-catalog: [^\n]*[.?]\n$/)
    expect(result.stderr).not.toMatch(/undefined|\bat .*\.ts|Error:/)
    expect(existsSync(at('x'))).toBe(false)
  })

  it('strict building fails, and reports by file, line and reason', async () => {
    writeFileSync(at('faulty.fasta'), '>good\nACGTACGTACGT\n>bad\nACG%TACGT\n>empty\n>good2\nACGTTTT\n')
    const strict = await cli('build', 'faulty.fasta', '--out', 'strict', '--strict')
    expect(strict.status).toBe(1)
    expect(strict.stderr).toMatch(/faulty\.fasta, line [34]: bad /)
    expect(existsSync(at('strict'))).toBe(false)
    const lenient = await cli('build', 'faulty.fasta', '--out', 'lenient')
    expect(lenient.status).toBe(0)
    expect(lenient.stderr).toMatch(/faulty\.fasta, line 5: empty .*; not kept\.\n/)
    expect(lenient.stderr).toContain('2 records could not be kept')
  })
})

describe('help', () => {
  it('goes to standard output with status 0, or to standard error where nothing was asked', async () => {
    for (const args of [['--help'], ['help'], ['search', '--help'], ['help', 'search'], ['search', '-h', '--bogus']]) {
      const result = await cli(...args)
      expect(result).toMatchObject({ status: 0, stderr: '' })
      expect(result.stdout).toContain('Usage: genomic-catalog')
    }
    for (const args of [['--version'], ['search', '--version', 'a', 'b']])
      expect(await cli(...args)).toEqual({ status: 0, stdout: `genomic-catalog ${VERSION}\n`, stderr: '' })
    const nothing = await cli()
    expect(nothing).toMatchObject({ status: 2, stdout: '' })
    expect(nothing.stderr).toContain('Usage: genomic-catalog <command>')
  })

  it('adds the cause of an error with --verbose', async () => {
    const { stderr } = await cli('info', 'nowhere', '--verbose')
    expect(stderr.split('\n')[1]).toMatch(/^ {2}because: ENOENT/)
  })
})
