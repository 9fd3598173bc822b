import type { VectorModel, VectorOptions } from '../vectors/types.ts'
import type { EmbeddingDescription } from './types.ts'

/** Lists of the parameters that come with the k-mer models. */
export const SHIPPED_LISTS = 128

/** Catalogs with at least so many windows train lists and codebooks of their own. */
export const TRAIN_FROM = 200_000

/** Trained values in bytes: value × 2^shift. */
interface ShippedValues {
  shift: number
  /** Signed bytes in base64. */
  bytes: string
}

export interface ShippedVectors {
  centroids: ShippedValues
  codebooks: ShippedValues
}

/** How vectors of the k-mer models are listed and coded. Their mean is taken off already. */
export function kmerVectorOptions(lists: number): VectorOptions {
  return {
    dimensions: 384,
    lists,
    subvectors: 96,
    bits: 8,
    residual: true,
    centred: false,
    rotation: 'none',
    nprobe: Math.min(lists, Math.round(3 * Math.sqrt(lists))),
    refine: 10,
    rounds: 12,
    seed: 1,
  }
}

/** The parameters that come with a built-in model; null where it has none. */
export async function shippedVectors({ name, version }: EmbeddingDescription): Promise<VectorModel | null> {
  const shipped = await load(`${name} ${version}`)
  if (!shipped) return null
  const { centroids, codebooks } = shipped
  return {
    options: kmerVectorOptions(SHIPPED_LISTS),
    mean: null,
    rotation: null,
    centroids: valuesOf(centroids),
    codebooks: valuesOf(codebooks),
  }
}

/** Only when they are needed: they are large. */
async function load(model: string): Promise<ShippedVectors | null> {
  if (model === 'kmer-dna 1') return (await import('./shipped-kmer-dna.ts')).SHIPPED
  if (model === 'kmer-protein 1') return (await import('./shipped-kmer-protein.ts')).SHIPPED
  return null
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function valuesOf({ shift, bytes }: ShippedValues): Int16Array {
  const digits = new Uint8Array(128)
  for (let i = 0; i < 64; i++) digits[DIGITS.charCodeAt(i)] = i
  const length = Math.floor((bytes.replace(/=+$/, '').length * 3) / 4)
  const values = new Int16Array(length)
  for (let i = 0, at = 0; i < bytes.length; i += 4) {
    let word = 0
    for (let j = 0; j < 4; j++) word = (word << 6) | digits[bytes.charCodeAt(i + j) & 127]
    // The sign of each byte, then its scale.
    for (let j = 16; j >= 0 && at < length; j -= 8) values[at++] = (((word >> j) << 24) >> 24) * (1 << shift)
  }
  return values
}
