import { CatalogError } from '../errors.ts'
import type { AheadUse, Manifest } from '../format/types.ts'
import { queryCells } from './plan.ts'
import type { Program, QueryMode, ResolvedOptions } from './types.ts'

/** What a search needs of a catalog whatever is asked: `openCatalog` reads it with the manifest. */
export const SEARCH_AHEAD: readonly AheadUse[] = ['checksums', 'blocks', 'entries', 'seeds']
/** The same for mode `vector`, which asks for no seeds. */
export const VECTOR_AHEAD: readonly AheadUse[] = ['checksums', 'blocks', 'entries', 'vectors']
/** Mode `auto` compares a query with everything up to so many matrix cells: less than a second on one thread. */
export const AUTO_CELLS = 1e10

/** Whether the seeds stored in a catalog serve this program. */
export function hasSeeds(manifest: Pick<Manifest, 'parameters' | 'segments'>, program: Program): boolean {
  const { seeds } = manifest.parameters
  if (seeds === null) return false
  const wanted = program === 'blastn' ? 'nucleotide' : program === 'blastp' || program === 'blastx' ? 'protein' : null
  return seeds.alphabet === wanted && manifest.segments.every((segment) => segment.seeds !== null)
}

/** Bytes that looking up queries in the catalog's seeds reads at most, about: the lists of their terms, whole buckets. */
export function lookupBytes(
  manifest: Pick<Manifest, 'parameters' | 'segments'>,
  modes: readonly QueryMode[],
  lengths: readonly number[],
): number {
  const { seeds } = manifest.parameters
  if (seeds === null) return 0
  const weight = [...seeds.masks[0]].filter((match) => match === '1').length
  let terms = 0
  modes.forEach((mode, q) => {
    if (mode !== 'fast' && mode !== 'sensitive') return
    const limit = mode === 'fast' ? seeds.fastSampling : seeds.sampling
    terms +=
      (lengths[q] * seeds.masks.length * limit) /
      (seeds.alphabet === 'nucleotide' ? (1 << weight) * (1 << weight) : limit)
  })
  return manifest.segments.reduce((sum, { seeds: files }) => {
    if (files === null) return sum
    const bucket = (files.dataBytes * 4) / Math.max(4, files.directory.bytes - files.directoryOffset)
    return sum + Math.min(files.dataBytes, terms * Math.max(4096, bucket))
  }, 0)
}

/** Whether mode `sensitive` finds this program's candidates by reading all residues rather than by stored seeds. */
export function scansForSeeds(program: Program): boolean {
  return program !== 'blastn'
}

/** Whether a mode reads lists of an index, and windows of records, rather than everything. */
export function readsIndex(mode: QueryMode, program: Program): boolean {
  return mode === 'fast' || mode === 'vector' || (mode === 'sensitive' && !scansForSeeds(program))
}

/**
 * The mode of each query: the one asked for, or what `auto` makes of its length and the catalog's size.
 *
 * @throws CatalogError `usage` where the catalog has no index for the mode asked for.
 */
export function queryModes(
  manifest: Manifest,
  options: Pick<ResolvedOptions, 'mode' | 'program' | 'strand'>,
  lengths: readonly number[],
): QueryMode[] {
  const { mode, program } = options
  const canSeed = hasSeeds(manifest, program)
  const canBeSensitive = canSeed || scansForSeeds(program)
  if (mode === 'auto') {
    return lengths.map((length) =>
      canBeSensitive && queryCells(options, [length], manifest.distinctResidues) > AUTO_CELLS
        ? 'sensitive'
        : 'exhaustive',
    )
  }
  if ((mode === 'fast' && !canSeed) || (mode === 'sensitive' && !canBeSensitive)) {
    throw new CatalogError('usage', missingSeeds(mode, program), { mode })
  }
  if (mode === 'vector' && manifest.parameters.vectors.length === 0) {
    throw new CatalogError(
      'usage',
      'This catalog has no vectors, so there is no mode vector for it. Use another mode, or build it again with vectors.',
      { mode },
    )
  }
  return lengths.map(() => mode)
}

function missingSeeds(mode: QueryMode, program: Program): string {
  if (program === 'blastn') {
    return `This catalog has no seed index, so mode ${mode} is not possible. Use mode exhaustive or auto, or build the catalog again.`
  }
  return (
    `This catalog has no seed index for ${program}, so mode fast is not possible. ` +
    'Use mode sensitive, which reads all residues but aligns few, or auto.'
  )
}
