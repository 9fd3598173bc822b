import type { Digests, RunningDigest } from '../../sequence/digest.ts'
import { loadDigests, runningSha256, toHex } from '../../sequence/digest.ts'
import type { FileSink, FileWriter } from '../../source/types.ts'
import { BLOCK_BYTES } from '../blocks.ts'
import type { FileReference } from '../types.ts'

/** A finished data file and the XXH64 of each of its blocks. */
export interface WrittenFile extends FileReference {
  checksums: BigUint64Array
}

/** The end of a file, from a multiple of 4,096 on. */
export interface FileTail {
  start: number
  bytes: number
  /** SHA-256 of these bytes, lower-case hex. */
  sha256: string
}

/** Writes a file of `data/` that is named by its content, taking its checksums on the way. */
export class DataFileWriter {
  readonly #writer: FileWriter
  readonly #sha256: RunningDigest
  readonly #digests: Digests
  readonly #block = new Uint8Array(BLOCK_BYTES)
  #blockUsed = 0
  #checksums = new BigUint64Array(64)
  #blocks = 0
  #tail: { start: number; sha256: RunningDigest } | null = null
  bytes = 0

  private constructor(writer: FileWriter, sha256: RunningDigest, digests: Digests) {
    this.#writer = writer
    this.#sha256 = sha256
    this.#digests = digests
  }

  static async create(sink: FileSink): Promise<DataFileWriter> {
    const [writer, sha256, digests] = await Promise.all([sink.create(), runningSha256(), loadDigests()])
    return new DataFileWriter(writer, sha256, digests)
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    this.#sha256.update(bytes)
    this.#tail?.sha256.update(bytes)
    this.#addBlocks(bytes)
    this.bytes += bytes.length
    await this.#writer.write(bytes)
  }

  /** Zeros up to `offset`. */
  async padTo(offset: number): Promise<void> {
    await this.write(new Uint8Array(offset - this.bytes))
  }

  /** From the block that is being written on, the file is its tail. */
  async beginTail(): Promise<void> {
    this.#tail = { start: this.bytes - this.#blockUsed, sha256: await runningSha256() }
    this.#tail.sha256.update(this.#block.subarray(0, this.#blockUsed))
  }

  /** The tail of a file that is all written. */
  finishTail(): FileTail {
    const { start, sha256 } = this.#tail!
    return { start, bytes: this.bytes - start, sha256: toHex(sha256.digest()) }
  }

  /** Makes the file visible as `data/<sha256>.<suffix>`. */
  async commit(suffix: string): Promise<WrittenFile> {
    if (this.#blockUsed > 0) this.#addChecksum(this.#block.subarray(0, this.#blockUsed))
    const sha256 = toHex(this.#sha256.digest())
    const path = `data/${sha256}.${suffix}`
    await this.#writer.commit(path)
    return { path, bytes: this.bytes, sha256, checksums: this.#checksums.slice(0, this.#blocks) }
  }

  async discard(): Promise<void> {
    await this.#writer.discard()
  }

  #addBlocks(bytes: Uint8Array): void {
    let offset = 0
    if (this.#blockUsed > 0) {
      const part = bytes.subarray(0, BLOCK_BYTES - this.#blockUsed)
      this.#block.set(part, this.#blockUsed)
      this.#blockUsed += part.length
      offset = part.length
      if (this.#blockUsed < BLOCK_BYTES) return
      this.#addChecksum(this.#block)
      this.#blockUsed = 0
    }
    for (; offset + BLOCK_BYTES <= bytes.length; offset += BLOCK_BYTES) {
      this.#addChecksum(bytes.subarray(offset, offset + BLOCK_BYTES))
    }
    this.#block.set(bytes.subarray(offset))
    this.#blockUsed = bytes.length - offset
  }

  #addChecksum(block: Uint8Array): void {
    if (this.#blocks === this.#checksums.length) {
      const larger = new BigUint64Array(this.#blocks * 2)
      larger.set(this.#checksums)
      this.#checksums = larger
    }
    this.#checksums[this.#blocks++] = this.#digests.xxh64(block)
  }
}
