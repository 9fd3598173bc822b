import { existsSync } from 'node:fs'
import { cp, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { CatalogError } from '../../src/engine/errors.ts'
import type { BuildReport } from '../../src/engine/format/build/build.ts'
import type { Alphabet } from '../../src/engine/format/types.ts'
import { buildFromFiles } from '../publish/build.ts'
import { indexersOf, newIndexers, parametersOf } from '../publish/indexers.ts'
import { DirectorySink, fileError } from '../storage/file.ts'
import { asOnlyWriter } from '../storage/lock.ts'
import { Rejections, showProgress, tellCatalog, tellInput } from './build-report.ts'
import { indexOptions } from './index-options.ts'
import { planOptions, tellPlan } from './plan.ts'
import { Reporter } from './reporter.ts'
import type { Arguments, Context } from './types.ts'

/** The app as `npm run setup` builds it, in a checkout or in the package. */
const APP = fileURLToPath(new URL('../../build/', import.meta.url))
/** What stands beside the app where it is built, and is not of a site with another catalog. */
const NOT_APP = new Set(['catalogs.json', 'demo'])
/** Folder of the catalog within a site. */
const SITE_CATALOG = 'catalog'

export async function run({ values, positionals }: Arguments, context: Context): Promise<number> {
  const out = values.out as string | undefined
  if (out === undefined) throw new CatalogError('usage', 'build needs --out DIR: the folder for the catalog.')
  const site = values.site === true
  if (site && !existsSync(path.join(APP, 'index.html')))
    throw new CatalogError('not-found', `The web app has not been built (${APP} is missing). Run "npm run setup".`)
  const reporter = new Reporter(context, values)
  const started = performance.now()
  const others = site ? await otherCatalogs(out) : []
  const sharding = planOptions(values)
  const index = indexOptions(values)
  const from = values.parameters as string | undefined
  const parameters = from === undefined ? undefined : await parametersOf(from, context.signal)
  const indexers = await (parameters === undefined
    ? newIndexers(index)
    : indexersOf(parameters.values, parameters.store))
  const folder = site ? path.join(out, SITE_CATALOG) : out
  const rejections = new Rejections(reporter)
  const build = () =>
    buildFromFiles(positionals, folder, {
      alphabet: values.alphabet as Alphabet | undefined,
      title: values.title as string | undefined,
      description: values.description as string | undefined,
      source: values.source as string | undefined,
      licence: values.licence as string | undefined,
      citation: values.citation as string | undefined,
      sharding,
      indexers,
      parameters,
      metadata: values.metadata as string | undefined,
      metadataColumn: values['metadata-column'] as string | undefined,
      stdin: context.stdin,
      strict: values.strict === true,
      signal: context.signal,
      onPlan: (balance) => tellPlan(balance, reporter),
      onProgress: showProgress(reporter),
      onReject: rejections.add,
    })
  let report: BuildReport
  try {
    report = await asOnlyWriter(folder, build)
  } finally {
    rejections.finish()
  }
  if (site) await putSite(out, report, others)
  tell(report, site, out, (performance.now() - started) / 1000, reporter)
  return 0
}

function tell(report: BuildReport, site: boolean, out: string, seconds: number, reporter: Reporter): void {
  tellCatalog(report, report.bytes, reporter)
  tellInput(report, reporter)
  if (reporter.interactive) {
    reporter.note(`Written to ${out} in ${seconds.toFixed(1)} s. ${next(site, out)}`)
  }
}

function next(site: boolean, out: string): string {
  return site
    ? `Upload the folder to any static host, or look at it: genomic-catalog serve ${out}`
    : `Search it: genomic-catalog search ${out} query.fasta`
}

interface Listing {
  url: string
  title: string
  description?: string
}

/** Catalogs that a site listed already, but for the one that is built now. */
async function otherCatalogs(out: string): Promise<Listing[]> {
  const file = path.join(out, 'catalogs.json')
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw fileError(error, file)
  }
  try {
    const { catalogs } = JSON.parse(text) as { catalogs: Listing[] }
    return catalogs.filter(({ url }) => url !== `${SITE_CATALOG}/`)
  } catch (error) {
    throw new CatalogError('input', `${file} is not a list of catalogs: repair or remove it.`, { file }, error)
  }
}

/** Puts the app beside its catalog; the list, which makes the app find it, comes last. */
async function putSite(out: string, { manifest }: BuildReport, others: Listing[]): Promise<void> {
  try {
    await mkdir(out, { recursive: true })
    await cp(APP, out, { recursive: true, filter: (source) => !NOT_APP.has(path.relative(APP, source)) })
  } catch (error) {
    throw fileError(error, out)
  }
  const { title, description } = manifest
  const listing: Listing = { url: `${SITE_CATALOG}/`, title, description }
  const list = JSON.stringify({ catalogs: [listing, ...others] }, null, 2)
  await new DirectorySink(out).put('catalogs.json', Buffer.from(`${list}\n`))
}
