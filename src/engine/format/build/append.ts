import { throwIfAborted } from '../../errors.ts'
import { loadDigests } from '../../sequence/digest.ts'
import type { FileStore } from '../../source/types.ts'
import { openCatalog } from '../catalog.ts'
import { ContentSum } from '../content-digest.ts'
import { ContentSummary } from '../summary.ts'
import { intakeReport, takeAll } from './build.ts'
import { Intake } from './intake.ts'
import type { BuildInput, BuildReport, BuildTarget, IntakeOptions, WriteOptions } from './options.ts'
import { makeManifest, publish } from './publish.ts'
import { writeSegments } from './write-segments.ts'

export interface AppendOptions extends WriteOptions, IntakeOptions {}

/**
 * Adds input to the catalog in `store` as a new segment and publishes the next version to `target`, in time proportional
 * to what is added: earlier segments stay as they are, and are only asked which of the records they have. Parameters of
 * indexes are the catalog's; `indexers` has to be given where it has indexes.
 *
 * @throws CatalogError as `openCatalog` and `buildCatalog`; `usage` without the indexes that the catalog has.
 */
export async function appendSegment(
  store: FileStore,
  inputs: BuildInput,
  target: BuildTarget,
  options: AppendOptions,
): Promise<BuildReport> {
  const digests = await loadDigests()
  const catalog = await openCatalog(store, { ahead: ['checksums', 'blocks'], signal: options.signal })
  const old = catalog.manifest
  const intake = new Intake(digests, target.scratch, { ...options, alphabet: old.alphabet })
  try {
    const rows = await takeAll(inputs, intake, options)
    const totals = { summary: new ContentSummary(), sum: new ContentSum(digests, old.contentSum) }
    totals.summary.addAll(old)
    const isKnown = async (id: Uint8Array) => (await catalog.findId(id, { signal: options.signal })) >= 0
    const written = await writeSegments(
      { intake, rows, digests, target, kind: 'hot', totals, isKnown, parameters: old.parameters },
      options,
    )
    const segments = [...old.segments, ...written.segments]
    const manifest = makeManifest(digests, old, old.alphabet, totals, old.strategy, written.parameters, segments)
    throwIfAborted(options.signal)
    const ahead = [...catalog.ahead, ...written.ahead]
    const published = await publish(target.sink, digests, manifest, ahead, options.published ?? new Date())
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
