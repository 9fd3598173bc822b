import type { Scratch, ScratchFile } from '../../source/types.ts'

const CHUNK_BYTES = 1 << 18

/** Bytes written front to back and read back once: in memory while few, in a scratch file beyond. */
export class Spool {
  readonly #scratch: Scratch
  #chunk: Uint8Array<ArrayBuffer>
  #used = 0
  #full: Uint8Array[] = []
  #file: ScratchFile | null = null
  /** Bytes pushed so far. */
  length = 0

  constructor(scratch: Scratch) {
    this.#scratch = scratch
    this.#chunk = new Uint8Array(4096)
  }

  /** Copies bytes in. Call `drain` now and then. */
  push(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#chunk.set(bytes, this.#used)
    this.#used += bytes.length
    this.length += bytes.length
  }

  pushByte(byte: number): void {
    this.#reserve(1)
    this.#chunk[this.#used++] = byte
    this.length++
  }

  pushUint32(value: number): void {
    this.#reserve(4)
    const chunk = this.#chunk
    chunk[this.#used++] = value
    chunk[this.#used++] = value >>> 8
    chunk[this.#used++] = value >>> 16
    chunk[this.#used++] = value >>> 24
    this.length += 4
  }

  /** Memory held is worth writing out. */
  get heavy(): boolean {
    return this.#full.length > 0
  }

  async drain(): Promise<void> {
    if (this.#full.length === 0) return
    this.#file ??= await this.#scratch.create()
    for (const chunk of this.#full) await this.#file.append(chunk)
    this.#full = []
  }

  /** All bytes in order, in pieces that are valid until the next is asked for. */
  async *read(): AsyncGenerator<Uint8Array> {
    const tail = this.#full.reduce((sum, chunk) => sum + chunk.length, this.#used)
    const spilled = this.length - tail
    for (let offset = 0; offset < spilled; offset += CHUNK_BYTES) {
      yield await this.#file!.read(offset, Math.min(CHUNK_BYTES, spilled - offset))
    }
    yield* this.#full
    yield this.#chunk.subarray(0, this.#used)
  }

  async remove(): Promise<void> {
    this.#full = []
    await this.#file?.remove()
    this.#file = null
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes
    if (needed <= this.#chunk.length) return
    if (this.#used < CHUNK_BYTES / 2 && needed <= CHUNK_BYTES) {
      const larger = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(needed, this.#chunk.length * 4)))
      larger.set(this.#chunk.subarray(0, this.#used))
      this.#chunk = larger
      return
    }
    this.#full.push(this.#chunk.subarray(0, this.#used))
    this.#chunk = new Uint8Array(Math.max(bytes, CHUNK_BYTES))
    this.#used = 0
  }
}
