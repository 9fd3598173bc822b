import type { BestDots, EmbedKernels, KmerTables } from './embed-types.ts'
import type { EmbedExports } from './exports.ts'
import type { KernelMemory } from './memory.ts'

/** Residues, and windows, sent through the kernels' memory at a time. A longer window goes alone. */
const RESIDUES = 1 << 16
const WINDOWS = 512
/** Vectors of each side whose dot products are taken at a time. */
const TILE = 256
const SPARE = 64

interface HeldTables {
  classes: number
  offsets: number[]
  slots: number[]
  spans: number
  signs: number
  mean: number
  common: number
  counts: number
}

/** Buffers are taken at the first call and kept. */
export function embedKernels(wasm: EmbedExports, memory: KernelMemory): EmbedKernels {
  const held = new Map<KmerTables, HeldTables>()
  const buffers = new Map<string, { address: number; bytes: number }>()

  function buffer(name: string, bytes: number): number {
    const found = buffers.get(name)
    if (found && found.bytes >= bytes) return found.address
    if (found) memory.release(found.address)
    const address = memory.allocate(bytes)
    buffers.set(name, { address, bytes })
    return address
  }

  function put(values: Uint8Array | Uint16Array | Float32Array | Int32Array, spare = 0): number {
    const address = memory.allocate(values.byteLength + spare)
    memory.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), address)
    return address
  }

  function hold(tables: KmerTables): HeldTables {
    const found = held.get(tables)
    if (found) return found
    const addresses = {
      classes: put(tables.classes),
      offsets: tables.masks.map(({ offsets }) => put(Int32Array.from(offsets))),
      slots: tables.masks.map(({ slots }) => put(slots, SPARE)),
      spans: put(Int32Array.from(tables.masks, ({ span }) => span)),
      signs: put(tables.signs),
      mean: put(tables.mean),
      common: put(tables.common),
      counts: memory.allocate((tables.dimensions * tables.layers + 8) * 2),
    }
    held.set(tables, addresses)
    return addresses
  }

  /** Windows [from, to), which lie within residues [first, past). */
  function some(
    tables: KmerTables,
    codes: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    [first, past]: [number, number],
  ): Float32Array {
    const { dimensions, layers, masks } = tables
    const at = hold(tables)
    const count = past - first
    const stride = count + SPARE
    const input = buffer('codes', count + SPARE)
    const slots = buffer('slots', masks.length * stride * 2)
    const from = buffer('starts', starts.byteLength)
    const to = buffer('ends', ends.byteLength)
    const out = buffer('vectors', starts.length * dimensions * 4)
    const { bytes } = memory
    bytes.set(codes.subarray(first, past), input)
    bytes.fill(0, input + count, input + count + SPARE)
    bytes.set(new Uint8Array(starts.buffer), from)
    bytes.set(new Uint8Array(ends.buffer), to)
    masks.forEach(({ offsets, span }, m) => {
      const kmers = count - span + 1
      const target = slots + m * stride * 2
      const { classes } = at
      const none = dimensions * layers
      const weight = offsets.length
      if (kmers > 0)
        wasm.kmerSlots(input, kmers, classes, at.offsets[m], weight, tables.bits, at.slots[m], none, target)
    })
    wasm.kmerVectors(
      slots,
      masks.length,
      stride,
      at.spans,
      from,
      to,
      starts.length,
      at.signs,
      at.mean,
      at.common,
      dimensions,
      layers,
      at.counts,
      out,
    )
    return new Float32Array(memory.bytes.buffer, out, starts.length * dimensions)
  }

  function embedKmers(tables: KmerTables, codes: Uint8Array, starts: Uint32Array, ends: Uint32Array): Float32Array {
    const vectors = new Float32Array(starts.length * tables.dimensions)
    for (let from = 0; from < starts.length;) {
      const first = starts[from]
      let past = ends[from]
      let to = from + 1
      while (to < starts.length && to - from < WINDOWS && ends[to] - first <= RESIDUES)
        past = Math.max(past, ends[to++])
      const relative = (places: Uint32Array) => Int32Array.from(places.subarray(from, to), (place) => place - first)
      const part = some(tables, codes, relative(starts), relative(ends), [first, past])
      vectors.set(part, from * tables.dimensions)
      from = to
    }
    return vectors
  }

  function bestDots(rows: Float32Array, columns: Float32Array, dimensions: number): BestDots {
    const best = {
      rows: new Float32Array(rows.length / dimensions).fill(-Infinity),
      columns: new Float32Array(columns.length / dimensions).fill(-Infinity),
    }
    const tile = TILE * dimensions * 4
    const addresses = [
      buffer('rows', tile),
      buffer('columns', tile),
      buffer('rowBest', TILE * 4),
      buffer('best', TILE * 4),
    ]
    const [rowsAt, columnsAt, rowBestAt, columnBestAt] = addresses
    const floats = new Float32Array(memory.bytes.buffer)
    for (let i = 0; i < best.rows.length; i += TILE) {
      const someRows = best.rows.subarray(i, i + TILE)
      floats.set(rows.subarray(i * dimensions, (i + TILE) * dimensions), rowsAt / 4)
      for (let j = 0; j < best.columns.length; j += TILE) {
        const someColumns = best.columns.subarray(j, j + TILE)
        floats.set(columns.subarray(j * dimensions, (j + TILE) * dimensions), columnsAt / 4)
        floats.set(someRows, rowBestAt / 4)
        floats.set(someColumns, columnBestAt / 4)
        wasm.bestDots(rowsAt, someRows.length, columnsAt, someColumns.length, dimensions, rowBestAt, columnBestAt)
        someRows.set(floats.subarray(rowBestAt / 4, rowBestAt / 4 + someRows.length))
        someColumns.set(floats.subarray(columnBestAt / 4, columnBestAt / 4 + someColumns.length))
      }
    }
    return best
  }

  return { embedKmers, bestDots }
}
