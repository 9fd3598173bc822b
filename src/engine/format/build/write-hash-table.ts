import type { FileSink, Scratch, ScratchFile } from '../../source/types.ts'
import type { BlockLayout } from '../arrow-blocks.ts'
import type { WrittenFile } from './data-file.ts'
import { BlockWriter } from './write-blocks.ts'

const RUN_KEYS = 1 << 20
const BUCKETS = 256

/** Collects (hash, row) pairs and sorts them, in scratch space beyond a million. */
export class HashTableWriter {
  readonly #scratch: Scratch
  readonly #runKeys: number
  /** hash << 32 | row */
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

  add(hash: number, row: number): void {
    if (this.#held === this.#keys.length) {
      const larger = new BigUint64Array(this.#held * 2)
      larger.set(this.#keys)
      this.#keys = larger
      this.#words = new Uint32Array(larger.buffer)
    }
    this.#words[2 * this.#held] = row
    this.#words[2 * this.#held + 1] = hash
    this.#held++
    this.count++
  }

  async drain(): Promise<void> {
    if (this.#held >= this.#runKeys) await this.#spill()
  }

  async write(sink: FileSink, layout: BlockLayout): Promise<WrittenFile> {
    const writer = await BlockWriter.create(sink, layout)
    try {
      for await (const keys of this.#sorted()) {
        const words = new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2)
        for (let i = 0; i < words.length; i += 2) {
          writer.setUint32(0, words[i + 1])
          writer.setUint32(1, words[i])
          writer.next()
        }
        await writer.drain()
      }
      return await writer.finish(`${layout.kind}.arrow`)
    } catch (error) {
      await writer.discard()
      throw error
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
