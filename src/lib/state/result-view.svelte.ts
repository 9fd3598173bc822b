import { SvelteSet } from 'svelte/reactivity'
import type { QueryResult } from '#engine/search/types.ts'
import { applyFilters, facetDefinitions, NO_FILTERS, type FacetDefinition, type Filters } from '#lib/search/facets.ts'
import { sortRows, toRows, type Row, type Sort, type SortKey } from '#lib/search/rows.ts'

/** How one query's result is looked at: order, filters, selection and the hit that is open. */
export class ResultView {
  readonly result: QueryResult
  readonly rows: Row[] = []
  readonly definitions: FacetDefinition[] = []
  /** Metadata column shown in the table. */
  readonly field: string | null = null
  /** Hits are ranked by cosine: mode vector. */
  readonly hasCosines: boolean
  readonly hasAlignments: boolean

  sort = $state.raw<Sort>({ key: 'rank', descending: false })
  filters = $state.raw<Filters>(NO_FILTERS)
  /** Ranks of the selected rows. */
  readonly selected = new SvelteSet<number>()
  /** Rank of the row that the keyboard stands on. */
  active = $state(0)
  /** The alignment of the active row is shown. */
  open = $state(false)

  #filtered = $derived.by(() => applyFilters(this.rows, this.definitions, this.filters))
  facets = $derived(this.#filtered.facets)
  shown = $derived(sortRows(this.#filtered.shown, this.sort, this.field))
  isFiltered = $derived(this.#filtered.shown.length !== this.rows.length)
  /** Position of the active row among those shown; −1 where it is filtered out. */
  position = $derived(this.shown.findIndex((row) => row.rank === this.active))
  activeRow = $derived(this.position < 0 ? null : this.shown[this.position])

  constructor(result: QueryResult, fields: readonly string[]) {
    this.result = result
    this.rows = toRows(result.hits)
    this.hasCosines = result.mode === 'vector'
    this.hasAlignments = this.rows.some((row) => row.best !== null)
    this.definitions = facetDefinitions(this.rows, fields)
    this.field = fields.find((field) => this.rows.some(({ hit }) => typeof hit.metadata[field] === 'string')) ?? null
  }

  /** Sorts by a column; again, the other way round. Numbers start with the largest, E-values and texts do not. */
  sortBy(key: SortKey) {
    const first = key === 'cosine' || key === 'bits' || key === 'identity' || key === 'coverage'
    const descending = this.sort.key === key ? !this.sort.descending : first
    this.sort = { key, descending }
  }

  toggleValue(facet: string, value: string) {
    const values = this.filters.chosen[facet] ?? []
    this.#choose(facet, values.includes(value) ? values.filter((other) => other !== value) : [...values, value])
  }

  clearFacet(facet: string) {
    this.#choose(facet, [])
  }

  #choose(facet: string, values: string[]) {
    this.filters = { ...this.filters, chosen: { ...this.filters.chosen, [facet]: values } }
  }

  setInterval(interval: [number, number] | null) {
    this.filters = { ...this.filters, interval }
  }

  setWords(words: string) {
    this.filters = { ...this.filters, words }
  }

  clearFilters() {
    this.filters = NO_FILTERS
  }

  /** Moves by `steps` rows, as far as there are any. */
  move(steps: number) {
    if (this.shown.length === 0) return
    const from = this.position < 0 ? (steps > 0 ? -1 : 0) : this.position
    this.moveTo(from + steps)
  }

  moveTo(position: number) {
    const row = this.shown[Math.max(0, Math.min(this.shown.length - 1, position))]
    if (row) this.active = row.rank
  }

  toggleSelected(rank: number) {
    if (!this.selected.delete(rank)) this.selected.add(rank)
  }

  selectShown(selected: boolean) {
    for (const row of this.shown) {
      if (selected) this.selected.add(row.rank)
      else this.selected.delete(row.rank)
    }
  }
}
