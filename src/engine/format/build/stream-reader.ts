/** Hands out a stream of pieces in portions of any size. */
export class StreamReader {
  readonly #pieces: AsyncIterator<Uint8Array>
  #left: Uint8Array = new Uint8Array(0)

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  /** The next bytes, if they are at hand; valid until the next call. */
  peek(bytes: number): Uint8Array | null {
    if (this.#left.length < bytes) return null
    const part = this.#left.subarray(0, bytes)
    this.#left = this.#left.subarray(bytes)
    return part
  }

  /** The next bytes, all of which have to be there; valid until the next call. */
  async read(bytes: number): Promise<Uint8Array> {
    const part = new Uint8Array(bytes)
    let used = 0
    for await (const piece of this.take(bytes)) {
      part.set(piece, used)
      used += piece.length
    }
    if (used < bytes) throw new Error(`a scratch file ends ${bytes - used} bytes early`)
    return part
  }

  /** The next bytes in the pieces they come in. */
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
