import type { BuildReport } from '../../src/engine/format/build/build.ts'
import type { Manifest } from '../../src/engine/format/types.ts'
import { indexersOf } from '../publish/indexers.ts'
import { addFiles, compactDirectory, hotSegments, MOST_HOT_SEGMENTS, openDirectory } from '../publish/segments.ts'
import { openStore } from '../storage/open.ts'
import { Rejections, showProgress, tellCatalog, tellInput } from './build-report.ts'
import { tellPlan } from './plan.ts'
import { counted, formatBytes, Reporter } from './reporter.ts'
import type { Arguments, Context } from './types.ts'

export async function run(
  { values, positionals: [directory, ...files] }: Arguments,
  context: Context,
): Promise<number> {
  const reporter = new Reporter(context, values)
  const { signal } = context
  const old = await openDirectory(directory, signal)
  const common = {
    indexers: await indexersOf(old.parameters, openStore(directory)),
    sharding: { strategy: segmentStrategy(old) },
    onProgress: showProgress(reporter),
    signal,
  }
  if (hotSegments(old) >= MOST_HOT_SEGMENTS && values.compact === true) {
    await compactDirectory(directory, { ...common, onPlan: (balance) => tellPlan(balance, reporter) })
    reporter.note(`${counted(old.segments.length, 'segment')} folded into one.`)
  }
  const rejections = new Rejections(reporter)
  let report: BuildReport
  try {
    report = await addFiles(files, directory, {
      ...common,
      metadata: values.metadata as string | undefined,
      metadataColumn: values['metadata-column'] as string | undefined,
      stdin: context.stdin,
      strict: values.strict === true,
      onReject: rejections.add,
    })
  } finally {
    rejections.finish()
  }
  const added = report.manifest.entries - old.entries
  reporter.note(`${counted(added, 'entry', 'entries')} added, ${formatBytes(report.bytes)} written.`)
  tellCatalog(report, null, reporter)
  tellInput(report, reporter)
  const hot = hotSegments(report.manifest)
  if (hot >= MOST_HOT_SEGMENTS)
    reporter.warn(
      `the catalog now has ${hot} hot segments, the most there may be: run "genomic-catalog compact ${directory}" before ` +
        `adding more.`,
    )
  return 0
}

/** A segment has one shard and no plan for taxa: those are for compaction. */
function segmentStrategy({ strategy }: Manifest): 'hash' | 'similarity' {
  return strategy === 'hash' ? 'hash' : 'similarity'
}
