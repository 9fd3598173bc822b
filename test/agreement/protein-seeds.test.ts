import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { SearchOptions } from '../../src/engine/search/types.ts'
import { requiresShared, requiresTools, sharedPath } from '../support/requires.ts'
import { searchCatalog, temporaryCatalog, temporaryFolder, type Found } from '../support/search.ts'

const targets = 'data/proteins/uniprot_20k.fasta.gz'
const probes = 'data/proteins/uniprot_queries.fasta'

/** Every `step`th record of a FASTA file. */
function sample(file: string, step: number): string {
  const bytes = readFileSync(sharedPath(file))
  const text = file.endsWith('.gz') ? gunzipSync(bytes).toString() : bytes.toString()
  const records = `\n${text}`.split('\n>').slice(1)
  return records
    .filter((_, i) => i % step === 0)
    .map((record) => `>${record.trimEnd()}\n`)
    .join('')
}

/** Lowest E-value of each query and accession. */
function pairsOf({ results }: Found): Map<string, number> {
  return new Map(
    results.flatMap(({ query, hits }) => hits.map((hit) => [`${query.id} ${hit.accession}`, hit.hsps[0].evalue])),
  )
}

const uniprot = [requiresTools('blastp', 'makeblastdb'), requiresShared(targets, probes)].every(Boolean)

describe.runIf(uniprot)('mode sensitive among UniProt proteins', () => {
  it("reports BLASTP's hits, with the HSPs of mode exhaustive", async () => {
    const folder = temporaryFolder()
    const [database, queries] = [path.join(folder, 'database.fasta'), path.join(folder, 'queries.fasta')]
    writeFileSync(database, sample(targets, 5))
    writeFileSync(queries, sample(probes, 25))
    execFileSync('makeblastdb', ['-in', database, '-dbtype', 'prot', '-out', path.join(folder, 'db')], {
      stdio: 'ignore',
    })
    const blast = execFileSync(
      'blastp',
      [
        '-query',
        queries,
        '-db',
        path.join(folder, 'db'),
        '-evalue',
        '1e-5',
        '-max_target_seqs',
        '1000',
        '-outfmt',
        '6',
      ],
      { encoding: 'utf8' },
    )
    const theirs = new Set(
      blast
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t', 2).join(' ')),
    )
    const catalog = await temporaryCatalog([database])
    const options: SearchOptions = { maxTargetSeqs: 1000 }
    const text = readFileSync(queries, 'utf8')
    const sensitive = await searchCatalog(catalog, text, { ...options, mode: 'sensitive' })
    const exhaustive = await searchCatalog(catalog, text, { ...options, mode: 'exhaustive' })
    const [ours, all] = [pairsOf(sensitive), pairsOf(exhaustive)]
    expect(theirs.size).toBeGreaterThan(100)
    expect([...theirs].filter((pair) => ours.has(pair)).length).toBeGreaterThanOrEqual(0.98 * theirs.size)
    for (const [pair, evalue] of ours) expect(all.get(pair)).toBe(evalue)
    const strong = [...all].filter(([, evalue]) => evalue <= 1e-5)
    expect(strong.filter(([pair]) => ours.has(pair)).length).toBeGreaterThanOrEqual(0.98 * strong.length)
  })
})

const domains = 'data/proteins/scope35_dev.fasta.gz'

describe.runIf(requiresShared(domains))('mode sensitive', () => {
  const queries = (): string => sample(domains, 330)

  it('finds nearly as many remote homologs as mode exhaustive', async () => {
    const folder = temporaryFolder()
    const database = path.join(folder, 'domains.fasta')
    writeFileSync(database, sample(domains, 3))
    const catalog = await temporaryCatalog([database])
    const found = pairsOf(await searchCatalog(catalog, queries(), { mode: 'sensitive', evalue: 1e-3 }))
    const all = pairsOf(await searchCatalog(catalog, queries(), { mode: 'exhaustive', evalue: 1e-3 }))
    expect(all.size).toBeGreaterThan(80)
    expect([...all.keys()].filter((pair) => found.has(pair)).length).toBeGreaterThanOrEqual(0.95 * all.size)
  })

  it('answers the same for one or many shards and workers, queries together or alone', async () => {
    const folder = temporaryFolder()
    const database = path.join(folder, 'domains.fasta')
    // One protein longer than a window, made of all the others.
    const text = sample(domains, 20)
    const chimera = text.replaceAll(/^>.*\n/gm, '').replaceAll('\n', '')
    writeFileSync(database, `${text}>chimera\n${chimera.slice(0, 40_000)}\n`)
    const one = await searchCatalog(await temporaryCatalog([database]), queries(), { mode: 'sensitive' }, 1)
    const many = await searchCatalog(
      await temporaryCatalog([database], { shards: 4 }),
      queries(),
      { mode: 'sensitive' },
      2,
    )
    const hitsOf = ({ results }: Found): unknown[] =>
      results.map(({ query, hits }) => [query.id, hits.map(({ accession, hsps }) => [accession, hsps])])
    expect(hitsOf(many)).toEqual(hitsOf(one))
    expect(pairsOf(one).size).toBeGreaterThan(30)
    const catalog = await temporaryCatalog([database])
    const alone: unknown[] = []
    for (const record of `\n${queries()}`.split('\n>').slice(1, 6)) {
      alone.push(...hitsOf(await searchCatalog(catalog, `>${record}`, { mode: 'sensitive' }, 1)))
    }
    expect(alone).toEqual(hitsOf(one).slice(0, 5))
  })
})

const genes = 'data/genes/resistance_and_virulence_genes.fasta.gz'
const resistance = 'data/proteins/bacmet2_proteins.fasta.gz'
const genome = 'data/genomes/bacterial_assembly.fasta.gz'

describe.runIf(requiresShared(genes, resistance, genome))('mode sensitive of translated searches', () => {
  const compare = async (catalog: string, queries: string, program: SearchOptions['program']): Promise<number> => {
    const options: SearchOptions = { program, evalue: 1e-5 }
    const found = pairsOf(await searchCatalog(catalog, queries, { ...options, mode: 'sensitive' }))
    const all = pairsOf(await searchCatalog(catalog, queries, { ...options, mode: 'exhaustive' }))
    for (const [pair, evalue] of found) expect(all.get(pair)).toBe(evalue)
    expect([...all.keys()].filter((pair) => found.has(pair)).length).toBeGreaterThanOrEqual(0.95 * all.size)
    return all.size
  }

  it('finds what mode exhaustive finds', async () => {
    const folder = temporaryFolder()
    const files = ['proteins', 'nucleotides'].map((name) => path.join(folder, `${name}.fasta`))
    writeFileSync(files[0], sample(resistance, 1))
    // Genes, and a long record among them.
    const long = sample(genome, 1)
      .split('>')
      .sort((a, b) => b.length - a.length)[0]
    writeFileSync(files[1], `${sample(genes, 200)}>${long.slice(0, 100_000)}\n`)
    const [proteins, nucleotides] = await Promise.all(files.map((file) => temporaryCatalog([file])))
    expect(await compare(proteins, sample(genes, 300), 'blastx')).toBeGreaterThan(10)
    expect(await compare(nucleotides, sample(resistance, 8), 'tblastn')).toBeGreaterThan(10)
    expect(await compare(nucleotides, sample(genes, 2000), 'tblastx')).toBeGreaterThan(10)
  })
})
