import type { Chunk } from '../format/types.ts'
import { translatesQuery, translatesSubject } from './contexts.ts'
import type { Part } from './tasks.ts'
import type { QueryMode, ResolvedOptions } from './types.ts'

/** Residues that a worker takes at a time. */
export const CHUNK_RESIDUES = 1 << 20

/** Queries of a batch, and their residues, at most. */
interface BatchSize {
  residues: number
  queries: number
}
/** Each query costs a pass over the catalog: few at a time bring the first results early. */
const SCANNED: BatchSize = { residues: 32_768, queries: 100 }
/** Lists and windows are read once for all queries of a batch. */
const LOOKED_UP: BatchSize = { residues: 1 << 20, queries: 2000 }

export interface PlannedBatch {
  mode: QueryMode
  /** Positions of the queries in the request, ascending. */
  members: number[]
}

/**
 * Groups queries of one mode so that one reading of the catalog serves many, in order of their first members. `lookedUp`
 * says which modes read an index rather than the catalog. Depends on nothing but modes and lengths.
 */
export function batchQueries(
  lengths: readonly number[],
  modes: readonly QueryMode[],
  lookedUp: (mode: QueryMode) => boolean,
): PlannedBatch[] {
  const batches: PlannedBatch[] = []
  const current = new Map<QueryMode, { batch: PlannedBatch; residues: number }>()
  lengths.forEach((length, query) => {
    const mode = modes[query]
    const most = lookedUp(mode) ? LOOKED_UP : SCANNED
    const last = current.get(mode)
    if (last === undefined || last.residues + length > most.residues || last.batch.members.length === most.queries) {
      const batch = { mode, members: [query] }
      batches.push(batch)
      current.set(mode, { batch, residues: length })
    } else {
      last.batch.members.push(query)
      last.residues += length
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

/** The scoring work of a catalog: its chunks, those that one long record makes large in several parts. */
export function scanParts(chunks: readonly Chunk[]): { chunk: number; part: Part }[] {
  return chunks.flatMap(({ lengths }, chunk) => {
    const residues = lengths.reduce((sum, length) => sum + length, 0)
    const count = Math.max(1, Math.round(residues / CHUNK_RESIDUES))
    return Array.from({ length: count }, (_, index) => ({ chunk, part: { index, count } }))
  })
}
