import { throwIfAborted } from '../../errors.ts'
import { Spool } from '../../format/build/spool.ts'
import { writeArrow } from '../../format/build/write-arrow.ts'
import type { WrittenFile } from '../../format/build/data-file.ts'
import type { IndexedPiece, SegmentIndexer, Written } from '../../format/types.ts'
import type { Kernels } from '../../kernels/types.ts'
import type { FileSink, Scratch } from '../../source/types.ts'
import { bucketsOf } from './directory.ts'
import { pushNumber } from './lists.ts'
import { Partitions } from './partitions.ts'
import { schemeOf } from './scheme.ts'
import type { SeedScheme } from './scheme.ts'
import type { SeedFiles, SeedListEncoder, SeedParameters } from './types.ts'

/** Bytes of lists that a bucket should hold: what is read at a time anyway. */
const BUCKET_BYTES = 4096
/** Terms with more postings than so many times the mean, and than `FREQUENT`, are not indexed. */
const STOP_FACTOR = 50
const FREQUENT = 1000

/** Builds the seed index of a segment in bounded memory. */
export class SeedIndexer implements SegmentIndexer<SeedFiles, SeedParameters> {
  readonly overlap: number
  readonly #kernels: Kernels
  readonly #scheme: SeedScheme
  readonly #given: SeedParameters
  readonly #scratch: Scratch
  readonly #signal: AbortSignal | undefined
  readonly #partitions: Partitions[]
  readonly #stopTerms: number[][]
  /** End of the positions seen. */
  #positions = 0

  /** `parameters`: the catalog's; where their `stopTerms` are null, this build counts them. */
  constructor(kernels: Kernels, parameters: SeedParameters, scratch: Scratch, signal?: AbortSignal) {
    this.#kernels = kernels
    this.#given = parameters
    this.#scheme = schemeOf(parameters)
    this.#scratch = scratch
    this.#signal = signal
    this.overlap = this.#scheme.span - 1
    this.#partitions = parameters.masks.map(() => new Partitions(scratch, this.#scheme.bits))
    this.#stopTerms = parameters.masks.map((_, mask) => parameters.stopTerms?.[mask] ?? [])
  }

  add(piece: IndexedPiece): void | Promise<void> {
    const { codes, position, final } = piece
    this.#positions = Math.max(this.#positions, position + codes.length)
    // Seeds that begin in the overlap are found again in the next piece.
    const end = final ? codes.length : codes.length - this.overlap
    let heavy = false
    this.#partitions.forEach((partitions, mask) => {
      const terms = this.#kernels.seeds.terms(codes, this.#given, mask, this.#given.sampling)
      partitions.add(terms, position, end)
      heavy ||= partitions.heavy
    })
    return heavy ? this.#drain() : undefined
  }

  async #drain(): Promise<void> {
    throwIfAborted(this.#signal)
    for (const partitions of this.#partitions) await partitions.drain()
  }

  async write(sink: FileSink): Promise<Written<SeedFiles>> {
    const { bits } = this.#scheme
    const postings = this.#partitions.reduce((sum, { count }) => sum + count, 0)
    const bytes = (postings * (bits + 2.5)) / 8
    const density = (this.#given.sampling / 2 ** bits) * this.#partitions.length
    let bucketBits = 0
    while (bucketBits < bits && BUCKET_BYTES * density * 2 ** (bucketBits + 1) <= bytes) bucketBits++
    const unit = postings * 5 < 2 ** 32 ? 1 : 8
    const buckets = bucketsOf(this.#given, bits - bucketBits)
    const lists = new ListWriter(new Spool(this.#scratch), buckets * this.#partitions.length, unit)
    let postingCount = 0
    try {
      for (let mask = 0; mask < this.#partitions.length; mask++) {
        postingCount += await this.#writeMask(mask, lists, bits - bucketBits, buckets * mask)
      }
      lists.finish()
      return await this.#writeFiles(sink, lists, { bucketBits, unit, postingCount })
    } finally {
      await lists.spool.remove()
    }
  }

  /** Writes all lists of a mask; answers their postings. */
  async #writeMask(mask: number, lists: ListWriter, shift: number, firstBucket: number): Promise<number> {
    const { bits, oriented } = this.#scheme
    const partitions = this.#partitions[mask]
    const terms = this.#given.sampling * (oriented ? 0.5 : 1)
    const counting = this.#given.stopTerms === null
    const limit = Math.max(FREQUENT, (STOP_FACTOR * partitions.count) / terms)
    const stopped = new Set(this.#stopTerms[mask])
    const encoder = this.#kernels.seeds.encoder(partitions.largest)
    let written = 0
    try {
      for (let p = 0; p < partitions.size; p++) {
        throwIfAborted(this.#signal)
        const keys = await partitions.read(p)
        if (keys.length === 0) continue
        const first = p * 2 ** (bits - partitions.bits)
        const sorted = encoder.sort(keys, bits - partitions.bits)
        for (const [from, to] of runsOf(sorted)) {
          const hash = first + (sorted[2 * from + 1] >>> 1)
          if (counting && to - from > limit) this.#stopTerms[mask].push(hash)
          else if (!stopped.has(hash)) {
            lists.add(firstBucket + Math.floor(hash / 2 ** shift), hash, shift, encoder, sorted, from, to, oriented)
            written += to - from
          }
        }
        await lists.spool.drain()
      }
    } finally {
      encoder.dispose()
    }
    return written
  }

  async #writeFiles(
    sink: FileSink,
    lists: ListWriter,
    rest: { bucketBits: number; unit: number; postingCount: number },
  ): Promise<Written<SeedFiles>> {
    const dataBytes = lists.spool.length
    const postings = await writeArrow(sink, 'seed-lists.arrow', [{ name: 'lists', type: 'uint8' }], dataBytes, [
      lists.spool.read(),
    ], { 'genomic-catalog': 'seed-lists' }) // prettier-ignore
    const { ends } = lists
    const directory = await writeArrow(sink, 'seed-directory.arrow', [{ name: 'end', type: 'uint32' }], ends.length, [
      [new Uint8Array(ends.buffer)],
    ], { 'genomic-catalog': 'seed-directory' }) // prettier-ignore
    return {
      directory: fileOf(directory),
      postings: fileOf(postings),
      directoryOffset: directory.columnOffsets[0],
      dataOffset: postings.columnOffsets[0],
      dataBytes,
      ...rest,
    }
  }

  parameters(): SeedParameters {
    return { ...this.#given, stopTerms: this.#stopTerms }
  }

  async remove(): Promise<void> {
    for (const partitions of this.#partitions) await partitions.remove()
  }
}

/** Lists in order of bucket, and where each bucket ends. */
class ListWriter {
  readonly spool: Spool
  readonly ends: Uint32Array
  readonly #unit: number
  #bucket = 0
  #hash = -1

  constructor(spool: Spool, buckets: number, unit: number) {
    this.spool = spool
    this.ends = new Uint32Array(buckets)
    this.#unit = unit
  }

  /** Adds the list of sorted keys [from, to), all of one hash. */
  add(
    bucket: number,
    hash: number,
    shift: number,
    encoder: SeedListEncoder,
    sorted: Uint32Array,
    from: number,
    to: number,
    oriented: boolean,
  ): void {
    this.#endBuckets(bucket)
    const list = encoder.encode(from, to - from, lowBits(sorted, from, to), oriented)
    const header: number[] = []
    pushNumber(header, this.#hash < 0 ? hash % 2 ** shift : hash - this.#hash - 1)
    pushNumber(header, to - from)
    pushNumber(header, list.length)
    this.spool.push(Uint8Array.from(header))
    this.spool.push(list)
    this.#hash = hash
  }

  finish(): void {
    this.#endBuckets(this.ends.length)
  }

  #endBuckets(next: number): void {
    if (this.#bucket === next) return
    while (this.spool.length % this.#unit !== 0) this.spool.pushByte(0)
    this.ends.fill(this.spool.length / this.#unit, this.#bucket, next)
    this.#bucket = next
    this.#hash = -1
  }
}

/** Ranges of keys with the same hash. */
function* runsOf(keys: Uint32Array): Generator<[number, number]> {
  const count = keys.length / 2
  for (let from = 0; from < count;) {
    const hash = keys[2 * from + 1] >>> 1
    let to = from + 1
    while (to < count && keys[2 * to + 1] >>> 1 === hash) to++
    yield [from, to]
    from = to
  }
}

/** Bits of each difference that are not worth writing in unary: the best for differences that chance makes. */
function lowBits(keys: Uint32Array, from: number, to: number): number {
  const last = (keys[2 * to - 1] & 1) * 2 ** 31 + (keys[2 * to - 2] >>> 1)
  let low = 0
  // 2.078: where one bit more in every posting costs what it saves in unary.
  while (last > 2.078 * (to - from) * 2 ** low) low++
  return low
}

function fileOf({ path, bytes, sha256, checksums }: WrittenFile): WrittenFile {
  return { path, bytes, sha256, checksums }
}
