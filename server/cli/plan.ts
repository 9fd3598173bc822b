import type { PlanBalance, PlanOptions, ShardBalance } from '../../src/engine/index/sharding/types.ts'
import { CatalogError } from '../../src/engine/errors.ts'
import { counted, formatBytes, type Reporter } from './reporter.ts'
import type { Values } from './types.ts'

/** Shards shown one by one; of more, the smallest and the largest. */
const MOST_SHARDS = 16

/**
 * How options say that records are laid out.
 * @throws CatalogError `usage` where they do not fit together.
 */
export function planOptions(values: Values, fallback: PlanOptions['strategy'] = 'similarity'): PlanOptions {
  const groupField = values['group-by'] as string | undefined
  const named = values.strategy as PlanOptions['strategy'] | undefined
  const strategy = named ?? (groupField === undefined ? fallback : 'taxonomic')
  if (strategy === 'taxonomic' && groupField === undefined)
    throw new CatalogError(
      'usage',
      '--strategy taxonomic needs --group-by FIELD: the metadata field that names the taxa.',
    )
  const belongs: [option: string, strategy: PlanOptions['strategy']][] = [
    ['group-by', 'taxonomic'],
    ['min-taxa', 'taxonomic'],
    ['capacity', 'similarity'],
  ]
  for (const [option, its] of belongs)
    if (values[option] !== undefined && strategy !== its)
      throw new CatalogError('usage', `--${option} goes with --strategy ${its}, not with ${strategy}.`)
  return {
    strategy,
    groupField,
    shards: values.shards as number | undefined,
    minTaxa: values['min-taxa'] as number | undefined,
    balance: values.balance as number | undefined,
    capacity: values.capacity === undefined ? undefined : (values.capacity as number) * 1e6,
  }
}

/** Says how a plan turned out: a table with a row for each shard, if there are several, and what could not be had. */
export function tellPlan(balance: PlanBalance, reporter: Reporter): void {
  if (balance.shards.length > 1) for (const line of describePlan(balance)) reporter.note(line)
  for (const remark of balance.remarks) reporter.warn(remark)
}

export function describePlan({ strategy, shards, groups, groupsCut, largestToMean }: PlanBalance): string[] {
  const what = strategy === 'taxonomic' ? 'taxa' : 'groups'
  const count = (value: number) => value.toLocaleString('en-US')
  const cells = ({ records, residues, bytes, groups }: ShardBalance, name: string): string[] => [
    name,
    count(records),
    count(residues),
    formatBytes(bytes),
    ...(strategy === 'hash' ? [] : [count(groups)]),
  ]
  const head = ['shard', 'records', 'residues', 'packed', ...(strategy === 'hash' ? [] : [what])]
  const bySize = shards
    .map((shard, i) => ({ shard, i }))
    .sort((a, b) => a.shard.residues - b.shard.residues || a.i - b.i)
  const shown = shards.length <= MOST_SHARDS ? bySize.sort((a, b) => a.i - b.i) : [bySize[0], bySize[bySize.length - 1]]
  const rows = [head, ...shown.map(({ shard, i }) => cells(shard, String(i + 1)))]
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const lines = rows.map((row) => row.map((cell, column) => cell.padStart(widths[column])).join('  '))
  const cut = strategy === 'similarity' ? `, ${count(groupsCut)} of them cut` : ''
  const grouped = strategy === 'hash' ? '' : `; ${count(groups)} ${what}${cut}`
  const selected = shards.length <= MOST_SHARDS ? '' : ' (the smallest and the largest are shown)'
  const title = `Plan by ${strategy}: ${counted(shards.length, 'shard')}${selected}, the largest ${largestToMean.toFixed(2)} of the mean${grouped}.`
  return [title, ...lines]
}
