import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decompress, openInput } from '../../src/engine/io/decompress.ts'
import { bytesOf, chunked, joinBytes, noise, textOf } from '../support/bytes.ts'

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece.slice())
  return joinBytes(pieces)
}

const sizes = [1, 2, 10, 18, 1000, 65_536]
const unzip = (bytes: Uint8Array, size: number) => collect(openInput(chunked(bytes, size), 'f.gz'))
/** The 28 bytes that end a bgzip file (SAM specification 4.1.2). */
const BGZIP_END = Uint8Array.from('1f8b08040000000000ff0600424302001b0003000000000000000000'.match(/../g)!, (byte) =>
  parseInt(byte, 16),
)

describe('gzip', () => {
  it.each(sizes)('of several members, padded with zeros, in chunks of %i bytes', async (size) => {
    const members = ['>a\nAC', '', 'GT\n', 'x'.repeat(1000)].map((text) => gzipSync(text))
    const file = joinBytes([...members, BGZIP_END, new Uint8Array(20)])
    expect(textOf(await unzip(file, size))).toBe(`>a\nACGT\n${'x'.repeat(1000)}`)
  })

  it('that ends where a chunk ends is read on', async () => {
    const member = gzipSync('ACGT')
    expect(textOf(await unzip(joinBytes([member, member, member]), member.length))).toBe('ACGTACGTACGT')
  })

  it('of more than one output buffer, of noise and of zeros', async () => {
    for (const content of [noise(1_000_003), new Uint8Array(5_000_000), noise(262_144), noise(524_288)]) {
      expect(Buffer.compare(await unzip(gzipSync(content), 10_000), content)).toBe(0)
    }
  })

  it('cut off anywhere is an error', async () => {
    const file = joinBytes([gzipSync(noise(300)), gzipSync(noise(300, 2))])
    const first = gzipSync(noise(300)).length
    let cuts = 0
    for (let length = 2; length < file.length; length++) {
      if (length === first) continue
      await expect(unzip(file.subarray(0, length), 50)).rejects.toMatchObject({
        tag: 'input',
        message: expect.stringMatching(/f\.gz ends inside its gzip data/),
      })
      cuts++
    }
    expect(cuts).toBe(file.length - 3)
  })

  it('of bgzip cut off between two blocks is an error', async () => {
    const block = BGZIP_END
    expect(await unzip(joinBytes([block, block]), 10)).toHaveLength(0)
    const content = gzipSync('ACGT')
    // The extra field that makes a gzip member a block of bgzip: its size less one.
    const size = content.length + 8 - 1
    const extra = Uint8Array.of(6, 0, 66, 67, 2, 0, size & 255, size >> 8)
    const filled = joinBytes([content.subarray(0, 10), extra, content.subarray(10)])
    filled[3] = 4
    expect(textOf(await unzip(joinBytes([filled, filled, BGZIP_END]), 10))).toBe('ACGTACGT')
    await expect(unzip(joinBytes([filled, filled]), 10)).rejects.toThrow(/cut off/)
  })

  it('with any byte of its data or check sums changed is an error', async () => {
    const file = joinBytes([gzipSync(noise(200)), gzipSync(noise(200, 2))])
    const second = gzipSync(noise(200)).length
    // Bytes of a header that say nothing about the content: time, extra flags, operating system.
    const idle = (at: number) => (at >= 4 && at <= 9) || (at >= second + 4 && at <= second + 9)
    let changed = 0
    for (let at = 2; at < file.length; at++) {
      if (idle(at)) continue
      const damaged = file.slice()
      damaged[at] ^= 0x55
      await expect(unzip(damaged, 100), `byte ${at}`).rejects.toMatchObject({ tag: 'input' })
      changed++
    }
    expect(changed).toBe(file.length - 14)
  })

  it('followed by anything else is an error', async () => {
    await expect(unzip(joinBytes([gzipSync('A'), bytesOf('trailer')]), 5)).rejects.toThrow(/damaged gzip data/)
    await expect(unzip(joinBytes([gzipSync('A'), Uint8Array.of(0, 0, 1)]), 50)).rejects.toThrow(/data after its end/)
  })

  it('of nothing is an error', async () => {
    await expect(collect(decompress(chunked(new Uint8Array(0), 1), 'f.gz'))).rejects.toThrow(/cut off/)
  })

  it('is let go when its reader stops', async () => {
    let closed = false
    async function* source() {
      try {
        for (;;) yield gzipSync(noise(100_000))
      } finally {
        closed = true
      }
    }
    for await (const piece of openInput(source())) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    expect(closed).toBe(true)
  })
})

describe('input that is not compressed', () => {
  it.each(sizes)('passes as it is in chunks of %i bytes', async (size) => {
    for (const text of ['', 'A', '>a\nACGT', 'x'.repeat(5000)]) {
      expect(textOf(await unzip(bytesOf(text), size))).toBe(text)
    }
  })

  it.each([
    ['bzip2', 'BZh9'],
    ['xz', '\xfd7zXZ\0'],
    ['Zstandard', '\x28\xb5\x2f\xfd'],
    ['zip', 'PK\x03\x04'],
    ['CRAM', 'CRAM\x03'],
  ])('of another format is named: %s', async (name, start) => {
    const bytes = Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(20)])
    await expect(unzip(bytes, 3)).rejects.toMatchObject({ tag: 'input', message: expect.stringContaining(name) })
  })
})
