import { availableParallelism } from 'node:os'
import { EngineComputeWorker } from '../../src/engine/search/compute.ts'
import type { WorkerPool } from '../../src/engine/search/worker-types.ts'
import { computeHost } from './host.ts'
import { loadKernels } from './kernels.ts'

/**
 * Compute workers on threads; as many as there are cores unless told otherwise. One alone works on the caller's thread, in
 * slices: nothing has to be started or sent.
 */
export async function createNodePool(options: { threads?: number } = {}): Promise<WorkerPool> {
  const threads = options.threads ?? availableParallelism()
  if (threads > 1) return (await import('./threads.ts')).startThreads(threads)
  return { workers: [new EngineComputeWorker(await loadKernels(), computeHost)], close: () => Promise.resolve() }
}
