import { createKernels } from '../../src/engine/kernels/kernels.ts'
import type { VectorKernels } from '../../src/engine/kernels/vectors.ts'
import { layModel, VectorCompute } from '../../src/engine/index/vectors/compute.ts'
import type { LaidModel } from '../../src/engine/index/vectors/compute.ts'
import { openVectorIndex } from '../../src/engine/index/vectors/reader.ts'
import { randomNumbers } from '../../src/engine/index/vectors/random.ts'
import type {
  VectorFiles,
  VectorIndexReader,
  VectorModel,
  VectorOptions,
} from '../../src/engine/index/vectors/types.ts'
import { VectorIndexWriter } from '../../src/engine/index/vectors/writer.ts'
import type { VectorWriterOptions } from '../../src/engine/index/vectors/writer.ts'
import { MemoryScratch, MemoryStore } from '../../src/engine/source/memory.ts'
import { loadKernelModule } from '../../server/search/kernels.ts'

/** Kernels with a memory of their own. */
export async function vectorKernels(): Promise<VectorKernels> {
  return (await createKernels(await loadKernelModule())).vectors
}

/** Workers, each with kernels of its own, all in this thread. */
export function vectorWorkers(count: number): Promise<VectorCompute[]> {
  return Promise.all(Array.from({ length: count }, async () => new VectorCompute(await vectorKernels())))
}

/** Vectors around `centres` random centres. */
export function clustered(count: number, dimensions: number, centres: number, seed: number): Float32Array {
  const random = randomNumbers(seed)
  const at = Float32Array.from({ length: centres * dimensions }, () => random() * 2 - 1)
  const vectors = new Float32Array(count * dimensions)
  for (let i = 0; i < count; i++) {
    const centre = Math.floor(random() * centres) * dimensions
    for (let d = 0; d < dimensions; d++) vectors[i * dimensions + d] = at[centre + d] + (random() - 0.5) * 0.6
  }
  return vectors
}

export const smallOptions: VectorOptions = {
  dimensions: 32,
  lists: 16,
  subvectors: 8,
  bits: 8,
  residual: true,
  centred: true,
  rotation: 'none',
  nprobe: 4,
  refine: 0,
  rounds: 6,
  seed: 7,
}

export interface WrittenIndex {
  store: MemoryStore
  files: VectorFiles
}

/** Writes an index of `vectors` at `positions`, a part at a time. */
export async function writeIndex(
  model: VectorModel,
  vectors: Float32Array,
  positions: Uint32Array,
  options: Partial<VectorWriterOptions> & { workers?: number; parts?: number } = {},
): Promise<WrittenIndex> {
  const store = new MemoryStore()
  const workers = await vectorWorkers(options.workers ?? 1)
  const writer = new VectorIndexWriter(model, workers, { sink: store, scratch: new MemoryScratch(), ...options })
  try {
    const { dimensions } = model.options
    const step = Math.ceil(positions.length / (options.parts ?? 3)) || 1
    for (let at = 0; at < positions.length; at += step) {
      const to = Math.min(positions.length, at + step)
      await writer.add(vectors.subarray(at * dimensions, to * dimensions), positions.subarray(at, to))
    }
    const written = await writer.write()
    const place = <F extends { checksums: BigUint64Array }>({ checksums: _, ...file }: F) => ({
      ...file,
      firstBlock: 0,
    })
    const { directory, lists, exact } = written
    return {
      store,
      files: {
        ...written,
        directory: place(directory),
        lists: place(lists),
        exact: exact && place(exact),
      },
    }
  } finally {
    await writer.remove()
  }
}

export async function openIndex(
  { store, files }: WrittenIndex,
  model: VectorModel,
  kernels?: VectorKernels,
): Promise<{ reader: VectorIndexReader; laid: LaidModel; kernels: VectorKernels }> {
  const own = kernels ?? (await vectorKernels())
  const laid = layModel(own, model)
  const reader = await openVectorIndex(files, laid, own, async ({ path }) => store.open(path))
  return { reader, laid, kernels: own }
}
