import type { Chunk } from '../format/types.ts'
import { translatesQuery, translatesSubject } from './contexts.ts'
import type { Part } from './tasks.ts'
import type { ResolvedOptions } from './types.ts'

/** Residues that a worker takes at a time. */
export const CHUNK_RESIDUES = 1 << 20
const BATCH_RESIDUES = 32_768
const BATCH_QUERIES = 100

/** Groups queries, in order, so that one reading of a chunk serves many; depends on nothing but their lengths. */
export function batchQueries(lengths: readonly number[]): number[][] {
  const batches: number[][] = []
  let residues = Infinity
  lengths.forEach((length, query) => {
    const current = batches.at(-1)
    if (current === undefined || residues + length > BATCH_RESIDUES || current.length === BATCH_QUERIES) {
      batches.push([query])
      residues = length
    } else {
      current.push(query)
      residues += length
    }
  })
  return batches
}

/** Matrix cells that an exhaustive comparison of queries of these lengths with `residues` residues takes. */
export function queryCells(
  options: Pick<ResolvedOptions, 'program' | 'strand'>,
  lengths: readonly number[],
  residues: number,
): number {
  const strands = options.strand === 'both' ? 2 : 1
  const queryFactor = options.program === 'blastn' || translatesQuery(options.program) ? strands : 1
  const subjectFactor = translatesSubject(options.program) ? 2 : 1
  return lengths.reduce((sum, length) => sum + length, 0) * queryFactor * subjectFactor * residues
}

/** The same for all queries of a search, by their codes. */
export function catalogCells(
  options: Pick<ResolvedOptions, 'program' | 'strand'>,
  queries: readonly Uint8Array[],
  residues: number,
): number {
  return queryCells(
    options,
    queries.map((codes) => codes.length),
    residues,
  )
}

/** The scoring work of a catalog: its chunks, those that one long record makes large in several parts. */
export function scanParts(chunks: readonly Chunk[]): { chunk: number; part: Part }[] {
  return chunks.flatMap(({ lengths }, chunk) => {
    const residues = lengths.reduce((sum, length) => sum + length, 0)
    const count = Math.max(1, Math.round(residues / CHUNK_RESIDUES))
    return Array.from({ length: count }, (_, index) => ({ chunk, part: { index, count } }))
  })
}
