import { availableParallelism } from 'node:os'
import type { CreateIndexers, IndexerContext } from '../../src/engine/format/build/options.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import type { CatalogParameters } from '../../src/engine/format/types.ts'
import { vectorIndexers } from '../../src/engine/index/embedding/create.ts'
import { EmbeddingRegistry } from '../../src/engine/index/embedding/models.ts'
import { SeedIndexer } from '../../src/engine/index/seeds/indexer.ts'
import { chooseSeedParameters } from '../../src/engine/index/seeds/scheme.ts'
import type { FileStore } from '../../src/engine/source/types.ts'
import { loadKernelModule, loadKernels } from '../search/kernels.ts'
import { openStore } from '../storage/open.ts'
import { VectorThread } from './vector-threads.ts'

/** Windows from which on vectors are encoded on threads of their own. */
const THREADS_FROM = 20_000

/** The indexes of a new catalog. */
export interface IndexOptions {
  seeds: boolean
  /** Seeds of two masks. */
  sensitive: boolean
  /** Names of embedding models; `kmer` is the built-in one for the catalog's alphabet. */
  vectors: readonly string[]
}

/**
 * Indexes for a catalog whose first segment finds out their parameters. Segments after it take those over; `store` has the
 * files of parameters that there are before.
 */
export async function newIndexers(options: IndexOptions, store?: FileStore): Promise<CreateIndexers> {
  const kernels = await loadKernels()
  const kernelModule = await loadKernelModule()
  let threads: VectorThread[] | undefined
  const workers = (windows: number): VectorThread[] | undefined => {
    if (windows < THREADS_FROM) return undefined
    return (threads ??= Array.from({ length: availableParallelism() }, () => new VectorThread(kernelModule)))
  }
  const createVectors = vectorIndexers(options.vectors, { kernels, models: new EmbeddingRegistry(), store, workers })
  return async (context: IndexerContext) => {
    const { alphabet, residues, scratch, signal, parameters } = context
    const scheme = () => chooseSeedParameters(alphabet, residues, { masks: options.sensitive ? 2 : 1 })
    const seeds = options.seeds ? new SeedIndexer(kernels, parameters?.seeds ?? scheme(), scratch, signal) : null
    return { seeds, vectors: await createVectors(context) }
  }
}

/** The indexes of a catalog that has parameters, whose files are in `store`. */
export function indexersOf({ seeds }: CatalogParameters, store?: FileStore): Promise<CreateIndexers> {
  return newIndexers({ seeds: seeds !== null, sensitive: false, vectors: [] }, store)
}

/** The parameters of the catalog in a folder or at a URL, and the store that has their files. */
export async function parametersOf(
  location: string,
  signal?: AbortSignal,
): Promise<{ values: CatalogParameters; store: FileStore }> {
  const store = openStore(location)
  const { manifest } = await openCatalog(store, { signal })
  return { values: manifest.parameters, store }
}
