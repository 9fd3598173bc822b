import { describe, expect, it } from 'vitest'
import { checkVectorOptions, rowBytes } from '../../src/engine/index/vectors/options.ts'
import {
  decodeVectorModel,
  encodeVectorModel,
  readVectorModel,
  writeVectorModel,
} from '../../src/engine/index/vectors/model-file.ts'
import { TWO_LEVELS_FROM } from '../../src/engine/index/vectors/assign.ts'
import { layModel } from '../../src/engine/index/vectors/compute.ts'
import { openVectorIndex, searchVectors } from '../../src/engine/index/vectors/reader.ts'
import { VectorIndexWriter } from '../../src/engine/index/vectors/writer.ts'
import { listRanges, prepareQuery } from '../../src/engine/index/vectors/search.ts'
import { nextCentroids } from '../../src/engine/index/vectors/means.ts'
import { trainVectors } from '../../src/engine/index/vectors/train.ts'
import { cosineOf, listsFor, UNIT } from '../../src/engine/index/vectors/types.ts'
import type { VectorModel, VectorOptions } from '../../src/engine/index/vectors/types.ts'
import { MemoryScratch, MemoryStore } from '../../src/engine/source/memory.ts'
import { RequestTracker, tracking } from '../../src/engine/source/tracking.ts'
import {
  clustered,
  openIndex,
  smallOptions,
  vectorKernels,
  vectorWorkers,
  writeIndex,
} from '../support/vector-index.ts'

const COUNT = 3000
const DIMENSIONS = smallOptions.dimensions
const vectors = clustered(COUNT, DIMENSIONS, 40, 1)
const positions = Uint32Array.from({ length: COUNT }, (_, i) => i * 300)
const row = (of: Float32Array, i: number): Float32Array => of.slice(i * DIMENSIONS, (i + 1) * DIMENSIONS)

async function train(options: Partial<VectorOptions> = {}, workers = 1): Promise<VectorModel> {
  const sample = vectors.slice(0, 1500 * DIMENSIONS)
  return trainVectors(sample, { ...smallOptions, ...options }, await vectorWorkers(workers))
}

/** Vectors by cosine, in double precision, mean taken off. */
function exactOrder(model: VectorModel, query: Float32Array): number[] {
  const centred = (vector: Float32Array): Float64Array =>
    Float64Array.from(vector, (value, d) => value - (model.mean ? model.mean[d] : 0))
  const cosine = (a: Float64Array, b: Float64Array): number => {
    let [dot, aa, bb] = [0, 0, 0]
    a.forEach((value, d) => {
      dot += value * b[d]
      aa += value * value
      bb += b[d] * b[d]
    })
    return dot / Math.sqrt(aa * bb)
  }
  const q = centred(query)
  const scores = Array.from({ length: COUNT }, (_, i) => cosine(q, centred(row(vectors, i))))
  return Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a])
}

describe('a trained model', () => {
  it('is the same for any number of workers', async () => {
    const [one, two, five] = await Promise.all([1, 2, 5].map((workers) => train({}, workers)))
    expect(encodeVectorModel(two)).toEqual(encodeVectorModel(one))
    expect(encodeVectorModel(five)).toEqual(encodeVectorModel(one))
  })

  it('is the same for any number of workers where lists are many enough for two levels', async () => {
    const options = { lists: TWO_LEVELS_FROM, rounds: 2 }
    const [one, three] = await Promise.all([1, 3].map((workers) => train(options, workers)))
    expect(encodeVectorModel(three)).toEqual(encodeVectorModel(one))
  })

  it('comes back from its file, which other options do not fit', async () => {
    const model = await train({ rotation: 'random' })
    const store = new MemoryStore()
    const parameters = await writeVectorModel(store, model)
    expect(JSON.parse(JSON.stringify(parameters))).toEqual(parameters)
    expect(await readVectorModel(store, parameters)).toEqual(model)
    const bytes = encodeVectorModel(model)
    await expect(decodeVectorModel(bytes, { ...model.options, lists: 8, nprobe: 4 }, 'm')).rejects.toThrow(/damaged/)
    store.files.get(parameters.file.path)![5000] ^= 1
    await expect(readVectorModel(store, parameters)).rejects.toMatchObject({ tag: 'corrupt' })
  })

  it('is made of fewer vectors than lists, and of one', async () => {
    for (const count of [1, 5]) {
      const model = await trainVectors(vectors.slice(0, count * DIMENSIONS), smallOptions, await vectorWorkers(2))
      expect(model.centroids).toHaveLength(smallOptions.lists * DIMENSIONS)
    }
    await expect(trainVectors(new Float32Array(0), smallOptions, await vectorWorkers(1))).rejects.toMatchObject({
      tag: 'usage',
    })
  })

  it('gives an empty list half of the fullest', () => {
    const sums = Float64Array.from([10, 20, 0, 0, 300, -300])
    const counts = Uint32Array.from([1, 0, 3])
    expect(nextCentroids(new Int16Array(6), { sums, counts }, 2)).toEqual(Int16Array.from([10, 20, 102, -102, 98, -98]))
  })

  it('stops when it is cancelled', async () => {
    const controller = new AbortController()
    const training = trainVectors(vectors, smallOptions, await vectorWorkers(1), {
      signal: controller.signal,
      onProgress: ({ stage }) => {
        if (stage === 'codes') controller.abort()
      },
    })
    await expect(training).rejects.toMatchObject({ tag: 'aborted' })
  })

  it('is refused where options do not fit together', () => {
    const bad: Partial<VectorOptions>[] = [
      { dimensions: 30 },
      { subvectors: 12 },
      { subvectors: 32 },
      { nprobe: 17 },
      { lists: 0 },
      { bits: 6 as 8 },
    ]
    for (const options of bad) {
      expect(() => checkVectorOptions({ ...smallOptions, ...options })).toThrow(/cannot be indexed/)
    }
  })
})

describe('the files of a vector index', () => {
  it('are the same for any number of workers, order and memory', async () => {
    const model = await train()
    const reference = await writeIndex(model, vectors, positions, { exact: true })
    const reversed = Uint32Array.from({ length: COUNT }, (_, i) => COUNT - 1 - i)
    const backwards = new Float32Array(vectors.length)
    reversed.forEach((from, to) => backwards.set(row(vectors, from), to * DIMENSIONS))
    const others = [
      await writeIndex(model, vectors, positions, { exact: true, workers: 3, parts: 50 }),
      await writeIndex(model, vectors, positions, { exact: true, workers: 2, sortMemory: 4096, parts: 11 }),
      await writeIndex(
        model,
        backwards,
        reversed.map((i) => i * 300),
        { exact: true, workers: 2 },
      ),
      await writeIndex(
        model,
        backwards,
        reversed.map((i) => i * 300),
        { exact: true, sortMemory: 20000, parts: 9 },
      ),
    ]
    for (const other of others) expect(other.files).toEqual(reference.files)
    expect(reference.files.rowBytes).toBe(14)
    expect(reference.files.lists.bytes).toBeLessThan(COUNT * 14 + 8192)
  })

  it('hold the rows of a list in one range, by position', async () => {
    const model = await train()
    const index = await writeIndex(model, vectors, positions)
    const { files, store } = index
    const { reader, laid, kernels } = await openIndex(index, model)
    const directory = store.files.get(files.directory.path)!
    const first = new Uint32Array(directory.slice(files.directoryOffset, files.directoryOffset + 17 * 4).buffer)
    const rows = store.files.get(files.lists.path)!
    const seen: number[] = []
    for (let list = 0; list < 16; list++) {
      const [{ start, end }] = listRanges(files, first, Uint32Array.of(list))
      expect(start).toBe(files.rowOffset + first[list] * files.rowBytes)
      const view = new DataView(rows.buffer, rows.byteOffset)
      const here: number[] = []
      for (let at = start; at < end; at += files.rowBytes) here.push(view.getUint32(at, true))
      expect(here).toEqual(here.toSorted((a, b) => a - b))
      for (const position of here) {
        expect(prepareQuery(kernels, laid, row(vectors, position / 300), 1).lists[0]).toBe(list)
      }
      seen.push(...here)
    }
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from(positions))
    expect(reader.files.vectors).toBe(COUNT)
  })

  it('take at most 0.75 byte per residue with windows of 300 every 150', () => {
    const options: VectorOptions = { ...smallOptions, dimensions: 384, subvectors: 96, lists: 1024 }
    expect(rowBytes(options)).toBe(102)
    expect(rowBytes(options) / 150).toBeLessThan(0.75)
    expect(rowBytes({ ...options, bits: 4 })).toBe(54)
  })

  it('may hold nothing at all', async () => {
    const model = await train()
    const index = await writeIndex(model, new Float32Array(0), new Uint32Array(0), { exact: true })
    const { reader } = await openIndex(index, model)
    const found = await reader.search(row(vectors, 0), 10)
    expect(found.positions).toHaveLength(0)
    expect((await searchVectors([reader], row(vectors, 0), 10)).positions).toHaveLength(0)
    expect((await searchVectors([], row(vectors, 0), 10)).positions).toHaveLength(0)
  })

  it('are refused where they are not of the model', async () => {
    const model = await train()
    const index = await writeIndex(model, vectors, positions)
    const other = await train({ lists: 8 })
    await expect(openIndex(index, other)).rejects.toMatchObject({ tag: 'corrupt' })
    await expect(openIndex({ ...index, files: { ...index.files, rowBytes: 15 } }, model)).rejects.toMatchObject({
      tag: 'corrupt',
    })
  })

  it('report a worker that fails', async () => {
    const model = await train()
    const broken = {
      run: async (task: { kind: string }) => {
        if (task.kind === 'encode') throw new Error('out of order')
        return {}
      },
    }
    const writer = new VectorIndexWriter(model, [broken as never], {
      sink: new MemoryStore(),
      scratch: new MemoryScratch(),
    })
    await writer.add(vectors.subarray(0, 10 * DIMENSIONS), positions.subarray(0, 10))
    await expect(writer.write()).rejects.toThrow('out of order')
    await writer.remove()
  })
})

describe('a search of vectors', () => {
  it('finds by codes what an exact search finds, mostly, and with refinement nearly always', async () => {
    const variants: Partial<VectorOptions>[] = [
      {},
      { residual: false, centred: false },
      { rotation: 'random' },
      { bits: 4, subvectors: 16 },
      { bits: 4, subvectors: 16, residual: false, rotation: 'random' },
    ]
    for (const options of variants) {
      const model = await train({ ...options, nprobe: 8 })
      const { reader } = await openIndex(await writeIndex(model, vectors, positions), model)
      let [unrefined, refined] = [0, 0]
      for (let q = 0; q < 20; q++) {
        const query = row(vectors, q * 149).map((value, d) => value + (((d * 37) % 11) - 5) / 100)
        const truth = new Set(exactOrder(model, query).slice(0, 10))
        const hits = (found: Uint32Array): number => Array.from(found).filter((p) => truth.has(p / 300)).length
        unrefined += hits((await reader.search(query, 10)).positions)
        const vectorsAt = async (at: Uint32Array): Promise<Float32Array> => {
          expect(Array.from(at)).toEqual(Array.from(at).toSorted((a, b) => a - b))
          const raw = new Float32Array(at.length * DIMENSIONS)
          at.forEach((position, i) => raw.set(row(vectors, position / 300), i * DIMENSIONS))
          return raw
        }
        refined += hits((await reader.search(query, 10, { vectorsAt, refine: 10 })).positions)
      }
      expect(refined, JSON.stringify(options)).toBeGreaterThanOrEqual(190)
      expect(unrefined, JSON.stringify(options)).toBeGreaterThanOrEqual(options.bits === 4 ? 80 : 110)
      expect(refined).toBeGreaterThanOrEqual(unrefined)
    }
  })

  it('refines with the index’s own 8 bits', async () => {
    const model = await train({ refine: 5, nprobe: 16 })
    const { reader } = await openIndex(await writeIndex(model, vectors, positions, { exact: true }), model)
    let hits = 0
    for (let q = 0; q < 20; q++) {
      const query = row(vectors, q * 131)
      const found = await reader.search(query, 10)
      const order = exactOrder(model, query)
      const truth = new Set(order.slice(0, 10))
      hits += Array.from(found.positions).filter((p) => truth.has(p / 300)).length
      expect(found.positions[0]).toBe(q * 131 * 300)
      expect(cosineOf(found.distances[0])).toBeCloseTo(1, 3)
    }
    expect(hits).toBeGreaterThanOrEqual(190)
  })

  it('answers the k nearest and all that tie with the last, by (distance, position)', async () => {
    const model = await train({ nprobe: 16 })
    // Every vector four times.
    const copies = new Float32Array(400 * 4 * DIMENSIONS)
    const places = Uint32Array.from({ length: 1600 }, (_, i) => (i * 7919) % 1600)
    for (let i = 0; i < 1600; i++) copies.set(row(vectors, i % 400), i * DIMENSIONS)
    const { reader } = await openIndex(await writeIndex(model, copies, places), model)
    const query = row(vectors, 17)
    const all = await reader.search(query, 5000)
    expect(all.positions).toHaveLength(1600)
    for (let i = 1; i < 1600; i++) {
      const [a, b] = [all.distances[i - 1], all.distances[i]]
      expect(a < b || (a === b && all.positions[i - 1] < all.positions[i])).toBe(true)
    }
    for (const k of [0, 1, 3, 4, 6, 400, 1600]) {
      const { positions: found, distances } = await reader.search(query, k)
      const last = k > 0 ? all.distances[k - 1] : -Infinity
      const count = all.distances.filter((distance) => distance <= last).length
      expect(found).toEqual(all.positions.slice(0, count))
      expect(distances).toEqual(all.distances.slice(0, count))
    }
  })

  it('filters before the cut', async () => {
    const model = await train({ nprobe: 16 })
    const { reader } = await openIndex(await writeIndex(model, vectors, positions), model)
    const query = row(vectors, 5)
    const all = await reader.search(query, COUNT)
    const accepts = (at: Uint32Array): Uint8Array => {
      expect(at.every((position, i) => i === 0 || position > at[i - 1])).toBe(true)
      return Uint8Array.from(at, (position) => ((position / 300) % 7 === 3 ? 1 : 0))
    }
    const found = await reader.search(query, 10, { accepts })
    const expected = all.positions.filter((position) => (position / 300) % 7 === 3)
    expect(found.positions.subarray(0, 10)).toEqual(expected.slice(0, 10))
    expect((await reader.search(query, 10, { accepts: (at) => new Uint8Array(at.length) })).positions).toHaveLength(0)
  })

  it('gives the same for vectors in one segment and in three', async () => {
    const model = await train({ refine: 3 })
    const vectorsAt = async (at: Uint32Array): Promise<Float32Array> => {
      const raw = new Float32Array(at.length * DIMENSIONS)
      at.forEach((position, i) => raw.set(row(vectors, position / 300), i * DIMENSIONS))
      return raw
    }
    const kernels = await vectorKernels()
    const whole = await openIndex(await writeIndex(model, vectors, positions), model, kernels)
    const three = await Promise.all(
      [0, 1, 2].map(async (part) => {
        const own = Array.from(positions.keys()).filter((i) => i % 3 === part)
        const raw = new Float32Array(own.length * DIMENSIONS)
        own.forEach((i, at) => raw.set(row(vectors, i), at * DIMENSIONS))
        const index = await writeIndex(
          model,
          raw,
          Uint32Array.from(own, (i) => positions[i]),
        )
        return (await openIndex(index, model, kernels)).reader
      }),
    )
    for (let q = 0; q < 10; q++) {
      for (const options of [{ refine: 0 }, { vectorsAt }]) {
        const query = row(vectors, 2 + q * 200)
        const one = await searchVectors([whole.reader], query, 10, () => options)
        const many = await searchVectors(three, query, 10, () => options)
        expect(many.distances).toEqual(one.distances)
        expect(Array.from(many.positions).toSorted()).toEqual(Array.from(one.positions).toSorted())
        expect((await whole.reader.search(query, 10, options)).positions).toEqual(one.positions)
      }
    }
  })

  it('compares by cosine, whatever the length of a vector', async () => {
    const model = await train({ centred: false })
    const { reader } = await openIndex(await writeIndex(model, vectors, positions), model)
    const query = row(vectors, 9)
    const long = query.map((value) => value * 1024)
    expect(await reader.search(long, 10)).toEqual(await reader.search(query, 10))
    const { vector } = reader.prepare(query)
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
    expect(Math.abs(length - UNIT)).toBeLessThan(10)
    expect(reader.prepare(new Float32Array(DIMENSIONS)).vector.every((value) => value === 0)).toBe(true)
  })

  it('reads each list once, neighbours together, in one round', async () => {
    const model = await train({ nprobe: 5 })
    const index = await writeIndex(model, vectors, positions)
    const tracker = new RequestTracker()
    const kernels = await vectorKernels()
    const reader = await openVectorIndex(index.files, layModel(kernels, model), kernels, async ({ path }) =>
      tracking(index.store.open(path), tracker),
    )
    expect(tracker.requests).toHaveLength(1)
    tracker.reset()
    const query = reader.prepare(row(vectors, 3))
    expect(query.lists).toHaveLength(5)
    await reader.search(query, 10)
    expect(tracker.hops).toBe(1)
    expect(tracker.requests.length).toBeGreaterThan(0)
    expect(tracker.requests.length).toBeLessThanOrEqual(5)
    const requests = tracker.requests.length
    await reader.search(query, 10)
    expect(tracker.requests).toHaveLength(requests)
  })
})

describe('the number of lists', () => {
  it('follows the square root of the vectors', () => {
    expect([0, 1, 100, 10_000, 1e6, 1e8, 1e12].map(listsFor)).toEqual([1, 1, 8, 128, 1024, 8192, 16384])
  })
})
