import type { Digests } from '../sequence/digest.ts'
import { toHex } from '../sequence/digest.ts'
import type { Alphabet } from './types.ts'
import { compareBytes } from './words.ts'

const MISSING = 0xffffffff
/** 16 bits each, the lowest first: sums of 2^37 digests fit a double. */
const LIMBS = 32

/** Fields of entries in the order in which digests take them. */
export interface DigestFields {
  /** Index of each field, by the order of their names as UTF-8. */
  order: readonly number[]
  names: readonly Uint8Array[]
}

export function digestFields(names: readonly string[]): DigestFields {
  const encoder = new TextEncoder()
  const encoded = names.map((name) => encoder.encode(name))
  const order = names.map((_, i) => i).sort((a, b) => compareBytes(encoded[a], encoded[b]))
  return { order, names: encoded }
}

/**
 * Sum of the digests of entries: what a catalog holds, whatever the order in which it came and however it is laid out.
 * SPEC.md, "Content digest", says which bytes go in.
 */
export class ContentSum {
  readonly #digests: Digests
  readonly #encoder = new TextEncoder()
  readonly #limbs = new Float64Array(LIMBS)
  #buffer = new Uint8Array(1 << 12)
  #view = new DataView(this.#buffer.buffer)
  #used = 0

  /** `sum`: hexadecimal, of entries that were added before. */
  constructor(digests: Digests, sum = '') {
    this.#digests = digests
    for (let i = 0; i < LIMBS && sum !== ''; i++) {
      const end = sum.length - 4 * i
      this.#limbs[i] = parseInt(sum.slice(end - 4, end), 16)
    }
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
    fields: DigestFields,
  ): void {
    this.#used = 0
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
    for (const field of values === null ? [] : fields.order) {
      const text = values![field] ?? ''
      if (text === '') continue
      this.#bytes(fields.names[field])
      this.#bytes(this.#encoder.encode(text))
    }
    const digest = this.#digests.sha512(this.#buffer.subarray(0, this.#used))
    for (let i = 0; i < LIMBS; i++) this.#limbs[i] += digest[63 - 2 * i] + digest[62 - 2 * i] * 256
  }

  /** 128 hexadecimal digits. */
  toHex(): string {
    const bytes = new Uint8Array(64)
    let carry = 0
    for (let i = 0; i < LIMBS; i++) {
      const value = this.#limbs[i] + carry
      carry = Math.floor(value / 65536)
      bytes[63 - 2 * i] = value % 256
      bytes[62 - 2 * i] = Math.floor(value / 256) % 256
    }
    return toHex(bytes)
  }

  #bytes(bytes: Uint8Array): void {
    this.#word(bytes.length)
    this.#raw(bytes)
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#used)
    this.#used += bytes.length
  }

  #word(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.#used, value, true)
    this.#used += 4
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#buffer.length) return
    const larger = new Uint8Array(Math.max(this.#used + bytes, this.#buffer.length * 2))
    larger.set(this.#buffer.subarray(0, this.#used))
    this.#buffer = larger
    this.#view = new DataView(larger.buffer)
  }
}

/** Names what a catalog holds: SHA-256 over its sum, its number of entries and its alphabet. Lower-case hex. */
export function contentDigest(digests: Digests, sum: string, entries: number, alphabet: Alphabet): string {
  const text = `genomic-catalog content 2\n${alphabet}\n${entries}\n${sum}\n`
  return toHex(digests.sha256(new TextEncoder().encode(text)))
}
