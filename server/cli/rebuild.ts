import { CatalogError } from '../../src/engine/errors.ts'
import { indexersOf, newIndexers, parametersOf } from '../publish/indexers.ts'
import { compactDirectory, openDirectory } from '../publish/segments.ts'
import { showProgress, tellCatalog } from './build-report.ts'
import { indexOptions } from './index-options.ts'
import { planOptions, tellPlan } from './plan.ts'
import { Reporter } from './reporter.ts'
import type { Arguments, Context } from './types.ts'

export async function run({ values, positionals: [directory] }: Arguments, context: Context): Promise<number> {
  const reporter = new Reporter(context, values)
  const { signal } = context
  const from = values.parameters as string | undefined
  if (from === undefined && values.retrain !== true) {
    throw new CatalogError(
      'usage',
      'rebuild chooses parameters anew, so results may change: say --retrain, or take them over with --parameters CATALOG.',
    )
  }
  const given = indexOptions(values)
  const old = await openDirectory(directory, signal)
  const { seeds, vectors } = old.parameters
  // The same indexes as before, where others are not asked for.
  const index = {
    seeds: values.index === undefined ? seeds !== null || given.sensitive : given.seeds,
    sensitive: values.sensitive === undefined ? seeds?.masks.length === 2 : given.sensitive,
    vectors: values.vectors === undefined ? vectors.map(({ model }) => model.name) : given.vectors,
  }
  const parameters = from === undefined ? undefined : await parametersOf(from, signal)
  const report = await compactDirectory(directory, {
    indexers:
      parameters === undefined ? await newIndexers(index) : await indexersOf(parameters.values, parameters.store),
    parameters,
    retrain: parameters === undefined,
    sharding: planOptions(values, old.strategy),
    onPlan: (balance) => tellPlan(balance, reporter),
    onProgress: showProgress(reporter),
    signal,
  }).finally(() => reporter.clear())
  tellCatalog(report, report.bytes, reporter)
  const { digest } = report.manifest.parameters
  const same = digest === old.parameters.digest ? 'the same as before' : `before: ${old.parameters.digest}`
  reporter.note(`Parameters: ${digest} (${same}).`)
  return 0
}
