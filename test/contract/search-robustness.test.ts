import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import { parseQueries } from '../../src/engine/io/query.ts'
import { search } from '../../src/engine/search/search.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { createNodePool } from '../../server/search/pool.ts'
import { openStore } from '../../server/storage/open.ts'
import { searchCatalog, temporaryCatalog, temporaryFolder } from '../support/search.ts'

function letters(length: number, seed: number): string {
  let state = seed
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return 'ACGT'[state >>> 30]
  }).join('')
}

async function catalogOf(text: string): Promise<string> {
  const file = path.join(temporaryFolder(), 'in.fasta')
  writeFileSync(file, text)
  return temporaryCatalog([file])
}

describe('a search ends', () => {
  it('with an E-value limit so low that the search space divided by it overflows', { timeout: 20_000 }, async () => {
    const catalog = await catalogOf(`>d\n${letters(600, 1)}\n`)
    const { results } = await searchCatalog(catalog, `>q\n${letters(600, 1)}`, { evalue: 1e-300, dbsize: 1e9 }, 1)
    expect(results[0].hits.length).toBe(1)
  })

  it('with the error of a progress listener that throws', { timeout: 20_000 }, async () => {
    const catalog = await catalogOf(`>d\n${letters(600, 1)}\n`)
    const onProgress = ({ stage, done }: { stage: string; done: number }): void => {
      if (stage === 'scoring' && done > 0) throw new Error('boom')
    }
    await expect(searchCatalog(catalog, `>q\n${letters(600, 1)}`, {}, 1, { onProgress })).rejects.toThrow('boom')
  })
})

describe('workers', () => {
  it('that die fail the search', { timeout: 20_000 }, async () => {
    const catalog = await openCatalog(openStore(await catalogOf(`>d\n${letters(400_000, 1)}\n`)))
    const pool = await createNodePool({ threads: 2 })
    const host = { kernels: await loadKernels(), pool }
    const onProgress = ({ stage, done }: { stage: string; done: number }): void => {
      if (stage === 'scoring' && done > 0) void pool.close()
    }
    const { queries } = parseQueries(letters(20_000, 2))
    const run = await search(catalog, queries, {}, host, { onProgress })
    await expect(run.results[Symbol.asyncIterator]().next()).rejects.toThrow('A search worker has ended.')
  })
})

describe('the answer to a query', () => {
  it('does not depend on the queries beside it', async () => {
    const unit = letters(40, 5)
    const cluster = (seed: number): string =>
      Array.from({ length: 700 }, (_, i) => unit + letters(25, seed + i)).join('')
    const catalog = await catalogOf(`>d\n${cluster(100)}${letters(30_000, 9)}${cluster(5000)}\n`)
    const options = { dust: false, task: 'blastn', evalue: 1e-9 } as const
    const alone = await searchCatalog(catalog, `>q\n${unit}`, options, 1)
    const beside = await searchCatalog(catalog, `>q\n${unit}\n>c\n${letters(9000, 77)}`, options, 1)
    expect(alone.results[0].hits[0].hsps.length).toBe(1400)
    expect(beside.results[0]).toEqual(alone.results[0])
  })

  it('counts no entry as found that a filter or a mask dropped', async () => {
    const records = Array.from({ length: 50 }, (_, i) => `>s${i}\n${letters(100, i)}${'A'.repeat(40)}\n`)
    const { results } = await searchCatalog(await catalogOf(records.join('')), `>q\n${'A'.repeat(60)}`, {}, 1)
    expect(results[0]).toMatchObject({ hits: [], found: 0 })
  })
})
