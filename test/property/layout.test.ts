import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseOutputFormat, writeResults } from '../../src/engine/io/write-results.ts'
import type { SearchOptions } from '../../src/engine/search/types.ts'
import { requiresShared, sharedPath } from '../support/requires.ts'
import { searchCatalog, temporaryCatalog, temporaryFolder, type Found } from '../support/search.ts'

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
  const layouts: { name: string; build: (all: string[]) => Promise<string> }[] = [
    { name: '4 shards', build: (all) => temporaryCatalog([write('all.fasta', all)], { shards: 4 }) },
    { name: '16 shards', build: (all) => temporaryCatalog([write('all.fasta', all)], { shards: 16 }) },
    {
      name: 'records backwards, in three files',
      build: (all) => {
        const back = [...all].reverse()
        const third = Math.ceil(back.length / 3)
        return temporaryCatalog([0, 1, 2].map((i) => write(`part${i}.fasta`, back.slice(i * third, (i + 1) * third))))
      },
    },
  ]
  const kinds: { name: string; load: () => string[]; queries: () => string; options: SearchOptions }[] = [
    {
      name: 'blastn',
      // Near-duplicate alleles: many ties.
      load: () => records(sharedPath(genes)).filter((_, i) => i % 12 === 0),
      queries: () =>
        records(sharedPath(genes))
          .filter((_, i) => i % 1800 === 0)
          .join(''),
      options: { maxTargetSeqs: 7 },
    },
    {
      name: 'blastp',
      load: () => records(sharedPath(domains)).filter((_, i) => i % 5 === 0),
      queries: () =>
        records(sharedPath(domains))
          .filter((_, i) => i % 400 === 0)
          .join(''),
      options: { maxTargetSeqs: 20, percIdentity: 25 },
    },
    {
      name: 'tblastn',
      load: () => records(sharedPath(genes)).filter((_, i) => i % 60 === 0),
      queries: () =>
        records(sharedPath(domains))
          .filter((_, i) => i % 1600 === 0)
          .join(''),
      options: { evalue: 100 },
    },
  ]

  describe.each(kinds)('$name', ({ load, queries, options }) => {
    let all: string[]
    let expected: string
    let reference: Found

    beforeAll(async () => {
      all = load()
      reference = await searchCatalog(await temporaryCatalog([write('all.fasta', all)]), queries(), options, 1)
      expected = await output(reference)
    })

    it('finds something to compare', () => {
      expect(reference.results.reduce((sum, result) => sum + result.hits.length, 0)).toBeGreaterThan(20)
    })

    it('with three workers', async () => {
      const catalog = await temporaryCatalog([write('all.fasta', all)])
      expect(await output(await searchCatalog(catalog, queries(), options, 3))).toBe(expected)
    })

    it.each(layouts)('with $name', async ({ build }) => {
      const found = await searchCatalog(await build(all), queries(), options, 2)
      expect(await output(found)).toBe(expected)
    })
  })
})
