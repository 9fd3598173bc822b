import type { ByteSource, ReadOptions } from '../source/types.ts'
import type { EntryBitset } from './bitset.ts'

/** Types that values are compared as. `integer` and `number` compare with each other; nothing else does. */
export type FieldType = 'string' | 'integer' | 'number' | 'boolean'

/** What a predicate may name. */
export interface FilterField {
  /** As people write it; a member of a structure is `parent.member`. */
  name: string
  /**
   * Path of the Parquet column; empty where the file has none, so that all values are NULL; `null` for the length of an
   * entry's record, which the entry table does not hold.
   */
  path: readonly string[] | null
  /** Of the values, or of a list's elements; `null` for structures, which can only be compared with NULL. */
  type: FieldType | null
  list: boolean
  /** Name of the value in `Entry.metadata`. */
  metadata?: string
  /** Why values cannot be compared, for types that predicates do not know. */
  unknown?: string
}

/** A range of the text of a predicate, in UTF-16 units from 0, half open. */
export interface Span {
  from: number
  to: number
}

/** Rows [from, to). */
export interface RowRange {
  from: number
  to: number
}

export interface FilterOptions extends ReadOptions {
  /** Lengths of records, by the numbers that the table's column `record` holds; asked for only where `length` is named. */
  lengths?: (records: Uint32Array, options?: ReadOptions) => Promise<Uint32Array>
  /** Ask of these rows alone, ascending and apart; others do not pass. Default: all. */
  rows?: readonly RowRange[]
  /** False reads every page and every row group: for tests, which compare. Default true. */
  prune?: boolean
}

/** What statistics say of a predicate in some rows: none passes, all pass, or they have to be looked at. */
export type Verdict = 'none' | 'all' | 'read'

/** Bytes [start, end) of the entry table. */
export interface ByteRange {
  start: number
  end: number
}

/** What will be read to answer a predicate, known from statistics alone. */
export interface FilterPlan {
  /** Rows of the table. */
  rows: number
  /** Rows that statistics already answer. */
  rowsPassing: number
  rowsFailing: number
  /** Rows that have to be looked at. */
  rowsRead: number
  groups: {
    firstRow: number
    rows: number
    /** Rows of the table that pass by the statistics, and those to look at; the others fail. */
    passing: RowRange[]
    read: RowRange[]
  }[]
  /** In the order of the file; neighbours are one. */
  ranges: ByteRange[]
  bytes: number
  /** Share of the rows expected to pass, 0 … 1: exact where `rowsRead` is 0, else an estimate. */
  selectivity: number
}

/** Where an entry table lies. */
export interface FilterSource {
  source: ByteSource
  /** Of the whole file. */
  bytes: number
  /** Bytes at its end that hold page indexes and footer, where that is known: they are read at once. */
  tail?: number
}

export type { EntryBitset }
