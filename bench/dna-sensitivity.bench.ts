import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { cli, evaluate, isInstalled, option, outputFolder, printRows, shared, timed, type Row } from './support.ts'

/**
 * Recall of mutated gene fragments by mode `exhaustive`, beside blastn on the same queries in the same run, one thread
 * each. The genes are clustered by MMseqs2 first. `--seed=1`.
 */
export async function run(args: string[]): Promise<void> {
  const output = outputFolder('dna-sensitivity')
  const genes = path.join(output, 'clusters_rep_seq.fasta')
  if (!existsSync(genes)) clusterGenes(output)
  const queries = path.join(output, 'queries.fasta')
  writeFileSync(queries, evaluate('dna-queries.mjs', [genes, option(args, 'seed', '1')]))
  const catalog = path.join(output, 'catalog')
  await timed(process.execPath, [cli, 'build', genes, '--out', catalog], path.join(output, 'build.log'))

  const rows: Row[] = []
  const measure = async (program: string, command: string, options: string[]): Promise<void> => {
    const hits = path.join(output, `${program}.tsv`)
    const seconds = await timed(command, options, hits)
    rows.push({ program, seconds, figures: evaluate('dna-recall.mjs', [queries, hits]) })
  }
  const ours = [
    'search',
    catalog,
    queries,
    '--threads',
    '1',
    '--outfmt',
    '6',
    '--evalue',
    '1e-3',
    '--mode',
    'exhaustive',
  ]
  await measure('exhaustive', process.execPath, [cli, ...ours])
  if (isInstalled('blastn')) {
    const db = path.join(output, 'blastdb')
    execFileSync('makeblastdb', ['-in', genes, '-dbtype', 'nucl', '-out', db], { stdio: 'ignore' })
    const options = ['-evalue', '1e-3', '-num_threads', '1', '-outfmt', '6']
    await measure('blastn', 'blastn', ['-task', 'blastn', '-query', queries, '-db', db, ...options])
  }
  printRows(rows)
}

/** Representatives of the unique genes of at least 60 bp, clustered at 80% identity and coverage. */
export function clusterGenes(output: string): void {
  const packed = readFileSync(path.join(shared, 'data/genes/resistance_and_virulence_genes.fasta.gz'))
  const seen = new Set<string>()
  const kept: string[] = []
  for (const record of `\n${gunzipSync(packed).toString()}`.split('\n>').slice(1)) {
    const end = record.indexOf('\n')
    const residues = record.slice(end).replaceAll(/\s/g, '').toUpperCase()
    if (residues.length < 60 || seen.has(residues)) continue
    seen.add(residues)
    kept.push(`>${record.slice(0, end)}\n${residues}\n`)
  }
  const genes = path.join(output, 'genes.fasta')
  writeFileSync(genes, kept.join(''))
  const options = ['--min-seq-id', '0.8', '-c', '0.8', '--threads', '1', '-v', '1']
  execFileSync('mmseqs', ['easy-cluster', genes, path.join(output, 'clusters'), path.join(output, 'tmp'), ...options])
}
