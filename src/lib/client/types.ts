import type { CatalogSummary, Entry } from '#engine/format/types.ts'
import type { QueryResult, SearchControl, SearchHeader, SearchOptions, SearchProgress } from '#engine/search/types.ts'

/** What became of a text in the query box. */
export interface QueryVerdict {
  /** Records understood; empty when the text is not (yet) sequences. */
  queries: { id: string; description: string; length: number; alphabet: 'dna' | 'rna' | 'protein' }[]
  /** Characters that no alphabet has, as offsets into the text. */
  problems: { start: number; end: number; message: string }[]
  /** The text looks like an accession or digest to look up. */
  accession: string | null
}

/** What is wrong with a filter, and the part of its text concerned. */
export interface FilterProblem {
  start: number
  end: number
  message: string
}

export interface SearchEstimate {
  /** Matrix cells and seconds on this device (from a calibration run, remembered), and bytes still to be read. */
  cells: number
  seconds: number
  bytes: number
}

export interface RequestLogEntry {
  url: string
  /** Byte range asked for, if any. */
  range: [number, number] | null
  bytes: number
  milliseconds: number
  status: number
}

export type DownloadFormat = 'pairwise' | 'tabular' | 'tabular-commented' | 'json'

/** The page's only door to the engine. Everything runs in workers; no method blocks the page. */
export interface Client {
  /** Opens a catalog (cached per URL). */
  open(url: string, signal?: AbortSignal): Promise<CatalogSummary>
  /** Reads the text of the query box, in a worker. */
  inspect(text: string): Promise<QueryVerdict>
  /** Checks a filter against the fields of a catalog; null where it can be used. */
  checkFilter(text: string, fields: CatalogSummary['fields']): Promise<FilterProblem | null>
  estimate(url: string, text: string, options: SearchOptions): Promise<SearchEstimate>
  search(
    url: string,
    text: string,
    options: SearchOptions,
    control: SearchControl & {
      onHeader?: (header: SearchHeader) => void
      /** One result per query, in order. */
      onResult?: (result: QueryResult) => void
      onProgress?: (progress: SearchProgress) => void
    },
  ): Promise<{ header: SearchHeader; results: QueryResult[] }>
  /** Entries by accession or digest. */
  find(url: string, accession: string): Promise<Entry[]>
  /** Residues [start, end), 0-based, as letters with the entry's case. */
  fetch(url: string, entry: Entry, start?: number, end?: number): Promise<string>
  /** Formats results as the command line would. */
  format(header: SearchHeader, results: QueryResult[], format: DownloadFormat, columns?: string): Promise<Blob>
  /** Requests made since the page was opened, newest last. */
  readonly requests: readonly RequestLogEntry[]
  onRequest(listener: (entry: RequestLogEntry) => void): () => void
}
