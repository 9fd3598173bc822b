import type { CatalogSummary } from '#engine/format/types.ts'
import type { QueryResult, SearchHeader, SearchOptions, SearchProgress } from '#engine/search/types.ts'
import type { QueryVerdict } from '#lib/client/types.ts'
import { describeError, isAbort, type PageError } from '#lib/search/errors.ts'
import { encodeLink, LONGEST_LINK, type LinkedSearch } from '#lib/search/link.ts'
import { optionContext, tidyOptions } from '#lib/search/options.ts'
import { outcome } from '#lib/search/sentences.ts'
import { resolveUrl, route } from '#lib/search/urls.ts'
import { announcer } from './announce.svelte.ts'
import { client } from './client.ts'
import { recent } from './recent.svelte.ts'
import { ResultView } from './result-view.svelte.ts'

/** A file whose text is too long for the box. */
export interface Attachment {
  name: string
  text: string
}

/** Texts longer than this stay out of the box: editing them there would be slow. */
export const LONGEST_TYPED = 200_000

const NOTHING: QueryVerdict = { queries: [], problems: [], accession: null }

/** The search page's state: what is asked, how far it is, what came out. It outlives the page while the app is open. */
class SearchState {
  typed = $state('')
  attachment = $state.raw<Attachment | null>(null)
  /** Where the catalog is: relative to the app, or absolute. */
  catalog = $state('')
  summary = $state.raw<CatalogSummary | null>(null)
  catalogError = $state.raw<PageError | null>(null)
  options = $state<SearchOptions>({})

  phase = $state<'idle' | 'running' | 'done' | 'cancelled' | 'failed'>('idle')
  header = $state.raw<SearchHeader | null>(null)
  results = $state.raw<QueryResult[]>([])
  progress = $state.raw<SearchProgress | null>(null)
  error = $state.raw<PageError | null>(null)
  /** Seconds that the last search took. */
  seconds = $state(0)
  /** What was searched, as opposed to what is in the form now. */
  searched = $state.raw<LinkedSearch | null>(null)
  /** The fragment that repeats the search; null where it would be too long. */
  link = $state<string | null>(null)
  /** The fragment that stands for the search in the address: the link, or the catalog's alone. */
  address = $state('')
  /** Query whose hits are shown; −1 for the list of queries. */
  current = $state(0)

  text = $derived(this.attachment?.text ?? this.typed)
  /** The last text that was inspected, and what became of it. */
  inspected = $state.raw({ text: '', verdict: NOTHING })
  verdict = $derived(this.inspected.verdict)
  letters = $derived(this.verdict.queries.reduce((sum, query) => sum + query.length, 0))
  context = $derived.by(() => {
    const { queries } = this.verdict
    const protein = queries.some((query) => query.alphabet === 'protein')
    const catalog = this.summary?.alphabet ?? 'dna'
    return optionContext(
      this.options,
      {
        // Before there is a query, the options are those of the catalog's own kind.
        alphabet: queries.length === 0 ? catalog : protein ? 'protein' : 'dna',
        longest: queries.reduce((most, query) => Math.max(most, query.length), 0),
      },
      catalog,
    )
  })
  result = $derived(this.current < 0 ? null : (this.results[this.current] ?? null))

  #controller: AbortController | null = null
  #opening = 0
  #views = new Map<number, ResultView>()

  constructor() {
    $effect.root(() => {
      $effect(() => void this.inspect())
    })
  }

  get canSearch() {
    const { queries, problems, accession } = this.verdict
    return this.summary !== null && (accession !== null || (queries.length > 0 && problems.length === 0))
  }

  /** Brings the verdict up to date with the text. */
  async inspect(): Promise<void> {
    const { text } = this
    if (text === this.inspected.text) return
    const verdict = text.trim() === '' ? NOTHING : await client.inspect(text)
    if (text === this.text) this.inspected = { text, verdict }
  }

  /** Chooses and opens a catalog. Of two calls the later one holds. */
  async choose(url: string): Promise<void> {
    const turn = ++this.#opening
    this.catalog = url
    this.summary = null
    this.catalogError = null
    try {
      const summary = await client.open(resolveUrl(url))
      if (turn === this.#opening) this.summary = summary
    } catch (error) {
      if (turn === this.#opening) this.catalogError = describeError(error)
    }
  }

  setText(text: string, name = 'Pasted text') {
    if (text.length > LONGEST_TYPED) {
      this.attachment = { name, text }
      this.typed = ''
    } else {
      this.attachment = null
      this.typed = text
    }
  }

  /** The view of one query's result, made when it is first looked at. */
  view(result: QueryResult): ResultView {
    let view = this.#views.get(result.index)
    if (view?.result !== result) {
      view = new ResultView(result, this.header?.catalog.fields ?? [])
      this.#views.set(result.index, view)
    }
    return view
  }

  async run(): Promise<void> {
    await this.inspect()
    this.cancel()
    const controller = (this.#controller = new AbortController())
    const options = tidyOptions(this.context)
    const searched: LinkedSearch = { catalog: this.catalog, text: this.text, options }
    this.searched = searched
    this.phase = 'running'
    this.header = null
    this.results = []
    this.progress = null
    this.error = null
    this.link = null
    this.address = ''
    this.current = this.verdict.queries.length > 1 ? -1 : 0
    this.#views.clear()
    announcer.say('Searching')
    const link = await encodeLink(searched)
    this.link = link.length <= LONGEST_LINK ? link : null
    this.address = this.link ?? route('/', { catalog: searched.catalog })
    const started = performance.now()
    const arrived: QueryResult[] = []
    let frame = 0
    const show = () => {
      frame = 0
      if (this.#controller === controller) this.results = [...arrived]
    }
    try {
      const { header, results } = await client.search(resolveUrl(searched.catalog), searched.text, options, {
        signal: controller.signal,
        onHeader: (value) => {
          if (this.#controller === controller) this.header = value
        },
        onProgress: (value) => {
          if (this.#controller === controller) this.progress = value
        },
        onResult: (result) => {
          arrived.push(result)
          frame ||= requestAnimationFrame(show)
        },
      })
      if (this.#controller !== controller) return
      this.header = header
      this.results = results
      this.seconds = (performance.now() - started) / 1000
      this.phase = 'done'
      announcer.say(outcome(results, header.options.maxTargetSeqs))
      if (this.link !== null) this.#remember(this.link, header, results)
    } catch (error) {
      if (this.#controller !== controller) return
      if (isAbort(error)) {
        this.phase = 'cancelled'
        announcer.say('Search cancelled')
      } else {
        this.phase = 'failed'
        this.error = describeError(error)
        announcer.say(`${this.error.title}. ${this.error.message}`)
      }
    } finally {
      cancelAnimationFrame(frame)
    }
  }

  cancel() {
    this.#controller?.abort()
  }

  /** Back to an empty form with the same catalog and options. */
  reset() {
    this.cancel()
    this.#controller = null
    this.phase = 'idle'
    this.results = []
    this.header = null
    this.error = null
    this.searched = null
    this.link = null
    this.address = ''
    this.#views.clear()
  }

  #remember(link: string, header: SearchHeader, results: readonly QueryResult[]) {
    const [first] = results
    const more = results.length - 1
    recent.add({
      link,
      query: `${first.query.id}${more > 0 ? ` and ${more} more` : ''}`,
      catalog: header.catalog.title,
      outcome: outcome(results, header.options.maxTargetSeqs),
      when: new Date().toISOString(),
    })
  }
}

export const search = new SearchState()
