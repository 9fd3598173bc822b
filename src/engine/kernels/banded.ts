import type { BandExports } from './exports.ts'
import type { KernelMemory } from './memory.ts'
import { OP_DELETE, OP_INSERT, OP_PAIR } from './types.ts'
import type { BandAlignment, BandRequest } from './types.ts'

/** What explains a cell, see wasm/banded.ts. */
const PAIR = 1
const INSERT = 2
const INSERT_OPENS = 4
const DELETE_OPENS = 8
const NEVER = -(2 ** 30)
/** Bytes of directions kept at a time. */
const DIRECTION_BYTES = 2 ** 22
/** Cells between two yields: a few milliseconds. */
const SLICE = 2 ** 22

/**
 * See `Kernels.alignBanded`. The rows before each block are kept, and blocks are computed again from the last to the first
 * while going back.
 */
export function* alignBanded(
  wasm: BandExports,
  memory: KernelMemory,
  request: BandRequest,
): Generator<void, BandAlignment | null> {
  const { profile, subject, gaps } = request
  const low = Math.max(request.low, 1 - profile.length)
  const high = Math.min(request.high, subject.length - 1)
  const width = high - low + 1
  if (width < 1) return null
  const blockRows = Math.max(1, Math.min(profile.length, Math.floor(DIRECTION_BYTES / width)))
  const blocks = Math.ceil(profile.length / blockRows)
  const stateBytes = (width + 1) * 4
  const owned: number[] = []
  const own = (bytes: number): number => {
    const start = memory.allocate(bytes)
    owned.push(start)
    return start
  }
  try {
    const rows = own(profile.rows.length)
    const index = own(profile.length * 2)
    const codes = own(subject.length)
    const h = own(stateBytes)
    const e = own(stateBytes)
    const checkpoints = own(blocks * 2 * stateBytes)
    const directions = own(blockRows * width)
    const best = own(12)
    memory.bytes.set(new Uint8Array(profile.rows.buffer, profile.rows.byteOffset, profile.rows.length), rows)
    new Uint16Array(memory.memory.buffer, index, profile.length).set(profile.index.subarray(0, profile.length))
    memory.bytes.set(subject, codes)
    const numbers = (start: number, count: number): Int32Array => new Int32Array(memory.memory.buffer, start, count)
    numbers(h, width + 1).fill(0)
    numbers(e, width + 1).fill(NEVER)
    numbers(best, 3).fill(0)
    const compute = function* (from: number, to: number, keep: boolean): Generator<void, void> {
      const step = Math.max(1, Math.floor(SLICE / width))
      for (let i = from; i < to; i += step) {
        const next = Math.min(to, i + step)
        wasm.bandRows(
          rows, index, codes, subject.length, i, next, low, width, h, e, gaps ? gaps.open : -1, gaps ? gaps.extend : 0,
          keep ? directions + (i - from) * width : 0, best,
        ) // prettier-ignore
        if (next < to) yield
      }
    }
    for (let block = 0; block < blocks; block++) {
      const kept = checkpoints + block * 2 * stateBytes
      memory.bytes.copyWithin(kept, h, h + stateBytes)
      memory.bytes.copyWithin(kept + stateBytes, e, e + stateBytes)
      yield* compute(block * blockRows, Math.min(profile.length, (block + 1) * blockRows), false)
    }
    const [score, subjectEnd, queryEnd] = numbers(best, 3)
    if (score < Math.max(1, request.minScore)) return null
    let block = -1
    const directionAt = function* (i: number, j: number): Generator<void, number> {
      const wanted = Math.floor(i / blockRows)
      if (wanted !== block) {
        block = wanted
        const kept = checkpoints + block * 2 * stateBytes
        memory.bytes.copyWithin(h, kept, kept + stateBytes)
        memory.bytes.copyWithin(e, kept + stateBytes, kept + 2 * stateBytes)
        yield* compute(block * blockRows, Math.min(profile.length, (block + 1) * blockRows), true)
      }
      return memory.bytes[directions + (i - block * blockRows) * width + (j - i - low)]
    }
    const operations: number[] = []
    const push = (op: number, length: number): void => {
      const last = operations.length - 1
      if (last >= 0 && (operations[last] & 3) === op) operations[last] += length << 2
      else operations.push((length << 2) | op)
    }
    let [i, j] = [queryEnd, subjectEnd]
    let [lowest, highest] = [j - i, j - i]
    while (i >= 0 && j >= 0) {
      lowest = Math.min(lowest, j - i)
      highest = Math.max(highest, j - i)
      const kind = (yield* directionAt(i, j)) & 3
      if (kind === 0) break
      if (kind === PAIR) {
        push(OP_PAIR, 1)
        i--
        j--
        continue
      }
      const opens = kind === INSERT ? INSERT_OPENS : DELETE_OPENS
      for (let isOpen = false; !isOpen;) {
        isOpen = ((yield* directionAt(i, j)) & opens) !== 0
        push(kind === INSERT ? OP_INSERT : OP_DELETE, 1)
        if (kind === INSERT) i--
        else j--
      }
    }
    const alignment = {
      score,
      queryStart: i + 1,
      queryEnd: queryEnd + 1,
      subjectStart: j + 1,
      subjectEnd: subjectEnd + 1,
      operations: Uint32Array.from(operations.reverse()),
    }
    return { alignment, lowest, highest }
  } finally {
    for (const start of owned) memory.release(start)
  }
}
