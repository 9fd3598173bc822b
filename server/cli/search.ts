import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CatalogError } from '../../src/engine/errors.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import type { Catalog } from '../../src/engine/format/types.ts'
import { ALIGNMENT_OPTIONS } from '../../src/engine/io/write-header.ts'
import { parseOutputFormat, writeResults } from '../../src/engine/io/write-results.ts'
import { checkColumns } from '../../src/engine/io/write-tabular.ts'
import { SEARCH_AHEAD, VECTOR_AHEAD } from '../../src/engine/search/modes.ts'
import { resolveOptions } from '../../src/engine/search/options.ts'
import { search } from '../../src/engine/search/search.ts'
import type {
  Mode,
  Program,
  Query,
  QueryResult,
  ResolvedOptions,
  SearchOptions,
  SearchProgress,
  Strand,
  Task,
} from '../../src/engine/search/types.ts'
import { loadKernels } from '../search/kernels.ts'
import { createNodePool } from '../search/pool.ts'
import { openStore } from '../storage/open.ts'
import { readQueries } from './input.ts'
import { writeOutput } from './output.ts'
import { counted, Reporter } from './reporter.ts'
import type { Arguments, Context, Values } from './types.ts'

export async function run(args: Arguments, context: Context): Promise<number> {
  const { values } = args
  const started = performance.now()
  const reporter = new Reporter(context, values)
  const format = parseOutputFormat((values.outfmt as string | undefined) ?? '0')
  const { location, queryFile } = whatToSearch(args, context)
  const queries = await readQueries(queryFile, values.strict === true, context, (line) => reporter.warn(line))
  const { catalog, remove } = location
    ? {
        catalog: await openCatalog(openStore(location), {
          signal: context.signal,
          ahead: values.mode === 'vector' ? VECTOR_AHEAD : SEARCH_AHEAD,
        }),
        remove: undefined,
      }
    : await catalogOf(values.subject as string, context, reporter)
  try {
    await searchAndWrite(catalog, queries, args, context, reporter, format)
    reporter.clear()
    if (reporter.interactive) {
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      const what = `${counted(queries.length, 'query', 'queries')} against ${counted(catalog.summary.entries, 'entry', 'entries')}`
      reporter.note(`${what} in ${seconds} s.`)
    }
  } finally {
    reporter.clear()
    await remove?.()
  }
  return 0
}

async function searchAndWrite(
  catalog: Catalog,
  queries: Query[],
  { values }: Arguments,
  context: Context,
  reporter: Reporter,
  format: ReturnType<typeof parseOutputFormat>,
): Promise<void> {
  // What cannot be done is refused before anything is started.
  const options = searchOptions(values)
  const { alphabet, fields } = catalog.summary
  const resolved = resolveOptions(options, queries, alphabet)
  refuseMeaningless(values, resolved)
  if (format.kind === 'table') checkColumns(format, fields.map(({ name }) => name), resolved) // prettier-ignore
  const kernels = await loadKernels()
  const pool = await createNodePool({ threads: values['num-threads'] as number | undefined })
  try {
    const onProgress = reporter.interactive
      ? (progress: SearchProgress) => reporter.progress(describe(progress), share(progress))
      : undefined
    const control = { signal: context.signal, onProgress }
    const { header, results } = await search(catalog, queries, options, { kernels, pool }, control)
    const reported = warnings(results, queries, reporter)
    await writeOutput(writeResults(header, reported, format), values.out as string | undefined, context)
  } finally {
    await pool.close()
  }
}

/** Tells what the engine warns of, and takes the progress line away before results reach the same terminal. */
async function* warnings(
  results: AsyncIterable<QueryResult>,
  queries: readonly Query[],
  reporter: Reporter,
): AsyncGenerator<QueryResult> {
  for await (const result of results) {
    for (const warning of result.warnings) reporter.warn(`${queries[result.index].id}: ${warning}`)
    reporter.clear()
    yield result
  }
}

/** Where to search and for what: options and positional arguments say the same things. */
function whatToSearch(
  { values, positionals }: Arguments,
  context: Context,
): { location: string | undefined; queryFile: string } {
  const rest = [...positionals]
  if (values.subject !== undefined && values.db !== undefined)
    throw new CatalogError('usage', '--db and --subject cannot be searched at once: leave one out.')
  let location: string | undefined
  if (values.subject === undefined) {
    location = (values.db as string | undefined) ?? rest.shift()
    if (location === undefined)
      throw new CatalogError(
        'usage',
        'What is to be searched? Name a catalog (a folder or a URL), or a file with --subject.',
      )
  }
  const queryFile = (values.query as string | undefined) ?? rest.shift() ?? '-'
  if (rest.length > 0)
    throw new CatalogError('usage', `“${rest[0]}” is one argument too many. See genomic-catalog search --help.`)
  const given = values.query !== undefined || queryFile !== '-' || positionals.includes('-')
  if (!given && context.stdin.isTTY === true)
    throw new CatalogError('usage', 'What is to be searched for? Name a file of queries, or - to type them.')
  return { location, queryFile }
}

/** A catalog made of one file, for this search alone. */
async function catalogOf(
  file: string,
  context: Context,
  reporter: Reporter,
): Promise<{ catalog: Catalog; remove: () => Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'genomic-catalog-'))
  const remove = () => rm(directory, { recursive: true, force: true })
  try {
    // What builds is loaded only here: most searches do without.
    const { buildFromFiles } = await import('../publish/build.ts')
    await buildFromFiles([file], directory, {
      stdin: context.stdin,
      signal: context.signal,
      onReject: ({ line, accession, reason }) => reporter.warn(`${file}, line ${line}: ${accession} ${reason}.`),
      onProgress: ({ done }) => reporter.progress(`Reading ${file}: ${counted(done, 'sequence')}`, null),
    })
    return { catalog: await openCatalog(openStore(directory), { signal: context.signal }), remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** The engine's options from those of the command line. */
export function searchOptions(values: Values): SearchOptions {
  const number = (name: string) => values[name] as number | undefined
  const yes = (name: string) => values[name] as boolean | undefined
  return {
    mode: values.mode as Mode | undefined,
    program: values.program as Program | undefined,
    task: values.task as Task | undefined,
    evalue: number('evalue'),
    maxTargetSeqs: number('max-target-seqs'),
    maxHsps: number('max-hsps'),
    matrix: values.matrix as string | undefined,
    reward: number('reward'),
    penalty: number('penalty'),
    gapopen: number('gapopen'),
    gapextend: number('gapextend'),
    strand: values.strand as Strand | undefined,
    percIdentity: number('perc-identity'),
    qcovHspPerc: number('qcov-hsp-perc'),
    seg: yes('seg'),
    dust: yes('dust'),
    compositionBias: yes('composition-bias'),
    queryGencode: number('query-gencode'),
    dbGencode: number('db-gencode'),
    dbsize: number('dbsize'),
    searchsp: number('searchsp'),
    where: values.where as string | undefined,
    align: yes('align'),
  }
}

const TRANSLATED_QUERY = ['blastx', 'tblastx']
const TRANSLATED_SUBJECT = ['tblastn', 'tblastx']

/** Options that say nothing to some programs. */
const MEANINGLESS: Record<string, (options: ResolvedOptions) => boolean> = {
  matrix: ({ matrix }) => matrix === null,
  reward: ({ reward }) => reward === null,
  penalty: ({ penalty }) => penalty === null,
  seg: ({ program }) => program === 'blastn',
  dust: ({ program }) => program !== 'blastn',
  'composition-bias': ({ program }) => program === 'blastn',
  strand: ({ program }) => program === 'blastp' || program === 'tblastn',
  'query-gencode': ({ program }) => !TRANSLATED_QUERY.includes(program),
  'db-gencode': ({ program }) => !TRANSLATED_SUBJECT.includes(program),
}

/** Nobody gets another search than was asked for: what would be passed over is refused; `no` asks for nothing. */
function refuseMeaningless(values: Values, options: ResolvedOptions): void {
  for (const [name, isMeaningless] of Object.entries(MEANINGLESS)) {
    const asked = values[name] !== undefined && values[name] !== false
    if (asked && isMeaningless(options))
      throw new CatalogError('usage', `--${name} has no meaning for a ${options.program} search: leave it out.`)
  }
  if (options.align !== false) return
  for (const name of ALIGNMENT_OPTIONS) {
    if (values[name] !== undefined && values[name] !== false) {
      const reason = 'mode vector ranks hits by cosine and does not align them'
      throw new CatalogError('usage', `--${name} has no meaning here: ${reason}. Add --align, or leave it out.`)
    }
  }
}

function describe({ stage, queriesDone, queries }: SearchProgress): string {
  const stages = { reading: 'Reading', scoring: 'Scoring', aligning: 'Aligning' }
  return `${stages[stage]}, ${queriesDone.toLocaleString('en-US')} of ${counted(queries, 'query', 'queries')} done`
}

function share({ done, total }: SearchProgress): number | null {
  return total > 0 ? Math.min(1, done / total) : null
}
