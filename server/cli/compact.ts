import { indexersOf } from '../publish/indexers.ts'
import { compactDirectory, openDirectory } from '../publish/segments.ts'
import { openStore } from '../storage/open.ts'
import { showProgress, tellCatalog } from './build-report.ts'
import { planOptions, tellPlan } from './plan.ts'
import { counted, Reporter } from './reporter.ts'
import type { Arguments, Context } from './types.ts'

export async function run({ values, positionals: [directory] }: Arguments, context: Context): Promise<number> {
  const reporter = new Reporter(context, values)
  const { signal } = context
  const old = await openDirectory(directory, signal)
  const report = await compactDirectory(directory, {
    indexers: await indexersOf(old.parameters, openStore(directory)),
    sharding: planOptions(values, old.strategy),
    onPlan: (balance) => tellPlan(balance, reporter),
    onProgress: showProgress(reporter),
    signal,
  }).finally(() => reporter.clear())
  const before = old.segments.length
  reporter.note(
    before === 1
      ? 'The one segment was written anew.'
      : `${counted(before, 'segment')} folded into ${report.manifest.segments.length}.`,
  )
  tellCatalog(report, report.bytes, reporter)
  return 0
}
