import { CATALOG_FILE } from '../../src/engine/format/catalog-file.ts'
import { verifyCatalog, type VerifyProgress, type VerifyReport } from '../../src/engine/format/verify.ts'
import { openStore } from '../storage/open.ts'
import { counted, formatBytes, Reporter } from './reporter.ts'
import type { Arguments, Context } from './types.ts'

export async function run({ positionals: [location], values }: Arguments, context: Context): Promise<number> {
  const store = openStore(location)
  // A catalog that is not there is an error, not a damaged catalog.
  await store.open(CATALOG_FILE).readAll({ signal: context.signal })
  const reporter = new Reporter(context, values)
  const json = values.json === true
  const report = await verifyCatalog(store, {
    signal: context.signal,
    onProgress: (progress) => reporter.progress(describe(progress), share(progress)),
    onProblem: ({ message }) => {
      reporter.clear()
      if (!json) context.stdout.write(`${message}\n`)
    },
  })
  reporter.clear()
  if (json) context.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  const { problems } = report
  if (problems.length > 0) reporter.warn(`${location} is damaged: ${counted(problems.length, 'problem')} found.`)
  else reporter.note(`${location} is whole: ${checked(report)}.`)
  return problems.length > 0 ? 1 : 0
}

function checked({ files, bytes, records, entries }: VerifyReport): string {
  const content = `${counted(records, 'record')} and ${counted(entries, 'entry', 'entries')}`
  return `${counted(files, 'file')} of ${formatBytes(bytes)} read, ${content} checked`
}

function describe({ stage, done }: VerifyProgress): string {
  if (stage === 'files') return `Reading files: ${formatBytes(done)}`
  return stage === 'records'
    ? `Checking records: ${counted(done, 'residue')}`
    : `Checking entries: ${counted(done, 'entry', 'entries')}`
}

function share({ done, total }: VerifyProgress): number | null {
  return total > 0 ? Math.min(1, done / total) : null
}
