import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { option, outputFolder } from './support.ts'

interface Case {
  name: string
  records: number
  length: number
  /** Every tenth of the residues in lower case, as in soft-masked genomes. */
  soft: boolean
}

/**
 * `npm run bench build`: records or megabytes a second, and the highest resident memory, of `genomic-catalog build`'s
 * builder in a process of its own: reading, digests, packing, sorting, writing and flushing to disk included.
 * `--scale=1` is 120 MB of each kind; 17 is the 2 GB that must stay below 500 MB of memory.
 */
export async function run(args: string[]): Promise<void> {
  const scale = Number(option(args, 'scale', '1'))
  const folder = outputFolder('build')
  const cases: Case[] = [
    { name: 'reads of 100 bp', records: Math.round(1_000_000 * scale), length: 100, soft: false },
    { name: 'genes of 1 kb', records: Math.round(120_000 * scale), length: 1000, soft: false },
    {
      name: 'chromosomes',
      records: Math.max(1, Math.round(scale / 2)),
      length: Math.round(Math.min(250e6, 120e6 * scale)),
      soft: true,
    },
  ]
  for (const each of cases) {
    const file = path.join(folder, 'input.fasta')
    const catalog = path.join(folder, 'catalog')
    await write(each, file)
    const { size } = await stat(file)
    const { seconds, megabytes, entries, residues } = await build(file, catalog)
    await rm(catalog, { recursive: true, force: true })
    await rm(file)
    console.log(
      `${each.name.padEnd(16)} ${(size / 1e6).toFixed(0).padStart(5)} MB ${seconds.toFixed(1).padStart(7)} s ` +
        `${Math.round(entries / seconds)
          .toString()
          .padStart(7)} records/s ` +
        `${(residues / seconds / 1e6).toFixed(1).padStart(6)} Mb/s ${megabytes.toFixed(0).padStart(5)} MB resident`,
    )
  }
}

const SCRIPT = `
import { buildFromFiles } from ${JSON.stringify(new URL('../server/publish/build.ts', import.meta.url).href)}
const started = performance.now()
const { manifest } = await buildFromFiles([process.argv[1]], process.argv[2], {})
const seconds = (performance.now() - started) / 1000
const megabytes = process.resourceUsage().maxRSS / 1024
console.log(JSON.stringify({ seconds, megabytes, entries: manifest.entries, residues: manifest.residues }))
`

async function build(file: string, catalog: string) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', SCRIPT, file, catalog], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const [status] = (await once(child, 'close')) as [number | null]
  if (status !== 0) throw new Error(`the build ended with status ${status}`)
  return JSON.parse(text) as { seconds: number; megabytes: number; entries: number; residues: number }
}

/** FASTA with 60 letters a line; the sequences look random and are the same every time. */
async function write({ records, length, soft }: Case, file: string): Promise<void> {
  const stream = createWriteStream(file)
  let state = 1
  const piece = (letters: number) => {
    const bytes = Buffer.alloc(letters + Math.ceil(letters / 60))
    let at = 0
    for (let i = 0; i < letters; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      bytes[at++] = 'ACGT'.charCodeAt(state >>> 30) | (soft && i % 3000 < 300 ? 32 : 0)
      if (i % 60 === 59 || i + 1 === letters) bytes[at++] = 10
    }
    return bytes.subarray(0, at)
  }
  const put = async (bytes: Buffer) => {
    if (!stream.write(bytes)) await once(stream, 'drain')
  }
  for (let i = 0; i < records; i++) {
    await put(Buffer.from(`>record.${i} sample=${i % 8}\n`))
    for (let left = length; left > 0; left -= 600_000) await put(piece(Math.min(left, 600_000)))
  }
  stream.end()
  await once(stream, 'close')
}
