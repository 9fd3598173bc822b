import type { Digests } from '../../sequence/digest.ts'
import type { ScratchFile } from '../../source/types.ts'
import type { ContentSum } from '../content-digest.ts'
import type { EntryColumns } from '../entries.ts'
import type { Field } from '../fields.ts'
import type { ContentSummary } from '../summary.ts'
import type { AheadRange, Alphabet, CatalogParameters, Segment } from '../types.ts'
import type { BuildTarget, SegmentIndexers, WriteOptions } from './options.ts'

/** Counts of a whole catalog, which its segments' writers add to. */
export interface CatalogTotals {
  summary: ContentSummary
  sum: ContentSum
}

/** What a `SegmentWriter` works with. */
export interface SegmentParts {
  target: BuildTarget
  kind: Segment['kind']
  alphabet: Alphabet
  digests: Digests
  /** Where long tails of rows lie. */
  blob: ScratchFile | null
  /** Names and types of the metadata fields. */
  fields: readonly Field[]
  columns: EntryColumns
  totals: CatalogTotals
  /** Whether a record is in the catalog already. */
  isKnown?: (id: Uint8Array) => Promise<boolean>
  /** The catalog's parameters so far; null where there are none. */
  parameters: CatalogParameters | null
  options: WriteOptions
}

/** A segment whose files are all there. */
export interface WrittenSegment {
  segment: Segment
  ahead: AheadRange[]
  /** Of all its files. */
  bytes: number
  indexers: SegmentIndexers | null
}
