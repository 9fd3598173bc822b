import type { ByteSource, FileSink, ReadOptions, Scratch } from '../source/types.ts'
import { openArrow } from './arrow.ts'
import type { ColumnSpec } from './arrow.ts'
import type { WrittenFile } from './build/data-file.ts'
import { Spool } from './build/spool.ts'
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

  async write(
    sink: FileSink,
    alphabet: Alphabet,
    plans: readonly ShardPlan[],
    onBytes: (bytes: number) => void,
  ): Promise<(WrittenFile & ShardPlan & { dataOffset: number })[]> {
    const reader = new PieceReader(this.#spool.read())
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

/** Hands out a stream of pieces in portions. */
class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>
  #left: Uint8Array = new Uint8Array(0)

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  async *take(bytes: number): AsyncGenerator<Uint8Array> {
    while (bytes > 0) {
      if (this.#left.length === 0) {
        const next = await this.#pieces.next()
        if (next.done) return
        this.#left = next.value
        continue
      }
      const piece = this.#left.subarray(0, bytes)
      this.#left = this.#left.subarray(piece.length)
      bytes -= piece.length
      yield piece
    }
  }
}

/** Where the packed residues lie in a shard's file, from the file itself. */
export async function residueRange(source: ByteSource, bytes: number, options?: ReadOptions) {
  const file = await openArrow(source, bytes, RESIDUE_COLUMNS, options)
  return file.columns.get('residues')!
}
