import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { WorkerPool } from '../../src/engine/search/worker-types.ts'
import { poolOf } from '../../workers/remote.ts'
import { loadKernelModule } from './kernels.ts'

const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './compute.ts' : './compute.js', import.meta.url)

/** Starts compute workers on threads; as many as there are cores unless told otherwise. */
export async function createNodePool(options: { threads?: number } = {}): Promise<WorkerPool> {
  const threads = options.threads ?? availableParallelism()
  const workers = Array.from({ length: threads }, () => new Worker(ENTRY))
  const close = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  // A worker that fails to load would leave its first call without an answer.
  const failed = Promise.race(
    workers.map(async (worker) => {
      const [error] = (await once(worker, 'error')) as [Error]
      throw error
    }),
  )
  failed.catch(() => undefined)
  try {
    const started = poolOf(
      workers.map((worker) => nodeEndpoint(worker)),
      await loadKernelModule(),
      { close },
    )
    return await Promise.race([started, failed])
  } catch (error) {
    await close()
    throw error
  }
}
