import { CatalogError } from '../../src/engine/errors.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import type { Catalog } from '../../src/engine/format/types.ts'
import { EntryBitset } from '../../src/engine/metadata/bitset.ts'
import { explainCatalog, expectedSelectivity, filterCatalog, prepareFilter } from '../../src/engine/metadata/catalog.ts'
import { listEntries } from '../../src/engine/metadata/list.ts'
import type { ListedEntry } from '../../src/engine/metadata/list.ts'
import { openStore } from '../storage/open.ts'
import { writeOutput } from './output.ts'
import { counted, formatBytes, Reporter } from './reporter.ts'
import type { Arguments, Context, Values } from './types.ts'

export async function run({ positionals: [location], values }: Arguments, context: Context): Promise<number> {
  const reporter = new Reporter(context, values)
  const { signal } = context
  const catalog = await openCatalog(openStore(location), { signal, ahead: ['checksums', 'blocks', 'entries'] })
  const where = values.where as string | undefined
  const out = values.out as string | undefined
  if (values.explain === true) {
    if (where === undefined) throw new CatalogError('usage', '--explain needs a condition: --where "year >= 2020".')
    await writeOutput(explain(catalog, where, signal), out, context)
    return 0
  }
  const found = await passing(catalog, where, signal)
  if (values.count === true) {
    await writeOutput(pieces(`${found.count}\n`), out, context)
    return 0
  }
  const limit = (values.limit as number | undefined) ?? Infinity
  reporter.progress(`Reading ${counted(Math.min(limit, found.count), 'entry', 'entries')}`, null)
  const entries = await listEntries(catalog, found, limit, { signal })
  reporter.clear()
  const write = values.outfmt === 'json' ? json : tsv
  await writeOutput(write(entries, catalog, values), out, context)
  if (found.count > entries.length)
    reporter.note(`${counted(found.count, 'entry', 'entries')} found, of which the first ${entries.length} are listed.`)
  return 0
}

async function passing(catalog: Catalog, where: string | undefined, signal: AbortSignal): Promise<EntryBitset> {
  if (where !== undefined) return filterCatalog(catalog, prepareFilter(where, catalog.summary.fields), { signal })
  const all = new EntryBitset(catalog.summary.entries)
  all.addRange(0, all.length)
  return all
}

async function* explain(catalog: Catalog, where: string, signal: AbortSignal): AsyncGenerator<string> {
  const plans = await explainCatalog(catalog, prepareFilter(where, catalog.summary.fields), { signal })
  const sum = (value: (plan: (typeof plans)[number]) => number): number =>
    plans.reduce((total, plan) => total + value(plan), 0)
  const rows: [string, string][] = [
    ['Entries', counted(catalog.summary.entries, 'entry', 'entries')],
    ['Passing by statistics', sum((plan) => plan.rowsPassing).toLocaleString('en-US')],
    ['Failing by statistics', sum((plan) => plan.rowsFailing).toLocaleString('en-US')],
    ['To look at', sum((plan) => plan.rowsRead).toLocaleString('en-US')],
    [
      'To read',
      `${formatBytes(sum((plan) => plan.bytes))} in ${counted(
        sum((plan) => plan.ranges.length),
        'range',
      )}`,
    ],
    ['Expected to pass', `${(100 * expectedSelectivity(plans)).toPrecision(3)}%`],
  ]
  for (const [label, value] of rows) yield `${label.padEnd(22)} ${value}\n`
}

async function* pieces(text: string): AsyncGenerator<string> {
  yield text
}

async function* tsv(entries: ListedEntry[], catalog: Catalog): AsyncGenerator<string> {
  const fields = catalog.summary.fields.map((field) => field.name)
  const hasLength = fields.some((field) => field.toLowerCase() === 'length')
  // A tab or line break inside a value would make another column or row of it.
  const line = (cells: (string | number | boolean | null)[]): string =>
    cells.map((cell) => String(cell ?? '').replace(/[\t\r\n]/g, ' ')).join('\t') + '\n'
  yield line(['accession', 'description', ...(hasLength ? [] : ['length']), ...fields])
  for (const { accession, description, length, metadata } of entries)
    yield line([accession, description, ...(hasLength ? [] : [length]), ...fields.map((field) => metadata[field])])
}

async function* json(entries: ListedEntry[], catalog: Catalog, values: Values): AsyncGenerator<string> {
  const { title, digest } = catalog.summary
  const head = { catalog: { title, digest }, where: values.where ?? null }
  yield `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "entries": [`
  let separator = '\n'
  for (const entry of entries) {
    yield `${separator}    ${JSON.stringify(entry)}`
    separator = ',\n'
  }
  yield `${entries.length > 0 ? '\n  ' : ''}]\n}\n`
}
