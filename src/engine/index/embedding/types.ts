import type { Alphabet } from '../../format/types.ts'
import type { Kernels } from '../../kernels/types.ts'
import type { VectorParameters } from '../vectors/types.ts'

/** What a catalog's manifest says of the model that made its vectors. JSON. */
export interface EmbeddingDescription {
  name: string
  /** Vectors of different versions are never compared. */
  version: number
  alphabet: 'nucleotide' | 'protein'
  /** Values per vector. */
  dimensions: number
  /** Residues that a vector stands for, at most: see `windowStarts`. */
  window: number
  /** Windows of a record begin at most this far apart. */
  step: number
  /** The same digits on every host. Models computed on a GPU are not, and say so. */
  reproducible: boolean
}

/** Parameters of one vector index of a catalog: the model, and how its vectors are listed and coded. */
export interface EmbeddedVectorParameters extends VectorParameters {
  model: EmbeddingDescription
}

/** Turns windows of residues into vectors of length 1, compared by cosine. */
export interface EmbeddingModel {
  readonly description: EmbeddingDescription
  /**
   * Vectors of windows [starts[i], ends[i]) of `codes`, in their order: windows × dimensions. All values of a window that
   * says nothing (too short, or all N) are 0. Starts ascend; windows are no longer than the model's. `codes` are residue
   * codes, exceptions included, and valid during the call alone.
   */
  embed(codes: Uint8Array, starts: Uint32Array, ends: Uint32Array): Float32Array | Promise<Float32Array>
}

/** Makes a model ready on one thread. */
export interface EmbeddingModelSource {
  readonly description: EmbeddingDescription
  load(kernels: Kernels): EmbeddingModel | Promise<EmbeddingModel>
}

/** Residues by which a piece of a long record has to overlap the next, so that every window lies in one of them. */
export function overlapOf({ window }: EmbeddingDescription): number {
  return window - 1
}

export function modelAlphabet(alphabet: Alphabet): EmbeddingDescription['alphabet'] {
  return alphabet === 'protein' ? 'protein' : 'nucleotide'
}
