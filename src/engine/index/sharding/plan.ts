import { CatalogError } from '../../errors.ts'
import { packedBytes } from '../../format/pack.ts'
import { balanceOf } from './balance.ts'
import { orderBySimilarity } from './links.ts'
import { dealTaxa } from './taxonomic.ts'
import type { PlanOptions, PlanRecords, ShardingPlan } from './types.ts'

const SHARD_BYTES = 64 << 20
/** Groups of relatives are at most this part of a mean shard, so that cutting between them leaves shards nearly equal. */
const GROUPS_PER_SHARD = 8

/**
 * Orders the records of a segment and deals them to shards. The same records and options give the same plan.
 *
 * @throws CatalogError `usage` where the records lack what the strategy needs.
 */
export function planSharding(records: PlanRecords, options: PlanOptions): ShardingPlan {
  const { alphabet, count, lengths } = records
  if (count === 0) throw new CatalogError('usage', 'A segment needs at least one record.')
  const bytes = new Float64Array(count)
  let total = 0
  for (let i = 0; i < count; i++) total += bytes[i] = packedBytes(alphabet, lengths[i])
  const wanted = options.shards ?? Math.ceil(total / (options.maxShardBytes ?? SHARD_BYTES))
  const shards = Math.max(1, Math.min(wanted, count))
  switch (options.strategy) {
    case 'hash': {
      const order = Uint32Array.from({ length: count }, (_, i) => i)
      const cuts = cutEvenly(order, bytes, total, shards, null)
      return { order, cuts, balance: balanceOf(records, options, order, cuts, null) }
    }
    case 'similarity': {
      if (records.sketches === null) throw lacking('similarity', 'sketches of the records')
      const capacity = options.capacity ?? (shards === 1 ? Infinity : total / shards / GROUPS_PER_SHARD)
      const { order, groups } = orderBySimilarity(records.sketches, bytes, capacity)
      const cuts = cutEvenly(order, bytes, total, shards, groups)
      return { order, cuts, balance: balanceOf(records, options, order, cuts, groups) }
    }
    case 'taxonomic': {
      if (records.groups === null) throw lacking('taxonomic', 'a metadata field that names the taxa (--group-by FIELD)')
      const { order, cuts, remarks } = dealTaxa(records, bytes, shards, options.minTaxa ?? 1)
      const balance = balanceOf(records, options, order, cuts, null)
      balance.remarks.unshift(...remarks)
      return { order, cuts, balance }
    }
  }
}

function lacking(strategy: string, what: string): CatalogError {
  return new CatalogError('usage', `The sharding strategy “${strategy}” needs ${what}.`)
}

/**
 * Cuts `order` into `shards` runs of about the same number of bytes: each at the border nearest to where it should be,
 * where `borders` has the places that may be cut, else at any record. No run is empty, so there may be fewer.
 */
function cutEvenly(
  order: Uint32Array,
  bytes: Float64Array,
  total: number,
  shards: number,
  borders: Uint32Array | null,
): Uint32Array {
  const count = order.length
  const cuts = [0]
  let before = 0
  let at = 0
  let border = 0
  for (let shard = 1; shard < shards; shard++) {
    const target = (total * shard) / shards
    let [best, bestDistance] = [-1, Infinity]
    // Places only move on: the distance falls, then rises.
    for (;;) {
      const place = borders === null ? at : borders[border]
      for (; at < place; at++) before += bytes[order[at]]
      const distance = Math.abs(before - target)
      if (place > cuts[cuts.length - 1] && place < count) {
        if (distance >= bestDistance) break
        ;[best, bestDistance] = [place, distance]
      }
      if (place >= count) break
      if (borders === null) before += bytes[order[at++]]
      else border++
    }
    if (best < 0) break
    cuts.push(best)
  }
  cuts.push(count)
  return Uint32Array.from(cuts)
}
