import type { BuildReport } from '../../src/engine/format/build/build.ts'
import type { Rejection } from '../../src/engine/io/types.ts'
import type { FileBuildProgress } from '../publish/build.ts'
import { counted, formatBytes, type Reporter } from './reporter.ts'

/** Records that are not kept are all counted, and this many are named unless the output goes to a file. */
const MOST_REJECTIONS = 50

/** Names the first records that are not kept, and counts the rest. */
export class Rejections {
  readonly #reporter: Reporter
  #count = 0

  constructor(reporter: Reporter) {
    this.#reporter = reporter
  }

  readonly add = (rejection: Rejection): void => {
    if (++this.#count <= MOST_REJECTIONS) this.#reporter.warn(`${sentence(rejection)}; not kept.`)
  }

  /** Ends the progress line and says how many were not named. */
  finish(): void {
    this.#reporter.clear()
    if (this.#count > MOST_REJECTIONS)
      this.#reporter.warn(`${counted(this.#count - MOST_REJECTIONS, 'more record')} could not be kept.`)
  }
}

/** Says what became of the input, beyond what the catalog holds. */
export function tellInput({ rejected, gaps, metadata }: BuildReport, reporter: Reporter): void {
  if (rejected > 0) reporter.note(`${counted(rejected, 'record')} could not be kept; see above.`)
  if (gaps > 0) reporter.note(`${counted(gaps, 'gap character')} (-) left out.`)
  if (!metadata) return
  const { matched, entriesWithoutRow, rowsWithoutEntry } = metadata
  const missing = `${counted(entriesWithoutRow, 'entry', 'entries')} without a row, ${counted(rowsWithoutEntry, 'row')} without an entry`
  reporter.note(`Metadata: ${counted(matched, 'entry', 'entries')} matched, ${missing}.`)
}

/** Says what the catalog holds now; `bytes`: of its files. */
export function tellCatalog({ manifest }: BuildReport, bytes: number | null, reporter: Reporter): void {
  const size = `${counted(manifest.entries, 'entry', 'entries')} of ${counted(manifest.records, 'distinct sequence')}`
  const residues = counted(manifest.residues, 'residue')
  const files = bytes === null ? '' : `, ${formatBytes(bytes)}`
  reporter.note(`${manifest.title}: ${size}, ${residues} (${manifest.alphabet})${files}.`)
}

/** Shows progress on a terminal. */
export function showProgress(
  reporter: Reporter,
): (progress: Omit<FileBuildProgress, 'bytesRead' | 'bytesTotal'>) => void {
  return (progress) => reporter.progress(describe(progress), share(progress))
}

function describe({ stage, done, residues }: Omit<FileBuildProgress, 'bytesRead' | 'bytesTotal'>): string {
  switch (stage) {
    case 'reading':
      return `Reading: ${counted(done, 'entry', 'entries')}, ${counted(residues, 'residue')}`
    case 'planning':
      return `Planning: ${counted(done, 'entry', 'entries')}`
    case 'writing':
      return `Writing: ${counted(done, 'entry', 'entries')}`
    case 'indexing':
      return `Indexing: ${counted(done, 'residue')}`
    case 'publishing':
      return `Publishing: ${formatBytes(done)}`
  }
}

function share(
  progress: Partial<FileBuildProgress> & Pick<FileBuildProgress, 'stage' | 'done' | 'total'>,
): number | null {
  const { stage, done, total, bytesRead = 0, bytesTotal } = progress
  const [part, whole] = stage === 'reading' && bytesTotal ? [bytesRead, bytesTotal] : [done, total]
  return whole > 0 ? Math.min(1, part / whole) : null
}

function sentence({ file, line, accession, reason }: Rejection): string {
  return `${file}, line ${line}: ${accession === '' ? 'the record' : accession} ${reason}`
}
