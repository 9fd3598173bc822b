import type { RecordTable } from '../format/types.ts'
import { toHex } from '../sequence/digest.ts'
import type { RankKey } from './rank.ts'

/** What a search knows of records: of all of a catalog, or of those that an index has named. Numbers are the catalog's. */
export interface RecordRows {
  length(record: number): number
  isRna(record: number): boolean
  /** 32 bytes. */
  id(record: number): Uint8Array
  /** Entry numbers [from, to). */
  entries(record: number): readonly [number, number]
}

/** The rows of a whole catalog. */
export function tableRows(table: RecordTable): RecordRows {
  return {
    length: (record) => table.lengths[record],
    isRna: (record) => table.uracil[record] === 1,
    id: (record) => table.ids.subarray(record * 32, record * 32 + 32),
    entries: (record) => [table.entryStarts[record], table.entryStarts[record + 1]],
  }
}

/** Orders records by id. */
export function compareIds(rows: RecordRows): (a: number, b: number) => number {
  return (a, b) => {
    const [idA, idB] = [rows.id(a), rows.id(b)]
    for (let i = 0; i < 32; i++) if (idA[i] !== idB[i]) return idA[i] - idB[i]
    return 0
  }
}

/** Records with the same residues, in different segments, as one. */
export interface United {
  candidates: RankKey[]
  /** All records of each that stands for several. */
  copies: ReadonlyMap<number, number[]>
}

/** Brings candidates of equal ids together under the lowest record number. They have the same residues, so the same key. */
export function uniteCopies(candidates: readonly RankKey[], rows: RecordRows): United {
  const byId = new Map<string, { key: RankKey; records: number[] }>()
  for (const key of candidates) {
    const id = toHex(rows.id(key.record))
    const known = byId.get(id)
    if (known === undefined) byId.set(id, { key, records: [key.record] })
    else known.records.push(key.record)
  }
  const copies = new Map<number, number[]>()
  const united = [...byId.values()].map(({ key, records }) => {
    const record = Math.min(...records)
    if (records.length > 1) {
      copies.set(
        record,
        records.sort((a, b) => a - b),
      )
    }
    return { ...key, record }
  })
  return { candidates: united, copies }
}
