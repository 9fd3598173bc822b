import { describe, expect, it } from 'vitest'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import { parseOutputFormat, writeResults } from '../../src/engine/io/write-results.ts'
import { search } from '../../src/engine/search/search.ts'
import type { Query, QueryResult } from '../../src/engine/search/types.ts'
import type { MemoryStore } from '../../src/engine/source/memory.ts'
import { reverseComplement } from '../../server/cli/letters.ts'
import { textOf as lettersOf } from '../support/bytes.ts'
import { requiresShared, sharedPath } from '../support/requires.ts'
import { poolInPlace } from '../support/search.ts'
import { buildWithVectors, readEntries, textOf, vectorHost } from '../support/vectors.ts'

const file = 'data/genes/resistance_and_virulence_genes.fasta.gz'

async function run(store: MemoryStore, queries: Query[]) {
  const pool = await poolInPlace(() => store)
  const host = { kernels: vectorHost.kernels, pool }
  const found = await search(await openCatalog(store), queries, { mode: 'vector', align: true, evalue: 1e-3 }, host)
  const results: QueryResult[] = []
  for await (const result of found.results) results.push(result)
  const each = async function* () {
    yield* results
  }
  const text = await textOf(writeResults(found.header, each(), parseOutputFormat('json')))
  await pool.close()
  return { results, text }
}

describe.runIf(requiresShared(file))('mode vector', () => {
  it('finds the source of a fragment, on either strand, and answers the same for every layout', async () => {
    const entries = readEntries(sharedPath(file), 150).filter(({ letters }) => letters.length > 400)
    const queries = entries
      .filter((_, i) => i % 12 === 0)
      .map(({ accession, letters }, i): Query => {
        const fragment = lettersOf(letters).slice(50, 350)
        const residues = i % 2 === 1 ? reverseComplement(fragment, 'dna') : fragment
        return { id: accession, description: '', residues, alphabet: 'dna' }
      })
    expect(queries.length).toBeGreaterThan(5)
    const whole = await run(await buildWithVectors([entries]), queries)
    for (const { query, hits, mode } of whole.results) {
      expect(mode).toBe('vector')
      // Another allele may have a window that is nearer to the fragment.
      const rank = hits.findIndex(({ accession }) => accession === query.id)
      expect(rank).toBeGreaterThanOrEqual(0)
      expect(rank).toBeLessThan(10)
      expect(hits[rank].hsps[0].identities).toBe(300)
      const cosines = hits.map((hit) => hit.cosine!)
      expect(cosines).toEqual([...cosines].sort((a, b) => b - a))
    }
    const layouts = [
      await buildWithVectors([entries], { shards: 4 }),
      await buildWithVectors([entries.slice(0, 60), [...entries.slice(50)].reverse()]),
    ]
    expect((await run(layouts[0], queries)).text).toBe(whole.text)
    // Ten sequences are in both segments, so the content is not the same: the same sequences are found.
    const ids = (results: typeof whole.results) =>
      results.map(({ hits }) => [...new Set(hits.map((hit) => hit.recordId))])
    expect(ids((await run(layouts[1], queries)).results)).toEqual(ids(whole.results))
  }, 120_000)
})
