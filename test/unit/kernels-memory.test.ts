import { describe, expect, it } from 'vitest'
import { createKernels } from '../../src/engine/kernels/kernels.ts'
import { KernelMemory } from '../../src/engine/kernels/memory.ts'
import { loadKernelModule } from '../../server/search/kernels.ts'
import { batch, Random } from '../property/kernels.ts'

describe('kernel memory', () => {
  it('never hands out a block twice, and joins what is released', () => {
    const random = new Random(1)
    const memory = new KernelMemory()
    let held: [number, number][] = []
    for (let round = 0; round < 3000; round++) {
      if (random.chance(2)) {
        const bytes = random.below(random.chance(50) ? 500_000 : 5000)
        const start = memory.allocate(bytes)
        expect(start % 64).toBe(0)
        expect(start).toBeGreaterThan(0)
        expect(start + bytes).toBeLessThanOrEqual(memory.bytes.length)
        for (const [other, end] of held) expect(start >= end || start + bytes <= other).toBe(true)
        held.push([start, start + Math.max(1, bytes)])
      } else if (held.length > 0) {
        const at = random.below(held.length)
        memory.release(held[at][0])
        held = held.filter((_, other) => other !== at)
      }
    }
    for (const [start] of held) memory.release(start)
    expect(memory.used).toBe(0)
    const size = memory.bytes.length
    memory.release(memory.allocate(size - 64))
    expect(memory.bytes.length).toBe(size)
  })

  it('says in a sentence that a host has no more', () => {
    const memory = new KernelMemory()
    expect(() => memory.allocate(2 ** 33)).toThrow(/more than this host gives/)
    expect(() => memory.allocate(2 ** 33)).toThrow(expect.objectContaining({ tag: 'too-large' }))
    expect(memory.used).toBe(0)
  })
})

describe('kernels', () => {
  it('import nothing but their memory, and leave all of it to the caller', async () => {
    const module = await loadKernelModule()
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }])
    const memory = new WebAssembly.Memory({ initial: 1 })
    await WebAssembly.instantiate(module, { env: { memory } })
    expect(new Uint8Array(memory.buffer).every((byte) => byte === 0)).toBe(true)
  })

  it('give memory back when a run is disposed of before its end', async () => {
    const kernels = await createKernels(await loadKernelModule())
    const random = new Random(2)
    const subjects = batch(Array.from({ length: 40 }, () => random.codes(20_000, 4)))
    const rows = new Int8Array(128).map((_, at) => (at >> 5 === (at & 31) ? 2 : -3))
    const profile = { length: 2000, rows, index: Uint16Array.from(random.codes(2000, 4)) }
    const results = new Set<string>()
    for (let round = 0; round < 30; round++) {
      const run = kernels.score([profile], subjects, { open: 5, extend: 2 })
      run.step(1e6)
      expect(run.done).toBeLessThan(run.total)
      results.add(`${run.done}`)
      run.dispose()
      run.dispose()
    }
    expect(results.size).toBe(1)
  })

  it('refuse gap costs that cost nothing or are not whole', async () => {
    const kernels = await createKernels(await loadKernelModule())
    const nothing = batch([])
    for (const gaps of [
      { open: 0, extend: 0 },
      { open: -1, extend: 2 },
      { open: 1.5, extend: 1 },
      { open: 2 ** 21, extend: 1 },
    ]) {
      expect(() => kernels.score([], nothing, gaps)).toThrow(expect.objectContaining({ tag: 'usage' }))
    }
    expect(kernels.score([], nothing, null).step(1)).toBe(true)
  })
})
