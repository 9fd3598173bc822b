import { NO_GROUP } from './types.ts'
import type { PlanRecords } from './types.ts'

export interface DealtTaxa {
  order: Uint32Array
  cuts: Uint32Array
  remarks: string[]
}

/**
 * Deals the records of every taxon evenly to all shards, the longest first, each to the shard that is least full, so that
 * every shard is a sample of all taxa and takes as long to search. Inside a shard records stand in order of their taxon's
 * name (as UTF-16 code units compare), those without one last, then of id.
 */
export function dealTaxa(records: PlanRecords, bytes: Float64Array, shards: number, minTaxa: number): DealtTaxa {
  const remarks: string[] = []
  const taxa = taxaInOrder(records)
  const named = taxa.names
  for (let tried = shards; ; tried = fewer(tried)) {
    const shardOf = deal(taxa, bytes, tried)
    const least = Math.min(...taxaPerShard(taxa, shardOf, tried))
    if (least < minTaxa && tried > 1) continue
    if (tried < shards) remarks.push(`${tried} shards instead of ${shards}, so that each has at least ${minTaxa} taxa.`)
    if (least < minTaxa) remarks.push(`There are ${named} taxa in all, fewer than the ${minTaxa} asked for in a shard.`)
    return { ...layOut(taxa.members, shardOf, tried), remarks }
  }
}

interface Taxa {
  /** Records by (taxon's name, id). */
  members: Uint32Array
  /** Place in `members` of each taxon's first record, then the number of records; those without a taxon are the last. */
  starts: Uint32Array
  /** Taxa with a name. */
  names: number
}

/** At least one fewer, and few steps from many to one. */
function fewer(shards: number): number {
  return shards - Math.max(1, shards >> 3)
}

function taxaInOrder({ count, groups, labels }: PlanRecords): Taxa {
  const byName = Array.from(labels.keys()).sort((a, b) => (labels[a] < labels[b] ? -1 : labels[a] > labels[b] ? 1 : 0))
  const rank = new Uint32Array(labels.length)
  byName.forEach((label, i) => {
    rank[label] = i
  })
  const nameless = labels.length
  const rankOf = (record: number): number => {
    const group = groups![record]
    return group === NO_GROUP ? nameless : rank[group]
  }
  const ends = new Uint32Array(labels.length + 2)
  for (let record = 0; record < count; record++) ends[rankOf(record) + 1]++
  for (let i = 0; i <= nameless; i++) ends[i + 1] += ends[i]
  const starts = Uint32Array.from(new Set([...ends]))
  const names = new Set([...ends.subarray(0, nameless + 1)]).size - 1
  const members = new Uint32Array(count)
  for (let record = 0; record < count; record++) members[ends[rankOf(record)]++] = record
  return { members, starts, names }
}

/** Shard of each place in `members`. */
function deal({ members, starts }: Taxa, bytes: Float64Array, shards: number): Uint16Array {
  const shardOf = new Uint16Array(members.length)
  const load = new Float64Array(shards)
  const heap = Uint16Array.from({ length: shards }, (_, i) => i)
  const round: number[] = []
  for (let taxon = 0; taxon + 1 < starts.length; taxon++) {
    const places = Array.from({ length: starts[taxon + 1] - starts[taxon] }, (_, i) => starts[taxon] + i)
    places.sort((a, b) => bytes[members[b]] - bytes[members[a]] || a - b)
    // Shards that have one more of the taxon than others wait until all have.
    for (let from = 0; from < places.length; from += shards) {
      const dealt = Math.min(shards, places.length - from)
      round.length = 0
      for (let i = 0; i < dealt; i++) {
        const shard = pop(heap, shards - i, load)
        shardOf[places[from + i]] = shard
        round.push(shard)
      }
      for (let i = 0; i < dealt; i++) {
        load[round[i]] += bytes[members[places[from + i]]]
      }
      for (let i = 0; i < dealt; i++) push(heap, shards - dealt + i, round[i], load)
    }
  }
  return shardOf
}

function lighter(a: number, b: number, load: Float64Array): boolean {
  return load[a] < load[b] || (load[a] === load[b] && a < b)
}

/** Takes the lightest of the first `size` shards of the heap. */
function pop(heap: Uint16Array, size: number, load: Float64Array): number {
  const top = heap[0]
  const item = heap[size - 1]
  let i = 0
  for (;;) {
    let child = 2 * i + 1
    if (child >= size - 1) break
    if (child + 1 < size - 1 && lighter(heap[child + 1], heap[child], load)) child++
    if (!lighter(heap[child], item, load)) break
    heap[i] = heap[child]
    i = child
  }
  heap[i] = item
  return top
}

/** Adds a shard to a heap of `size`. */
function push(heap: Uint16Array, size: number, shard: number, load: Float64Array): void {
  let i = size
  while (i > 0) {
    const parent = (i - 1) >> 1
    if (!lighter(shard, heap[parent], load)) break
    heap[i] = heap[parent]
    i = parent
  }
  heap[i] = shard
}

function taxaPerShard({ starts, names }: Taxa, shardOf: Uint16Array, shards: number): Uint32Array {
  const taxa = new Uint32Array(shards)
  const last = new Int32Array(shards).fill(-1)
  for (let taxon = 0; taxon < names; taxon++) {
    for (let place = starts[taxon]; place < starts[taxon + 1]; place++) {
      const shard = shardOf[place]
      if (last[shard] === taxon) continue
      last[shard] = taxon
      taxa[shard]++
    }
  }
  return taxa
}

/** Shards one after the other; empty ones (where there are fewer records) are none. */
function layOut(members: Uint32Array, shardOf: Uint16Array, shards: number): { order: Uint32Array; cuts: Uint32Array } {
  const next = new Uint32Array(shards + 1)
  for (const shard of shardOf) next[shard + 1]++
  for (let i = 0; i < shards; i++) next[i + 1] += next[i]
  const cuts = Uint32Array.from(new Set(next))
  const order = new Uint32Array(members.length)
  for (let place = 0; place < members.length; place++) order[next[shardOf[place]]++] = members[place]
  return { order, cuts }
}
