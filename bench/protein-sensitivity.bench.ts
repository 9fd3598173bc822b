import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { cli, evaluate, isInstalled, option, outputFolder, printRows, shared, timed, type Row } from './support.ts'

/**
 * Remote homologs among SCOPe domains: sensitivity of modes `sensitive` and `exhaustive` and the time of the whole command on
 * one thread, beside ssearch36 and BLASTP on the same queries in the same run. `--queries=1000 --seed=1`.
 */
export async function run(args: string[]): Promise<void> {
  const output = outputFolder('protein-sensitivity')
  const packed = path.join(shared, 'data/proteins/scope35_dev.fasta.gz')
  const database = path.join(output, 'scope.fasta')
  writeFileSync(database, gunzipSync(readFileSync(packed)))
  const queries = path.join(output, 'queries.fasta')
  const sample = evaluate('sample.mjs', [packed, option(args, 'queries', '1000'), option(args, 'seed', '1')])
  writeFileSync(queries, sample)
  const catalog = path.join(output, 'catalog')
  await timed(process.execPath, [cli, 'build', database, '--out', catalog], path.join(output, 'build.log'))

  const rows: Row[] = []
  const measure = async (program: string, command: string, options: string[]): Promise<void> => {
    const hits = path.join(output, `${program.replaceAll(/\W+/g, '-')}.tsv`)
    const seconds = await timed(command, options, hits)
    rows.push({ program, seconds, figures: evaluate('roc1.mjs', [database, queries, hits]) })
  }
  const common = ['search', catalog, queries, '--threads', '1', '--outfmt', '6', '--max-target-seqs', '1000']
  const ours = [...common, '--mode', 'exhaustive']
  await measure('sensitive', process.execPath, [cli, ...common, '--mode', 'sensitive'])
  await measure('exhaustive', process.execPath, [cli, ...ours])
  await measure('exhaustive, SEG off', process.execPath, [cli, ...ours, '--seg', 'no'])
  await measure('exhaustive, bias', process.execPath, [cli, ...ours, '--composition-bias', 'yes'])
  if (isInstalled('ssearch36')) {
    const options = ['-q', '-T', '1', '-m', '8', '-E', '10', '-d', '0', '-s', 'BL62', '-f', '-11', '-g', '-1']
    await measure('ssearch36', 'ssearch36', [...options, queries, database])
  }
  if (isInstalled('blastp')) {
    const db = path.join(output, 'blastdb')
    execFileSync('makeblastdb', ['-in', database, '-dbtype', 'prot', '-out', db], { stdio: 'ignore' })
    const options = ['-max_target_seqs', '1000', '-num_threads', '1', '-outfmt', '6']
    await measure('blastp', 'blastp', ['-query', queries, '-db', db, ...options])
  }
  printRows(rows)
}
