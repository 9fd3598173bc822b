import { CatalogError } from '../../errors.ts'
import type { Catalog } from '../../format/types.ts'
import type { Kernels } from '../../kernels/types.ts'
import type { ReadOptions } from '../../source/types.ts'
import { ByteCache } from '../../source/wrappers.ts'
import { layModel, releaseModel } from '../vectors/compute.ts'
import { readVectorModel } from '../vectors/model-file.ts'
import { openVectorIndex, readListStarts } from '../vectors/reader.ts'
import type { VectorIndexReader } from '../vectors/types.ts'
import type { EmbeddingRegistry } from './models.ts'
import type { EmbeddedVectorParameters, EmbeddingModel } from './types.ts'

/** What reading vectors needs of a host. */
export interface VectorHost {
  kernels: Kernels
  models: EmbeddingRegistry
}

/** The vectors of a catalog by one model. */
export interface CatalogVectors {
  parameters: EmbeddedVectorParameters
  model: EmbeddingModel
  /** One per segment. */
  indexes: readonly VectorIndexReader[]
  /** Frees the kernels' memory. */
  release(): void
}

/**
 * Opens the vectors of a catalog: those of the model named, else its first ones.
 * @throws `usage` where it has none, `not-found` where this host has not their model.
 */
export async function openCatalogVectors(
  catalog: Catalog,
  { kernels, models }: VectorHost,
  options: ReadOptions & { model?: string; cacheBytes?: number } = {},
): Promise<CatalogVectors> {
  const all = catalog.manifest.parameters.vectors
  const at = options.model === undefined ? 0 : all.findIndex(({ model }) => model.name === options.model)
  if (at < 0 || at >= all.length) {
    const what = options.model === undefined ? 'no vectors' : `no vectors of the model ${options.model}`
    throw new CatalogError('usage', `The catalog ${catalog.store.name} has ${what}: build it with --vectors kmer.`)
  }
  const parameters = all[at]
  const model = await models.load(parameters.model, kernels)
  const [starts, vectorModel] = await Promise.all([
    Promise.all(
      catalog.segments.map((reader) =>
        readListStarts(reader.segment.vectors[at], parameters.lists, (file) => reader.open(file, options), options),
      ),
    ),
    readVectorModel(catalog.files, parameters, options),
  ])
  const laid = layModel(kernels.vectors, vectorModel)
  const cache = new ByteCache(options.cacheBytes ?? 64 << 20)
  try {
    const indexes = await Promise.all(
      catalog.segments.map((reader, i) =>
        openVectorIndex(reader.segment.vectors[at], laid, kernels.vectors, (file) => reader.open(file, options), {
          signal: options.signal,
          cache,
          first: starts[i],
        }),
      ),
    )
    return { parameters, model, indexes, release: () => releaseModel(kernels.vectors, laid) }
  } catch (error) {
    releaseModel(kernels.vectors, laid)
    throw error
  }
}
