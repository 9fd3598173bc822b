import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { loadKernels } from '../server/search/kernels.ts'
import { createNodePool } from '../server/search/pool.ts'
import { openStore } from '../server/storage/open.ts'
import { openCatalog } from '../src/engine/format/catalog.ts'
import type { Catalog } from '../src/engine/format/types.ts'
import { EmbeddingRegistry } from '../src/engine/index/embedding/models.ts'
import type { EmbeddingModel } from '../src/engine/index/embedding/types.ts'
import { windowEnds, windowStarts } from '../src/engine/index/embedding/windows.ts'
import { VECTOR_AHEAD } from '../src/engine/search/modes.ts'
import { search, type SearchHost } from '../src/engine/search/search.ts'
import type { Hit, Query } from '../src/engine/search/types.ts'
import { httpStore } from '../src/engine/source/http.ts'
import { encodeLetters } from '../src/engine/sequence/alphabet.ts'
import { cli, option, outputFolder, shared, timed } from './support.ts'
import { readGenes, writeSynthetic, type Fragment, type Synthetic } from './synthetic.ts'
import { throttledServer } from './throttled-server.ts'

const FRAGMENT = 225
/** Nearest records that recall is measured on. */
const NEAREST = 10
/** Cosines above those of strangers (99% of random windows of genes are below .31). */
const ALIKE = 0.35
/** Residue codes embedded at once. */
const BLOCK = 1 << 22

/**
 * `npm run bench vector-catalog`: a catalog of synthetic records of 300 bases with vectors of the k-mer model. What building
 * it takes with vectors and without any index, bytes of vectors per residue, what a query reads over HTTP, and how many of
 * the 10 records nearest by exact cosines mode `vector` finds. `--count=220000 --fragments=30 --seed=1 --latency=40
 * --megabits=100 --reuse` (a catalog built before) `--keep`.
 */
export async function run(args: string[]): Promise<void> {
  const output = outputFolder('vector-catalog')
  const count = Number(option(args, 'count', '220000'))
  const fasta = path.join(output, `records-${count}.fasta`)
  const folder = path.join(output, `catalog-${count}`)
  const made = await records(fasta, count, args)
  const log = path.join(output, 'build.log')
  if (!args.includes('--reuse') || !existsSync(folder)) {
    await rm(folder, { recursive: true, force: true })
    const bare = await timed(process.execPath, [cli, 'build', fasta, '--out', folder, '--index', 'none'], log)
    await rm(folder, { recursive: true, force: true })
    const build = [cli, 'build', fasta, '--out', folder, '--index', 'none', '--vectors', 'kmer']
    const seconds = await timed(process.execPath, build, log)
    const rate = (per: number): string => (made.residues / per / 1e6).toFixed(1)
    console.log(`without an index ${bare.toFixed(1)} s (${rate(bare)} MB/s of residues)`)
    console.log(`with vectors     ${seconds.toFixed(1)} s (${rate(seconds)}; vectors alone ${rate(seconds - bare)})`)
  }
  const catalog = await openCatalog(openStore(folder), { ahead: VECTOR_AHEAD })
  printSize(catalog, made.residues)
  const host = { kernels: await loadKernels(), pool: await createNodePool({ threads: 1 }) }
  try {
    await measureTraffic(folder, made.fragments, host, args)
    await measureRecall(catalog, fasta, made.fragments, host)
  } finally {
    await host.pool.close()
    if (!args.includes('--keep')) await rm(folder, { recursive: true, force: true })
  }
}

async function records(fasta: string, count: number, args: string[]): Promise<Synthetic> {
  const plan = fasta.replace('.fasta', '.json')
  const settings = {
    count,
    seed: Number(option(args, 'seed', '1')),
    fragments: Number(option(args, 'fragments', '30')),
    fragmentLength: FRAGMENT,
  }
  const key = JSON.stringify(settings)
  if (existsSync(plan) && existsSync(fasta)) {
    const known = JSON.parse(readFileSync(plan, 'utf8')) as { key: string; made: Synthetic }
    if (known.key === key) return known.made
  }
  const genes = readGenes(path.join(shared, 'data/genes/resistance_and_virulence_genes.fasta.gz'))
  const made = await writeSynthetic(fasta, genes, settings)
  writeFileSync(plan, JSON.stringify({ key, made }))
  return made
}

function printSize({ manifest }: Catalog, residues: number): void {
  const [parameters] = manifest.parameters.vectors
  let [bytes, vectors] = [0, 0]
  for (const { vectors: indexes } of manifest.segments) {
    bytes += indexes[0].lists.bytes + indexes[0].directory.bytes
    vectors += indexes[0].vectors
  }
  console.log(
    `${vectors} windows in ${parameters.lists} lists, of which a query reads ${parameters.nprobe}: ` +
      `${(bytes / residues).toFixed(3)} bytes per residue, and ${(parameters.file.bytes / 1e6).toFixed(2)} MB of parameters`,
  )
}

async function measureTraffic(
  folder: string,
  fragments: readonly Fragment[],
  host: SearchHost,
  args: string[],
): Promise<void> {
  const throttle = {
    latency: Number(option(args, 'latency', '40')),
    megabits: Number(option(args, 'megabits', '100')),
  }
  const server = await throttledServer(folder, throttle)
  try {
    for (const [title, again] of [
      ['cold', false],
      ['later', true],
    ] as const) {
      const readings: number[][] = []
      let catalog: Catalog | null = null
      for (const [i, fragment] of fragments.entries()) {
        const started = performance.now()
        if (catalog === null || !again) catalog = await openCatalog(httpStore(server.url), { ahead: VECTOR_AHEAD })
        await find(catalog, fragment, NEAREST, host)
        const { requests, bytes, hops } = await server.traffic()
        if (!again || i > 0) readings.push([requests, bytes / 1e6, hops, performance.now() - started])
      }
      const mean = (at: number): number => readings.reduce((sum, reading) => sum + reading[at], 0) / readings.length
      const most = (at: number): number => Math.max(...readings.map((reading) => reading[at]))
      console.log(
        `${title.padEnd(5)} ${mean(0).toFixed(0)} requests (at most ${most(0)}), ${mean(1).toFixed(2)} MB ` +
          `(${most(1).toFixed(2)}), ${most(2)} hops, ${mean(3).toFixed(0)} ms`,
      )
    }
  } finally {
    await server.close()
  }
}

/** Share of the nearest records by exact cosines that are found, and of sources of fragments that are in either. */
async function measureRecall(
  catalog: Catalog,
  fasta: string,
  fragments: readonly Fragment[],
  host: SearchHost,
): Promise<void> {
  const model = await new EmbeddingRegistry().choose('dna').load(host.kernels)
  const exact = await exactNearest(model, fasta, fragments, host)
  let [shared, alike, alikeFound, sources, exactSources, milliseconds] = [0, 0, 0, 0, 0, 0]
  for (const [i, fragment] of fragments.entries()) {
    const started = performance.now()
    const found = (await find(catalog, fragment, NEAREST, host)).map(({ accession }) => accession)
    milliseconds += performance.now() - started
    const [, source] = fragment.name.split('|')
    shared += exact[i].filter(({ accession }) => found.includes(accession)).length
    const own = exact[i].filter(({ cosine }) => cosine >= ALIKE)
    alike += own.length
    alikeFound += own.filter(({ accession }) => found.includes(accession)).length
    sources += Number(found.includes(source))
    exactSources += Number(exact[i].some(({ accession }) => accession === source))
  }
  const share = (part: number, of: number): string => (part / of).toFixed(3)
  console.log(
    `recall@${NEAREST} against exact cosines ${share(shared, NEAREST * fragments.length)}; ` +
      `of the ${alike} with a cosine of ${ALIKE} and more ${share(alikeFound, alike)}; ` +
      `sources found ${share(sources, fragments.length)}, by exact cosines ${share(exactSources, fragments.length)}; ` +
      `${(milliseconds / fragments.length).toFixed(0)} ms a query, from disk`,
  )
}

interface Near {
  accession: string
  cosine: number
}

/** The records with the windows of highest cosine, by comparing all. */
async function exactNearest(
  model: EmbeddingModel,
  fasta: string,
  fragments: readonly Fragment[],
  { kernels }: SearchHost,
): Promise<Near[][]> {
  const { description } = model
  const queries: Float32Array[] = []
  for (const { residues } of fragments) {
    const codes = codesOf(residues)
    queries.push((await model.embed(codes, Uint32Array.of(0), Uint32Array.of(codes.length))).slice())
  }
  const best = queries.map((): Near[] => [])
  const codes = new Uint8Array(BLOCK)
  let [used, starts, ends, owners] = [0, [] as number[], [] as number[], [] as string[]]
  const compare = async (): Promise<void> => {
    const vectors = await model.embed(codes.subarray(0, used), Uint32Array.from(starts), Uint32Array.from(ends))
    for (const [q, query] of queries.entries()) {
      const { rows } = kernels.embedding.bestDots(vectors, query, description.dimensions)
      const records = new Map(best[q].map(({ accession, cosine }) => [accession, cosine]))
      rows.forEach((cosine, i) => {
        if (cosine > (records.get(owners[i]) ?? -1)) records.set(owners[i], cosine)
      })
      best[q] = Array.from(records, ([accession, cosine]) => ({ accession, cosine }))
        .sort((a, b) => b.cosine - a.cosine)
        .slice(0, NEAREST)
    }
    ;[used, starts, ends, owners] = [0, [], [], []]
  }
  for (const record of readFileSync(fasta, 'latin1').split('>').slice(1)) {
    const line = record.indexOf('\n')
    const own = codesOf(record.slice(line + 1).trim())
    if (used + own.length > BLOCK) await compare()
    codes.set(own, used)
    const from = windowStarts(own.length, description)
    windowEnds(from, own.length, description).forEach((end, i) => {
      starts.push(used + from[i])
      ends.push(used + end)
      owners.push(record.slice(0, record.indexOf(' ')))
    })
    used += own.length
  }
  if (used > 0) await compare()
  return best
}

function codesOf(residues: string): Uint8Array {
  const encoded = encodeLetters(Buffer.from(residues), 'dna')
  if (!('codes' in encoded)) throw new Error(encoded.reason)
  return encoded.codes
}

async function find(catalog: Catalog, fragment: Fragment, most: number, host: SearchHost): Promise<Hit[]> {
  const query: Query = { id: fragment.name, description: '', residues: fragment.residues, alphabet: 'dna' }
  const { results } = await search(catalog, [query], { mode: 'vector', maxTargetSeqs: most }, host)
  for await (const { hits } of results) return hits
  throw new Error('There is no result.')
}
