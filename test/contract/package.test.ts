import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const version = (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }).version
const demo = path.join(root, 'public/demo/ncbi_rrna.fasta.gz')

let folder = ''
/** Runs a command in the folder that has the package installed; its standard output. */
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
const catalog = (...args: string[]) => run('npx', '--no-install', 'genomic-catalog', ...args)

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'package-'))
  const options = { cwd: root, encoding: 'utf8' as const, shell: process.platform === 'win32' }
  execFileSync('npm', ['pack', '--pack-destination', folder, '--loglevel=error'], { ...options, stdio: 'pipe' })
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  run('npm', 'install', `./genomic-catalog-${version}.tgz`, ...quiet)
}, 400_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('the installed command states its version', () => {
  expect(catalog('--version').trim()).toContain(version)
})

it('the installed command builds and searches the demo catalog', () => {
  catalog('build', demo, '--out', 'demo')
  const [header, ...lines] = gunzipSync(readFileSync(demo)).toString().split('\n')
  const first = lines
    .slice(
      0,
      lines.findIndex((line) => line.startsWith('>')),
    )
    .join('')
  writeFileSync(path.join(folder, 'query.fasta'), `>query\n${first.slice(100, 400)}\n`)
  const rows = catalog('search', 'demo', 'query.fasta', '--outfmt', '6').trim().split('\n')
  const [query, subject, identity, length, , , queryStart, queryEnd, subjectStart, subjectEnd] = rows[0].split('\t')
  expect([query, subject, Number(identity), length]).toEqual(['query', header.slice(1).split(' ')[0], 100, '300'])
  expect([queryStart, queryEnd, subjectStart, subjectEnd]).toEqual(['1', '300', '101', '400'])
  expect(catalog('fetch', 'demo', `${subject}:101-400`).split('\n').slice(1).join('')).toBe(first.slice(100, 400))
})

it('the installed command puts the app beside a catalog', () => {
  catalog('build', demo, '--out', 'site', '--site')
  expect(existsSync(path.join(folder, 'site/index.html'))).toBe(true)
  expect(existsSync(path.join(folder, 'site/catalog/catalog.json'))).toBe(true)
})

it('the package holds no sources, tests or data', () => {
  const home = path.join(folder, 'node_modules/genomic-catalog')
  const absent = ['src', 'test', 'public', 'bench', 'wasm', 'server/cli/main.ts']
  expect(absent.filter((name) => existsSync(path.join(home, name)))).toEqual([])
  const present = ['LICENSE', 'NOTICE', 'README.md', 'dist/wasm/build/kernels.wasm']
  expect(present.filter((name) => !existsSync(path.join(home, name)))).toEqual([])
})
