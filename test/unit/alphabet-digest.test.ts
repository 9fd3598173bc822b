import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  fromHex,
  loadDigests,
  refgetBytes,
  refgetText,
  runningSha256,
  toHex,
} from '../../src/engine/sequence/digest.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const digests = await loadDigests()

describe('digests', () => {
  it('are those of the refget and VRS specifications', () => {
    // GA4GH refget 2.0 and VRS 1.3, "Computed identifiers": the truncated digests of ACGT and of nothing.
    expect(refgetText(digests.sha512t24(bytes('ACGT')))).toBe('SQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2')
    expect(refgetText(digests.sha512t24(bytes('')))).toBe('SQ.z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXc')
    expect(toHex(digests.md5(bytes('ACGT')))).toBe('f1f8f4bf413b16ad135722aa4591043e')
  })

  it('are those of the XXH64 specification', () => {
    expect(digests.xxh64(bytes(''))).toBe(0xef46db3751d8e999n)
    expect(digests.xxh64(bytes('a'))).toBe(0xd24ec4f1a98c6e5bn)
    expect(digests.xxh64(bytes('abc'))).toBe(0x44bc2cf5ad770999n)
  })

  it.each([0, 1, 55, 56, 63, 64, 111, 112, 127, 128, 4096, 100_003])('agree with node:crypto on %i bytes', (length) => {
    const input = new Uint8Array(randomBytes(length + 3)).subarray(3)
    const node = (name: string) => createHash(name).update(input).digest('hex')
    expect(toHex(digests.sha256(input))).toBe(node('sha256'))
    expect(toHex(digests.sha512t24(input))).toBe(node('sha512').slice(0, 48))
    expect(toHex(digests.md5(input))).toBe(node('md5'))
    expect(refgetText(digests.sha512t24(input))).toBe(
      `SQ.${createHash('sha512').update(input).digest().subarray(0, 24).toString('base64url')}`,
    )
  })

  it('stay what they were when another is taken', () => {
    const first = digests.sha256(bytes('first'))
    digests.sha256(bytes('second'))
    expect(toHex(first)).toBe(createHash('sha256').update('first').digest('hex'))
  })

  it('are taken piece by piece too, several at a time', async () => {
    const [a, b] = await Promise.all([runningSha256(), runningSha256()])
    a.update(bytes('AC'))
    b.update(bytes('x'))
    a.update(bytes('GT'))
    expect(toHex(a.digest())).toBe(createHash('sha256').update('ACGT').digest('hex'))
    expect(toHex(b.digest())).toBe(createHash('sha256').update('x').digest('hex'))
  })
})

describe('text forms', () => {
  it('go back and forth', () => {
    const digest = new Uint8Array(randomBytes(24))
    expect(refgetBytes(refgetText(digest))).toEqual(digest)
    expect(refgetBytes(`ga4gh:${refgetText(digest)}`)).toEqual(digest)
    expect(fromHex(toHex(digest).toUpperCase())).toEqual(digest)
  })

  it.each(['', 'SQ.', 'SQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw', 'SQ.aKF498dAxcJAqme6QYQ7EZ07+fiw8Kw2'])(
    'refuse %j as a refget digest',
    (wrong) => expect(refgetBytes(wrong)).toBeNull(),
  )

  it.each(['0', 'xy', '0x00'])('refuse %j as hexadecimal', (wrong) => expect(fromHex(wrong)).toBeNull())
})
