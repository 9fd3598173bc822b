import { CatalogError } from '../../errors.ts'
import { alphabetName } from '../../sequence/alphabet.ts'
import type { Alphabet } from '../../format/types.ts'
import type { Kernels } from '../../kernels/types.ts'
import { DNA_TRAINING, PROTEIN_TRAINING, trainingOf } from './kmer-training.ts'
import { kmerModel, type KmerScheme } from './kmer-model.ts'
import type { EmbeddingDescription, EmbeddingModel, EmbeddingModelSource } from './types.ts'
import { modelAlphabet } from './types.ts'

/** Spaced 4-mers of three masks, either strand: docs/decisions/0010 says why not contiguous 6-mers. */
export const KMER_DNA: KmerScheme = {
  name: 'kmer-dna',
  version: 1,
  alphabet: 'nucleotide',
  dimensions: 384,
  window: 300,
  step: 150,
  reproducible: true,
  groups: ['A', 'C', 'G', 'T'],
  masks: ['1010101', '101101', '110011'],
}

/** Pairs of residues up to four apart over the ten groups of Murphy, Wallqvist and Levy (2000). */
export const KMER_PROTEIN: KmerScheme = {
  name: 'kmer-protein',
  version: 1,
  alphabet: 'protein',
  dimensions: 384,
  window: 300,
  step: 150,
  reproducible: true,
  groups: ['LVIMJ', 'C', 'A', 'G', 'ST', 'P', 'FYW', 'EDNQBZ', 'KR', 'H'],
  masks: ['11', '101', '1001', '10001'],
}

/** The models that a host knows. Learned ones are added by the host that can compute them. */
export class EmbeddingRegistry {
  readonly #sources = new Map<string, EmbeddingModelSource>()

  constructor(sources: Iterable<EmbeddingModelSource> = builtInModels()) {
    for (const source of sources) this.add(source)
  }

  /** Replaces a model of the same name and version. */
  add(source: EmbeddingModelSource): void {
    this.#sources.set(keyOf(source.description), source)
  }

  get descriptions(): EmbeddingDescription[] {
    return Array.from(this.#sources.values(), ({ description }) => description)
  }

  /**
   * The model that made a catalog's vectors.
   * @throws `not-found` where this host has no such model, `corrupt` where it has another of that name and version.
   */
  async load(wanted: EmbeddingDescription, kernels: Kernels): Promise<EmbeddingModel> {
    return this.source(wanted).load(kernels)
  }

  /** As `load`, before it is made ready. */
  source(wanted: EmbeddingDescription): EmbeddingModelSource {
    const source = this.#sources.get(keyOf(wanted))
    if (!source) {
      throw new CatalogError(
        'not-found',
        `The vectors of this catalog were made by the model ${wanted.name}, version ${wanted.version}, which is not ` +
          'available here. Search by another mode, or add the model.',
        { model: wanted.name },
      )
    }
    for (const key of ['alphabet', 'dimensions', 'window', 'step'] as const) {
      if (source.description[key] === wanted[key]) continue
      throw new CatalogError(
        'corrupt',
        `The catalog says that its model ${wanted.name}, version ${wanted.version}, has ${key} ${wanted[key]}; here it has ` +
          `${source.description[key]}.`,
        { model: wanted.name },
      )
    }
    return source
  }

  /** A model by name (its newest version), or the built-in one for an alphabet. */
  choose(alphabet: Alphabet, name?: string): EmbeddingModelSource {
    const own = modelAlphabet(alphabet)
    const wanted = name ?? (own === 'protein' ? KMER_PROTEIN.name : KMER_DNA.name)
    const found = Array.from(this.#sources.values())
      .filter(({ description }) => description.name === wanted)
      .sort((a, b) => b.description.version - a.description.version)
      .at(0)
    if (!found) {
      const names = [...new Set(this.descriptions.map((description) => description.name))].join(', ')
      throw new CatalogError('usage', `There is no embedding model “${wanted}”: ${names} are known.`)
    }
    if (found.description.alphabet !== own) {
      throw new CatalogError('usage', `The model ${wanted} is not for ${alphabetName(alphabet)}.`)
    }
    return found
  }
}

export function builtInModels(): EmbeddingModelSource[] {
  return [
    kmerModel(KMER_DNA, () => trainingOf(DNA_TRAINING)),
    kmerModel(KMER_PROTEIN, () => trainingOf(PROTEIN_TRAINING)),
  ]
}

function keyOf({ name, version }: EmbeddingDescription): string {
  return `${name} ${version}`
}
