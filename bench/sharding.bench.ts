import { readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { buildFromFiles } from '../server/publish/build.ts'
import { newIndexers } from '../server/publish/indexers.ts'
import { loadKernels } from '../server/search/kernels.ts'
import { createNodePool } from '../server/search/pool.ts'
import { openStore } from '../server/storage/open.ts'
import { openCatalog } from '../src/engine/format/catalog.ts'
import type { PlanBalance, PlanOptions } from '../src/engine/index/sharding/types.ts'
import { search } from '../src/engine/search/search.ts'
import type { Mode, Query, QueryResult } from '../src/engine/search/types.ts'
import { RequestTracker, tracking } from '../src/engine/source/tracking.ts'
import { wrapStore } from '../src/engine/source/wrappers.ts'
import { option, outputFolder, shared } from './support.ts'
import { mutate, randomNumbers, readGenes, writeSynthetic } from './synthetic.ts'

const FRAGMENT = 225
const SHARDS = 8

/**
 * `npm run bench sharding`: one set of sequences laid out by every strategy. Cold reading: requests, bytes and hops of each
 * query on a catalog opened anew. Balance: how the residues, and the hits of each query, spread over the shards; a worker
 * per shard is done when the fullest shard is. Answers are asserted equal first. `--queries=40 --seed=1 --families=20000`:
 * real genes, then so many records of synthetic families.
 */
export async function run(args: string[]): Promise<void> {
  const folder = outputFolder('sharding')
  const seed = Number(option(args, 'seed', '1'))
  const queries = Number(option(args, 'queries', '40'))
  const genes = readGenes(path.join(shared, 'data/genes/resistance_and_virulence_genes.fasta.gz'))
  const real = path.join(folder, 'genes.fasta')
  writeFileSync(real, genes.map((residues, i) => `>gene${i}\n${residues}\n`).join(''))
  await compare('real genes', real, folder, queries, seed)
  const synthetic = path.join(folder, 'families.fasta')
  const count = Number(option(args, 'families', '20000'))
  await writeSynthetic(synthetic, genes, { count, seed, fragments: 1, fragmentLength: FRAGMENT })
  await compare(`${count} records of synthetic families`, synthetic, folder, queries, seed)
  await rm(folder, { recursive: true })
}

/** Mutated fragments (90% identity) of records that lie evenly in a file. */
function fragmentsOf(file: string, count: number, seed: number): string[] {
  const random = randomNumbers(seed)
  const records = readFileSync(file, 'utf8').split('>').slice(1)
  return Array.from({ length: count }, (_, i) => {
    const residues = records[Math.floor(((i + 0.5) * records.length) / count)].split('\n')[1]
    const start = Math.floor(random() * Math.max(1, residues.length - FRAGMENT))
    return mutate(residues.slice(start, start + FRAGMENT), 0.1, random)
  })
}

/** One of 50 taxa for each record: that of its family, or by turns. */
function taxaOf(file: string): string {
  const headers = readFileSync(file, 'utf8').matchAll(/^>(\S+)(?: family (\d+))?$/gm)
  return `accession\ttaxon\n${[...headers].map(([, name, family], i) => `${name}\tt${Number(family ?? i) % 50}\n`).join('')}`
}

async function compare(name: string, file: string, folder: string, count: number, seed: number): Promise<void> {
  console.log(`${name}, ${count} fragments of ${FRAGMENT} bases at 90% identity`)
  const metadata = path.join(folder, 'taxa.tsv')
  writeFileSync(metadata, taxaOf(file))
  const plans: PlanOptions[] = [
    { strategy: 'hash', shards: SHARDS },
    { strategy: 'similarity', shards: SHARDS },
    { strategy: 'taxonomic', shards: SHARDS, groupField: 'taxon' },
  ]
  const queries = fragmentsOf(file, count, seed)
  let expected: string | null = null
  for (const sharding of plans) {
    const catalog = path.join(folder, sharding.strategy)
    let balance: PlanBalance | null = null
    await buildFromFiles([file], catalog, {
      title: name,
      metadata,
      sharding,
      indexers: await newIndexers({ seeds: true, sensitive: false, vectors: [] }),
      onPlan: (plan) => (balance = plan),
    })
    for (const mode of ['fast', 'sensitive'] as const) {
      const { text, line } = await measure(catalog, queries, mode)
      if (mode === 'sensitive') {
        if (expected !== null && expected !== text) throw new Error(`${sharding.strategy} gives other answers`)
        expected = text
      }
      console.log(`  ${sharding.strategy.padEnd(11)} ${mode.padEnd(9)} ${line}`)
    }
    const ratio = (balance as PlanBalance | null)?.largestToMean
    if (ratio !== undefined)
      console.log(`  ${sharding.strategy.padEnd(11)} residues of the largest shard ${ratio.toFixed(2)} of the mean`)
    await rm(catalog, { recursive: true })
  }
}

async function measure(location: string, queries: readonly string[], mode: Mode) {
  const kernels = await loadKernels()
  const pool = await createNodePool({ threads: 1 })
  const [requests, bytes, hops, spread]: number[][] = [[], [], [], []]
  const texts: string[] = []
  try {
    for (const [i, letters] of queries.entries()) {
      const tracker = new RequestTracker()
      const store = wrapStore(openStore(location), (source) => tracking(source, tracker))
      const catalog = await openCatalog(store, { ahead: ['checksums', 'blocks', 'seeds', 'entries'] })
      const query: Query = { id: `q${i}`, description: '', residues: letters, alphabet: 'dna' }
      const run = await search(catalog, [query], { mode, evalue: 1e-3 }, { kernels, pool })
      let result: QueryResult | null = null
      for await (const each of run.results) result = each
      requests.push(tracker.requests.length)
      bytes.push(tracker.bytes)
      hops.push(tracker.hops)
      const hits = result!.hits
      texts.push(hits.map(({ accession, hsps }) => `${accession} ${hsps[0].score}`).join('\n'))
      const { shards } = catalog.manifest.segments[0]
      const records = await Promise.all(hits.map(({ recordId }) => catalog.findId(Buffer.from(recordId, 'hex'))))
      const perShard = shards.map(
        ({ firstRecord, records: count }) =>
          records.filter((record) => record >= firstRecord && record < firstRecord + count).length,
      )
      if (hits.length >= SHARDS) spread.push((Math.max(...perShard) * shards.length) / hits.length)
    }
  } finally {
    await pool.close()
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  const line =
    `${mean(requests).toFixed(1).padStart(6)} requests ${(mean(bytes) / 1e3).toFixed(0).padStart(6)} kB ` +
    `${Math.max(...hops)} hops  fullest shard has ${mean(spread).toFixed(2)} times its share of a query's hits`
  return { text: texts.join('\n\n'), line }
}
