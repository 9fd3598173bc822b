import { createMD5, createSHA256, createSHA512, createXXHash64 } from 'hash-wasm'
import type { IHasher } from 'hash-wasm'

/** Digests of bytes. Every result is the caller's to keep. */
export interface Digests {
  /** 32 bytes: SHA-256. Of a record's residues in upper case it is the record's id. */
  sha256(bytes: Uint8Array): Uint8Array
  /** 24 bytes: the first 192 bits of SHA-512, as refget's `SQ.` digests (GA4GH refget 2.0) take them. */
  sha512t24(bytes: Uint8Array): Uint8Array
  /** 64 bytes. */
  sha512(bytes: Uint8Array): Uint8Array
  /** 16 bytes. */
  md5(bytes: Uint8Array): Uint8Array
  /** XXH64 with seed 0. */
  xxh64(bytes: Uint8Array): bigint
}

/** A digest taken piece by piece. */
export interface RunningDigest {
  update(bytes: Uint8Array): void
  /** The digest; the object is not to be used again. */
  digest(): Uint8Array
}

let loading: Promise<Digests> | undefined

/** Loads the digests once; every later call answers the same object. Its functions are synchronous. */
export function loadDigests(): Promise<Digests> {
  loading ??= build()
  return loading
}

async function build(): Promise<Digests> {
  const [sha256, sha512, md5, xxh64] = await Promise.all([
    createSHA256(),
    createSHA512(),
    createMD5(),
    createXXHash64(0, 0),
  ])
  return {
    sha256: (bytes) => once(sha256, bytes),
    sha512t24: (bytes) => once(sha512, bytes).slice(0, 24),
    sha512: (bytes) => once(sha512, bytes),
    md5: (bytes) => once(md5, bytes),
    xxh64(bytes) {
      const digest = once(xxh64, bytes)
      let value = 0n
      for (const byte of digest) value = (value << 8n) | BigInt(byte)
      return value
    },
  }
}

function once(hasher: IHasher, bytes: Uint8Array): Uint8Array {
  return hasher.init().update(bytes).digest('binary')
}

/** SHA-256 of bytes that come in pieces. */
export async function runningSha256(): Promise<RunningDigest> {
  const hasher = (await createSHA256()).init()
  return {
    update(bytes) {
      hasher.update(bytes)
    },
    digest: () => hasher.digest('binary'),
  }
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX[byte]
  return text
}

/** Bytes of hexadecimal text, or null where it is none. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** refget's text form of a 24-byte digest: `SQ.` and 32 characters of base64url. */
export function refgetText(digest: Uint8Array): string {
  let text = 'SQ.'
  for (let i = 0; i < 24; i += 3) {
    const bits = (digest[i] << 16) | (digest[i + 1] << 8) | digest[i + 2]
    text += BASE64URL[bits >> 18] + BASE64URL[(bits >> 12) & 63] + BASE64URL[(bits >> 6) & 63] + BASE64URL[bits & 63]
  }
  return text
}

/** The 24 bytes of a refget digest with or without its `SQ.`, or null where the text is none. */
export function refgetBytes(text: string): Uint8Array | null {
  const match = /^(?:ga4gh:)?(?:SQ\.)?([A-Za-z0-9_-]{32})$/.exec(text)
  if (!match) return null
  const bytes = new Uint8Array(24)
  for (let i = 0; i < 8; i++) {
    let bits = 0
    for (let j = 0; j < 4; j++) bits = (bits << 6) | BASE64URL.indexOf(match[1][4 * i + j])
    bytes[3 * i] = bits >> 16
    bytes[3 * i + 1] = (bits >> 8) & 255
    bytes[3 * i + 2] = bits & 255
  }
  return bytes
}
