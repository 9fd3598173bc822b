import { CatalogError } from '../../errors.ts'
import type { KmerMask, KmerTables } from '../../kernels/embed-types.ts'
import type { Kernels } from '../../kernels/types.ts'
import { NUCLEOTIDE_LETTERS, PROTEIN_LETTERS } from '../../sequence/alphabet.ts'
import type { EmbeddingDescription, EmbeddingModel, EmbeddingModelSource } from './types.ts'

/**
 * A k-mer model: counts of the k-mers of a window under each mask, their square roots, added with a sign into dimensions
 * dealt by hash, less the mean, and less most of what lies along their common direction (composition).
 */
export interface KmerScheme extends EmbeddingDescription {
  /** Groups of letters that count as one; a k-mer with another letter does not count. A power of two for nucleotides. */
  groups: readonly string[]
  /** `1`: a letter that counts. All of one weight; the same backwards for nucleotides. */
  masks: readonly string[]
}

/** Multiplies and mixes (the finaliser of MurmurHash3): a permutation of the 32-bit numbers. */
function mix(x: number): number {
  let h = x >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Code of the reverse complement of a nucleotide k-mer (A C G T = 0 1 2 3). */
function reverseComplement(code: number, weight: number): number {
  let other = 0
  for (let i = 0; i < weight; i++, code >>= 2) other = (other << 2) | (3 - (code & 3))
  return other
}

/** What a scheme has learned: see `KmerTables`. */
export interface KmerTraining {
  mean: Float32Array
  common: Float32Array
}

/**
 * Tables of a scheme with its training (kmer-means.ts). Features, a canonical k-mer of a mask each, are put in
 * order of their hashes and dealt to the dimensions in turn, so that none has more than one above the others.
 */
export function kmerTables(scheme: KmerScheme, { mean, common }: KmerTraining): KmerTables {
  const letters = scheme.alphabet === 'protein' ? PROTEIN_LETTERS : NUCLEOTIDE_LETTERS
  const classes = new Uint8Array(32).fill(0x80)
  scheme.groups.forEach((group, i) => {
    for (const letter of group) classes[letters.indexOf(letter)] = i
  })
  const bits = 32 - Math.clz32(scheme.groups.length - 1)
  const features: { mask: number; code: number; hash: number }[] = []
  const canonical = scheme.masks.map((mask, m) => {
    const weight = mask.replaceAll('0', '').length
    const own = Uint8Array.from({ length: 256 }, (_, code) =>
      scheme.alphabet === 'protein' ? code : Math.min(code, reverseComplement(code, weight)),
    )
    for (let code = 0; code < 1 << (bits * weight); code++) {
      const possible = scheme.alphabet !== 'protein' || isPossible(code, weight, bits, scheme.groups.length)
      if (own[code] === code && possible) features.push({ mask: m, code, hash: mix((m << 8) | code) })
    }
    return own
  })
  features.sort((a, b) => a.hash - b.hash)
  const layers = Math.ceil(features.length / scheme.dimensions)
  const signs = new Float32Array(layers * scheme.dimensions)
  const slots = scheme.masks.map(() => new Uint16Array(256))
  features.forEach(({ mask, code, hash }, slot) => {
    slots[mask][code] = slot
    signs[slot] = (hash & 1) === 1 ? 1 : -1
  })
  const masks: KmerMask[] = scheme.masks.map((mask, m) => ({
    offsets: Array.from(mask).flatMap((each, i) => (each === '1' ? [i] : [])),
    span: mask.length,
    slots: slots[m].map((_, code) => slots[m][canonical[m][code]]),
  }))
  return { dimensions: scheme.dimensions, layers, classes, bits, masks, signs, mean, common }
}

function isPossible(code: number, weight: number, bits: number, groups: number): boolean {
  for (let i = 0; i < weight; i++, code >>= bits) if ((code & ((1 << bits) - 1)) >= groups) return false
  return true
}

export function kmerModel(scheme: KmerScheme, training: () => KmerTraining): EmbeddingModelSource {
  const { name, version, alphabet, dimensions, window, step, reproducible } = scheme
  const description = { name, version, alphabet, dimensions, window, step, reproducible }
  let tables: KmerTables | undefined
  return {
    description,
    load({ embedding }: Kernels): EmbeddingModel {
      const own = (tables ??= kmerTables(scheme, training()))
      return {
        description,
        embed(codes, starts, ends) {
          for (let i = 0; i < starts.length; i++) {
            if (ends[i] - starts[i] > window || ends[i] > codes.length || (i > 0 && starts[i] < starts[i - 1])) {
              throw new CatalogError('usage', `Windows of the model ${name} have at most ${window} residues, in order.`)
            }
          }
          return embedding.embedKmers(own, codes, starts, ends)
        },
      }
    },
  }
}
