/** Names of a sequence that depend on its residues alone. */
export interface Digests {
  /** The record's id: SHA-256, lower-case hex. */
  sha256: string
  /** GA4GH refget: `SQ.` and the first 24 bytes of SHA-512 as base64url. */
  refget: string
}

/** Digests of the residues in upper case. Null where the browser offers none: pages served without TLS. */
export async function digestsOf(letters: string): Promise<Digests | null> {
  if (!globalThis.crypto?.subtle) return null
  const bytes = new TextEncoder().encode(letters.toUpperCase().replace(/\*$/, ''))
  const [sha256, sha512] = await Promise.all([
    crypto.subtle.digest('SHA-256', bytes),
    crypto.subtle.digest('SHA-512', bytes),
  ])
  return {
    sha256: [...new Uint8Array(sha256)].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    refget: `SQ.${btoa(String.fromCharCode(...new Uint8Array(sha512, 0, 24)))
      .replaceAll('+', '-')
      .replaceAll('/', '_')}`,
  }
}
