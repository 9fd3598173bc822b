import { CatalogError } from '../errors.ts'
import type { Digests } from '../sequence/digest.ts'
import { loadDigests } from '../sequence/digest.ts'
import type { ByteSource } from '../source/types.ts'

/** Files are checked in blocks of this many bytes; the last may be shorter. */
export const BLOCK_BYTES = 4096

export function blockCount(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES)
}

/**
 * Checks bytes that start at a block boundary and end at one (or at the file's end).
 * @throws CatalogError `corrupt` naming the file and the bytes of the first wrong block.
 */
export function checkBlocks(
  digests: Digests,
  name: string,
  start: number,
  bytes: Uint8Array,
  checksums: BigUint64Array,
): void {
  for (let offset = 0, block = 0; offset < bytes.length; offset += BLOCK_BYTES, block++) {
    const end = Math.min(offset + BLOCK_BYTES, bytes.length)
    if (digests.xxh64(bytes.subarray(offset, end)) !== checksums[block]) {
      throw new CatalogError(
        'corrupt',
        `${name} is damaged: bytes ${start + offset} to ${start + end} do not match their checksum. ` +
          'Fetch the file again, or restore it from a copy.',
        { file: name, start: start + offset, end: start + end },
      )
    }
  }
}

/** A source that reads whole blocks, checks them, and hands out only bytes that were checked. */
export function verifiedSource(source: ByteSource, bytes: number, checksums: BigUint64Array): ByteSource {
  return {
    name: source.name,
    async read(offset, length, options) {
      if (!(offset >= 0 && length >= 0 && offset + length <= bytes)) {
        throw new CatalogError(
          'corrupt',
          `${source.name} is said to hold bytes ${offset} to ${offset + length}, but has only ${bytes}: ` +
            'the catalog contradicts itself and has to be built again.',
          { file: source.name, start: offset, end: offset + length },
        )
      }
      if (length === 0) return new Uint8Array(0)
      const first = Math.floor(offset / BLOCK_BYTES)
      const start = first * BLOCK_BYTES
      const end = Math.min(bytes, blockCount(offset + length) * BLOCK_BYTES)
      const [data, digests] = await Promise.all([source.read(start, end - start, options), loadDigests()])
      checkBlocks(digests, source.name, start, data, checksums.subarray(first, blockCount(end)))
      return data.subarray(offset - start, offset - start + length)
    },
    readAll(options) {
      return this.read(0, bytes, options)
    },
  }
}
