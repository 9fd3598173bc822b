import type { Scratch, ScratchFile } from '../../source/types.ts'
import { AT_ACCESSION, AT_DESCRIPTION, AT_ID, AT_PLACE, AT_TIE, AT_VALUES, MAX_ROWS, ROW_HEADER } from './rows.ts'
import type { RowBuffer } from './rows.ts'

/** One row, valid until the next is asked for. */
export interface Row {
  bytes: Uint8Array
  view: DataView
  offset: number
}

/** Bytes that all windows of a merge share. */
const MERGE_BYTES = 24 << 20
const MIN_WINDOW = 1 << 16
const WRITE_BYTES = 1 << 20

/**
 * Sorts rows by (place, id, accession, description, case and quality, metadata): in memory while they fit in one buffer,
 * else as sorted runs in one scratch file that are merged while they are read.
 */
export class RowSorter {
  readonly #scratch: Scratch
  readonly #keyAt: number
  #file: ScratchFile | null = null
  #fileBytes = 0
  #runs: { start: number; end: number }[] = []

  /** `planned`: rows have their places, so that these nearly decide their order; else ids do. */
  constructor(scratch: Scratch, planned = false) {
    this.#scratch = scratch
    this.#keyAt = planned ? AT_PLACE : AT_ID
  }

  /** Writes the buffer's rows out as a sorted run and empties it. */
  async spill(buffer: RowBuffer): Promise<void> {
    this.#file ??= await this.#scratch.create()
    const start = this.#fileBytes
    const out = new Uint8Array(WRITE_BYTES)
    let used = 0
    for (const offset of sortedOffsets(buffer, this.#keyAt)) {
      const length = buffer.view.getUint32(offset, true)
      if (used + length > out.length) {
        await this.#append(out.subarray(0, used))
        used = 0
      }
      const row = buffer.bytes.subarray(offset, offset + length)
      if (length > out.length) await this.#append(row)
      else {
        out.set(row, used)
        used += length
      }
    }
    await this.#append(out.subarray(0, used))
    this.#runs.push({ start, end: this.#fileBytes })
    buffer.clear()
  }

  /** All rows in order: those of the runs and those still in the buffer. May be asked for again. */
  async *sorted(buffer: RowBuffer): AsyncGenerator<Row> {
    if (this.#runs.length === 0) {
      for (const offset of sortedOffsets(buffer, this.#keyAt)) yield { bytes: buffer.bytes, view: buffer.view, offset }
      return
    }
    if (buffer.rows > 0) await this.spill(buffer)
    buffer.release()
    const window = Math.max(MIN_WINDOW, Math.floor(MERGE_BYTES / this.#runs.length))
    const heap: RunCursor[] = []
    for (const run of this.#runs) {
      const cursor = new RunCursor(this.#file!, run.start, run.end, window)
      if (cursor.next() || (await cursor.refill())) heap.push(cursor)
    }
    for (let i = (heap.length >> 1) - 1; i >= 0; i--) siftDown(heap, i)
    while (heap.length > 0) {
      const top = heap[0]
      yield top
      if (!top.next() && !(await top.refill())) {
        const last = heap.pop()!
        if (heap.length === 0) return
        heap[0] = last
      }
      siftDown(heap, 0)
    }
  }

  async remove(): Promise<void> {
    await this.#file?.remove()
    this.#file = null
  }

  async #append(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    await this.#file!.append(bytes)
    this.#fileBytes += bytes.length
  }
}

/** Reads one sorted run front to back through a window. */
class RunCursor implements Row {
  readonly #file: ScratchFile
  readonly #end: number
  readonly #window: number
  /** File offset after the bytes held. */
  #read: number
  #next = 0
  bytes: Uint8Array = new Uint8Array(0)
  view = new DataView(new ArrayBuffer(0))
  offset = 0

  constructor(file: ScratchFile, start: number, end: number, window: number) {
    this.#file = file
    this.#read = start
    this.#end = end
    this.#window = window
  }

  /** Moves to the next row if the window holds all of it. */
  next(): boolean {
    const left = this.bytes.length - this.#next
    if (left < 4) return false
    const length = this.view.getUint32(this.#next, true)
    if (left < length) return false
    this.offset = this.#next
    this.#next += length
    return true
  }

  /** Loads more bytes and moves to the next row; false at the end of the run. */
  async refill(): Promise<boolean> {
    while (this.#read < this.#end) {
      const kept = this.bytes.subarray(this.#next)
      const more = await this.#file.read(this.#read, Math.min(this.#end - this.#read, Math.max(this.#window, kept.length)))
      this.#read += more.length
      const bytes = new Uint8Array(kept.length + more.length)
      bytes.set(kept)
      bytes.set(more, kept.length)
      this.bytes = bytes
      this.view = new DataView(bytes.buffer)
      this.#next = 0
      if (this.next()) return true
    }
    return false
  }
}

function siftDown(heap: RunCursor[], start: number): void {
  const item = heap[start]
  let i = start
  for (;;) {
    let child = 2 * i + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && compareRows(heap[child + 1], heap[child]) < 0) child++
    if (compareRows(heap[child], item) >= 0) break
    heap[i] = heap[child]
    i = child
  }
  heap[i] = item
}

/** Row offsets in order. The four bytes at `keyAt` nearly decide it; the rest is compared only where they agree. */
function sortedOffsets(buffer: RowBuffer, keyAt: number): Float64Array {
  const { view, rows, offsets, bytes } = buffer
  const keys = new Float64Array(rows)
  for (let i = 0; i < rows; i++) keys[i] = view.getUint32(offsets[i] + keyAt, false) * MAX_ROWS + i
  keys.sort()
  const sorted = new Float64Array(rows)
  for (let i = 0; i < rows; i++) sorted[i] = offsets[keys[i] % MAX_ROWS]
  for (let i = 0; i < rows; ) {
    const prefix = Math.floor(keys[i] / MAX_ROWS)
    let end = i + 1
    while (end < rows && Math.floor(keys[end] / MAX_ROWS) === prefix) end++
    if (end - i > 1) {
      sorted.subarray(i, end).sort((a, b) => compareRows({ bytes, view, offset: a }, { bytes, view, offset: b }))
    }
    i = end
  }
  return sorted
}

/** Order of two rows: place, id, accession, description (as UTF-8 bytes), case and quality, metadata. */
function compareRows(a: Row, b: Row): number {
  for (let at = AT_PLACE; at < AT_ID + 32; at += 4) {
    const difference = a.view.getUint32(a.offset + at, false) - b.view.getUint32(b.offset + at, false)
    if (difference !== 0) return difference
  }
  const aName = a.view.getUint32(a.offset + AT_ACCESSION, true)
  const bName = b.view.getUint32(b.offset + AT_ACCESSION, true)
  const byAccession = compareBytes(a, ROW_HEADER, aName, b, ROW_HEADER, bName)
  if (byAccession !== 0) return byAccession
  const aText = a.view.getUint32(a.offset + AT_DESCRIPTION, true)
  const bText = b.view.getUint32(b.offset + AT_DESCRIPTION, true)
  const byDescription = compareBytes(a, ROW_HEADER + aName, aText, b, ROW_HEADER + bName, bText)
  const byCase = byDescription !== 0 ? byDescription : compareBytes(a, AT_TIE, 8, b, AT_TIE, 8)
  return byCase !== 0 ? byCase : compareValues(a, ROW_HEADER + aName + aText, b, ROW_HEADER + bName + bText)
}

/** Metadata, field by field, as UTF-8 bytes. */
function compareValues(a: Row, aAt: number, b: Row, bAt: number): number {
  const aEnd = aAt + a.view.getUint32(a.offset + AT_VALUES, true)
  const bEnd = bAt + b.view.getUint32(b.offset + AT_VALUES, true)
  while (aAt < aEnd && bAt < bEnd) {
    const aText = a.view.getUint32(a.offset + aAt, true)
    const bText = b.view.getUint32(b.offset + bAt, true)
    const order = compareBytes(a, aAt + 4, aText, b, bAt + 4, bText)
    if (order !== 0) return order
    aAt += 4 + aText
    bAt += 4 + bText
  }
  return aEnd - aAt - (bEnd - bAt)
}

function compareBytes(a: Row, aAt: number, aLength: number, b: Row, bAt: number, bLength: number): number {
  const length = Math.min(aLength, bLength)
  const aStart = a.offset + aAt
  const bStart = b.offset + bAt
  for (let i = 0; i < length; i++) {
    const difference = a.bytes[aStart + i] - b.bytes[bStart + i]
    if (difference !== 0) return difference
  }
  return aLength - bLength
}
