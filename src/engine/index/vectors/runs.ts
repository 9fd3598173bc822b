import type { Scratch, ScratchFile } from '../../source/types.ts'

/** Bytes of a stretch of lists merged at a time. */
const STRETCH = 8 << 20

/** Rows of some lists, sorted by (list, position); the first four bytes of a row are its position. */
interface Run {
  /** First row of each list, and the number of rows. */
  first: Uint32Array
  rows: Stored
  exact: Stored | null
}

/** Bytes in memory or in a scratch file. */
type Stored = { bytes: Uint8Array } | { file: ScratchFile }

/**
 * Rows (each with an optional exact vector) sorted by (list, position) in external memory. What does not fit the memory goes
 * to scratch files as sorted runs.
 */
export class RowRuns {
  readonly #scratch: Scratch
  readonly #lists: number
  readonly #rowBytes: number
  readonly #exactBytes: number
  readonly #capacity: number
  #held: { lists: Uint32Array; rows: Uint8Array; exact: Int8Array | null }[] = []
  #heldRows = 0
  #runs: Run[] = []
  #spilling = Promise.resolve()
  rows = 0

  constructor(scratch: Scratch, lists: number, rowBytes: number, exactBytes: number, memory: number) {
    this.#scratch = scratch
    this.#lists = lists
    this.#rowBytes = rowBytes
    this.#exactBytes = exactBytes
    this.#capacity = Math.max(1, Math.floor(memory / (rowBytes + exactBytes + 4) / 2))
  }

  /** Takes rows over; they must not be written to afterwards. */
  async add(lists: Uint32Array, rows: Uint8Array, exact: Int8Array | null): Promise<void> {
    this.#held.push({ lists, rows, exact })
    this.#heldRows += lists.length
    this.rows += lists.length
    if (this.#heldRows < this.#capacity) return
    const run = this.#sortHeld()
    this.#spilling = this.#spilling.then(() => this.#spill(run))
    await this.#spilling
  }

  /** Ends adding; first row of each list, and the number of rows. */
  finish(): Uint32Array<ArrayBuffer> {
    if (this.#heldRows > 0) this.#runs.push(this.#sortHeld())
    const first = new Uint32Array(this.#lists + 1)
    for (const run of this.#runs) {
      for (let list = 0; list <= this.#lists; list++) first[list] += run.first[list]
    }
    return first
  }

  /** All rows, or exact vectors, in order of (list, position). */
  async *read(what: 'rows' | 'exact'): AsyncGenerator<Uint8Array> {
    const width = this.#rowBytes + this.#exactBytes
    for (let from = 0; from < this.#lists;) {
      let to = from
      let rows = 0
      do {
        for (const { first } of this.#runs) rows += first[to + 1] - first[to]
        to++
      } while (to < this.#lists && rows * width < STRETCH)
      yield await this.#merge(from, to, rows, what)
      from = to
    }
  }

  async remove(): Promise<void> {
    await this.#spilling.catch(() => undefined)
    for (const { rows, exact } of this.#runs) {
      if ('file' in rows) await rows.file.remove()
      if (exact && 'file' in exact) await exact.file.remove()
    }
    this.#runs = []
    this.#held = []
  }

  /** Lists [from, to) of all runs. */
  async #merge(from: number, to: number, count: number, what: 'rows' | 'exact'): Promise<Uint8Array> {
    const rows = new Uint8Array(count * this.#rowBytes)
    const lists = new Uint32Array(count)
    const exact = what === 'exact' ? new Uint8Array(count * this.#exactBytes) : null
    let at = 0
    for (const run of this.#runs) {
      const [begin, end] = [run.first[from], run.first[to]]
      rows.set(await part(run.rows, begin, end, this.#rowBytes), at * this.#rowBytes)
      if (exact) exact.set(await part(run.exact!, begin, end, this.#exactBytes), at * this.#exactBytes)
      for (let list = from; list < to; list++) {
        lists.fill(list, at + run.first[list] - begin, at + run.first[list + 1] - begin)
      }
      at += end - begin
    }
    if (this.#runs.length === 1) return exact ?? rows
    const { order } = this.#sort(lists, rows)
    return exact ? gather(exact, order, this.#exactBytes) : gather(rows, order, this.#rowBytes)
  }

  #sortHeld(): Run {
    const lists = new Uint32Array(this.#heldRows)
    const rows = new Uint8Array(this.#heldRows * this.#rowBytes)
    const exact = new Uint8Array(this.#heldRows * this.#exactBytes)
    let at = 0
    for (const piece of this.#held) {
      lists.set(piece.lists, at)
      rows.set(piece.rows, at * this.#rowBytes)
      if (piece.exact)
        exact.set(new Uint8Array(piece.exact.buffer, piece.exact.byteOffset, piece.exact.length), at * this.#exactBytes)
      at += piece.lists.length
    }
    this.#held = []
    this.#heldRows = 0
    const { order, first } = this.#sort(lists, rows)
    return {
      first,
      rows: { bytes: gather(rows, order, this.#rowBytes) },
      exact: this.#exactBytes > 0 ? { bytes: gather(exact, order, this.#exactBytes) } : null,
    }
  }

  /** Counting sort by list, then each list by position. */
  #sort(lists: Uint32Array, rows: Uint8Array): { order: Uint32Array; first: Uint32Array } {
    const first = new Uint32Array(this.#lists + 1)
    for (const list of lists) first[list + 1]++
    for (let list = 0; list < this.#lists; list++) first[list + 1] += first[list]
    const next = first.slice()
    const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
    const order = new Uint32Array(lists.length)
    lists.forEach((list, row) => {
      order[next[list]++] = row
    })
    for (let list = 0; list < this.#lists; list++) {
      const part = order.subarray(first[list], first[list + 1])
      let sorted = true
      let last = -1
      for (const row of part) {
        const position = view.getUint32(row * this.#rowBytes, true)
        if (position < last) sorted = false
        last = position
      }
      if (sorted) continue
      part.sort((a, b) => view.getUint32(a * this.#rowBytes, true) - view.getUint32(b * this.#rowBytes, true))
    }
    return { order, first }
  }

  async #spill(run: Run): Promise<void> {
    this.#runs.push({
      first: run.first,
      rows: await this.#toFile(run.rows),
      exact: run.exact && (await this.#toFile(run.exact)),
    })
  }

  async #toFile(stored: Stored): Promise<Stored> {
    if (!('bytes' in stored)) return stored
    const file = await this.#scratch.create()
    for (let at = 0; at < stored.bytes.length; at += STRETCH) await file.append(stored.bytes.subarray(at, at + STRETCH))
    return { file }
  }
}

async function part(stored: Stored, from: number, to: number, width: number): Promise<Uint8Array> {
  if ('bytes' in stored) return stored.bytes.subarray(from * width, to * width)
  return from === to ? new Uint8Array(0) : stored.file.read(from * width, (to - from) * width)
}

function gather(rows: Uint8Array, order: Uint32Array, width: number): Uint8Array {
  const out = new Uint8Array(order.length * width)
  order.forEach((row, i) => out.set(rows.subarray(row * width, (row + 1) * width), i * width))
  return out
}
