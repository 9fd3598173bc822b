import { CatalogError } from '../../errors.ts'
import type { Alphabet } from '../../format/types.ts'
import { PROTEIN_LETTERS } from '../../sequence/alphabet.ts'
import type { SeedParameters } from './types.ts'

/** What follows from a catalog's seed parameters. */
export interface SeedScheme {
  parameters: SeedParameters
  /** Positions of each mask that have to match. */
  offsets: number[][]
  /** Residues that each mask spans, and the most of them. */
  spans: number[]
  span: number
  weight: number
  /** Hashes are below 2^bits. */
  bits: number
  /** A posting tells the strand. */
  oriented: boolean
  /**
   * New positions that a seed of mask a matches at a distance after one of mask b on its diagonal: `[(a * 2 + b) * 64 +
   * distance]`; at 63 all.
   */
  gains: Uint8Array
  /** Protein: group of each residue code, 255 for none. */
  groupOfCode: Uint8Array
}

/** Masks and densities by weight: see docs/decisions/0006 for how they were chosen. */
const NUCLEOTIDE_SCHEMES: readonly { upTo: number; masks: [string, string]; sampling: number; fast: number }[] = [
  { upTo: 2e6, masks: ['101100010001101', '1100101010011'], sampling: 0.49, fast: 0.3 },
  { upTo: 5e6, masks: ['10110001010001101', '11010001000010001011'], sampling: 0.43, fast: 0.36 },
  { upTo: 4e7, masks: ['10110001010001101', '11010001000010001011'], sampling: 0.45, fast: 0.36 },
  { upTo: 512e6, masks: ['10110001010001101', '11010001000010001011'], sampling: 0.46, fast: 0.28 },
  { upTo: 2e9, masks: ['110100100010001001011', '111000010010010000111'], sampling: 0.4, fast: 0.34 },
  { upTo: Infinity, masks: ['1010011100000011100101', '111010000100001000010111'], sampling: 0.36, fast: 0.36 },
]

/** Ten groups of Murphy, Wallqvist and Levy, Protein Eng. 13 (2000) 149–152. */
const PROTEIN_GROUPS = ['A', 'C', 'DNEQBZ', 'FWY', 'G', 'H', 'ILMVJ', 'KRO', 'P', 'ST']
const PROTEIN_SCHEMES: readonly { upTo: number; masks: [string, string]; sampling: number; fast: number }[] = [
  { upTo: 2e7, masks: ['110101', '1001011'], sampling: 0.58, fast: 0.58 },
  { upTo: 5e8, masks: ['1101011', '110010011'], sampling: 0.44, fast: 0.44 },
  { upTo: Infinity, masks: ['11011011', '110100110001'], sampling: 0.34, fast: 0.34 },
]

/**
 * Parameters for a catalog whose first build holds `residues` distinct residues: the weight grows with them, so that lists
 * stay short, the sampling keeps one mask at or below one byte per residue.
 */
export function chooseSeedParameters(
  alphabet: Alphabet,
  residues: number,
  options: { masks?: 1 | 2 } = {},
): SeedParameters {
  const protein = alphabet === 'protein'
  const scheme = (protein ? PROTEIN_SCHEMES : NUCLEOTIDE_SCHEMES).find(({ upTo }) => residues <= upTo)!
  const parameters: SeedParameters = {
    version: 1,
    alphabet: protein ? 'protein' : 'nucleotide',
    masks: scheme.masks.slice(0, options.masks ?? 1),
    groups: protein ? PROTEIN_GROUPS : null,
    sampling: 1,
    fastSampling: 1,
    stopTerms: null,
  }
  const terms = 2 ** bitsOf(parameters)
  parameters.sampling = Math.round(scheme.sampling * terms)
  parameters.fastSampling = Math.round(scheme.fast * terms)
  return parameters
}

const known = new WeakMap<SeedParameters, SeedScheme>()

/**
 * Derives the scheme of `parameters`.
 * @throws CatalogError `format-version` or `corrupt` where they are not ones that this code understands.
 */
export function schemeOf(parameters: SeedParameters): SeedScheme {
  const cached = known.get(parameters)
  if (cached) return cached
  check(parameters)
  const offsets = parameters.masks.map((mask) => [...mask].flatMap((letter, i) => (letter === '1' ? [i] : [])))
  const groupOfCode = new Uint8Array(32).fill(255)
  parameters.groups?.forEach((letters, group) => {
    for (const letter of letters) groupOfCode[PROTEIN_LETTERS.indexOf(letter)] = group
  })
  const spans = parameters.masks.map((mask) => mask.length)
  const scheme: SeedScheme = {
    parameters,
    offsets,
    spans,
    span: Math.max(...spans),
    weight: offsets[0].length,
    bits: bitsOf(parameters),
    gains: gainsOf(offsets),
    oriented: parameters.alphabet === 'nucleotide',
    groupOfCode,
  }
  known.set(parameters, scheme)
  return scheme
}

/** Bits of a term's hash. */
function bitsOf({ masks, groups }: SeedParameters): number {
  const weight = [...masks[0]].filter((letter) => letter === '1').length
  return groups === null ? 2 * weight : Math.ceil(weight * Math.log2(groups.length) - 1e-9)
}

function check(parameters: SeedParameters): void {
  const { masks, groups, alphabet, sampling, fastSampling } = parameters
  if (parameters.version !== 1) {
    throw new CatalogError('format-version', `Seeds of version ${parameters.version} need a newer reader.`)
  }
  const weights = masks.map((mask) => [...mask].filter((letter) => letter === '1').length)
  const fine =
    (masks.length === 1 || masks.length === 2) &&
    masks.every((mask) => /^1[01]{0,30}1$/.test(mask)) &&
    weights.every((weight) => weight === weights[0]) &&
    (alphabet === 'protein') === (groups !== null) &&
    (groups === null || (groups.length > 1 && groups.length < 32)) &&
    (groups !== null || masks.every((mask) => mask === [...mask].reverse().join(''))) &&
    bitsOf(parameters) <= 30 &&
    Number.isInteger(sampling) &&
    Number.isInteger(fastSampling) &&
    fastSampling >= 1 &&
    fastSampling <= sampling &&
    sampling <= 2 ** bitsOf(parameters)
  if (!fine) throw new CatalogError('corrupt', 'The catalog has seed parameters that do not fit together.')
}

function gainsOf(offsets: readonly number[][]): Uint8Array {
  const gains = new Uint8Array(256)
  offsets.forEach((a, i) => {
    offsets.forEach((b, j) => {
      for (let distance = 0; distance < 64; distance++) {
        const covered = distance === 63 ? 0 : a.filter((offset) => b.includes(offset + distance)).length
        gains[(i * 2 + j) * 64 + distance] = a.length - covered
      }
    })
  })
  return gains
}
