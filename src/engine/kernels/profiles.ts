import type { KernelMemory } from './memory.ts'
import { CODES } from './types.ts'
import type { Profile } from './types.ts'

/** Bytes of the scores of one row against four columns: see wasm/score.ts. */
export const ROW_BYTES = 64
/** Distinct rows above which profiles do not share their scores. */
const MOST_SHARED = 512

/** Rows of 32 scores in memory. */
export interface Rows {
  start: number
  count: number
}

/** A profile in memory: its own rows and, per position, the offset of its row's scores; the same for shared rows. */
export interface LaidProfile {
  length: number
  own: Rows
  offsets: number
  /** 0 where rows are not shared. */
  sharedOffsets: number
}

export interface LaidProfiles {
  profiles: LaidProfile[]
  /** The distinct rows of all profiles, where they are few and profiles several. */
  shared: Rows | null
}

/** Copies profiles into memory that `own` allocates. */
export function layProfiles(
  memory: KernelMemory,
  own: (bytes: number) => number,
  profiles: readonly Profile[],
): LaidProfiles {
  const merged = profiles.length > 1 ? mergeRows(profiles) : null
  let shared: Rows | null = null
  if (merged) {
    shared = { start: own(merged.rows.length), count: merged.rows.length / CODES }
    memory.bytes.set(merged.rows, shared.start)
  }
  const laid = profiles.map(({ length, rows, index }, p) => {
    const start = own(rows.length)
    const offsets = own(length * 4)
    const sharedOffsets = merged ? own(length * 4) : 0
    memory.bytes.set(new Uint8Array(rows.buffer, rows.byteOffset, rows.length), start)
    const words = new Uint32Array(memory.memory.buffer, offsets, length)
    for (let i = 0; i < length; i++) words[i] = index[i] * ROW_BYTES
    if (merged) {
      const sharedWords = new Uint32Array(memory.memory.buffer, sharedOffsets, length)
      for (let i = 0; i < length; i++) sharedWords[i] = merged.maps[p][index[i]] * ROW_BYTES
    }
    return { length, own: { start, count: rows.length / CODES }, offsets, sharedOffsets }
  })
  return { profiles: laid, shared }
}

/** Distinct rows of all profiles and, per profile, the number of each of its rows; null where there are many. */
function mergeRows(profiles: readonly Profile[]): { rows: Uint8Array; maps: Uint32Array[] } | null {
  const numbers = new Map<string, number>()
  const maps: Uint32Array[] = []
  for (const { rows } of profiles) {
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.length)
    const map = new Uint32Array(rows.length / CODES)
    for (let row = 0; row < map.length; row++) {
      const key = String.fromCharCode(...bytes.subarray(row * CODES, (row + 1) * CODES))
      let number = numbers.get(key)
      if (number === undefined) numbers.set(key, (number = numbers.size))
      map[row] = number
    }
    if (numbers.size > MOST_SHARED) return null
    maps.push(map)
  }
  const rows = new Uint8Array(numbers.size * CODES)
  let at = 0
  for (const key of numbers.keys()) for (let code = 0; code < CODES; code++) rows[at++] = key.charCodeAt(code)
  return { rows, maps }
}
