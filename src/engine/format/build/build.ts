import { CatalogError, throwIfAborted } from '../../errors.ts'
import type { InputEntry } from '../../io/types.ts'
import { loadDigests } from '../../sequence/digest.ts'
import { ContentSum } from '../content-digest.ts'
import { checkParameters, copyParameters } from '../parameters.ts'
import { ContentSummary } from '../summary.ts'
import { Intake } from './intake.ts'
import type { BuildInput, BuildOptions, BuildReport, BuildTarget, IntakeOptions } from './options.ts'
import { makeManifest, publish } from './publish.ts'
import type { RowBuffer } from './rows.ts'
import { writeSegments } from './write-segments.ts'

export type { BuildInput, BuildOptions, BuildProgress, BuildReport, BuildTarget } from './options.ts'

/**
 * Builds a catalog from input records, in any order, and publishes it as the sink's current version. Memory does not
 * grow with the input, but for a few bytes per record where a sharding plan is made. Files of earlier versions stay. A
 * crash at any moment leaves the published version whole.
 *
 * @throws CatalogError `input` where nothing can be kept, or where `strict` and something cannot.
 */
export async function buildCatalog(
  inputs: BuildInput,
  target: BuildTarget,
  options: BuildOptions,
): Promise<BuildReport> {
  const digests = await loadDigests()
  const intake = new Intake(digests, target.scratch, options)
  try {
    const rows = await takeAll(inputs, intake, options)
    const totals = { summary: new ContentSummary(), sum: new ContentSum(digests) }
    const parameters = options.parameters?.values ?? null
    if (parameters !== null) checkParameters(parameters, intake.alphabet!)
    if (options.parameters) await copyParameters(options.parameters.values, options.parameters.store, target.sink)
    const written = await writeSegments(
      { intake, rows, digests, target, kind: 'base', totals, parameters },
      options,
    )
    const strategy = options.sharding?.strategy ?? 'hash'
    const { segments } = written
    const manifest = makeManifest(digests, options, intake.alphabet!, totals, strategy, written.parameters, segments)
    throwIfAborted(options.signal)
    const published = await publish(target.sink, digests, manifest, written.ahead, options.published ?? new Date())
    return {
      manifest,
      version: published.version,
      bytes: written.bytes + published.bytes,
      ...intakeReport(intake, options),
    }
  } finally {
    await intake.remove()
  }
}

/**
 * Reads all input into the intake.
 * @throws CatalogError `input` where nothing can be kept, or where `strict` and something cannot.
 */
export async function takeAll(
  inputs: BuildInput,
  intake: Intake,
  options: Pick<BuildOptions, 'strict' | 'rejectedBefore' | 'onProgress' | 'signal'>,
): Promise<RowBuffer> {
  for await (const input of inputs) {
    throwIfAborted(options.signal)
    await take(Array.isArray(input) ? (input as readonly InputEntry[]) : [input as InputEntry], intake)
  }
  const rows = await intake.finish()
  const rejected = intake.rejected + (options.rejectedBefore?.() ?? 0)
  if (options.strict && rejected > 0) {
    const what = rejected === 1 ? 'One record' : `${rejected} records`
    throw new CatalogError('input', `${what} cannot be kept, so nothing was published (strict).`, { rejected })
  }
  const { entries, residues } = intake
  if (entries === 0) {
    const why = rejected > 0 ? 'No record could be kept' : 'No sequences were found'
    throw new CatalogError('input', `${why}, so there is nothing to build a catalog from.`, { rejected })
  }
  options.onProgress?.({ stage: 'reading', done: entries, total: entries, residues })
  return rows
}

/** What of a report is known when the input has been read. */
export function intakeReport(
  intake: Intake,
  options: IntakeOptions,
): Pick<BuildReport, 'rejected' | 'gaps' | 'metadata'> {
  const { join } = intake
  return {
    rejected: intake.rejected + (options.rejectedBefore?.() ?? 0),
    gaps: intake.gaps,
    metadata: options.metadata
      ? { matched: join.matched, entriesWithoutRow: join.unmatched, rowsWithoutEntry: join.unusedRows }
      : null,
  }
}

/** Its own function so that nothing here holds the last sequence while the next one is read. */
async function take(entries: readonly InputEntry[], intake: Intake): Promise<void> {
  for (const entry of entries) {
    const waiting = intake.add(entry)
    if (waiting !== null) await waiting
  }
}
