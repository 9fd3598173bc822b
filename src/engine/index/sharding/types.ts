import type { Alphabet } from '../../format/types.ts'

/** How records are ordered in a segment and dealt to its shards. Answers never depend on it. */
export type Strategy = 'hash' | 'taxonomic' | 'similarity'

/** Words of a record's sketch. */
export const SKETCH_WORDS = 12
/** Fills a sketch that has fewer words. */
export const NO_WORD = 0xffffffff
/** `groups` value of a record whose group field is empty: such records form no taxon, and come last. */
export const NO_GROUP = 0xffffffff

/** What a plan is made from: one element per record, **in ascending order of id**, so that an index decides ties. */
export interface PlanRecords {
  alphabet: Alphabet
  count: number
  /** Residues. */
  lengths: Uint32Array
  /** `SKETCH_WORDS` words per record, from a `Sketcher`; null unless the strategy is `similarity`. */
  sketches: Uint32Array | null
  /** Per record, index into `labels` of its first entry's value of the group field, or `NO_GROUP`; null without a field. */
  groups: Uint32Array | null
  /** Distinct values of the group field, in any order. */
  labels: readonly string[]
}

export interface PlanOptions {
  strategy: Strategy
  /** Number of shards; by default as many as `maxShardBytes` asks for. Never more than records. */
  shards?: number
  /** Packed bytes of a shard at most, where records allow it; default 64 MiB. With `shards`, only that counts. */
  maxShardBytes?: number
  /** Metadata field (a lineage, an organism) whose values are the taxa of `taxonomic`; needed there. */
  groupField?: string
  /** `taxonomic`: fewest taxa in a shard; there are fewer shards where that takes it. Default 1. */
  minTaxa?: number
  /** Largest share of a shard's residues in the mean of all that is not remarked upon; default 1.2. */
  balance?: number
  /** `similarity`: packed bytes of a group of relatives beyond which it may be cut; default a quarter of a mean shard. */
  capacity?: number
}

/** Computes sketches: a pure function of a record's residues, so relatives get equal words wherever they are added. */
export interface Sketcher {
  /** The next `residues` residues of the record, packed as in its shard; all pieces but the last are whole packing groups. */
  add(packed: Uint8Array, residues: number): void
  /** Writes the record's `SKETCH_WORDS` words at `out[at]` and begins the next record. */
  finish(out: Uint32Array, at: number): void
}

export interface ShardBalance {
  records: number
  residues: number
  /** Packed bytes. */
  bytes: number
  /** Taxa (`taxonomic`) or groups of relatives (`similarity`) with a record here; 0 for `hash`. */
  groups: number
}

/** What `build` says about a plan before it writes. */
export interface PlanBalance {
  strategy: Strategy
  shards: ShardBalance[]
  /** Residues of the largest shard / mean of all. */
  largestToMean: number
  /** Taxa, or groups of relatives, in all. */
  groups: number
  /** Groups with records in more than one shard: all that can be for `taxonomic`, few for `similarity`. */
  groupsCut: number
  /** Residues of the longest record: no shard can be smaller than its largest. */
  longest: number
  /** Sentences about what was asked for and could not be had; empty where all could. */
  remarks: string[]
}

export interface ShardingPlan {
  /** `order[i]` is the index, in `PlanRecords`, of the record that comes i-th in the segment. */
  order: Uint32Array
  /** Place of each shard's first record, then `count`: shards + 1 values, strictly ascending. */
  cuts: Uint32Array
  balance: PlanBalance
}

/** Signature of `planSharding` (plan.ts). Throws `usage` where options do not fit together. */
export type PlanSharding = (records: PlanRecords, options: PlanOptions) => ShardingPlan
/** Signature of `createSketcher` (sketch.ts). */
export type CreateSketcher = (alphabet: Alphabet) => Sketcher
