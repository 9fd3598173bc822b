import type { ReadOptions } from '../source/types.ts'

/**
 * Which entries may be reported. Every mode asks before any cut-off: a record none of whose entries pass is no candidate,
 * and the statistics stay those of the whole catalog.
 */
export interface RecordFilter {
  /**
   * The entries of each range [from, to) that pass, ascending. Numbers are the catalog's. Ranges are asked for together,
   * so that what has to be read is read in one round.
   */
  select(ranges: readonly (readonly [number, number])[], options?: ReadOptions): Promise<Uint32Array[]>
  /** All entries that pass: asked for where every record would be read otherwise. */
  passing?(options?: ReadOptions): Promise<{ hasAny(from: number, to: number): boolean }>
}
