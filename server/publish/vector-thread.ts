import { parentPort, workerData } from 'node:worker_threads'
import { VectorCompute } from '../../src/engine/index/vectors/compute.ts'
import type { VectorTask } from '../../src/engine/index/vectors/tasks.ts'
import { createKernels } from '../../src/engine/kernels/kernels.ts'

const kernels = await createKernels(workerData as WebAssembly.Module)
const compute = new VectorCompute(kernels.vectors)
parentPort!.on('message', ({ id, task }: { id: number; task: VectorTask }) => {
  compute.run(task).then(
    (answer) => parentPort!.postMessage({ id, answer }),
    (error: unknown) => parentPort!.postMessage({ id, error }),
  )
})
