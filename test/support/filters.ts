import { openFilterTable } from '../../src/engine/metadata/table.ts'
import type { FilterTable } from '../../src/engine/metadata/table.ts'
import { memorySource } from '../../src/engine/source/memory.ts'
import type { ByteSource } from '../../src/engine/source/types.ts'

/** A Parquet file in memory, opened for filtering. `finite`: its numbers hold no NaN. */
export function openMemory(bytes: Uint8Array, finite = false): Promise<FilterTable> {
  return openFilterTable({ source: memorySource(bytes, 'table.parquet'), bytes: bytes.length }, finite)
}

/** A file in memory whose reads are written down as ranges [start, end). */
export function recordedSource(bytes: Uint8Array, reads: [number, number][]): ByteSource {
  const source = memorySource(bytes, 'table.parquet')
  return {
    ...source,
    read: (offset, length, options) => {
      reads.push([offset, offset + length])
      return source.read(offset, length, options)
    },
  }
}

/** Numbers 0 ≤ x < 1 that look random and are the same for the same seed. */
export function seeded(seed: number): { next(): number } {
  let state = seed >>> 0
  return {
    next: () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32
    },
  }
}
