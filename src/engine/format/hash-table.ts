import type { Digests } from '../sequence/digest.ts'
import type { ReadOptions } from '../source/types.ts'
import { blockLayout } from './arrow-blocks.ts'
import type { BlockTable } from './arrow-blocks.ts'
import { wordsOf } from './words.ts'

/**
 * Tables that lead from a digest to rows of another table: sorted by `hash`, 32 bits that are spread evenly, then by the
 * number of the row. Two digests may share a hash, so what is found has to be compared.
 */
export const ACCESSION_LAYOUT = blockLayout(
  'accessions',
  [
    { name: 'hash', type: 'uint32' },
    { name: 'entry', type: 'uint32' },
  ],
  448,
  512,
)

/** Each record three times: by the beginnings of its SHA-256 id, its refget digest and its MD5. */
export const DIGEST_LAYOUT = blockLayout(
  'digests',
  [
    { name: 'hash', type: 'uint32' },
    { name: 'record', type: 'uint32' },
  ],
  448,
  512,
)

/** Rows of the digest table per record. */
export const DIGESTS_PER_RECORD = 3

/** Hash of an accession: the high 32 bits of its XXH64. */
export function accessionHash(digests: Digests, accession: Uint8Array): number {
  return Number(digests.xxh64(accession) >> 32n)
}

/** Hash of a digest: its first four bytes, big-endian. */
export function digestHash(digest: Uint8Array, offset = 0): number {
  return ((digest[offset] << 24) | (digest[offset + 1] << 16) | (digest[offset + 2] << 8) | digest[offset + 3]) >>> 0
}

/** Blocks read at once at most. */
const MOST_BLOCKS = 32

/**
 * Values of all rows with the hash. Starts where it is to be expected and reads as much around it as its place may be
 * off, so that one read nearly always does.
 */
export async function lookUpHash(table: BlockTable, hash: number, options?: ReadOptions): Promise<number[]> {
  const per = table.layout.rowsPerBlock
  let low = 0
  let high = Math.ceil(table.rows / per)
  let expected = (hash / 2 ** 32) * table.rows
  let spread = 1.5 * Math.sqrt(table.rows)
  while (low < high) {
    const reach = Math.min(spread, (MOST_BLOCKS * per) / 2)
    const from = Math.max(low, Math.min(high - 1, Math.floor((expected - reach) / per)))
    const to = Math.min(high, Math.max(from + 1, Math.ceil((expected + reach) / per)))
    const [keyBytes, valueBytes] = await table.read(from * per, Math.min(to * per, table.rows), options)
    const keys = wordsOf(keyBytes)
    const last = keys.length - 1
    if (from > low && keys[0] >= hash) {
      high = from
      const distance = ((keys[0] - hash) / 2 ** 32) * table.rows
      expected = from * per - distance
      spread = 1.5 * Math.sqrt(distance) + per / 2
    } else if (to < high && keys[last] < hash) {
      low = to
      const distance = ((hash - keys[last]) / 2 ** 32) * table.rows
      expected = to * per + distance
      spread = 1.5 * Math.sqrt(distance) + per / 2
    } else {
      const values = wordsOf(valueBytes)
      const found: number[] = []
      for (let i = firstAtLeast(keys, hash); i <= last && keys[i] === hash; i++) found.push(values[i])
      if (keys[last] <= hash) await readOn(table, to * per, hash, found, options)
      return found
    }
  }
  return []
}

/** Adds what follows in the next blocks with the same hash. */
async function readOn(table: BlockTable, row: number, hash: number, found: number[], options?: ReadOptions) {
  const per = table.layout.rowsPerBlock
  for (; row < table.rows; row += per) {
    const [keys, values] = (await table.read(row, Math.min(row + per, table.rows), options)).map(wordsOf)
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] !== hash) return
      found.push(values[i])
    }
  }
}

/** First index of ascending `keys` that is not below `key`. */
function firstAtLeast(keys: Uint32Array, key: number): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle] < key) low = middle + 1
    else high = middle
  }
  return low
}
