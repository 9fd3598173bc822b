import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { parseOutputFormat, writeResults } from '../../src/engine/io/write-results.ts'
import { full, requiresShared, requiresTools, sharedPath } from '../support/requires.ts'
import { searchCatalog, temporaryCatalog, temporaryFolder, type Found } from '../support/search.ts'

const domains = 'data/proteins/scope35_dev.fasta.gz'
const genes = 'data/genes/resistance_and_virulence_genes.fasta.gz'

function evaluate<T>(script: string, ...args: string[]): T {
  return JSON.parse(execFileSync(process.execPath, [sharedPath('eval', script), ...args], { encoding: 'utf8' })) as T
}

async function tabular(found: Found, file: string): Promise<void> {
  const results = async function* (): AsyncGenerator<Found['results'][number]> {
    yield* found.results
  }
  const texts: string[] = []
  for await (const text of writeResults(found.header, results(), parseOutputFormat('6'))) texts.push(text)
  writeFileSync(file, texts.join(''))
}

interface Homology {
  family: number
  superfamily: number
  queries: { family: number }
}

const protein = [requiresTools('ssearch36'), requiresShared(domains, 'eval/roc1.mjs', 'eval/sample.mjs')].every(Boolean)

describe.runIf(protein)('remote homologs among SCOPe domains', () => {
  it('are found as often as by ssearch36', async () => {
    const folder = temporaryFolder()
    const [database, queries] = [path.join(folder, 'scope.fasta'), path.join(folder, 'queries.fasta')]
    writeFileSync(database, gunzipSync(readFileSync(sharedPath(domains))))
    const count = full ? '1000' : '200'
    writeFileSync(queries, execFileSync(process.execPath, [sharedPath('eval/sample.mjs'), database, count, '1']))

    const options = ['-q', '-m', '8', '-E', '10', '-d', '0', '-s', 'BL62', '-f', '-11', '-g', '-1', queries, database]
    const theirs = path.join(folder, 'ssearch.tsv')
    writeFileSync(theirs, execFileSync('ssearch36', options, { maxBuffer: 1 << 28 }))
    const ours = path.join(folder, 'ours.tsv')
    const found = await searchCatalog(await temporaryCatalog([database]), readFileSync(queries, 'utf8'), {
      mode: 'exhaustive',
      maxTargetSeqs: 1000,
    })
    await tabular(found, ours)

    const reference = evaluate<Homology>('roc1.mjs', database, queries, theirs)
    const homology = evaluate<Homology>('roc1.mjs', database, queries, ours)
    expect(reference.queries.family).toBeGreaterThan(full ? 700 : 150)
    // Fewer queries tell less: `npm run test:full` takes the sample that the figures are stated for.
    const margin = full ? 0.01 : 0.02
    expect(homology.family).toBeGreaterThanOrEqual(reference.family - margin)
    expect(homology.superfamily).toBeGreaterThanOrEqual(reference.superfamily - margin)
  })
})

const dna = requiresShared(genes, 'eval/dna-queries.mjs', 'eval/dna-recall.mjs')

describe.runIf(dna)('mutated gene fragments', () => {
  it('are found at the recall that full alignment allows', async () => {
    const folder = temporaryFolder()
    const [database, queries] = [path.join(folder, 'genes.fasta'), path.join(folder, 'fragments.fasta')]
    const records = `\n${gunzipSync(readFileSync(sharedPath(genes))).toString()}`.split('\n>').slice(1)
    const seen = new Set<string>()
    const chosen = records.filter((record, i) => {
      const accession = record.split(/\s/, 1)[0]
      return i % 40 === 0 && !seen.has(accession) && seen.add(accession)
    })
    writeFileSync(database, chosen.map((record) => `>${record.trimEnd()}\n`).join(''))
    const made = execFileSync(process.execPath, [sharedPath('eval/dna-queries.mjs'), database, '5'], {
      encoding: 'utf8',
    })
    const fragments = `\n${made}`
      .split('\n>')
      .slice(1)
      .filter((_, i) => full || i % 3 === 0)
    writeFileSync(queries, fragments.map((record) => `>${record.trimEnd()}\n`).join(''))

    const hits = path.join(folder, 'hits.tsv')
    const found = await searchCatalog(await temporaryCatalog([database]), readFileSync(queries, 'utf8'), {
      mode: 'exhaustive',
      evalue: 1e-3,
    })
    expect(found.results.length).toBe(fragments.length)
    await tabular(found, hits)
    const recall = evaluate<{ all: number; byIdentity: Record<string, number> }>('dna-recall.mjs', queries, hits)
    expect(recall.all).toBeGreaterThanOrEqual(0.94)
    expect(recall.byIdentity['0.8']).toBe(1)
  })
})
