import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { Worker } from 'node:worker_threads'
import type { WorkerPool } from '../../src/engine/search/worker-types.ts'
import { Failure } from '../../workers/failure.ts'
import { poolOf } from '../../workers/remote.ts'
import { loadKernelModule } from './kernels.ts'

const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './compute.ts' : './compute.js', import.meta.url)

/** Starts compute workers on threads of their own. */
export async function startThreads(threads: number): Promise<WorkerPool> {
  const failure = new Failure()
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(ENTRY)
    worker.on('error', (error) => failure.fail(error))
    worker.on('exit', () => failure.fail(new Error('A search worker has ended.')))
    return worker
  })
  const close = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  const endpoints = workers.map((worker) => nodeEndpoint(worker))
  try {
    return await poolOf(endpoints, await loadKernelModule(), { failure, close })
  } catch (error) {
    await close()
    throw error
  }
}
