import { expose, proxy, wrap, type Endpoint } from 'comlink'
import type { Chunk } from '../src/engine/format/types.ts'
import { createKernels } from '../src/engine/kernels/kernels.ts'
import { EngineComputeWorker, type ComputeHost } from '../src/engine/search/compute.ts'
import type { AlignAnswer, Batch, Pairs, Part, ScanAnswer } from '../src/engine/search/tasks.ts'
import type { ComputeWorker, WorkerPool } from '../src/engine/search/worker-types.ts'
import { carryErrors } from './errors.ts'

/** A request that a worker made, for the page's log. */
export interface RequestReport {
  url: string
  range: [number, number] | null
  bytes: number
  milliseconds: number
  status: number
}

export type CellsReport = (job: number, cells: number) => void
export type RequestsReport = (request: RequestReport) => void

/** A compute worker as it is seen across the thread's border. */
interface RemoteCompute {
  start(module: WebAssembly.Module, onCells: CellsReport, onRequest: RequestsReport): Promise<void>
  scan(job: number, chunk: Chunk, part: Part, batch: Batch): Promise<ScanAnswer>
  align(job: number, chunk: Chunk, batch: Batch, pairs: Pairs): Promise<AlignAnswer>
  cancel(job: number): Promise<void>
}

/** Serves a compute worker on `endpoint`; `host` opens stores and lets messages in. */
export function exposeCompute(endpoint: Endpoint, host: (onRequest: RequestsReport) => ComputeHost): void {
  carryErrors()
  let worker: EngineComputeWorker | undefined
  let onCells: CellsReport = () => undefined
  const started = (): EngineComputeWorker => {
    if (worker === undefined) throw new Error('This worker has not been started.')
    return worker
  }
  const remote: RemoteCompute = {
    async start(module, cells, requests) {
      onCells = cells
      worker = new EngineComputeWorker(await createKernels(module), host(requests))
    },
    scan: (job, chunk, part, batch) => started().scan(job, chunk, part, batch, (cells) => onCells(job, cells)),
    align: (job, chunk, batch, pairs) => started().align(job, chunk, batch, pairs),
    cancel: (job) => started().cancel(job),
  }
  expose(remote, endpoint)
}

/** A pool over workers that already listen on `endpoints`. */
export async function poolOf(
  endpoints: readonly Endpoint[],
  module: WebAssembly.Module,
  hooks: { onRequest?: RequestsReport; close: () => Promise<void> },
): Promise<WorkerPool> {
  carryErrors()
  const workers = await Promise.all(
    endpoints.map(async (endpoint): Promise<ComputeWorker> => {
      const listeners = new Map<number, (cells: number) => void>()
      const remote = wrap<RemoteCompute>(endpoint)
      await remote.start(
        module,
        proxy((job: number, cells: number) => listeners.get(job)?.(cells)),
        proxy((request: RequestReport) => hooks.onRequest?.(request)),
      )
      return {
        async scan(job, chunk, part, batch, onCells) {
          if (onCells !== undefined) listeners.set(job, onCells)
          return remote.scan(job, chunk, part, batch)
        },
        align: (job, chunk, batch, pairs) => remote.align(job, chunk, batch, pairs),
        async cancel(job) {
          listeners.delete(job)
          await remote.cancel(job)
        },
      }
    }),
  )
  return { workers, close: hooks.close }
}
