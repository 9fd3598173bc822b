import type { KernelMemory } from './memory.ts'
import type { VectorExports } from './vector-exports.ts'
import { byteTable, layBook, wordTable } from './vector-tables.ts'
import type { ScanTable } from './vector-tables.ts'

export type { VectorExports }

/** Rows sent through the kernels' memory at a time; a multiple of 4. */
const ROWS = 512

/** Entries laid out for the kernels, in their memory until `release`. */
export interface Book {
  readonly count: number
  /** Values per entry; even. */
  readonly width: number
  /** Of eight entries. */
  readonly groups: number
  readonly at: number
  readonly bias: number
}

/** Entries in groups around centres, for assignment in two levels. */
export interface GroupedBook {
  readonly book: Book
  readonly centres: Book
  /** Entries in the order of the groups, each group filled up to whole eights with −1. */
  readonly order: Int32Array
  readonly firsts: number
}

/** Codebooks of all parts, as searches and encoders need them. */
export interface PartBooks {
  readonly parts: number
  readonly entries: number
  readonly width: number
  readonly books: readonly Book[]
  /** parts × entries × width, as they are. */
  readonly plain: number
}

/** Codes found in a list: squared distance and row. */
export interface Found {
  distances: Int32Array
  rows: Uint32Array
}

/** The kernels of IVF-PQ over one memory. What they compute is whole numbers, the same on every host. */
export class VectorKernels {
  readonly #wasm: VectorExports
  readonly #memory: KernelMemory
  #held = new Map<string, { at: number; bytes: number }>()

  constructor(wasm: VectorExports, memory: KernelMemory) {
    this.#wasm = wasm
    this.#memory = memory
  }

  /** Raw vectors (count × dimensions) to prepared ones; `dimensions` is a multiple of 8. */
  prepare(
    raw: Float32Array,
    dimensions: number,
    mean: Float32Array | null,
    rotation: Float32Array | null,
  ): Int16Array<ArrayBuffer> {
    const count = raw.length / dimensions
    const out = new Int16Array(count * dimensions)
    const meanAt = mean ? this.#load('mean', mean) : 0
    const rotationAt = rotation ? this.#load('rotation', rotation) : 0
    const held = this.#buffer('held', dimensions * 8)
    const input = this.#buffer('raw', ROWS * dimensions * 4)
    const output = this.#buffer('rows', ROWS * dimensions * 2)
    for (let from = 0; from < count; from += ROWS) {
      const rows = Math.min(ROWS, count - from)
      this.#put(input, raw.subarray(from * dimensions, (from + rows) * dimensions))
      this.#wasm.prepareVectors(input, rows, dimensions, meanAt, rotationAt, held, output)
      out.set(this.#words(output, rows * dimensions), from * dimensions)
    }
    return out
  }

  /** Lays `count` entries of `width` values (even) out. */
  book(entries: Int16Array, count: number, width: number): Book {
    const { laid, bias } = layBook(entries, count, width)
    const at = this.#memory.allocate(laid.byteLength)
    const biasAt = this.#memory.allocate(bias.byteLength)
    this.#put(at, laid)
    this.#put(biasAt, bias)
    return { count, width, groups: bias.length / 8, at, bias: biasAt }
  }

  releaseBook(book: Book): void {
    this.#memory.release(book.at)
    this.#memory.release(book.bias)
  }

  /**
   * Lays entries out by the centre (of `centres`) that `groups` gives each. Groups keep the order of entries.
   */
  groupedBook(entries: Int16Array, width: number, centres: Int16Array, groups: Uint32Array): GroupedBook {
    const count = centres.length / width
    const order: number[] = []
    const firsts = new Uint32Array(count + 1)
    for (let group = 0; group < count; group++) {
      firsts[group] = order.length / 8
      for (let e = 0; e < groups.length; e++) if (groups[e] === group) order.push(e)
      while (order.length % 8 !== 0) order.push(-1)
    }
    firsts[count] = order.length / 8
    const ordered = new Int16Array(order.length * width)
    order.forEach((e, i) => {
      if (e >= 0) ordered.set(entries.subarray(e * width, (e + 1) * width), i * width)
    })
    const book = this.book(ordered, order.length, width)
    const biases = new Int32Array(this.#memory.memory.buffer, book.bias, order.length)
    order.forEach((e, i) => {
      if (e < 0) biases[i] = -(2 ** 30)
    })
    const at = this.#memory.allocate(firsts.byteLength)
    this.#put(at, firsts)
    return { book, centres: this.book(centres, count, width), order: Int32Array.from(order), firsts: at }
  }

  releaseGrouped(grouped: GroupedBook): void {
    this.releaseBook(grouped.book)
    this.releaseBook(grouped.centres)
    this.#memory.release(grouped.firsts)
  }

  /** The best entry of each row among those of its `probes` nearest centres. */
  nearestGrouped(
    rows: Int16Array,
    { book, centres, order, firsts }: GroupedBook,
    probes: number,
  ): Uint32Array<ArrayBuffer> {
    const { width } = book
    const count = rows.length / width
    const out = new Uint32Array(count)
    const input = this.#buffer('rows', ROWS * width * 2)
    const index = this.#buffer('index', ROWS * 4)
    const held = this.#buffer('dots', centres.groups * 32)
    for (let from = 0; from < count; from += ROWS) {
      const here = Math.min(ROWS, count - from)
      this.#put(input, rows.subarray(from * width, (from + here) * width))
      this.#wasm.nearestGrouped(
        input, width * 2, here, centres.at, centres.bias, centres.groups, Math.min(probes, centres.count), firsts,
        book.at, book.bias, width >> 1, held, index,
      ) // prettier-ignore
      const found = new Uint32Array(this.#memory.memory.buffer, index, here)
      for (let row = 0; row < here; row++) out[from + row] = order[found[row]]
    }
    return out
  }

  parts(codebooks: Int16Array, parts: number, entries: number, width: number): PartBooks {
    const books: Book[] = []
    for (let m = 0; m < parts; m++) {
      books.push(this.book(codebooks.subarray(m * entries * width, (m + 1) * entries * width), entries, width))
    }
    const plain = this.#memory.allocate(codebooks.byteLength)
    this.#put(plain, codebooks)
    return { parts, entries, width, books, plain }
  }

  releaseParts(parts: PartBooks): void {
    for (const book of parts.books) this.releaseBook(book)
    this.#memory.release(parts.plain)
  }

  /** The nearest entry of each row, the lowest of equally near ones. */
  nearest(rows: Int16Array, book: Book): Uint32Array<ArrayBuffer> {
    const { width } = book
    const count = rows.length / width
    const out = new Uint32Array(count)
    const input = this.#buffer('rows', ROWS * width * 2)
    const index = this.#buffer('index', ROWS * 4)
    const value = this.#buffer('value', ROWS * 4)
    for (let from = 0; from < count; from += ROWS) {
      const held = Math.min(ROWS, count - from)
      this.#put(input, rows.subarray(from * width, (from + held) * width))
      const rounded = Math.ceil(held / 4) * 4
      this.#wasm.nearestEntries(input, width * 2, rounded, book.at, book.bias, book.groups, width >> 1, index, value)
      out.set(new Uint32Array(this.#memory.memory.buffer, index, held), from)
    }
    return out
  }

  /** Rows minus the centroids (lists × dimensions) that `lists` gives, saturating. */
  residuals(rows: Int16Array, dimensions: number, centroids: Int16Array, lists: Uint32Array): Int16Array<ArrayBuffer> {
    const count = rows.length / dimensions
    const out = new Int16Array(rows.length)
    const input = this.#buffer('rows', ROWS * dimensions * 2)
    const output = this.#buffer('residuals', ROWS * dimensions * 2)
    const index = this.#buffer('index', ROWS * 4)
    const centroidsAt = this.#load('centroids', centroids)
    for (let from = 0; from < count; from += ROWS) {
      const held = Math.min(ROWS, count - from)
      this.#put(input, rows.subarray(from * dimensions, (from + held) * dimensions))
      this.#put(index, lists.subarray(from, from + held))
      this.#wasm.subtractCentroids(input, held, dimensions, centroidsAt, index, output)
      out.set(this.#words(output, held * dimensions), from * dimensions)
    }
    return out
  }

  /** One byte per part for each row: the nearest entry of its codebook. */
  encode(rows: Int16Array, parts: PartBooks): Uint8Array<ArrayBuffer> {
    const { width, books } = parts
    const dimensions = parts.parts * width
    const count = rows.length / dimensions
    const out = new Uint8Array(count * parts.parts)
    const input = this.#buffer('rows', ROWS * dimensions * 2)
    const codes = this.#buffer('codes', ROWS * parts.parts)
    const index = this.#buffer('index', ROWS * 4)
    const value = this.#buffer('value', ROWS * 4)
    for (let from = 0; from < count; from += ROWS) {
      const held = Math.min(ROWS, count - from)
      this.#put(input, rows.subarray(from * dimensions, (from + held) * dimensions))
      const rounded = Math.ceil(held / 4) * 4
      books.forEach((book, m) => {
        const at = input + m * width * 2
        const { groups } = book
        if (width === 4) {
          this.#wasm.nearestQuads(
            at,
            dimensions * 2,
            rounded,
            book.at,
            book.bias,
            groups,
            codes + m,
            parts.parts,
            value,
          )
        } else {
          this.#wasm.nearestEntries(at, dimensions * 2, rounded, book.at, book.bias, groups, width >> 1, index, value)
          const found = new Uint32Array(this.#memory.memory.buffer, index, held)
          const bytes = this.#memory.bytes
          for (let row = 0; row < held; row++) bytes[codes + row * parts.parts + m] = found[row]
        }
      })
      out.set(this.#memory.bytes.subarray(codes, codes + held * parts.parts), from * parts.parts)
    }
    return out
  }

  /** 2¹⁵ · 16,384 / the length of what each code stands for; `centroids` is null where codes are not residual. */
  scales(
    codes: Uint8Array,
    parts: PartBooks,
    centroids: Int16Array | null,
    lists: Uint32Array,
  ): Uint16Array<ArrayBuffer> {
    const count = codes.length / parts.parts
    const out = new Uint16Array(count)
    const input = this.#buffer('codes', ROWS * parts.parts)
    const index = this.#buffer('index', ROWS * 4)
    const output = this.#buffer('value', ROWS * 4)
    const centroidsAt = centroids ? this.#load('centroids', centroids) : 0
    for (let from = 0; from < count; from += ROWS) {
      const held = Math.min(ROWS, count - from)
      this.#put(input, codes.subarray(from * parts.parts, (from + held) * parts.parts))
      this.#put(index, lists.subarray(from, from + held))
      const { plain, entries, width } = parts
      this.#wasm.codeScales(input, parts.parts, held, parts.parts, plain, entries, width, centroidsAt, index, output)
      out.set(new Uint16Array(this.#memory.memory.buffer, output, held), from)
    }
    return out
  }

  /** x · entry for every entry of a book. */
  dots(x: Int16Array, book: Book): Int32Array<ArrayBuffer> {
    const at = this.#load('x', x)
    const out = this.#buffer('dots', book.groups * 32)
    this.#wasm.dotEntries(at, book.at, book.groups, book.width >> 1, out)
    return new Int32Array(this.#memory.memory.buffer, out, book.count).slice()
  }

  /** x · row for each row of rows. */
  dotRows(x: Int16Array, rows: Int16Array): Int32Array<ArrayBuffer> {
    const count = rows.length / x.length
    const result = new Int32Array(count)
    const at = this.#load('x', x)
    const input = this.#buffer('rows', ROWS * x.length * 2)
    const out = this.#buffer('value', ROWS * 4)
    for (let from = 0; from < count; from += ROWS) {
      const held = Math.min(ROWS, count - from)
      this.#put(input, rows.subarray(from * x.length, (from + held) * x.length))
      this.#wasm.dotRows(at, input, x.length * 2, held, x.length, out)
      result.set(new Int32Array(this.#memory.memory.buffer, out, held), from)
    }
    return result
  }

  /** The table of a query (`x`: parts × width values). */
  table(x: Int16Array, parts: PartBooks): ScanTable {
    const { entries, width } = parts
    const at = this.#load('x', x)
    const groups = Math.ceil(entries / 8)
    const out = this.#buffer('dots', parts.parts * groups * 32)
    parts.books.forEach((book, m) => {
      this.#wasm.dotEntries(at + m * width * 2, book.at, groups, width >> 1, out + m * groups * 32)
    })
    const dots = new Int32Array(this.#memory.memory.buffer, out, parts.parts * groups * 8)
    return entries === 256 ? wordTable(dots) : byteTable(dots, parts.parts)
  }

  /** Rows of a list (SPEC-vectors.md) at most `limit` away, in order of row. `product`: twice x · the list's centroid. */
  scan(rows: Uint8Array, rowBytes: number, table: ScanTable, product: number, limit: number): Found {
    const base = product + table.offset
    const count = rows.length / rowBytes
    const input = this.#buffer('list', rows.length + 16)
    const out = this.#buffer('found', count * 8)
    const tableAt = this.#load('table', table.values)
    this.#put(input, rows)
    let found: number
    if (table.bits === 8) {
      const parts = table.values.length / 256
      found = this.#wasm.scanBytes(input, rowBytes, count, parts, tableAt, table.shift, base, limit, out)
    } else {
      const bytes = table.values.length / 32
      const codes = this.#buffer('transposed', Math.ceil(count / 16) * 16 * bytes)
      const sums = this.#buffer('sums', 32)
      this.#wasm.transposeCodes(input, rowBytes, count, bytes, codes)
      found = this.#wasm.scanNibbles(codes, input, rowBytes, count, bytes, tableAt, table.shift, base, limit, sums, out)
    }
    const pairs = new Int32Array(this.#memory.memory.buffer, out, found * 2)
    const distances = new Int32Array(found)
    const index = new Uint32Array(found)
    for (let i = 0; i < found; i++) {
      distances[i] = pairs[2 * i]
      index[i] = pairs[2 * i + 1]
    }
    return { distances, rows: index }
  }

  /** Frees what is held between calls. */
  dispose(): void {
    for (const { at } of this.#held.values()) this.#memory.release(at)
    this.#held.clear()
  }

  #buffer(name: string, bytes: number): number {
    const held = this.#held.get(name)
    if (held && held.bytes >= bytes) return held.at
    if (held) this.#memory.release(held.at)
    this.#held.delete(name)
    const at = this.#memory.allocate(bytes)
    this.#held.set(name, { at, bytes })
    return at
  }

  #load(name: string, values: Int16Array | Float32Array | Uint8Array): number {
    const at = this.#buffer(name, values.byteLength)
    this.#put(at, values)
    return at
  }

  #put(at: number, values: ArrayBufferView): void {
    this.#memory.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
  }

  #words(at: number, count: number): Int16Array {
    return new Int16Array(this.#memory.memory.buffer, at, count)
  }
}
