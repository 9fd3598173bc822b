import type { InputEntry, MetadataTable } from '../../io/types.ts'
import type { FieldSummary } from '../types.ts'

/**
 * Joins metadata to entries, and finds for each field the narrowest type that gives every text back as it came:
 * integer, number or boolean only where each value, printed again, is the same text.
 */
export class MetadataJoin {
  readonly #table: MetadataTable | null
  readonly #types: Set<FieldSummary['type']>[]
  readonly #filled: boolean[]
  readonly #used = new Set<string>()
  /** Column of the table for each field, or -1. */
  readonly #columns: number[]
  /** All fields are the table's own, in its order. */
  readonly #plain: boolean
  readonly names: readonly string[]
  matched = 0
  /** Entries without a row. */
  unmatched = 0

  /** `fields`: those that entries bring themselves; the table's follow. */
  constructor(table: MetadataTable | null, fields: readonly string[] = []) {
    this.#table = table
    this.names = [...new Set([...fields, ...(table?.fields ?? [])])]
    this.#columns = this.names.map((name) => table?.fields.indexOf(name) ?? -1)
    this.#plain = this.#columns.every((column, f) => column === f)
    this.#types = this.names.map(() => new Set(['integer', 'number', 'boolean'] as const))
    this.#filled = this.names.map(() => false)
  }

  /** Rows that no entry has asked for. */
  get unusedRows(): number {
    return (this.#table?.rows.size ?? 0) - this.#used.size
  }

  /** Texts of an entry's fields, '' where missing, or null for none at all: a row's value before the entry's own. */
  valuesOf(entry: InputEntry): readonly string[] | null {
    const row = this.#table?.rows.get(entry.accession)
    if (!entry.metadata && this.#plain) return row ?? null
    if (!entry.metadata && row === undefined) return null
    return this.names.map((name, f) => row?.[this.#columns[f]] || (entry.metadata?.[name] ?? ''))
  }

  /** Counts a kept entry in. */
  note(entry: InputEntry, values: readonly string[] | null): void {
    const { accession } = entry
    let first = true
    if (this.#table !== null) {
      if (this.#table.rows.has(accession)) {
        this.matched++
        first = !this.#used.has(accession)
        this.#used.add(accession)
      } else this.unmatched++
    }
    if (values === null || (!first && !entry.metadata)) return
    for (let f = 0; f < this.names.length; f++) {
      const text = values[f] ?? ''
      if (text === '') continue
      this.#filled[f] = true
      narrow(this.#types[f], text)
    }
  }

  /** Type of each field. */
  types(): FieldSummary['type'][] {
    return this.names.map((_, f) => {
      if (!this.#filled[f]) return 'string'
      const types = this.#types[f]
      if (types.has('boolean')) return 'boolean'
      return types.has('integer') ? 'integer' : types.has('number') ? 'number' : 'string'
    })
  }
}

function narrow(types: Set<FieldSummary['type']>, text: string): void {
  if (types.size === 0) return
  if (text !== 'true' && text !== 'false') types.delete('boolean')
  const value = Number(text)
  const same = Number.isFinite(value) && String(value) === text
  if (!same) {
    types.delete('number')
    types.delete('integer')
  } else if (!Number.isSafeInteger(value)) types.delete('integer')
}
