import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { VectorAnswer, VectorTask } from '../../src/engine/index/vectors/tasks.ts'
import type { VectorWorker } from '../../src/engine/index/vectors/types.ts'
import { loadKernelModule } from '../../server/search/kernels.ts'

export interface Threads {
  workers: VectorWorker[]
  close(): Promise<void>
}

/** `count` worker threads for training and encoding. */
export async function startThreads(count: number): Promise<Threads> {
  const module = await loadKernelModule()
  const threads = await Promise.all(
    Array.from({ length: count }, async () => {
      const thread = new Worker(new URL('./worker.ts', import.meta.url), { workerData: module })
      await once(thread, 'message')
      return thread
    }),
  )
  return {
    workers: threads.map(workerOf),
    close: async () => {
      await Promise.all(threads.map((thread) => thread.terminate()))
    },
  }
}

function workerOf(thread: Worker): VectorWorker {
  const waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: unknown) => void }>()
  let next = 0
  thread.on('message', ({ id, answer, error }: { id: number; answer?: never; error?: unknown }) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (error) call?.reject(error)
    else call?.resolve(answer as never)
  })
  return {
    run: <T extends VectorTask>(task: T) =>
      new Promise<VectorAnswer<T>>((resolve, reject) => {
        waiting.set(next, { resolve, reject })
        // Raw vectors that own their buffer move instead of being copied.
        const moved = 'raw' in task && task.raw.byteLength === task.raw.buffer.byteLength ? [task.raw.buffer] : []
        thread.postMessage({ id: next++, task }, moved as ArrayBuffer[])
      }),
  }
}
