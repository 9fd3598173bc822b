import type { FileSink } from '../../source/types.ts'
import { EXCEPTION_LAYOUT } from '../exceptions.ts'
import type { WrittenFile } from './data-file.ts'
import { BlockWriter } from './write-blocks.ts'

/** Writes exceptions in order of record and start. */
export class ExceptionWriter {
  readonly #table: BlockWriter

  private constructor(table: BlockWriter) {
    this.#table = table
  }

  static async create(sink: FileSink): Promise<ExceptionWriter> {
    return new ExceptionWriter(await BlockWriter.create(sink, EXCEPTION_LAYOUT))
  }

  get count(): number {
    return this.#table.rows
  }

  /** `runs`: start, length, code; start, length, code; … */
  add(runs: Uint32Array): void {
    for (let i = 0; i < runs.length; i += 3) {
      this.#table.setUint32(0, runs[i])
      this.#table.setUint32(1, runs[i + 1])
      this.#table.setByte(2, runs[i + 2])
      this.#table.next()
    }
  }

  drain(): Promise<void> {
    return this.#table.drain()
  }

  finish(): Promise<WrittenFile> {
    return this.#table.finish('exceptions.arrow')
  }

  discard(): Promise<void> {
    return this.#table.discard()
  }
}
