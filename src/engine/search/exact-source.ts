import { findExact } from './exact.ts'
import { ScanSource } from './scan-source.ts'
import type { QueryCandidates, SearchScope } from './source.ts'
import type { Batch } from './tasks.ts'

/** Candidates of mode `exact`: records whose id is the query's, on either strand. */
export class ExactSource {
  readonly #scope: SearchScope
  readonly #whole: ScanSource

  private constructor(scope: SearchScope, whole: ScanSource) {
    this.#scope = scope
    this.#whole = whole
  }

  static async open(scope: SearchScope): Promise<ExactSource> {
    return new ExactSource(scope, await ScanSource.open(scope, []))
  }

  get rows(): ScanSource['rows'] {
    return this.#whole.rows
  }

  async find(batch: Batch): Promise<QueryCandidates[]> {
    const { catalog, host, options, control } = this.#scope
    return Promise.all(
      batch.queries.map(async ({ codes }) => {
        const found = await findExact(catalog, host.kernels, codes, options, control)
        return { candidates: found.map((record) => ({ record, evalue: 0, score: 0 })), excluded: null }
      }),
    )
  }

  align: ScanSource['align'] = (batch, pairs, onDone) => this.#whole.align(batch, pairs, onDone)

  entriesOf: ScanSource['entriesOf'] = (records) => this.#whole.entriesOf(records)
}
