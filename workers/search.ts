import { expose, type Endpoint } from 'comlink'
import { CatalogError } from '../src/engine/errors.ts'
import { openCatalog } from '../src/engine/format/catalog.ts'
import type { Catalog, CatalogSummary, Entry, FieldSummary } from '../src/engine/format/types.ts'
import { looksLikeAccession, parseQueries, type ParsedQueries } from '../src/engine/io/query.ts'
import { parseOutputFormat, writeResults } from '../src/engine/io/write-results.ts'
import { createKernels } from '../src/engine/kernels/kernels.ts'
import type { Kernels } from '../src/engine/kernels/types.ts'
import { prepareFilter } from '../src/engine/metadata/catalog.ts'
import { measureCellRate } from '../src/engine/search/calibrate.ts'
import { resolveOptions } from '../src/engine/search/options.ts'
import { lookupBytes, queryModes, readsIndex, SEARCH_AHEAD } from '../src/engine/search/modes.ts'
import { queryCells } from '../src/engine/search/plan.ts'
import { search } from '../src/engine/search/search.ts'
import type { QueryResult, SearchHeader, SearchOptions, SearchProgress } from '../src/engine/search/types.ts'
import type { WorkerPool } from '../src/engine/search/worker-types.ts'
import { decodeCodes } from '../src/engine/sequence/alphabet.ts'
import { httpStore } from '../src/engine/source/http.ts'
import { carryErrors } from './errors.ts'
import { poolOf, type RequestsReport } from './remote.ts'

/** The search worker of a page: coordinates the compute workers, whose ports it is given. */
export interface SearchService {
  start(module: WebAssembly.Module, ports: MessagePort[], onRequest: RequestsReport): Promise<void>
  open(url: string): Promise<CatalogSummary>
  inspect(text: string): { parsed: ParsedQueries; isAccession: boolean }
  checkFilter(text: string, fields: FieldSummary[]): { start: number; end: number; message: string } | null
  estimate(
    url: string,
    text: string,
    options: SearchOptions,
  ): Promise<{ cells: number; seconds: number; bytes: number }>
  search(
    id: number,
    url: string,
    text: string,
    options: SearchOptions,
    onHeader: (header: SearchHeader) => void | Promise<void>,
    onResult: (result: QueryResult) => void | Promise<void>,
    onProgress: (progress: SearchProgress) => void,
  ): Promise<void>
  cancel(id: number): void
  find(url: string, accession: string): Promise<Entry[]>
  fetch(url: string, entry: Entry, start: number, end: number): Promise<string>
  format(header: SearchHeader, results: QueryResult[], format: string): Promise<Blob>
}

let kernels: Kernels
let pool: WorkerPool
let report: RequestsReport = () => undefined
let cellRate: number | undefined
const catalogs = new Map<string, Promise<Catalog>>()
const running = new Map<number, AbortController>()

function catalogAt(url: string): Promise<Catalog> {
  const known = catalogs.get(url)
  if (known !== undefined) return known
  const opening = openCatalog(httpStore(url, { onRequest: report }), { ahead: SEARCH_AHEAD })
  catalogs.set(url, opening)
  // A failure is not remembered: the next attempt asks again.
  opening.catch(() => catalogs.delete(url))
  return opening
}

function queriesOf(text: string): ParsedQueries['queries'] {
  const { queries, problems } = parseQueries(text)
  if (problems.length > 0) throw new CatalogError('input', problems[0].message, { start: problems[0].start })
  return queries
}

const service: SearchService = {
  async start(module, ports, onRequest) {
    report = onRequest
    kernels = await createKernels(module)
    pool = await poolOf(ports, module, { onRequest, close: () => Promise.resolve() })
  },

  async open(url) {
    return (await catalogAt(url)).summary
  },

  inspect: (text) => ({ parsed: parseQueries(text), isAccession: looksLikeAccession(text) }),

  checkFilter(text, fields) {
    try {
      prepareFilter(text, fields)
      return null
    } catch (error) {
      if (!(error instanceof CatalogError)) throw error
      const { position, end } = error.fields as { position: number; end: number }
      return { start: position, end, message: error.message }
    }
  },

  async estimate(url, text, options) {
    const { summary, manifest } = await catalogAt(url)
    const queries = queriesOf(text)
    const resolved = resolveOptions(options, queries, summary.alphabet)
    const lengths = queries.map((query) => query.residues.length)
    const modes = queryModes(manifest, resolved, lengths)
    const scanned = lengths.filter((_, q) => modes[q] !== 'exact' && !readsIndex(modes[q], resolved.program))
    const bytes = scanned.length > 0 ? summary.bytes : lookupBytes(manifest, modes, lengths)
    cellRate ??= measureCellRate(kernels)
    const cells = queryCells(resolved, scanned, summary.distinctResidues)
    return { cells, seconds: cells / (cellRate * pool.workers.length), bytes }
  },

  async search(id, url, text, options, onHeader, onResult, onProgress) {
    const controller = new AbortController()
    running.set(id, controller)
    try {
      const catalog = await catalogAt(url)
      const control = { signal: controller.signal, onProgress }
      const run = await search(catalog, queriesOf(text), options, { kernels, pool }, control)
      // Callbacks travel by ports of their own: without waiting, the end of the search could overtake them.
      await onHeader(run.header)
      for await (const result of run.results) await onResult(result)
    } finally {
      running.delete(id)
    }
  },

  cancel(id) {
    running.get(id)?.abort()
  },

  async find(url, accession) {
    return (await catalogAt(url)).find(accession)
  },

  async fetch(url, entry, start, end) {
    const catalog = await catalogAt(url)
    const { uracil, lengths } = await catalog.records()
    const codes = await catalog.residues(entry.record, start, Math.min(end, lengths[entry.record]))
    const letters = decodeCodes(codes, catalog.summary.alphabet, uracil[entry.record] === 1)
    lowerCase(letters, start, entry.lowerCase)
    return new TextDecoder().decode(letters)
  },

  async format(header, results, format) {
    const parts: string[] = []
    for await (const part of writeResults(header, each(results), parseOutputFormat(format))) parts.push(part)
    return new Blob(parts, { type: format === 'json' ? 'application/json' : 'text/plain' })
  },
}

/** Gives the runs of `intervals` (start, length …) that fall into letters from `start` on their lower case back. */
function lowerCase(letters: Uint8Array, start: number, intervals: Uint32Array | null): void {
  if (intervals === null) return
  for (let i = 0; i < intervals.length; i += 2) {
    const from = Math.max(0, intervals[i] - start)
    const to = Math.min(letters.length, intervals[i] + intervals[i + 1] - start)
    for (let at = from; at < to; at++) letters[at] |= 0x20
  }
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

carryErrors()
expose(service, self as unknown as Endpoint)
