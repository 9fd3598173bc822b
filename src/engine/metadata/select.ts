import type { Catalog } from '../format/types.ts'
import type { RecordFilter } from '../search/filter.ts'
import { SharedWork } from '../source/shared.ts'
import type { ReadOptions } from '../source/types.ts'
import { fieldsOf } from './bind.ts'
import type { BoundFilter } from './bind.ts'
import type { EntryBitset } from './bitset.ts'
import { explainCatalog, filterCatalog } from './catalog.ts'
import type { RowRange } from './types.ts'

/** A filter that reads no more than this is answered for the whole catalog at once. */
const WHOLE_BYTES = 1 << 20

/**
 * A predicate as a search asks for it. Where statistics leave little to read, all entries are decided at once, before there
 * are candidates; elsewhere only those of candidates. The answers are the same.
 */
export class CatalogFilter implements RecordFilter {
  readonly filter: BoundFilter
  readonly catalog: Catalog
  #all: SharedWork<EntryBitset> | null = null
  #isSmall: Promise<boolean> | null = null

  constructor(catalog: Catalog, filter: BoundFilter) {
    this.catalog = catalog
    this.filter = filter
  }

  /** All entries that pass. */
  passing(options?: ReadOptions): Promise<EntryBitset> {
    if (this.#all === null || this.#all.abandoned)
      this.#all = new SharedWork((signal) => filterCatalog(this.catalog, this.filter, { signal }))
    const own = this.#all
    return own.join(this.catalog.store.name, options?.signal).catch((error: unknown) => {
      if (this.#all === own) this.#all = null
      throw error
    })
  }

  async select(ranges: readonly (readonly [number, number])[], options?: ReadOptions): Promise<Uint32Array[]> {
    const found =
      this.#all !== null || (await this.isSmall(options))
        ? await this.passing(options)
        : await filterCatalog(this.catalog, this.filter, { ...options, rows: joinedRows(ranges) })
    return ranges.map(([from, to]) => {
      const passing: number[] = []
      for (let entry = from; entry < to; entry++) if (found.has(entry)) passing.push(entry)
      return Uint32Array.from(passing)
    })
  }

  /** Whether all entries are decided at once. */
  isSmall(options?: ReadOptions): Promise<boolean> {
    // Lengths of records are read from elsewhere, and no plan counts them.
    if (fieldsOf(this.filter.condition).some((field) => this.filter.fields[field].path === null))
      return Promise.resolve(false)
    if (this.#isSmall === null) {
      const plans = explainCatalog(this.catalog, this.filter, options)
      const own = plans.then((all) => all.reduce((sum, { bytes }) => sum + bytes, 0) <= WHOLE_BYTES)
      this.#isSmall = own
      own.catch(() => {
        if (this.#isSmall === own) this.#isSmall = null
      })
    }
    return this.#isSmall
  }
}

function joinedRows(ranges: readonly (readonly [number, number])[]): RowRange[] {
  const rows: RowRange[] = []
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = rows.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else if (from < to) rows.push({ from, to })
  }
  return rows
}
