import { CatalogError } from '../errors.ts'

const PAGE = 65536
const ALIGNMENT = 64

/** Blocks of the kernels' memory: first fit, freed blocks join their neighbours. Addresses are multiples of 64. */
export class KernelMemory {
  readonly memory: WebAssembly.Memory
  /** Free blocks as [start, end), in order of address. */
  private free: [number, number][] = []
  private readonly sizes = new Map<number, number>()
  private view = new Uint8Array(0)

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 16 })
    this.free.push([ALIGNMENT, this.memory.buffer.byteLength])
  }

  /** Bytes of the whole memory; any earlier view is void once memory has grown. */
  get bytes(): Uint8Array {
    if (this.view.buffer !== this.memory.buffer) this.view = new Uint8Array(this.memory.buffer)
    return this.view
  }

  /** Bytes now in use. */
  get used(): number {
    let used = 0
    for (const size of this.sizes.values()) used += size
    return used
  }

  /** Throws `too-large` where the host has no more. */
  allocate(bytes: number): number {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT)
    let at = this.free.findIndex(([start, end]) => end - start >= size)
    if (at < 0) {
      this.grow(size)
      at = this.free.length - 1
    }
    const block = this.free[at]
    const start = block[0]
    block[0] += size
    if (block[0] === block[1]) this.free.splice(at, 1)
    this.sizes.set(start, size)
    return start
  }

  release(start: number): void {
    const size = this.sizes.get(start)
    if (size === undefined) return
    this.sizes.delete(start)
    let at = this.free.findIndex((block) => block[0] > start)
    if (at < 0) at = this.free.length
    this.free.splice(at, 0, [start, start + size])
    if (this.free[at + 1]?.[0] === start + size) {
      this.free[at][1] = this.free[at + 1][1]
      this.free.splice(at + 1, 1)
    }
    if (at > 0 && this.free[at - 1][1] === start) {
      this.free[at - 1][1] = this.free[at][1]
      this.free.splice(at, 1)
    }
  }

  private grow(size: number): void {
    const end = this.memory.buffer.byteLength
    const last = this.free.at(-1)
    const start = last && last[1] === end ? last[0] : end
    const pages = Math.ceil((size - (end - start)) / PAGE)
    // A quarter more than is there now, where it can be had: growing copies the memory on some hosts.
    for (const wanted of [Math.max(pages, Math.ceil(end / PAGE / 4)), pages]) {
      try {
        this.memory.grow(wanted)
        if (start === end) this.free.push([end, end])
        this.free[this.free.length - 1][1] = end + wanted * PAGE
        return
      } catch {
        continue
      }
    }
    throw new CatalogError(
      'too-large',
      `The search needs ${Math.ceil((end + pages * PAGE) / 2 ** 20)} MB of memory, more than this host gives. ` +
        'Search fewer or shorter sequences at a time.',
      { bytes: size },
    )
  }
}
