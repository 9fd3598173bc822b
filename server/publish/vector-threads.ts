import { Worker } from 'node:worker_threads'
import type { VectorAnswer, VectorTask } from '../../src/engine/index/vectors/tasks.ts'
import type { VectorWorker } from '../../src/engine/index/vectors/types.ts'

const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './vector-thread.ts' : './vector-thread.js', import.meta.url)

interface Call {
  resolve: (answer: VectorAnswer<VectorTask>) => void
  reject: (error: unknown) => void
}

/** A thread that trains and encodes vectors. It keeps the process alive only while it has something to do. */
export class VectorThread implements VectorWorker {
  readonly #worker: Worker
  readonly #calls = new Map<number, Call>()
  #next = 0
  #failure: { error: unknown } | null = null

  constructor(kernels: WebAssembly.Module) {
    this.#worker = new Worker(ENTRY, { workerData: kernels })
    this.#worker.unref()
    this.#worker.on('message', ({ id, answer, error }: { id: number } & Record<'answer' | 'error', unknown>) => {
      const call = this.#calls.get(id)!
      this.#calls.delete(id)
      if (this.#calls.size === 0) this.#worker.unref()
      if (error === undefined) call.resolve(answer as VectorAnswer<VectorTask>)
      else call.reject(error)
    })
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('A thread that encodes vectors has ended.')))
  }

  run<T extends VectorTask>(task: T): Promise<VectorAnswer<T>> {
    if (this.#failure) return Promise.reject(this.#failure.error as Error)
    const id = this.#next++
    return new Promise<VectorAnswer<VectorTask>>((resolve, reject) => {
      this.#calls.set(id, { resolve, reject })
      this.#worker.ref()
      this.#worker.postMessage({ id, task })
    }) as Promise<VectorAnswer<T>>
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    for (const { reject } of this.#calls.values()) reject(error)
    this.#calls.clear()
  }
}
