import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildFromFiles, type FileBuildOptions } from '../../server/publish/build.ts'
import { indexersOf, newIndexers, parametersOf } from '../../server/publish/indexers.ts'
import { addFiles, compactDirectory, openDirectory } from '../../server/publish/segments.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import { verifyCatalog } from '../../src/engine/format/verify.ts'
import type { PlanOptions } from '../../src/engine/index/sharding/types.ts'
import { parseOutputFormat, writeResults } from '../../src/engine/io/write-results.ts'
import type { SearchOptions } from '../../src/engine/search/types.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { createNodePool } from '../../server/search/pool.ts'
import { openStore } from '../../server/storage/open.ts'
import { parseQueries } from '../../src/engine/io/query.ts'
import { search } from '../../src/engine/search/search.ts'
import type { WorkerPool } from '../../src/engine/search/worker-types.ts'
import { requiresShared, sharedPath } from '../support/requires.ts'
import { temporaryFolder, type Found } from '../support/search.ts'

const genes = 'data/genes/resistance_and_virulence_genes.fasta.gz'
const domains = 'data/proteins/scope35_dev.fasta.gz'

/** What users get, in every format, as one text. */
async function output({ header, results }: Found): Promise<string> {
  const texts: string[] = []
  for (const format of ['0', '7', 'json']) {
    const each = async function* (): AsyncGenerator<Found['results'][number]> {
      yield* results
    }
    for await (const text of writeResults(header, each(), parseOutputFormat(format))) texts.push(text)
  }
  return texts.join('')
}

/** FASTA records of a file with their sequence on one line, every `every`th, from the `first` on. */
function records(file: string, every: number, first = 0): string[] {
  const bytes = readFileSync(sharedPath(file))
  return `\n${gunzipSync(bytes).toString()}`
    .split('\n>')
    .slice(1)
    .filter((_, i) => i % every === first)
    .map((record) => {
      const [header, ...lines] = record.split('\n')
      return `>${header}\n${lines.join('')}\n`
    })
}

/** A table with a taxon for nearly every record, and a second field that only some have. */
function table(texts: readonly string[]): string {
  const rows = texts.map((text, i) => {
    const accession = text.slice(1).split(/\s/)[0]
    return `${accession}\t${i % 17 === 0 ? '' : `taxon ${(i * i) % 13}`}\t${i % 5 === 0 ? i : ''}\n`
  })
  return `accession\ttaxon\tnumber\n${[...new Map(rows.map((row) => [row.split('\t')[0], row])).values()].join('')}`
}

interface Files {
  folder: string
  all: string
  /** In three unequal parts; some sequences are in several. */
  parts: string[]
  backwards: string
  metadata: string
}

function writeFiles(texts: string[]): Files {
  const folder = temporaryFolder()
  const write = (name: string, content: string): string => {
    const file = path.join(folder, name)
    writeFileSync(file, content)
    return file
  }
  const cuts = [0, Math.floor(texts.length * 0.6), Math.floor(texts.length * 0.9), texts.length]
  return {
    folder,
    all: write('all.fasta', texts.join('')),
    parts: [0, 1, 2].map((i) => write(`part${i}.fasta`, texts.slice(cuts[i], cuts[i + 1]).join(''))),
    backwards: write('backwards.fasta', texts.toReversed().join('')),
    metadata: write('metadata.tsv', table(texts)),
  }
}

type Build = (files: Files, reference: string, folder: string) => Promise<unknown>

async function build(file: string, { metadata }: Files, folder: string, more: FileBuildOptions = {}): Promise<void> {
  const indexers = await newIndexers({ seeds: true, sensitive: false, vectors: ['kmer'] })
  await buildFromFiles([file], folder, { title: 'test', metadata, indexers, ...more })
}

async function inThreeSteps({ parts, metadata }: Files, reference: string, folder: string): Promise<void> {
  const parameters = await parametersOf(reference)
  const indexers = await indexersOf(parameters.values, parameters.store)
  const sharding: PlanOptions = { strategy: 'similarity' }
  await buildFromFiles([parts[0]], folder, { title: 'test', metadata, indexers, parameters, sharding })
  await addFiles([parts[1]], folder, { metadata, indexers, sharding })
  await addFiles([parts[2]], folder, { metadata, indexers })
}

const plan =
  (sharding: PlanOptions): Build =>
  (files, _, folder) =>
    build(files.all, files, folder, { sharding })

const layouts: Record<string, { make: Build; segments?: number }> = {
  'by hash in 5 shards': { make: plan({ strategy: 'hash', shards: 5 }) },
  'by similarity': { make: plan({ strategy: 'similarity' }) },
  'by similarity in 6 shards, families cut': { make: plan({ strategy: 'similarity', shards: 6, capacity: 2000 }) },
  'by taxon in 4 shards': { make: plan({ strategy: 'taxonomic', shards: 4, groupField: 'taxon', minTaxa: 3 }) },
  'backwards, by similarity': {
    make: (files, _, folder) =>
      build(files.backwards, files, folder, { sharding: { strategy: 'similarity', shards: 3 } }),
  },
  'in many segments': {
    make: (files, _, folder) => build(files.all, files, folder, { segmentPositions: 12_000 }),
    segments: 5,
  },
  'in three steps': { make: inThreeSteps, segments: 3 },
  'in three steps, compacted': {
    async make(files, reference, folder) {
      await inThreeSteps(files, reference, folder)
      const indexers = await indexersOf((await openDirectory(folder)).parameters, openStore(folder))
      await compactDirectory(folder, { indexers, sharding: { strategy: 'similarity', shards: 2 } })
    },
  },
}

interface Case {
  name: string
  load: () => string[]
  queries: () => string
  options: SearchOptions
  modes: NonNullable<SearchOptions['mode']>[]
  /** Hits that make a comparison worth its name. */
  least: number
}

const cases: Case[] = [
  {
    name: 'blastn',
    // Near-duplicate alleles: many ties. The first records come twice, under other names.
    load: () => {
      const some = records(genes, 50)
      return [...some, ...some.slice(0, 40).map((text) => text.replace('>', '>again_'))]
    },
    queries: () => records(genes, 5000).join(''),
    options: { maxTargetSeqs: 7 },
    modes: ['exhaustive', 'sensitive', 'fast', 'vector', 'exact'],
    least: 5,
  },
  {
    name: 'blastn with a filter',
    load: () => records(genes, 50),
    queries: () => records(genes, 5000, 0).join(''),
    options: { where: "taxon LIKE 'taxon 1%' OR number > 100", maxTargetSeqs: 9 },
    modes: ['exhaustive', 'sensitive', 'fast'],
    least: 5,
  },
  {
    name: 'blastp',
    load: () => records(domains, 30),
    queries: () => records(domains, 30 * 130).join(''),
    options: { maxTargetSeqs: 20, evalue: 1 },
    modes: ['exhaustive', 'sensitive', 'fast', 'vector', 'exact'],
    least: 5,
  },
  {
    name: 'tblastn',
    load: () => records(genes, 120),
    queries: () => records(domains, 5000).join(''),
    options: { evalue: 100 },
    modes: ['exhaustive', 'sensitive'],
    least: 5,
  },
]

describe.runIf(requiresShared(genes, domains))('the answer does not depend on segments and shards', () => {
  let pool: WorkerPool
  beforeAll(async () => {
    pool = await createNodePool({ threads: 2 })
  })
  afterAll(() => pool.close())

  /** Searches a catalog opened anew. */
  async function find(folder: string, queries: string, options: SearchOptions): Promise<Found> {
    const catalog = await openCatalog(openStore(folder))
    const run = await search(catalog, parseQueries(queries).queries, options, { kernels: await loadKernels(), pool })
    const results: Found['results'] = []
    for await (const result of run.results) results.push(result)
    return { header: run.header, results }
  }

  describe.each(cases)('$name', ({ load, queries, options, modes, least }) => {
    let files: Files
    let reference: string
    const expected = new Map<string, string>()
    const answer = async (folder: string, mode: (typeof modes)[number]): Promise<string> =>
      output(await find(folder, queries(), { ...options, mode }))

    beforeAll(async () => {
      files = writeFiles(load())
      reference = path.join(files.folder, 'reference')
      await build(files.all, files, reference)
      for (const mode of modes) expected.set(mode, await answer(reference, mode))
    }, 120_000)

    it('finds something to compare in every mode', async () => {
      for (const mode of modes) {
        const { results } = await find(reference, queries(), { ...options, mode })
        const hits = results.reduce((sum, result) => sum + result.hits.length, 0)
        expect(hits, mode).toBeGreaterThanOrEqual(mode === 'exact' ? 2 : least)
      }
    }, 60_000)

    it.each(Object.entries(layouts))(
      '%s',
      async (name, { make, segments = 1 }) => {
        const folder = path.join(files.folder, name)
        await make(files, reference, folder)
        const { summary, manifest } = await openCatalog(openStore(folder))
        const whole = await openCatalog(openStore(reference))
        expect(manifest.segments.length).toBeGreaterThanOrEqual(segments)
        expect(summary.digest).toBe(whole.summary.digest)
        expect(summary.parameters).toEqual(whole.summary.parameters)
        expect((await verifyCatalog(openStore(folder))).problems).toEqual([])
        for (const mode of modes) expect(await answer(folder, mode), mode).toBe(expected.get(mode))
      },
      120_000,
    )
  })
})
