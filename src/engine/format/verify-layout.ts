import { throwIfAborted } from '../errors.ts'
import type { ByteSource } from '../source/types.ts'
import { BLOCKS_START, blocksOf, BlockTable, encodeBlockHead, encodeHead, encodeTail } from './arrow-blocks.ts'
import type { BlockLayout } from './arrow-blocks.ts'
import { wordsOf } from './words.ts'

const READ_BLOCKS = 256

/** What is wrong with the frame of a file of equal blocks, as the rest of a sentence, or null. */
export async function verifyBlocks(
  source: ByteSource,
  bytes: number,
  layout: BlockLayout,
  rows: number,
  metadata: Record<string, string>,
  signal?: AbortSignal,
): Promise<string | null> {
  const blocks = blocksOf(layout, rows)
  const tail = encodeTail(layout, metadata, blocks)
  const end = BLOCKS_START + blocks * layout.stride
  if (bytes !== end + tail.length) return `has not the size of ${rows} rows`
  if (!same(await source.read(0, BLOCKS_START, { signal }), encodeHead(layout, metadata))) return 'has another schema'
  if (!same(await source.read(end, tail.length, { signal }), tail)) return 'has another footer'
  const full = encodeBlockHead(layout, layout.rowsPerBlock)
  for (let first = 0; first < blocks; first += READ_BLOCKS) {
    throwIfAborted(signal)
    const count = Math.min(READ_BLOCKS, blocks - first)
    const read = await source.read(BLOCKS_START + first * layout.stride, count * layout.stride, { signal })
    for (let b = 0; b < count; b++) {
      const left = rows - (first + b) * layout.rowsPerBlock
      const head = left < layout.rowsPerBlock ? encodeBlockHead(layout, left) : full
      if (!same(read.subarray(b * layout.stride, b * layout.stride + layout.body), head)) {
        return `begins block ${first + b} in another way`
      }
    }
  }
  return null
}

/** A hash table holds exactly these rows: hash in the high 32 bits, then the number of the row it leads to. */
export async function verifyHashTable(
  source: ByteSource,
  layout: BlockLayout,
  keys: BigUint64Array<ArrayBuffer>,
  signal?: AbortSignal,
): Promise<boolean> {
  const words = new Uint32Array(keys.buffer)
  const table = new BlockTable(source, layout, keys.length)
  const step = READ_BLOCKS * layout.rowsPerBlock
  for (let from = 0; from < keys.length; from += step) {
    throwIfAborted(signal)
    const [hashes, rows] = (await table.read(from, Math.min(keys.length, from + step), { signal })).map(wordsOf)
    for (let i = 0; i < hashes.length; i++) {
      if (rows[i] !== words[2 * (from + i)] || hashes[i] !== words[2 * (from + i) + 1]) return false
    }
  }
  return true
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
