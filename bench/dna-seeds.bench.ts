import { execFileSync } from 'node:child_process'
import { createWriteStream, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import path from 'node:path'
import { cli, evaluate, isInstalled, option, outputFolder, printRows, timed, type Row } from './support.ts'
import { randomNumbers } from './synthetic.ts'

/**
 * Recall of mutated gene fragments by `sensitive` and `fast`, beside blastn in the same run, one thread each: among the genes
 * clustered at 80% (5.9 Mb; `npm run bench dna-sensitivity` makes them first), and the same with unrelated sequences, random
 * ones of 1,000 bases by an order-4 Markov model of the genes. `--seed=1 --residues=59000000`.
 */
export async function run(args: string[]): Promise<void> {
  const genes = path.join(outputFolder('dna-sensitivity'), 'clusters_rep_seq.fasta')
  if (!existsSync(genes)) throw new Error('Run the benchmark dna-sensitivity first: it clusters the genes.')
  const output = outputFolder('dna-seeds')
  const queries = path.join(output, 'queries.fasta')
  writeFileSync(queries, evaluate('dna-queries.mjs', [genes, option(args, 'seed', '1')]))
  const large = path.join(output, 'large.fasta')
  await writeWithUnrelated(large, genes, Number(option(args, 'residues', '59000000')))
  for (const [name, database] of [
    ['small', genes],
    ['large', large],
  ]) {
    console.log(name)
    printRows(await compare(output, name, database, queries))
  }
}

async function compare(output: string, name: string, database: string, queries: string): Promise<Row[]> {
  const rows: Row[] = []
  const catalog = path.join(output, name)
  const build = await timed(
    process.execPath,
    [cli, 'build', database, '--out', catalog],
    path.join(output, 'build.log'),
  )
  const info = execFileSync(process.execPath, [cli, 'info', catalog], { encoding: 'utf8' })
  rows.push({ program: 'build', seconds: build, figures: info.split('\n').find((line) => /seed/i.test(line)) ?? '' })
  const measure = async (program: string, command: string, options: string[]): Promise<void> => {
    const hits = path.join(output, `${name}-${program}.tsv`)
    const seconds = await timed(command, options, hits)
    rows.push({ program, seconds, figures: evaluate('dna-recall.mjs', [queries, hits]) })
  }
  for (const mode of ['fast', 'sensitive']) {
    const options = ['--mode', mode, '--threads', '1', '--outfmt', '6', '--evalue', '1e-3']
    await measure(mode, process.execPath, [cli, 'search', catalog, queries, ...options])
  }
  if (isInstalled('blastn')) {
    const db = path.join(output, `${name}-blastdb`)
    execFileSync('makeblastdb', ['-in', database, '-dbtype', 'nucl', '-out', db], { stdio: 'ignore' })
    const options = ['-evalue', '1e-3', '-num_threads', '1', '-outfmt', '6']
    await measure('blastn', 'blastn', ['-task', 'blastn', '-query', queries, '-db', db, ...options])
  }
  return rows
}

const ORDER = 4

/** The genes, then random records until there are `residues`. */
async function writeWithUnrelated(file: string, genes: string, residues: number): Promise<void> {
  const text = readFileSync(genes, 'latin1')
  const contexts = 4 ** ORDER
  const counts = new Float64Array(contexts * 4).fill(1)
  let written = 0
  for (const record of text.split('>').slice(1)) {
    let context = 0
    for (const letter of record.slice(record.indexOf('\n'))) {
      const base = 'ACGT'.indexOf(letter)
      if (base < 0) continue
      counts[context * 4 + base]++
      context = (context * 4 + base) % contexts
      written++
    }
  }
  const random = randomNumbers(1)
  const out = createWriteStream(file)
  out.write(text.endsWith('\n') ? text : `${text}\n`)
  let context = 0
  for (let record = 1; written < residues; record++) {
    let letters = ''
    for (let i = 0; i < 1000; i++) {
      const row = counts.subarray(context * 4, context * 4 + 4)
      let left = random() * (row[0] + row[1] + row[2] + row[3])
      let base = 0
      while (base < 3 && left >= row[base]) left -= row[base++]
      letters += 'ACGT'[base]
      context = (context * 4 + base) % contexts
    }
    written += 1000
    if (!out.write(`>unrelated${record}\n${letters}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'close')
}
