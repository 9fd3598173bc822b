import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { CatalogError } from '../../src/engine/errors.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import { verifyCatalog } from '../../src/engine/format/verify.ts'
import type { Rejection } from '../../src/engine/io/types.ts'
import { buildFromFiles } from '../../server/publish/build.ts'
import type { FileBuildOptions, FileBuildProgress } from '../../server/publish/build.ts'
import { openStore } from '../../server/storage/open.ts'
import { noise, textOf } from '../support/bytes.ts'
import { full } from '../support/requires.ts'
import { temporaryFolder } from '../support/search.ts'

let folder: string
let out: string
const file = (name: string, content: string | Uint8Array) => {
  const target = path.join(folder, name)
  writeFileSync(target, content)
  return target
}
const everyFile = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => path.join(each.parentPath, each.name))
    .sort()

async function failure(files: string[], options: FileBuildOptions = {}): Promise<CatalogError> {
  const error = await buildFromFiles(files, out, options).then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof CatalogError)) throw error
  return error
}

beforeEach(() => {
  folder = temporaryFolder()
  out = path.join(folder, 'out')
})

describe('what is read', () => {
  const one = '>a first\nACGT\nACGT\n'
  const two = '@b\nACGTN\n+\nIIIII\n'

  it('is the same from files, gzip and standard input, in any order', async () => {
    const plain = await buildFromFiles([file('one.fa', one), file('two.fq', two)], out, { title: 't' })
    const packed = await buildFromFiles([file('two.fq.gz', gzipSync(two)), '-'], path.join(folder, 'other'), {
      title: 't',
      stdin: Readable.from([Buffer.from(one)]),
    })
    expect(packed.version).toBe(plain.version)
    expect((await verifyCatalog(openStore(out))).problems).toEqual([])
  })

  it('has a title from its first file', async () => {
    const { manifest } = await buildFromFiles([file('resistance genes.fasta.gz', gzipSync(one))], out, {})
    expect(manifest.title).toBe('resistance genes')
  })

  it('is told of as it goes', async () => {
    const progress: FileBuildProgress[] = []
    const input = file('one.fa', one)
    await buildFromFiles([input], out, { onProgress: (each) => progress.push(each) })
    expect(progress.map(({ stage }) => stage)).toEqual(['reading', 'publishing'])
    expect(progress[0]).toMatchObject({ done: 1, total: 1, residues: 8, bytesRead: one.length, bytesTotal: one.length })
  })

  it('joins metadata from a table', async () => {
    const metadata = file('m.csv', 'id,place\na,"Basel, CH"\nz,nowhere\n')
    const report = await buildFromFiles([file('one.fa', one), file('two.fq', two)], out, { metadata })
    expect(report.metadata).toEqual({ matched: 1, entriesWithoutRow: 1, rowsWithoutEntry: 1 })
    const catalog = await openCatalog(openStore(out))
    expect((await catalog.find('a'))[0].metadata).toEqual({ place: 'Basel, CH' })
  })
})

describe('records that cannot be kept', () => {
  it('by the reader or the builder count alike', async () => {
    const rejections: Rejection[] = []
    const input = file('x.fa', '>good\nACGT\n>empty\n>odd\nAC!GT\n>protein\nMKVLQ\n')
    const options = { alphabet: 'dna' as const, onReject: (each: Rejection) => rejections.push(each) }
    const report = await buildFromFiles([input], out, options)
    expect(report.rejected).toBe(3)
    expect(rejections.map(({ line, accession, reason }) => `${line} ${accession} ${reason}`)).toEqual([
      '3 empty is empty',
      "5 odd has '!' at residue 3, which is no residue",
      "6 protein 'L' at residue 4 is not a letter of DNA",
    ])
    const before = everyFile(out)
    const error = await failure([input], { ...options, strict: true })
    expect(error.message).toBe('3 records cannot be kept, so nothing was published (strict).')
    expect(everyFile(out)).toEqual(before)
  })
})

describe('refused with a sentence, and nothing left behind', () => {
  it.each([
    ['a directory', () => [folder], 'input', (f: string) => `${f} is a directory: name the files in it.`],
    ['a missing file', () => [path.join(folder, 'x')], 'not-found', (f: string) => `${f}/x does not exist.`],
    ['standard input twice', () => ['-', '-'], 'usage', () => 'Standard input (-) can be read only once.'],
    ['no file', () => [], 'usage', () => 'Name at least one sequence file, or - for standard input.'],
    ['an empty file', () => [file('e.fa', '')], 'input', (f: string) => `${f}/e.fa is empty: it holds no sequences.`],
  ] as const)('%s', async (_, files, tag, message) => {
    const error = await failure([...files()])
    expect([error.tag, error.message]).toEqual([tag, message(folder)])
    expect(everyFile(folder).filter((each) => each.startsWith(out))).toEqual([])
  })

  it('a binary file', async () => {
    const error = await failure([file('b.fa', noise(10_000))])
    expect(error.tag).toBe('input')
  })

  it('a file where the catalog should go', async () => {
    mkdirSync(path.join(folder, 'sub'))
    out = file('taken', 'x')
    const error = await failure([file('one.fa', '>a\nACGT\n')])
    expect([error.tag, readFileSync(out, 'utf8')]).toEqual(['usage', 'x'])
  })
})

it('a build that is killed leaves the last version whole', { timeout: 120_000 }, async () => {
  const small = file('small.fa', '>old\nACGTACGT\n')
  await buildFromFiles([small], out, { title: 'old' })
  const bases = textOf(noise(4_000_000, 5).map((byte) => 'ACGT'.charCodeAt(byte >> 6)))
  const records = Array.from({ length: 40_000 }, (_, i) => `>r${i}\n${bases.slice(i * 100, i * 100 + 100)}\n`)
  const large = file('large.fa', records.join(''))
  const script = `
    import { buildFromFiles } from ${JSON.stringify(new URL('../../server/publish/build.ts', import.meta.url).href)}
    await buildFromFiles([process.argv[1]], process.argv[2], { title: 'new' })`
  let killed = 0
  for (const delay of [150, 300, 500, 800, 1200]) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script, large, out], { stdio: 'ignore' })
    const timer = setTimeout(() => child.kill('SIGKILL'), delay)
    await new Promise((resolve) => child.on('close', resolve))
    clearTimeout(timer)
    if (child.signalCode === 'SIGKILL') killed++
    const { problems, entries } = await verifyCatalog(openStore(out))
    expect(problems).toEqual([])
    expect([1, 40_000]).toContain(entries)
  }
  expect(killed).toBeGreaterThan(0)
})

it.runIf(process.platform === 'linux')('memory stays below 450 MB', { timeout: 600_000 }, async () => {
  const builder = new URL('../../server/publish/build.ts', import.meta.url).href
  const script = `
    import { Readable } from 'node:stream'
    import { buildFromFiles } from ${JSON.stringify(builder)}
    const records = Number(process.argv[1])
    let state = 7
    function* text() {
      for (let i = 0; i < records; i += 500) {
        let lines = ''
        for (let j = i; j < i + 500; j++) {
          let letters = ''
          for (let k = 0; k < 100; k++) letters += 'ACGT'[(state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 30]
          lines += '>read' + j + '\\n' + letters + '\\n'
        }
        yield Buffer.from(lines)
      }
    }
    await buildFromFiles(['-'], process.argv[2], { stdin: Readable.from(text()) })
    console.log(process.resourceUsage().maxRSS / 1024)`
  const records = full ? 3_000_000 : 150_000
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script, String(records), out])
  expect(Number(output.toString())).toBeLessThan(450)
})
