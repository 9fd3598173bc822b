import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseOutputFormat, writeResults } from '../../src/engine/io/write-results.ts'
import type { SearchOptions } from '../../src/engine/search/types.ts'
import { indexersOf, newIndexers, parametersOf } from '../../server/publish/indexers.ts'
import { addFiles } from '../../server/publish/segments.ts'
import { requiresShared, sharedPath } from '../support/requires.ts'
import { searchCatalog, temporaryCatalog, temporaryFolder, type Found } from '../support/search.ts'

type Options = NonNullable<Parameters<typeof temporaryCatalog>[1]>

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

function records(file: string): string[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  return `\n${text}`
    .split('\n>')
    .slice(1)
    .map((record) => `>${record.trimEnd()}\n`)
}

function write(name: string, texts: string[]): string {
  const file = path.join(temporaryFolder(), name)
  writeFileSync(file, texts.join(''))
  return file
}

const genes = 'data/genes/resistance_and_virulence_genes.fasta.gz'
const domains = 'data/proteins/scope35_dev.fasta.gz'

describe.runIf(requiresShared(genes, domains))('the answer does not depend on the layout', () => {
  const layouts: { name: string; build: (all: string[], options: Options) => Promise<string> }[] = [
    { name: '4 shards', build: (all, given) => temporaryCatalog([write('all.fasta', all)], { ...given, shards: 4 }) },
    { name: '16 shards', build: (all, given) => temporaryCatalog([write('all.fasta', all)], { ...given, shards: 16 }) },
    {
      name: 'records by similarity in 3 shards',
      build: (all, given) =>
        temporaryCatalog([write('all.fasta', all)], { ...given, sharding: { strategy: 'similarity', shards: 3 } }),
    },
    {
      name: 'records backwards, in three files',
      build: (all, given) => {
        const back = [...all].reverse()
        const third = Math.ceil(back.length / 3)
        const files = [0, 1, 2].map((i) => write(`part${i}.fasta`, back.slice(i * third, (i + 1) * third)))
        return temporaryCatalog(files, given)
      },
    },
    {
      name: 'three segments, with sequences in two of them',
      build: async (all, given) => {
        const third = Math.ceil(all.length / 3)
        const parts = [0, 1, 2].map((i) => write(`part${i}.fasta`, all.slice(i * third, (i + 1) * third)))
        const folder = await temporaryCatalog([parts[0]], given)
        for (const part of parts.slice(1)) await addFiles([part], folder, { indexers: given.indexers })
        return folder
      },
    },
  ]
  const someGenes = (): string[] => records(sharedPath(genes)).filter((_, i) => i % 12 === 0)
  const someQueries = (): string =>
    records(sharedPath(genes))
      .filter((_, i) => i % 1800 === 0)
      .join('')
  const kinds: {
    name: string
    load: () => string[]
    queries: () => string
    options: SearchOptions
    vectors?: string[]
  }[] = [
    {
      name: 'blastn',
      // Near-duplicate alleles: many ties.
      load: someGenes,
      queries: someQueries,
      options: { mode: 'exhaustive', maxTargetSeqs: 7 },
    },
    { name: 'blastn, sensitive', load: someGenes, queries: someQueries, options: { mode: 'sensitive' } },
    {
      name: 'blastn, fast',
      load: someGenes,
      queries: someQueries,
      options: { mode: 'fast', maxTargetSeqs: 7, strand: 'plus' },
    },
    { name: 'blastn, vector', load: someGenes, queries: someQueries, options: { mode: 'vector' }, vectors: ['kmer'] },
    {
      name: 'blastn, vector, aligned',
      load: someGenes,
      queries: someQueries,
      options: { mode: 'vector', align: true, maxTargetSeqs: 7 },
      vectors: ['kmer'],
    },
    { name: 'blastn, exact', load: someGenes, queries: someQueries, options: { mode: 'exact' } },
    {
      name: 'blastp',
      load: () => records(sharedPath(domains)).filter((_, i) => i % 5 === 0),
      queries: () =>
        records(sharedPath(domains))
          .filter((_, i) => i % 400 === 0)
          .join(''),
      options: { mode: 'exhaustive', maxTargetSeqs: 20, percIdentity: 25 },
    },
    {
      name: 'tblastn',
      load: () => records(sharedPath(genes)).filter((_, i) => i % 60 === 0),
      queries: () =>
        records(sharedPath(domains))
          .filter((_, i) => i % 1600 === 0)
          .join(''),
      options: { mode: 'exhaustive', evalue: 100 },
    },
  ]

  describe.each(kinds)('$name', ({ load, queries, options, vectors = [] }) => {
    let all: string[]
    let expected: string
    let reference: Found
    let given: Options

    beforeAll(async () => {
      all = load()
      // The same sequences once more, under other names.
      all.push(...all.filter((_, i) => i % 20 === 0).map((record) => record.replace(/^>(\S+)/, '>$1_again')))
      const indexers = await newIndexers({ seeds: true, sensitive: false, vectors })
      const folder = await temporaryCatalog([write('all.fasta', all)], { indexers })
      // What indexes are built with belongs to the catalog: another layout takes it over.
      const parameters = await parametersOf(folder)
      given = { parameters, indexers: await indexersOf(parameters.values, parameters.store) }
      reference = await searchCatalog(folder, queries(), options, 1)
      expected = await output(reference)
    })

    it('finds something to compare', () => {
      expect(reference.results.reduce((sum, result) => sum + result.hits.length, 0)).toBeGreaterThan(
        options.mode === 'exact' ? 5 : 20,
      )
    })

    it('with three workers', async () => {
      const catalog = await temporaryCatalog([write('all.fasta', all)], given)
      expect(await output(await searchCatalog(catalog, queries(), options, 3))).toBe(expected)
    })

    it.each(layouts)(
      'with $name',
      async ({ build }) => {
        const found = await searchCatalog(await build(all, given), queries(), options, 2)
        expect(await output(found)).toBe(expected)
      },
      60_000,
    )
  })
})
