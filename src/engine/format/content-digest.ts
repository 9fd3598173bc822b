import type { RunningDigest } from '../sequence/digest.ts'
import { runningSha256, toHex } from '../sequence/digest.ts'

const MISSING = 0xffffffff

/**
 * Digest of a catalog's content: SHA-256 over its entries in order, so that it depends neither on the order of the input
 * nor on how the catalog is laid out. SPEC.md, "Content digest", says which bytes go in.
 */
export class ContentDigest {
  readonly #sha256: RunningDigest
  readonly #encoder = new TextEncoder()
  #buffer = new Uint8Array(1 << 16)
  #view = new DataView(this.#buffer.buffer)
  #used = 0

  private constructor(sha256: RunningDigest) {
    this.#sha256 = sha256
  }

  static async create(fields: readonly string[]): Promise<ContentDigest> {
    const digest = new ContentDigest(await runningSha256())
    digest.#text('genomic-catalog content 1')
    digest.#word(fields.length)
    for (const field of fields) digest.#text(field)
    return digest
  }

  /** `values`: texts of the fields, '' where missing; null for none at all. */
  add(
    id: Uint8Array,
    accession: Uint8Array,
    description: Uint8Array,
    stop: boolean,
    lowerCase: Uint32Array | null,
    quality: Uint8Array | null,
    values: readonly string[] | null,
    fields: number,
  ): void {
    this.#raw(id)
    this.#bytes(accession)
    this.#bytes(description)
    this.#word(stop ? 1 : 0)
    if (lowerCase === null) this.#word(MISSING)
    else {
      this.#word(lowerCase.length / 2)
      for (let i = 0; i < lowerCase.length; i++) this.#word(lowerCase[i])
    }
    if (quality === null) this.#word(MISSING)
    else this.#bytes(quality)
    for (let f = 0; f < fields; f++) {
      const text = values === null ? '' : (values[f] ?? '')
      if (text === '') this.#word(MISSING)
      else this.#text(text)
    }
  }

  /** Lower-case hex. */
  finish(): string {
    this.#flush()
    return toHex(this.#sha256.digest())
  }

  #text(text: string): void {
    this.#bytes(this.#encoder.encode(text))
  }

  #bytes(bytes: Uint8Array): void {
    this.#word(bytes.length)
    this.#raw(bytes)
  }

  #raw(bytes: Uint8Array): void {
    if (this.#used + bytes.length > this.#buffer.length) this.#flush()
    if (bytes.length > this.#buffer.length) this.#sha256.update(bytes)
    else {
      this.#buffer.set(bytes, this.#used)
      this.#used += bytes.length
    }
  }

  #word(value: number): void {
    if (this.#used + 4 > this.#buffer.length) this.#flush()
    this.#view.setUint32(this.#used, value, true)
    this.#used += 4
  }

  #flush(): void {
    this.#sha256.update(this.#buffer.subarray(0, this.#used))
    this.#used = 0
  }
}
