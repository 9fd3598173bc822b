import { throwIfAborted } from '../errors.ts'
import type { ComputeWorker, WorkerPool } from './worker-types.ts'

/** A piece of work for one worker. */
export interface Task<T> {
  /** Equal numbers (a chunk of the catalog) go to the same worker where that costs no waiting. */
  affinity: number
  run(worker: ComputeWorker): Promise<T>
}

let lastJob = 0

/** One search's hold on a pool: runs tasks on all workers and cancels them together. */
export class Job {
  readonly id = ++lastJob
  readonly #pool: WorkerPool
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = (): void => this.cancel()

  constructor(pool: WorkerPool, signal?: AbortSignal) {
    throwIfAborted(signal)
    this.#pool = pool
    this.#signal = signal
    signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Results in the order of `tasks`. The first failure stops the rest. */
  async run<T>(tasks: readonly Task<T>[]): Promise<T[]> {
    const { workers } = this.#pool
    const results = new Array<T>(tasks.length)
    const waiting = new Set(tasks.keys())
    let failure: { error: unknown } | null = null
    const take = (worker: number): number | undefined => {
      for (const i of waiting) if (tasks[i].affinity % workers.length === worker) return i
      return waiting.values().next().value
    }
    const drain = async (worker: ComputeWorker, index: number): Promise<void> => {
      for (let i = take(index); i !== undefined && failure === null; i = take(index)) {
        if (this.#signal?.aborted) return
        waiting.delete(i)
        try {
          results[i] = await tasks[i].run(worker)
        } catch (error) {
          // The other workers' tasks are of no more use, and would keep the caller waiting.
          failure ??= { error }
          this.cancel()
        }
      }
    }
    await Promise.all(workers.map((worker, index) => drain(worker, index)))
    throwIfAborted(this.#signal)
    rethrow(failure)
    return results
  }

  /** Ends the workers' part of this job; called by the signal, or when a search is abandoned half way. */
  cancel(): void {
    for (const worker of this.#pool.workers) worker.cancel(this.id).catch(() => undefined)
  }

  close(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.cancel()
  }
}

function rethrow(failure: { error: unknown } | null): void {
  if (failure !== null) throw failure.error
}
