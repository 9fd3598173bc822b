import type { Chunk } from '../format/types.ts'
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
} from './tasks.ts'

/** One compute worker, wherever it runs (browser worker through Comlink, Node worker thread, or in place). */
export interface ComputeWorker {
  /**
   * Scores every query of the batch against one part of the records of one chunk. `onCells` counts matrix cells as they
   * are done.
   */
  scan(job: number, chunk: Chunk, part: Part, batch: Batch, onCells?: (cells: number) => void): Promise<ScanAnswer>
  /** Aligns chosen pairs of one chunk. */
  align(job: number, chunk: Chunk, batch: Batch, pairs: Pairs): Promise<AlignAnswer>
  /** Clusters the seed hits of some queries in the lists of one segment. */
  clusterSeeds(job: number, work: SeedWork): Promise<SeedAnswer>
  /** Scores windows of records that the coordinator has read. */
  scoreWindows(job: number, batch: Batch, work: WindowWork): Promise<WindowScores>
  /** Aligns windows of records, whatever their scores; in mode `exact` whole records, end to end. */
  alignWindows(job: number, batch: Batch, work: WindowWork): Promise<WindowAlignments>
  /** Makes all running and later work of `job` end with `aborted` within 100 ms. */
  cancel(job: number): Promise<void>
}

/** The workers of one host. Hosts build it; the engine's `search` schedules onto it. */
export interface WorkerPool {
  readonly workers: readonly ComputeWorker[]
  close(): Promise<void>
}
