import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { createNodePool } from '../server/search/pool.ts'
import { loadKernels } from '../server/search/kernels.ts'
import { openCatalog } from '../src/engine/format/catalog.ts'
import type { Catalog } from '../src/engine/format/types.ts'
import { search } from '../src/engine/search/search.ts'
import type { Mode, Query } from '../src/engine/search/types.ts'
import type { WorkerPool } from '../src/engine/search/worker-types.ts'
import type { Kernels } from '../src/engine/kernels/types.ts'
import { httpStore } from '../src/engine/source/http.ts'
import { cli, evaluate, isInstalled, option, outputFolder, shared, timed } from './support.ts'
import { fastaOf, readGenes, writeSynthetic, type Fragment, type Synthetic } from './synthetic.ts'
import { throttledServer, type ThrottledServer } from './throttled-server.ts'

const FRAGMENT = 225
const MODES = ['fast', 'sensitive'] as const
const OPTIONS = { evalue: 1e-3 }

/** Means of one mode over all fragments. */
interface Reading {
  requests: number
  bytes: number
  hops: number
  milliseconds: number
}

interface Figures {
  recall: number
  cold: Reading
  mostRequests: number
  mostBytes: number
  /** On a catalog that other queries have used. */
  later: Reading
}

interface Point {
  count: number
  residues: number
  buildSeconds: number
  bytes: number
  modes: Record<(typeof MODES)[number], Figures>
}

/**
 * `npm run bench scale`: DNA search of synthetic families evolved from real genes, at growing size, over HTTP (each fragment
 * first with nothing read before, then again after all others). `--counts=10000,100000,1000000 --fragments=60 --seed=1
 * --latency=40 --megabits=100 --keep`; `--count=300000000 --estimate` extrapolates each figure from the two largest
 * sizes of this run. `--peers=blastn,mmseqs` run on the same files where they are installed.
 */
export async function run(args: string[]): Promise<void> {
  const output = outputFolder('scale')
  const counts = option(args, 'counts', '10000,100000,1000000').split(',').map(Number)
  const genes = readGenes(path.join(shared, 'data/genes/resistance_and_virulence_genes.fasta.gz'))
  const kernels = await loadKernels()
  const pool = await createNodePool({ threads: 1 })
  const points: Point[] = []
  try {
    for (const count of counts) points.push(await measure(args, output, genes, count, { kernels, pool }))
  } finally {
    await pool.close()
  }
  if (points.length > 1) printGrowth(points)
  if (args.includes('--estimate') && points.length > 1)
    printEstimate(points, Number(option(args, 'count', '300000000')))
}

async function measure(
  args: string[],
  output: string,
  genes: readonly string[],
  count: number,
  host: { kernels: Kernels; pool: WorkerPool },
): Promise<Point> {
  const fasta = path.join(output, `synthetic-${count}.fasta`)
  const folder = path.join(output, `catalog-${count}`)
  const plan = path.join(output, `synthetic-${count}.json`)
  const settings = {
    count,
    seed: Number(option(args, 'seed', '1')),
    fragments: Number(option(args, 'fragments', '60')),
  }
  const key = JSON.stringify(settings)
  let made: Synthetic
  const known = existsSync(plan) ? (JSON.parse(readFileSync(plan, 'utf8')) as { key: string; made: Synthetic }) : null
  if (known?.key === key && existsSync(fasta)) made = known.made
  else {
    made = await writeSynthetic(fasta, genes, { ...settings, fragmentLength: FRAGMENT })
    writeFileSync(plan, JSON.stringify({ key, made }))
  }
  await rm(folder, { recursive: true, force: true })
  const build = [cli, 'build', fasta, '--out', folder]
  const buildSeconds = await timed(process.execPath, build, path.join(output, 'build.log'))
  const throttle = {
    latency: Number(option(args, 'latency', '40')),
    megabits: Number(option(args, 'megabits', '100')),
  }
  const server = await throttledServer(folder, throttle)
  try {
    const { summary } = await openCatalog(httpStore(server.url))
    await server.traffic()
    const mega = (bytes: number): string => (bytes / 1e6).toFixed(1)
    console.log(
      `\n${count} records, ${mega(made.residues)} Mb in ${made.families} families: built in ${buildSeconds.toFixed(1)} s, ` +
        `${mega(summary.bytes)} MB (${(summary.bytes / made.residues).toFixed(2)} bytes per residue)`,
    )
    const modes = {} as Point['modes']
    for (const mode of MODES) {
      modes[mode] = await measureMode(mode, made.fragments, server, host)
      printMode(mode, modes[mode])
    }
    await comparePeers(output, fasta, made.fragments, count, option(args, 'peers', 'blastn,mmseqs').split(','))
    return { count, residues: made.residues, buildSeconds, bytes: summary.bytes, modes }
  } finally {
    await server.close()
    if (!args.includes('--keep')) {
      await rm(folder, { recursive: true, force: true })
      if (count > 100_000) await rm(fasta)
    }
  }
}

async function measureMode(
  mode: Mode,
  fragments: readonly Fragment[],
  server: ThrottledServer,
  host: { kernels: Kernels; pool: WorkerPool },
): Promise<Figures> {
  const cold: Reading[] = []
  let found = 0
  for (const fragment of fragments) {
    const started = performance.now()
    const catalog = await openForSearch(server)
    if (await finds(catalog, fragment, mode, host)) found++
    cold.push({ ...(await server.traffic()), milliseconds: performance.now() - started })
  }
  const later: Reading[] = []
  const catalog = await openForSearch(server)
  for (const [i, fragment] of fragments.entries()) {
    const started = performance.now()
    await finds(catalog, fragment, mode, host)
    const reading = { ...(await server.traffic()), milliseconds: performance.now() - started }
    if (i > 0) later.push(reading)
  }
  return {
    recall: found / fragments.length,
    cold: mean(cold),
    mostRequests: Math.max(...cold.map(({ requests }) => requests)),
    mostBytes: Math.max(...cold.map(({ bytes }) => bytes)),
    later: mean(later),
  }
}

function openForSearch(server: ThrottledServer): Promise<Catalog> {
  return openCatalog(httpStore(server.url), { ahead: ['checksums', 'blocks', 'seeds', 'entries'] })
}

async function finds(
  catalog: Catalog,
  fragment: Fragment,
  mode: Mode,
  host: { kernels: Kernels; pool: WorkerPool },
): Promise<boolean> {
  const query: Query = { id: fragment.name, description: '', residues: fragment.residues, alphabet: 'dna' }
  const source = fragment.name.split('|')[1]
  const { results } = await search(catalog, [query], { ...OPTIONS, mode }, host)
  let found = false
  for await (const { hits } of results) found = hits.some((hit) => hit.accession === source)
  return found
}

function mean(readings: readonly Reading[]): Reading {
  const average = (name: keyof Reading): number =>
    readings.reduce((sum, reading) => sum + reading[name], 0) / readings.length
  return {
    requests: average('requests'),
    bytes: average('bytes'),
    hops: Math.max(...readings.map(({ hops }) => hops)),
    milliseconds: average('milliseconds'),
  }
}

function printMode(mode: string, figures: Figures): void {
  const line = (reading: Reading): string =>
    `${reading.requests.toFixed(0)} requests, ${(reading.bytes / 1e6).toFixed(2)} MB, ${reading.hops} hops, ` +
    `${reading.milliseconds.toFixed(0)} ms`
  console.log(`  ${mode.padEnd(10)} recall ${figures.recall.toFixed(3)}`)
  console.log(
    `    first query  ${line(figures.cold)} (most: ${figures.mostRequests} requests, ${(figures.mostBytes / 1e6).toFixed(2)} MB)`,
  )
  console.log(`    later ones   ${line(figures.later)}`)
}

/** Recall and seconds of blastn and MMseqs2 on the same files, one thread. */
async function comparePeers(
  output: string,
  fasta: string,
  fragments: readonly Fragment[],
  count: number,
  peers: readonly string[],
): Promise<void> {
  const queries = path.join(output, `queries-${count}.fasta`)
  writeFileSync(queries, fastaOf(fragments))
  const each = (seconds: number): string => `${((1000 * seconds) / fragments.length).toFixed(0)} ms a query`
  if (peers.includes('blastn') && isInstalled('blastn')) {
    const db = path.join(output, 'blastdb')
    execFileSync('makeblastdb', ['-in', fasta, '-dbtype', 'nucl', '-out', db], { stdio: 'ignore' })
    const hits = path.join(output, 'blastn.tsv')
    const options = ['-evalue', String(OPTIONS.evalue), '-num_threads', '1', '-outfmt', '6', '-max_target_seqs', '500']
    const seconds = await timed('blastn', ['-task', 'blastn', '-query', queries, '-db', db, ...options], hits)
    const files = await Promise.all(['.nsq', '.nin', '.nhr'].map((end) => stat(db + end)))
    const megabytes = files.reduce((sum, { size }) => sum + size, 0) / 1e6
    const recall = evaluate('dna-recall.mjs', [queries, hits]).trim()
    console.log(`  blastn     ${recall} ${each(seconds)}, ${megabytes.toFixed(1)} MB`)
  }
  if (peers.includes('mmseqs') && isInstalled('mmseqs')) {
    const hits = path.join(output, 'mmseqs.tsv')
    const options = ['--search-type', '3', '--threads', '1', '-v', '1', '-e', String(OPTIONS.evalue)]
    const tmp = path.join(output, 'mmseqs-tmp')
    const seconds = await timed('mmseqs', ['easy-search', queries, fasta, hits, tmp, ...options], `${hits}.log`)
    await rm(tmp, { recursive: true, force: true })
    console.log(
      `  mmseqs     ${evaluate('dna-recall.mjs', [queries, hits]).trim()} ${each(seconds)}, indexing included`,
    )
  }
}

const FIGURES: [string, (point: Point) => number][] = [
  ['build, s', (point) => point.buildSeconds],
  ['bytes', (point) => point.bytes],
  ...MODES.flatMap((mode): [string, (point: Point) => number][] => [
    [`${mode}: requests`, (point) => point.modes[mode].cold.requests],
    [`${mode}: bytes read`, (point) => point.modes[mode].cold.bytes],
    [`${mode}: ms`, (point) => point.modes[mode].cold.milliseconds],
    [`${mode}: later bytes`, (point) => point.modes[mode].later.bytes],
  ]),
]

/** Least squares of log(figure) on log(records): figure ≈ factor · records^exponent. */
function powerLaw(points: readonly Point[], of: (point: Point) => number): { factor: number; exponent: number } {
  const x = points.map(({ count }) => Math.log(count))
  const y = points.map((point) => Math.log(of(point)))
  const meanOf = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [mx, my] = [meanOf(x), meanOf(y)]
  const exponent =
    x.reduce((sum, value, i) => sum + (value - mx) * (y[i] - my), 0) /
    x.reduce((sum, value) => sum + (value - mx) ** 2, 0)
  return { factor: Math.exp(my - exponent * mx), exponent }
}

function printGrowth(points: readonly Point[]): void {
  console.log('\ngrowth: figure ~ records^exponent, least squares over the points above')
  for (const [name, of] of FIGURES) console.log(`  ${name.padEnd(24)} ${powerLaw(points, of).exponent.toFixed(2)}`)
}

/**
 * A straight line through the two largest sizes: what is read when a catalog is opened (checksums, blocks, directories) grows
 * with it, and so do lists until a larger weight is chosen, so that a power law fitted to small catalogs would flatter.
 */
function printEstimate(points: readonly Point[], count: number): void {
  const [before, last] = points.toSorted((a, b) => a.count - b.count).slice(-2)
  console.log(
    `\nestimate for ${count} records: a straight line through ${before.count} and ${last.count}; nothing was measured at that size`,
  )
  for (const [name, of] of FIGURES) {
    const slope = (of(last) - of(before)) / (last.count - before.count)
    console.log(`  ${name.padEnd(24)} ${(of(last) + slope * (count - last.count)).toPrecision(3)}`)
  }
}
