import { existsSync } from 'node:fs'
import { cp, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { CatalogError } from '../../src/engine/errors.ts'
import type { BuildReport } from '../../src/engine/format/build/build.ts'
import type { Alphabet } from '../../src/engine/format/types.ts'
import type { Rejection } from '../../src/engine/io/types.ts'
import { buildFromFiles, type FileBuildProgress } from '../publish/build.ts'
import { DirectorySink, fileError } from '../storage/file.ts'
import { counted, formatBytes, Reporter } from './reporter.ts'
import type { Arguments, Context } from './types.ts'

/** The app as `npm run setup` builds it, in a checkout or in the package. */
const APP = fileURLToPath(new URL('../../build/', import.meta.url))
/** What stands beside the app where it is built, and is not of a site with another catalog. */
const NOT_APP = new Set(['catalogs.json', 'demo'])
/** Folder of the catalog within a site. */
const SITE_CATALOG = 'catalog'
/** Records that are not kept are all counted, and this many are named unless the output goes to a file. */
const MOST_REJECTIONS = 50

export async function run({ values, positionals }: Arguments, context: Context): Promise<number> {
  const out = values.out as string | undefined
  if (out === undefined) throw new CatalogError('usage', 'build needs --out DIR: the folder for the catalog.')
  const site = values.site === true
  if (site && !existsSync(path.join(APP, 'index.html')))
    throw new CatalogError('not-found', `The web app has not been built (${APP} is missing). Run "npm run setup".`)
  const reporter = new Reporter(context, values)
  const started = performance.now()
  const others = site ? await otherCatalogs(out) : []
  let rejections = 0
  const reportOf = () =>
    buildFromFiles(positionals, site ? path.join(out, SITE_CATALOG) : out, {
      alphabet: values.alphabet as Alphabet | undefined,
      title: values.title as string | undefined,
      description: values.description as string | undefined,
      source: values.source as string | undefined,
      licence: values.licence as string | undefined,
      citation: values.citation as string | undefined,
      shards: values.shards as number | undefined,
      metadata: values.metadata as string | undefined,
      metadataColumn: values['metadata-column'] as string | undefined,
      stdin: context.stdin,
      strict: values.strict === true,
      signal: context.signal,
      onProgress: (progress) => reporter.progress(describe(progress), share(progress)),
      onReject: (rejection) => {
        if (++rejections <= MOST_REJECTIONS) reporter.warn(`${sentence(rejection)}; not kept.`)
      },
    })
  let report: BuildReport
  try {
    report = await reportOf()
  } finally {
    reporter.clear()
    if (rejections > MOST_REJECTIONS)
      reporter.warn(`${counted(rejections - MOST_REJECTIONS, 'more record')} could not be kept.`)
  }
  if (site) await putSite(out, report, others)
  tell(report, site, out, (performance.now() - started) / 1000, reporter)
  return 0
}

function tell(report: BuildReport, site: boolean, out: string, seconds: number, reporter: Reporter): void {
  const { manifest, metadata, rejected, gaps } = report
  const size = `${counted(manifest.entries, 'entry', 'entries')} of ${counted(manifest.records, 'distinct sequence')}`
  const residues = counted(manifest.residues, 'residue')
  reporter.note(`${manifest.title}: ${size}, ${residues} (${manifest.alphabet}), ${formatBytes(report.bytes)}.`)
  if (rejected > 0) reporter.note(`${counted(rejected, 'record')} could not be kept; see above.`)
  if (gaps > 0) reporter.note(`${counted(gaps, 'gap character')} (-) left out.`)
  if (metadata) {
    const { matched, entriesWithoutRow, rowsWithoutEntry } = metadata
    const missing = `${counted(entriesWithoutRow, 'entry', 'entries')} without a row, ${counted(rowsWithoutEntry, 'row')} without an entry`
    reporter.note(`Metadata: ${counted(matched, 'entry', 'entries')} matched, ${missing}.`)
  }
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

function describe({ stage, done, residues }: FileBuildProgress): string {
  if (stage === 'reading') return `Reading: ${counted(done, 'entry', 'entries')}, ${counted(residues, 'residue')}`
  if (stage === 'writing') return `Writing: ${counted(done, 'entry', 'entries')}`
  return `Publishing: ${formatBytes(done)}`
}

function share({ stage, done, total, bytesRead, bytesTotal }: FileBuildProgress): number | null {
  const [part, whole] = stage === 'reading' ? [bytesRead, bytesTotal ?? 0] : [done, total]
  return whole > 0 ? Math.min(1, part / whole) : null
}

function sentence({ file, line, accession, reason }: Rejection): string {
  return `${file}, line ${line}: ${accession === '' ? 'the record' : accession} ${reason}`
}
