import type { Chunk } from '../format/types.ts'
import type { AlignAnswer, AlignTask, ScanAnswer, ScanTask } from './tasks.ts'

/** One compute worker, wherever it runs (browser worker through Comlink, Node worker thread, or in place). */
export interface ComputeWorker {
  /** Scores every query of the task against the records of one chunk. */
  scan(job: number, chunk: Chunk, task: ScanTask, onCells: (cells: number) => void): Promise<ScanAnswer>
  /** Aligns chosen pairs of one chunk. */
  align(job: number, chunk: Chunk, task: AlignTask): Promise<AlignAnswer>
  /** Makes all running and queued work of `job` end with `aborted` within 100 ms. */
  cancel(job: number): Promise<void>
}

/** The workers of one host. Hosts build it; the engine's `search` schedules onto it. */
export interface WorkerPool {
  readonly workers: readonly ComputeWorker[]
  close(): Promise<void>
}
