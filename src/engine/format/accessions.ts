import type { Digests } from '../sequence/digest.ts'
import type { FileSink, ReadOptions, Scratch, ScratchFile } from '../source/types.ts'
import type { ArrowFile, ColumnSpec } from './arrow.ts'
import type { WrittenFile } from './build/data-file.ts'
import { Spool } from './build/spool.ts'
import { writeArrow } from './build/write-arrow.ts'
import { lowerBound } from './lookup.ts'
import { wordsOf } from './records.ts'

/** Entries by accession: sorted by hash (the high 32 bits of the accession's XXH64), then entry. */
export const ACCESSION_COLUMNS: readonly ColumnSpec[] = [
  { name: 'hash', type: 'uint32' },
  { name: 'entry', type: 'uint32' },
]

export function accessionHash(digests: Digests, accession: Uint8Array): number {
  return Number(digests.xxh64(accession) >> 32n)
}

const RUN_KEYS = 1 << 20
const BUCKETS = 256

/** Collects (hash, entry) pairs and sorts them, in scratch space beyond a million. */
export class AccessionWriter {
  readonly #scratch: Scratch
  readonly #runKeys: number
  /** hash << 32 | entry */
  #keys = new BigUint64Array(1 << 10)
  #words = new Uint32Array(this.#keys.buffer)
  #held = 0
  #file: ScratchFile | null = null
  /** For each run, the key index at which each bucket (the hash's top byte) starts; one more for its end. */
  #runs: Float64Array[] = []
  #spilled = 0
  count = 0

  /** `runKeys`: pairs sorted in memory at a time. */
  constructor(scratch: Scratch, runKeys = RUN_KEYS) {
    this.#scratch = scratch
    this.#runKeys = runKeys
  }

  add(hash: number, entry: number): void {
    if (this.#held === this.#keys.length) {
      const larger = new BigUint64Array(this.#held * 2)
      larger.set(this.#keys)
      this.#keys = larger
      this.#words = new Uint32Array(larger.buffer)
    }
    this.#words[2 * this.#held] = entry
    this.#words[2 * this.#held + 1] = hash
    this.#held++
    this.count++
  }

  async drain(): Promise<void> {
    if (this.#held >= this.#runKeys) await this.#spill()
  }

  async write(sink: FileSink): Promise<WrittenFile> {
    const hashes = new Spool(this.#scratch)
    const entries = new Spool(this.#scratch)
    for await (const keys of this.#sorted()) {
      const words = new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2)
      for (let i = 0; i < words.length; i += 2) {
        entries.pushUint32(words[i])
        hashes.pushUint32(words[i + 1])
      }
      await hashes.drain()
      await entries.drain()
    }
    try {
      const columns = [hashes.read(), entries.read()]
      return await writeArrow(sink, 'accessions.arrow', ACCESSION_COLUMNS, this.count, columns, {
        'genomic-catalog': 'accessions',
      })
    } finally {
      await hashes.remove()
      await entries.remove()
    }
  }

  async remove(): Promise<void> {
    await this.#file?.remove()
    this.#file = null
  }

  async *#sorted(): AsyncGenerator<BigUint64Array> {
    if (this.#runs.length === 0) {
      yield this.#keys.subarray(0, this.#held).sort()
      return
    }
    if (this.#held > 0) await this.#spill()
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const parts = this.#runs.map((starts) => [starts[bucket], starts[bucket + 1]])
      const keys = new BigUint64Array(parts.reduce((sum, [from, to]) => sum + to - from, 0))
      const bytes = new Uint8Array(keys.buffer)
      let used = 0
      for (const [from, to] of parts) {
        if (from === to) continue
        bytes.set(await this.#file!.read(from * 8, (to - from) * 8), used)
        used += (to - from) * 8
      }
      yield keys.sort()
    }
  }

  async #spill(): Promise<void> {
    const keys = this.#keys.subarray(0, this.#held).sort()
    const starts = new Float64Array(BUCKETS + 1).fill(this.#spilled + keys.length)
    for (let i = keys.length - 1; i >= 0; i--) starts[this.#words[2 * i + 1] >>> 24] = this.#spilled + i
    for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) starts[bucket] = Math.min(starts[bucket], starts[bucket + 1])
    this.#file ??= await this.#scratch.create()
    await this.#file.append(new Uint8Array(keys.buffer, 0, keys.length * 8))
    this.#runs.push(starts)
    this.#spilled += keys.length
    this.#held = 0
  }
}

/** Entries that may have the accession (a few have only its hash). Reads a few blocks. */
export async function lookUpAccession(
  file: ArrowFile,
  digests: Digests,
  accession: string,
  options?: ReadOptions,
): Promise<number[]> {
  const hash = accessionHash(digests, new TextEncoder().encode(accession))
  const wordAt = (bytes: Uint8Array, offset: number) =>
    (bytes[offset] | (bytes[offset + 1] << 8) | (bytes[offset + 2] << 16) | (bytes[offset + 3] << 24)) >>> 0
  const bound = (wanted: number) =>
    lowerBound(
      file.rows,
      wanted / 2 ** 32,
      4,
      (from, to) => file.read('hash', from, to, options),
      (bytes, offset) => wordAt(bytes, offset) - wanted,
    )
  const [from, to] = [await bound(hash), await bound(hash + 1)]
  return from >= to ? [] : [...wordsOf(await file.read('entry', from, to, options))]
}
