import { CatalogError, throwIfAborted } from '../errors.ts'
import type { Digests } from '../sequence/digest.ts'
import { loadDigests } from '../sequence/digest.ts'
import { SharedWork } from '../source/shared.ts'
import type { ByteSource } from '../source/types.ts'
import type { ByteCache } from '../source/wrappers.ts'

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

/** Reads longer than this are not kept: they are made once, front to back. */
const KEPT_BYTES = 4 << 20

/** Keeps checked blocks in memory, one by one: a read asks only for those that are neither held nor on their way. */
export function cachingBlocks(source: ByteSource, bytes: number, cache: ByteCache): ByteSource {
  const running = new Map<number, { work: SharedWork<Uint8Array>; first: number }>()
  const keyOf = (block: number) => `${block} ${source.name}`

  function start(first: number, end: number): void {
    const from = first * BLOCK_BYTES
    const length = Math.min(bytes, end * BLOCK_BYTES) - from
    const work = new SharedWork(async (signal) => {
      try {
        const read = await source.read(from, length, { signal })
        for (let b = first; b < end; b++) {
          cache.set(keyOf(b), read.subarray((b - first) * BLOCK_BYTES, (b - first + 1) * BLOCK_BYTES))
        }
        return read
      } finally {
        for (let b = first; b < end; b++) if (running.get(b)?.work === work) running.delete(b)
      }
    })
    for (let b = first; b < end; b++) running.set(b, { work, first })
  }

  return {
    name: source.name,
    async read(offset, length, options) {
      throwIfAborted(options?.signal)
      if (length === 0) return new Uint8Array(0)
      if (length > KEPT_BYTES || offset < 0 || offset + length > bytes) return source.read(offset, length, options)
      const first = Math.floor(offset / BLOCK_BYTES)
      const end = blockCount(offset + length)
      const result = new Uint8Array(length)
      const put = (block: number, held: Uint8Array) => {
        const at = block * BLOCK_BYTES - offset
        result.set(at < 0 ? held.subarray(-at, length - at) : held.subarray(0, length - at), Math.max(0, at))
      }
      const waits: { block: number; work: SharedWork<Uint8Array>; first: number }[] = []
      for (let block = first; block < end; block++) {
        const held = cache.get(keyOf(block))
        if (held !== undefined) {
          put(block, held)
          continue
        }
        const known = running.get(block)
        if (known === undefined || known.work.abandoned) {
          let stop = block + 1
          while (stop < end && !running.has(stop) && cache.get(keyOf(stop)) === undefined) stop++
          start(block, stop)
        }
        waits.push({ block, ...running.get(block)! })
      }
      const works = [...new Set(waits.map(({ work }) => work))]
      const read = await Promise.all(works.map((work) => work.join(source.name, options?.signal)))
      for (const { block, work, first: from } of waits) {
        const at = (block - from) * BLOCK_BYTES
        put(block, read[works.indexOf(work)].subarray(at, at + BLOCK_BYTES))
      }
      return result
    },
    readAll: (options) => source.readAll(options),
  }
}
