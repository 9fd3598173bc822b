import { expose, proxy, transfer, wrap, type Endpoint } from 'comlink'
import type { Chunk } from '../src/engine/format/types.ts'
import { createKernels } from '../src/engine/kernels/kernels.ts'
import { EngineComputeWorker, type ComputeHost } from '../src/engine/search/compute.ts'
import type {
  AlignAnswer,
  Batch,
  Pairs,
  Part,
  ScanAnswer,
  SeedAnswer,
  SeedWork,
  WindowAlignments,
  WindowScores,
  WindowWork,
} from '../src/engine/search/tasks.ts'
import type { ComputeWorker, WorkerPool } from '../src/engine/search/worker-types.ts'
import { carryErrors } from './errors.ts'
import { Failure } from './failure.ts'

/** A request that a worker made, for the page's log. */
export interface RequestReport {
  url: string
  range: [number, number] | null
  bytes: number
  milliseconds: number
  status: number
}

/** Reports cross threads: what they return there is a promise, which nobody waits for. */
export type CellsReport = (job: number, cells: number) => unknown
export type RequestsReport = (request: RequestReport) => unknown

/** A compute worker as it is seen across the thread's border. */
interface RemoteCompute {
  start(module: WebAssembly.Module, onCells: CellsReport, onRequest: RequestsReport): Promise<void>
  scan(job: number, chunk: Chunk, part: Part, batch: Batch): Promise<ScanAnswer>
  align(job: number, chunk: Chunk, batch: Batch, pairs: Pairs): Promise<AlignAnswer>
  clusterSeeds(job: number, work: SeedWork): Promise<SeedAnswer>
  scoreWindows(job: number, batch: Batch, work: WindowWork): Promise<WindowScores>
  alignWindows(job: number, batch: Batch, work: WindowWork): Promise<WindowAlignments>
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
      onCells = (job, count) => Promise.resolve(cells(job, count)).catch(() => undefined)
      worker = new EngineComputeWorker(await createKernels(module), host(requests))
    },
    scan: (job, chunk, part, batch) => started().scan(job, chunk, part, batch, (cells) => onCells(job, cells)),
    align: (job, chunk, batch, pairs) => started().align(job, chunk, batch, pairs),
    clusterSeeds: (job, work) => started().clusterSeeds(job, work),
    scoreWindows: (job, batch, work) => started().scoreWindows(job, batch, work),
    alignWindows: (job, batch, work) => started().alignWindows(job, batch, work),
    cancel: (job) => started().cancel(job),
  }
  expose(remote, endpoint)
}

/** A pool over workers that already listen on `endpoints`. */
export async function poolOf(
  endpoints: readonly Endpoint[],
  module: WebAssembly.Module,
  hooks: { onRequest?: RequestsReport; failure?: Failure; close: () => Promise<void> },
): Promise<WorkerPool> {
  carryErrors()
  const failure = hooks.failure ?? new Failure()
  const workers = await Promise.all(
    endpoints.map(async (endpoint): Promise<ComputeWorker> => {
      const listeners = new Map<number, (cells: number) => void>()
      const remote = wrap<RemoteCompute>(endpoint)
      await failure.guard(
        remote.start(
          module,
          proxy((job: number, cells: number) => listeners.get(job)?.(cells)),
          proxy((request: RequestReport) => hooks.onRequest?.(request)),
        ),
      )
      return {
        async scan(job, chunk, part, batch, onCells) {
          if (onCells !== undefined) listeners.set(job, onCells)
          return failure.guard(remote.scan(job, chunk, part, batch))
        },
        align: (job, chunk, batch, pairs) => failure.guard(remote.align(job, chunk, batch, pairs)),
        clusterSeeds: (job, work) => failure.guard(remote.clusterSeeds(job, work)),
        scoreWindows: (job, batch, work) => failure.guard(remote.scoreWindows(job, batch, moved(work))),
        alignWindows: (job, batch, work) => failure.guard(remote.alignWindows(job, batch, moved(work))),
        async cancel(job) {
          listeners.delete(job)
          await failure.guard(remote.cancel(job))
        },
      }
    }),
  )
  return { workers, close: hooks.close }
}

/** Windows are made for one task: their residues change hands instead of being copied. */
function moved(work: WindowWork): WindowWork {
  return transfer(work, [work.codes.buffer])
}
