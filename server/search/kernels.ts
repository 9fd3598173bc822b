import { readFile } from 'node:fs/promises'
import { CatalogError } from '../../src/engine/errors.ts'
import { createKernels } from '../../src/engine/kernels/kernels.ts'
import type { Kernels } from '../../src/engine/kernels/types.ts'

const LOCATION = new URL('../../wasm/build/kernels.wasm', import.meta.url)
let loading: Promise<WebAssembly.Module> | undefined

/** Reads and compiles the kernels, once per process. */
export function loadKernelModule(): Promise<WebAssembly.Module> {
  loading ??= read()
  return loading
}

/** The kernels of this thread. */
export async function loadKernels(): Promise<Kernels> {
  return createKernels(await loadKernelModule())
}

async function read(): Promise<WebAssembly.Module> {
  let bytes: Buffer<ArrayBuffer>
  try {
    bytes = await readFile(LOCATION)
  } catch (cause) {
    throw new CatalogError('not-found', 'The kernels have not been built. Run "npm run setup".', {}, cause)
  }
  return WebAssembly.compile(bytes)
}
