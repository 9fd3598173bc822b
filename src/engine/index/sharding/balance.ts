import { packedBytes } from '../../format/pack.ts'
import { NO_GROUP } from './types.ts'
import type { PlanBalance, PlanOptions, PlanRecords, ShardBalance } from './types.ts'

const BALANCE = 1.2

/** Counts what each shard of a plan holds. `borders`: first place of each group of relatives, then the number of records. */
export function balanceOf(
  records: PlanRecords,
  options: PlanOptions,
  order: Uint32Array,
  cuts: Uint32Array,
  borders: Uint32Array | null,
): PlanBalance {
  const { alphabet, lengths } = records
  const groupOf = borders === null ? labelsInOrder(records, order) : groupsInOrder(borders, order.length)
  const shards: ShardBalance[] = []
  const shardsWith = new Map<number, number>()
  let longest = 0
  for (let i = 0; i + 1 < cuts.length; i++) {
    const shard: ShardBalance = { records: cuts[i + 1] - cuts[i], residues: 0, bytes: 0, groups: 0 }
    const seen = new Set<number>()
    for (let place = cuts[i]; place < cuts[i + 1]; place++) {
      const length = lengths[order[place]]
      shard.residues += length
      shard.bytes += packedBytes(alphabet, length)
      longest = Math.max(longest, length)
      if (groupOf !== null && groupOf[place] !== NO_GROUP) seen.add(groupOf[place])
    }
    shard.groups = seen.size
    for (const group of seen) shardsWith.set(group, (shardsWith.get(group) ?? 0) + 1)
    shards.push(shard)
  }
  let groupsCut = 0
  for (const count of shardsWith.values()) if (count > 1) groupsCut++
  const residues = shards.reduce((sum, shard) => sum + shard.residues, 0)
  const largest = Math.max(...shards.map((shard) => shard.residues))
  const largestToMean = (largest * shards.length) / residues
  const remarks: string[] = []
  const threshold = options.balance ?? BALANCE
  if (largestToMean > threshold) {
    const alone = longest > threshold * (residues / shards.length)
    const why = alone ? `: the longest record alone has ${longest} residues` : ''
    remarks.push(`The largest shard has ${largestToMean.toFixed(2)} times the mean, above ${threshold}${why}.`)
  }
  return {
    strategy: options.strategy,
    shards,
    largestToMean,
    groups: shardsWith.size,
    groupsCut,
    longest,
    remarks,
  }
}

function labelsInOrder({ groups }: PlanRecords, order: Uint32Array): Uint32Array | null {
  return groups === null ? null : order.map((record) => groups[record])
}

function groupsInOrder(borders: Uint32Array, count: number): Uint32Array {
  const groups = new Uint32Array(count)
  for (let group = 0; group + 1 < borders.length; group++) groups.fill(group, borders[group], borders[group + 1])
  return groups
}
