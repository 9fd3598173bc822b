import type { ByteSource, FileSink, ReadOptions, Scratch } from '../source/types.ts'
import { openArrow } from './arrow.ts'
import type { ColumnSpec } from './arrow.ts'
import type { WrittenFile } from './build/data-file.ts'
import { Spool } from './build/spool.ts'
import { StreamReader } from './build/stream-reader.ts'
import { writeArrow } from './build/write-arrow.ts'
import { packedBytes } from './pack.ts'
import type { Alphabet } from './types.ts'

/** A shard: the packed residues of its records end to end. */
export const RESIDUE_COLUMNS: readonly ColumnSpec[] = [{ name: 'residues', type: 'uint8' }]

export interface ShardPlan {
  firstRecord: number
  records: number
  dataBytes: number
}

/** Cuts the records, in their order, into at most `shards` runs of about the same number of packed bytes. */
export async function planShards(
  lengths: AsyncIterable<Uint32Array>,
  alphabet: Alphabet,
  totalBytes: number,
  shards: number,
): Promise<ShardPlan[]> {
  const plans: ShardPlan[] = []
  let plan: ShardPlan = { firstRecord: 0, records: 0, dataBytes: 0 }
  let bytes = 0
  for await (const piece of lengths) {
    for (const length of piece) {
      if (plan.records > 0 && bytes >= (totalBytes * (plans.length + 1)) / shards) {
        plans.push(plan)
        plan = { firstRecord: plan.firstRecord + plan.records, records: 0, dataBytes: 0 }
      }
      const packed = packedBytes(alphabet, length)
      plan.records++
      plan.dataBytes += packed
      bytes += packed
    }
  }
  plans.push(plan)
  return plans
}

/** The runs that begin at the records `cuts`, whose last element is the end. */
export async function cutShards(
  lengths: AsyncIterable<Uint32Array>,
  alphabet: Alphabet,
  cuts: readonly number[],
): Promise<ShardPlan[]> {
  const plans = cuts.slice(1).map((end, i) => ({ firstRecord: cuts[i], records: end - cuts[i], dataBytes: 0 }))
  let record = 0
  let shard = 0
  for await (const piece of lengths) {
    for (const length of piece) {
      if (record++ === cuts[shard + 1]) shard++
      plans[shard].dataBytes += packedBytes(alphabet, length)
    }
  }
  return plans
}

/** Collects packed residues in order of record, then writes one file per shard. */
export class ResidueWriter {
  readonly #spool: Spool

  constructor(scratch: Scratch) {
    this.#spool = new Spool(scratch)
  }

  get bytes(): number {
    return this.#spool.length
  }

  add(packed: Uint8Array): void {
    this.#spool.push(packed)
  }

  async drain(): Promise<void> {
    if (this.#spool.heavy) await this.#spool.drain()
  }

  /** All of them, from the first. */
  read(): AsyncGenerator<Uint8Array> {
    return this.#spool.read()
  }

  async write(
    sink: FileSink,
    alphabet: Alphabet,
    plans: readonly ShardPlan[],
    onBytes: (bytes: number) => void,
  ): Promise<(WrittenFile & ShardPlan & { dataOffset: number })[]> {
    const reader = new StreamReader(this.#spool.read())
    const files = []
    for (const plan of plans) {
      const { columnOffsets, ...written } = await writeArrow(
        sink,
        'residues.arrow',
        RESIDUE_COLUMNS,
        plan.dataBytes,
        [reader.take(plan.dataBytes)],
        { 'genomic-catalog': 'residues', alphabet },
      )
      onBytes(written.bytes)
      files.push({ ...written, ...plan, dataOffset: columnOffsets[0] })
    }
    return files
  }

  remove(): Promise<void> {
    return this.#spool.remove()
  }
}

/** Where the packed residues lie in a shard's file, from the file itself. */
export async function residueRange(source: ByteSource, bytes: number, options?: ReadOptions) {
  const file = await openArrow(source, bytes, RESIDUE_COLUMNS, options)
  return file.columns.get('residues')!
}
