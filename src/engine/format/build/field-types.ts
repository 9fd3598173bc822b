import type { MetadataTable } from '../../io/types.ts'
import type { FieldSummary } from '../types.ts'

/**
 * Joins metadata to entries, and finds for each field the narrowest type that gives every text back as it came:
 * integer, number or boolean only where each value, printed again, is the same text.
 */
export class MetadataJoin {
  readonly #table: MetadataTable | null
  readonly #types: Set<FieldSummary['type']>[]
  readonly #filled: number[]
  readonly #used = new Set<string>()
  matched = 0
  /** Entries without a row. */
  unmatched = 0

  constructor(table: MetadataTable | null) {
    this.#table = table
    this.#types = (table?.fields ?? []).map(() => new Set(['integer', 'number', 'boolean'] as const))
    this.#filled = (table?.fields ?? []).map(() => 0)
  }

  get fieldNames(): readonly string[] {
    return this.#table?.fields ?? []
  }

  /** Rows that no entry has asked for. */
  get unusedRows(): number {
    return (this.#table?.rows.size ?? 0) - this.#used.size
  }

  /** Counts an entry in. */
  note(accession: string): void {
    if (this.#table === null) return
    const values = this.#table.rows.get(accession)
    if (values === undefined) {
      this.unmatched++
      return
    }
    this.matched++
    const first = !this.#used.has(accession)
    this.#used.add(accession)
    for (let f = 0; f < this.#types.length; f++) {
      const text = values[f] ?? ''
      if (text === '') continue
      this.#filled[f]++
      if (first) narrow(this.#types[f], text)
    }
  }

  valuesOf(accession: string): readonly string[] | null {
    return this.#table?.rows.get(accession) ?? null
  }

  summaries(): FieldSummary[] {
    return this.fieldNames.map((name, f) => {
      const types = this.#types[f]
      const some = this.#filled[f] > 0
      const type = !some ? 'string' : types.has('integer') ? 'integer' : types.has('number') ? 'number' : 'string'
      return { name, type: some && types.has('boolean') ? 'boolean' : type, filled: this.#filled[f] }
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
