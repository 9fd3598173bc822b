import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import { parseQueries } from '../../src/engine/io/query.ts'
import { EngineComputeWorker } from '../../src/engine/search/compute.ts'
import { search } from '../../src/engine/search/search.ts'
import type { QueryResult, SearchControl, SearchHeader, SearchOptions } from '../../src/engine/search/types.ts'
import type { WorkerPool } from '../../src/engine/search/worker-types.ts'
import type { FileStore } from '../../src/engine/source/types.ts'
import { buildFromFiles } from '../../server/publish/build.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { createNodePool } from '../../server/search/pool.ts'
import { openStore } from '../../server/storage/open.ts'

export interface Found {
  header: SearchHeader
  results: QueryResult[]
}

/** A folder that goes away with the process. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'genomic-catalog-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Builds a catalog of FASTA files in a temporary folder. */
export async function temporaryCatalog(
  files: string[],
  options: Partial<Parameters<typeof buildFromFiles>[2]> = {},
): Promise<string> {
  const folder = path.join(temporaryFolder(), 'catalog')
  await buildFromFiles(files, folder, { title: 'test', ...options })
  return folder
}

/** One compute worker in this thread; its stores are those that `openStore` gives. */
export async function poolInPlace(open: (location: string) => FileStore = openStore): Promise<WorkerPool> {
  const host = { openStore: open, cacheBytes: 1 << 26, pause: () => setImmediate(), now: () => performance.now() }
  return { workers: [new EngineComputeWorker(await loadKernels(), host)], close: () => Promise.resolve() }
}

/** Searches a catalog folder or URL with a text of queries, on worker threads. */
export async function searchCatalog(
  location: string,
  queries: string,
  options: SearchOptions = {},
  threads = 2,
  control: SearchControl = {},
): Promise<Found> {
  const catalog = await openCatalog(openStore(location))
  const pool = await createNodePool({ threads })
  try {
    const run = await search(
      catalog,
      parseQueries(queries).queries,
      options,
      { kernels: await loadKernels(), pool },
      control,
    )
    const results: QueryResult[] = []
    for await (const result of run.results) results.push(result)
    return { header: run.header, results }
  } finally {
    await pool.close()
  }
}
