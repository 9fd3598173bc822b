import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { EmbeddingRegistry } from '../src/engine/index/embedding/models.ts'
import type { EmbeddingModel } from '../src/engine/index/embedding/types.ts'
import { windowEnds, windowStarts } from '../src/engine/index/embedding/windows.ts'
import { encodeLetters } from '../src/engine/sequence/alphabet.ts'
import type { Alphabet } from '../src/engine/format/types.ts'
import { loadKernels } from '../server/search/kernels.ts'
import { clusterGenes } from './dna-sensitivity.bench.ts'
import { evaluate, option, outputFolder, shared } from './support.ts'

const NEAREST = [10, 100, 500]

/**
 * What vectors of the built-in models find, compared one by one (no index, no codes): the share of mutated gene fragments
 * whose source is among the nearest windows, and of SCOPe relatives among the nearest domains. `--seed=1`.
 */
export async function run(args: string[]): Promise<void> {
  const kernels = await loadKernels()
  const registry = new EmbeddingRegistry()
  const seed = option(args, 'seed', '1')
  await genes(await registry.choose('dna').load(kernels), seed)
  await domains(await registry.choose('protein').load(kernels), seed)
}

async function genes(model: EmbeddingModel, seed: string): Promise<void> {
  const output = outputFolder('dna-sensitivity')
  const file = path.join(output, 'clusters_rep_seq.fasta')
  if (!existsSync(file)) clusterGenes(output)
  const folder = outputFolder('embedding')
  const queryFile = path.join(folder, 'queries.fasta')
  writeFileSync(queryFile, evaluate('dna-queries.mjs', [file, seed]))
  const windows = await embedAll(model, 'dna', readFasta(file))
  const queries = readFasta(queryFile)
  const started = performance.now()
  await embedAll(model, 'dna', readFasta(file))
  const seconds = (performance.now() - started) / 1000
  const rate = (windows.residues / seconds / 1e6).toFixed(0)
  console.log(`${windows.owners.length} windows of genes; reading and embedding ${rate} MB/s, one thread`)
  const found = new Map<string, number[]>()
  const all = NEAREST.map(() => 0)
  for (const { name, residues } of queries) {
    const [, source, identity] = name.split('|')
    const query = await embedAll(model, 'dna', [{ name, residues }])
    const rank = rankOf(query.vectors, windows, source, model.description.dimensions)
    const own = found.get(identity) ?? NEAREST.map(() => 0)
    NEAREST.forEach((most, i) => {
      if (rank < most) {
        own[i]++
        all[i]++
      }
    })
    found.set(identity, own)
  }
  const share = (counts: number[], of: number) => counts.map((count) => (count / of).toFixed(3)).join(' ')
  console.log(`share of ${queries.length} fragments whose source is in the nearest ${NEAREST.join(', ')} windows`)
  const each = queries.length / found.size
  for (const [identity, counts] of found) console.log(`  identity ${identity.padEnd(5)} ${share(counts, each)}`)
  console.log(`  all            ${share(all, queries.length)}`)
}

/** Windows with a higher cosine than the best one of `source`. */
function rankOf(query: Float32Array, windows: Windows, source: string, dimensions: number): number {
  const cosines = windows.owners.map((_, i) => {
    let best = -1
    for (let q = 0; q < query.length; q += dimensions) {
      let sum = 0
      for (let d = 0; d < dimensions; d++) sum += query[q + d] * windows.vectors[i * dimensions + d]
      best = Math.max(best, sum)
    }
    return best
  })
  const own = cosines.reduce((best, cosine, i) => (windows.owners[i] === source ? Math.max(best, cosine) : best), -2)
  return cosines.filter((cosine) => cosine > own).length
}

async function domains(model: EmbeddingModel, seed: string): Promise<void> {
  const file = path.join(shared, 'data/proteins/scope35_dev.fasta.gz')
  const records = readFasta(file)
  const names = readFasta(file, true).map(({ name }) => name)
  const families = names.map((name) => name.split(' ')[1])
  const sampled = new Set(evaluate('sample.mjs', [file, '300', seed]).match(/(?<=^>)\S+/gm))
  const windows = await embedAll(model, 'protein', records)
  const { dimensions } = model.description
  const familyOf = new Map(records.map(({ name }, i) => [name, families[i]]))
  let [sum, queries] = [0, 0]
  for (const { name, residues } of records) {
    if (!sampled.has(name)) continue
    const { vectors } = await embedAll(model, 'protein', [{ name, residues }])
    const best = new Map<string, number>()
    for (let i = 0; i < windows.owners.length; i++) {
      let dot = 0
      for (let d = 0; d < dimensions; d++) dot += vectors[d] * windows.vectors[i * dimensions + d]
      best.set(windows.owners[i], Math.max(dot, best.get(windows.owners[i]) ?? -1))
    }
    best.delete(name)
    const nearest = Array.from(best)
      .sort((a, b) => b[1] - a[1])
      .slice(0, 300)
    const relatives = families.filter((family) => family === familyOf.get(name)).length - 1
    if (relatives === 0) continue
    sum += nearest.filter(([other]) => familyOf.get(other) === familyOf.get(name)).length / relatives
    queries++
  }
  console.log(`share of family members in the nearest 300 of ${records.length} domains: ${(sum / queries).toFixed(3)}`)
}

interface Windows {
  vectors: Float32Array
  /** Record of each window. */
  owners: string[]
  residues: number
}

interface FastaRecord {
  name: string
  residues: string
}

async function embedAll(model: EmbeddingModel, alphabet: Alphabet, records: readonly FastaRecord[]): Promise<Windows> {
  const parts: Float32Array[] = []
  const owners: string[] = []
  let residues = 0
  for (const record of records) {
    const encoded = encodeLetters(Buffer.from(record.residues), alphabet)
    if (!('codes' in encoded)) throw new Error(`${record.name}: ${encoded.reason}`)
    const { codes } = encoded
    const starts = windowStarts(codes.length, model.description)
    parts.push(await model.embed(codes, starts, windowEnds(starts, codes.length, model.description)))
    for (let i = 0; i < starts.length; i++) owners.push(record.name)
    residues += codes.length
  }
  const vectors = new Float32Array(owners.length * model.description.dimensions)
  let at = 0
  for (const part of parts) {
    vectors.set(part, at)
    at += part.length
  }
  return { vectors, owners, residues }
}

function readFasta(file: string, whole = false): FastaRecord[] {
  if (!existsSync(file)) throw new Error(`${file} is missing`)
  const bytes = readFileSync(file)
  const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString()
  return `\n${text}`
    .split('\n>')
    .slice(1)
    .map((record) => {
      const header = record.slice(0, record.indexOf('\n'))
      const residues = record
        .slice(header.length)
        .replaceAll(/[\s*-]/g, '')
        .toUpperCase()
      return { name: whole ? header : header.split(/\s/)[0], residues }
    })
}
