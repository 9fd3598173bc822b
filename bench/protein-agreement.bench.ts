import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { openCatalog } from '../src/engine/format/catalog.ts'
import { parseQueries } from '../src/engine/io/query.ts'
import type { Kernels } from '../src/engine/kernels/types.ts'
import { EngineComputeWorker } from '../src/engine/search/compute.ts'
import { search } from '../src/engine/search/search.ts'
import { loadKernels } from '../server/search/kernels.ts'
import { openStore } from '../server/storage/open.ts'
import { cli, isInstalled, option, outputFolder, printRows, shared, timed, type Row } from './support.ts'
import { randomNumbers } from './synthetic.ts'

/** E-value up to which BLASTP's hits have to be found. */
const EVALUE = 1e-5

/**
 * UniProt: the share of BLASTP's hits (E ≤ 1e-5) that mode `sensitive` reports, with the time of both commands on one
 * thread; then the share of an exhaustive search's cells that it computes as the catalog grows tenfold by shuffled
 * copies. `--queries=500 --copies=9 --cell-queries=50 --exhaustive=no`.
 */
export async function run(args: string[]): Promise<void> {
  const output = outputFolder('protein-agreement')
  const proteins = gunzipSync(readFileSync(path.join(shared, 'data/proteins/uniprot_20k.fasta.gz'))).toString()
  const all = `\n${readFileSync(path.join(shared, 'data/proteins/uniprot_queries.fasta'), 'utf8')}`
    .split('\n>')
    .slice(1)
  const fasta = (records: readonly string[]): string => records.map((record) => `>${record.trimEnd()}\n`).join('')
  const chosen = all.slice(0, Number(option(args, 'queries', '500')))
  const [database, queries] = [path.join(output, 'proteins.fasta'), path.join(output, 'queries.fasta')]
  writeFileSync(database, proteins)
  writeFileSync(queries, fasta(chosen))
  const catalog = await build(output, database, 'catalog')

  const rows: Row[] = []
  let theirs: Map<string, number> | null = null
  const measure = async (program: string, command: string, options: string[]): Promise<void> => {
    const file = path.join(output, `${program}.tsv`)
    const seconds = await timed(command, options, file)
    const hits = pairs(file)
    theirs ??= hits
    const wanted = [...theirs].filter(([, evalue]) => evalue <= EVALUE)
    const found = wanted.filter(([pair]) => hits.has(pair)).length
    const same = wanted.filter(([pair]) => (hits.get(pair) ?? 1) <= EVALUE).length
    const shares = `${((100 * found) / wanted.length).toFixed(2)}% of ${wanted.length} hits, ${((100 * same) / wanted.length).toFixed(2)}% at E ≤ ${EVALUE}`
    rows.push({ program, seconds, figures: shares })
  }
  if (isInstalled('blastp')) {
    const db = path.join(output, 'blastdb')
    execFileSync('makeblastdb', ['-in', database, '-dbtype', 'prot', '-out', db], { stdio: 'ignore' })
    const options = ['-max_target_seqs', '1000', '-num_threads', '1', '-outfmt', '6']
    await measure('blastp', 'blastp', ['-query', queries, '-db', db, ...options])
  }
  const ours = ['search', catalog, queries, '--threads', '1', '--outfmt', '6', '--max-target-seqs', '1000', '--mode']
  await measure('sensitive', process.execPath, [cli, ...ours, 'sensitive'])
  if (option(args, 'exhaustive', 'no') === 'yes')
    await measure('exhaustive', process.execPath, [cli, ...ours, 'exhaustive'])
  printRows(rows)

  const copies = Number(option(args, 'copies', '9'))
  const large = path.join(output, 'shuffled.fasta')
  writeFileSync(large, withShuffles(proteins, copies))
  const few = fasta(all.filter((_, i) => i % Math.ceil(all.length / Number(option(args, 'cell-queries', '50'))) === 0))
  const largeCatalog = await build(output, large, 'shuffled')
  for (const folder of [catalog, largeCatalog]) {
    const { share, seconds, entries } = await cells(folder, few)
    console.log(
      `${entries} proteins: ${(100 * share).toFixed(2)}% of the cells of mode exhaustive, ${seconds.toFixed(1)} s`,
    )
  }
}

async function build(output: string, file: string, name: string): Promise<string> {
  const catalog = path.join(output, name)
  const log = path.join(output, `${name}.log`)
  await timed(process.execPath, [cli, 'build', file, '--out', catalog, '--index', 'none'], log)
  return catalog
}

/** Lowest E-value of each pair of query and subject. */
function pairs(file: string): Map<string, number> {
  const best = new Map<string, number>()
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const columns = line.split('\t')
    const pair = `${columns[0]} ${columns[1]}`
    best.set(pair, Math.min(Number(columns[10]), best.get(pair) ?? Infinity))
  }
  return best
}

/** The proteins, and `copies` of each with the residues of every 20 in another order. */
function withShuffles(proteins: string, copies: number): string {
  const random = randomNumbers(1)
  const records = `\n${proteins}`.split('\n>').slice(1)
  const texts = [proteins]
  for (let copy = 1; copy <= copies; copy++) {
    for (const record of records) {
      const [header, ...lines] = record.split('\n')
      const letters = [...lines.join('')]
      for (let i = letters.length - 1; i > 0; i--) {
        const j = i - (i % 20) + Math.floor(random() * ((i % 20) + 1))
        ;[letters[i], letters[j]] = [letters[j], letters[i]]
      }
      texts.push(`>shuffled${copy}_${header.split(' ', 1)[0]}\n${letters.join('')}\n`)
    }
  }
  return texts.join('')
}

/** Cells that gapped scoring takes in mode `sensitive`, those for alignments included, as a share of all. */
async function cells(folder: string, text: string): Promise<{ share: number; seconds: number; entries: number }> {
  const kernels = await loadKernels()
  let computed = 0
  const counting: Kernels = Object.assign(Object.create(kernels) as Kernels, {
    score: (...given: Parameters<Kernels['score']>) => {
      const scoring = kernels.score(...given)
      computed += scoring.total
      return scoring
    },
  })
  const worker = new EngineComputeWorker(counting, {
    openStore,
    cacheBytes: 64 << 20,
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    now: () => performance.now(),
  })
  const catalog = await openCatalog(openStore(folder))
  const { queries } = parseQueries(text)
  const started = performance.now()
  const host = { kernels, pool: { workers: [worker], close: () => Promise.resolve() } }
  const run = await search(catalog, queries, { mode: 'sensitive' }, host)
  for await (const result of run.results) if (result.mode !== 'sensitive') throw new Error(`searched by ${result.mode}`)
  const residues = queries.reduce((sum, query) => sum + query.residues.length, 0)
  const { distinctResidues, entries } = catalog.summary
  return { share: computed / (residues * distinctResidues), seconds: (performance.now() - started) / 1000, entries }
}
