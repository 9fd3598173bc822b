import { CatalogError } from '../../errors.ts'
import type { IndexerContext } from '../../format/build/options.ts'
import type { SegmentIndexer } from '../../format/types.ts'
import type { Kernels } from '../../kernels/types.ts'
import type { FileSink, FileStore } from '../../source/types.ts'
import { VectorCompute } from '../vectors/compute.ts'
import { readVectorModel, writeVectorModel } from '../vectors/model-file.ts'
import { trainVectors } from '../vectors/train.ts'
import { listsFor, type VectorFiles, type VectorModel, type VectorWorker } from '../vectors/types.ts'
import { VectorIndexWriter } from '../vectors/writer.ts'
import { VectorIndexer } from './indexer.ts'
import type { EmbeddingRegistry } from './models.ts'
import { kmerVectorOptions, shippedVectors, TRAIN_FROM } from './shipped.ts'
import type { EmbeddedVectorParameters, EmbeddingDescription, EmbeddingModelSource } from './types.ts'

/** Windows that are trained on. */
const SAMPLED_PER_LIST = 64
const LEAST_SAMPLED = 16_384
const MOST_SAMPLED = 65_536

/** What building vector indexes needs of a host. One for all segments of a build. */
export interface VectorBuildHost {
  kernels: Kernels
  models: EmbeddingRegistry
  /** Threads that train and encode a segment of so many windows, about; by default this one. */
  workers?: (windows: number) => readonly VectorWorker[] | undefined
  /** Where the files of the catalog's parameters are; needed where it has some. */
  store?: FileStore
}

type VectorSegmentIndexer = SegmentIndexer<VectorFiles, EmbeddedVectorParameters>

/**
 * Makes the vector indexers of each segment of one build: of the catalog's own models, or, for its first segment, of those
 * named (`kmer`: the built-in one for its alphabet). Small catalogs take the lists and codebooks that come with the
 * built-in models; others, and other models, are trained on the first segment.
 */
export function vectorIndexers(
  names: readonly string[],
  host: VectorBuildHost,
): (context: IndexerContext) => Promise<VectorSegmentIndexer[]> {
  /** Models of this build by the SHA-256 of their files. */
  const known = new Map<string, VectorModel>()
  const here = [new VectorCompute(host.kernels.vectors)]

  async function create(
    source: EmbeddingModelSource,
    parameters: EmbeddedVectorParameters | null,
    { residues, scratch, signal }: IndexerContext,
  ): Promise<VectorSegmentIndexer> {
    const { description } = source
    const windows = Math.ceil(residues / description.step)
    const workers = host.workers?.(windows) ?? here
    const options = optionsFor(description, windows)
    const sink = new LateSink()
    const writeModel = async (model: VectorModel, to: FileSink) => {
      const { file } = await writeVectorModel(to, model)
      known.set(file.sha256, model)
      return file
    }
    return new VectorIndexer(await source.load(host.kernels), {
      model: parameters ? await modelOf(parameters) : windows < TRAIN_FROM ? await shippedVectors(description) : null,
      parameters,
      train: (sample) => trainVectors(sample, options, workers, { signal }),
      createWriter: (model) => new VectorIndexWriter(model, workers, { sink, scratch }),
      writeModel,
      setSink: (actual) => sink.set(actual),
      scratch,
      windows,
      sample: Math.min(MOST_SAMPLED, Math.max(LEAST_SAMPLED, SAMPLED_PER_LIST * options.lists)),
    })
  }

  async function modelOf(parameters: EmbeddedVectorParameters): Promise<VectorModel> {
    const found = known.get(parameters.file.sha256)
    if (found) return found
    if (!host.store) {
      throw new CatalogError(
        'usage',
        'The files of the catalog’s vector parameters cannot be read: no store was given.',
      )
    }
    const model = await readVectorModel(host.store, parameters)
    known.set(parameters.file.sha256, model)
    return model
  }

  return async (context) => {
    const { models } = host
    const { parameters, alphabet } = context
    if (parameters) {
      return Promise.all(parameters.vectors.map((each) => create(models.source(each.model), each, context)))
    }
    const wanted = [...new Set(names)].map((name) => models.choose(alphabet, name === 'kmer' ? undefined : name))
    return Promise.all(wanted.map((source) => create(source, null, context)))
  }
}

/** Lists for so many windows; 2 values a part, as the k-mer models have 4. */
function optionsFor({ dimensions }: EmbeddingDescription, windows: number) {
  const options = kmerVectorOptions(listsFor(windows))
  if (dimensions === options.dimensions) return options
  return { ...options, dimensions, subvectors: dimensions / 4, centred: true }
}

/** A sink that is known only once there is something to write. */
class LateSink implements FileSink {
  #actual: FileSink | null = null

  set(actual: FileSink): void {
    this.#actual = actual
  }

  get name(): string {
    return this.#sink.name
  }

  get #sink(): FileSink {
    if (!this.#actual) throw new CatalogError('usage', 'Vectors cannot be written before their segment is.')
    return this.#actual
  }

  create() {
    return this.#sink.create()
  }

  put(path: string, bytes: Uint8Array): Promise<void> {
    return this.#sink.put(path, bytes)
  }
}
