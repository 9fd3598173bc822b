import { CatalogError } from '../errors.ts'
import { Aligner } from './align.ts'
import { alignBanded } from './banded.ts'
import { codeKernels } from './codes.ts'
import { embedKernels } from './embed.ts'
import type { WasmExports } from './exports.ts'
import { KernelMemory } from './memory.ts'
import { WasmScoreRun } from './score.ts'
import { seedKernels } from './seeds.ts'
import { VectorKernels } from './vectors.ts'
import { wordKernels } from './words.ts'
import type { GapCosts, Kernels } from './types.ts'

/** Compiles wasm/build/kernels.wasm; the module may be sent to workers. */
export async function compileKernels(bytes: BufferSource): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes)
  } catch (cause) {
    throw new CatalogError(
      'corrupt',
      'The search kernels cannot be compiled: either the file is damaged, or this browser or Node has no WebAssembly SIMD. ' +
        'Reload, or use a current version.',
      {},
      cause,
    )
  }
}

function checkGaps(gaps: GapCosts): void {
  if (!gaps) return
  const { open, extend } = gaps
  if (!Number.isInteger(open) || !Number.isInteger(extend) || open < 0 || extend < 0 || open + extend < 1) {
    throw new CatalogError(
      'usage',
      `Gap costs must be whole numbers and cost something: open ${open}, extend ${extend}.`,
    )
  }
  if (open + extend > 2 ** 20) throw new CatalogError('usage', `A gap cost of ${open + extend} is above 1,048,576.`)
}

/** Kernels with a memory of their own: one set for each worker. */
export async function createKernels(module: WebAssembly.Module): Promise<Kernels> {
  const memory = new KernelMemory()
  const instance = await WebAssembly.instantiate(module, { env: { memory: memory.memory } })
  const wasm = instance.exports as unknown as WasmExports
  const aligner = new Aligner(wasm, memory)
  return {
    score(profiles, subjects, gaps) {
      checkGaps(gaps)
      return new WasmScoreRun(wasm, memory, profiles, subjects, gaps)
    },
    align(request) {
      checkGaps(request.gaps)
      return aligner.align(request)
    },
    alignBanded(request) {
      checkGaps(request.gaps)
      return alignBanded(wasm, memory, request)
    },
    ...codeKernels(wasm, memory),
    embedding: embedKernels(wasm, memory),
    seeds: seedKernels(wasm, memory),
    statistics: wasm,
    vectors: new VectorKernels(wasm, memory),
    words: wordKernels(wasm, memory),
  }
}
