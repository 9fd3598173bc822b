import type { Chunk } from '../format/types.ts'
import { CODES, type Kernels } from '../kernels/types.ts'
import { TWENTY } from '../kernels/words.ts'
import type { WordBlocks, WordRun } from '../kernels/words-types.ts'
import { Candidates } from './candidates.ts'
import type { PreparedBatch, Subjects } from './compute.ts'
import type { Context } from './contexts.ts'
import { AMINO_ACID_FREQUENCIES } from './karlin-altschul.ts'
import { PROTEIN_TABLES } from './karlin-tables.ts'
import { cutBlocks, partOfBlocks, regionsOf, type Blocks } from './prefilter-blocks.ts'
import { maskResidues } from './scoring.ts'
import type { Batch, Part } from './tasks.ts'

/** Distances of a word's residues from its first. */
const SHAPES: [number, number][] = [
  [1, 2],
  [1, 3],
]
/** Share of pairs of words that may meet: sets how alike they have to be. */
const MEETING = 8e-4
/** Unrelated pairs of a query and a subject that may reach the score that has them compared in full, at most about. */
const CHANCE = 0.03
/** Query residues looked up at a time. */
const GROUP_RESIDUES = 65_536
/** Cells between two looks at the clock. */
const SLICE_CELLS = 40_000_000
/** Share of a search's work that finding words is taken to be, where progress is reported. */
const FINDING = 0.5

export interface SeededScan {
  kernels: Kernels
  chunk: Chunk
  part: Part
  batch: Batch
  prepared: PreparedBatch
  subjects: Subjects
  /** Told how many of an exhaustive scan's cells are settled. */
  onCells?: (cells: number) => void
}

/**
 * Candidates of mode `sensitive` for proteins and translations, without an index: only stretches of subjects where a
 * query's words meet similar words, and the ungapped score around them would come up by chance in few pairs, are scored.
 * What is chosen depends on the query, the record and the scores alone. Yields between slices.
 */
export function* scanSeeded(scan: SeededScan): Generator<void, Candidates> {
  const { chunk, batch, prepared, subjects } = scan
  const records = subjects.strips.length / subjects.frames.length
  const blocks = partOfBlocks(cutBlocks(subjects.strips), scan.part)
  const windows = {
    ...subjects.windows,
    lengths: new Uint32Array(records),
    recordStarts: Uint32Array.from({ length: records + 1 }, (_, r) => r),
  }
  const candidates = new Candidates(chunk, batch, windows, prepared.scoring)
  const residues = blocks.end.reduce((sum, end, b) => sum + end - blocks.start[b], 0)
  for (const group of groupQueries(prepared.contexts)) {
    const contexts = prepared.contexts.slice(group.first, group.end).flat()
    const cells = contexts.reduce((sum, { codes }) => sum + codes.length, 0) * residues
    const run = findBlocks(scan, contexts, blocks)
    try {
      for (let finished = false, told = 0; !finished; yield) {
        finished = run.step()
        const settled = Math.floor(run.done * cells * FINDING)
        scan.onCells?.(settled - told)
        told = settled
      }
      let row = 0
      for (let q = group.first; q < group.end; q++) {
        const scores = new Int32Array(prepared.contexts[q].length * records)
        for (const [c, context] of prepared.contexts[q].entries()) {
          const row0 = c * records
          yield* scoreRegions(scan, context, blocks, run.found(row++), scores.subarray(row0, row0 + records))
          scan.onCells?.(Math.floor(context.codes.length * residues * (1 - FINDING)))
        }
        candidates.add(q, [prepared.contexts[q]], scores)
      }
    } finally {
      run.dispose()
    }
  }
  return candidates
}

/** Consecutive queries whose contexts together are of a bounded length; a longer query is alone. */
function groupQueries(contexts: readonly Context[][]): { first: number; end: number }[] {
  const groups: { first: number; end: number }[] = []
  let residues = Infinity
  contexts.forEach((queryContexts, q) => {
    const length = queryContexts.reduce((sum, { codes }) => sum + codes.length, 0)
    residues += length
    if (residues > GROUP_RESIDUES) {
      groups.push({ first: q, end: q + 1 })
      residues = length
    } else groups[groups.length - 1].end = q + 1
  })
  return groups
}

function findBlocks({ kernels, batch, prepared, subjects }: SeededScan, contexts: Context[], blocks: Blocks): WordRun {
  const { matrix } = prepared.scoring
  const [, , lambda, k] = PROTEIN_TABLES[batch.options.matrix!].rows[0]
  const { ln } = kernels.statistics
  const wordBlocks: WordBlocks = {
    codes: subjects.windows.codes,
    ...blocks,
    limit: Uint8Array.from(blocks.end, (end, b) => Math.round(ln(Math.max(1, end - blocks.start[b])) / lambda)),
  }
  const queries = contexts.map(({ codes, masks }) => ({
    codes: maskResidues(codes, masks),
    limit: Math.max(0, Math.min(127, Math.ceil(ln((k * Math.max(1, codes.length)) / CHANCE) / lambda))),
  }))
  return kernels.words.find({ matrix, shapes: SHAPES, threshold: meetingScore(matrix), queries, blocks: wordBlocks })
}

/** The lowest score that at most a share of `MEETING` of pairs of random words of three residues reach. */
export function meetingScore(matrix: Int8Array): number {
  let pair = new Float64Array(256)
  let total = 0
  for (const a of TWENTY) {
    for (const b of TWENTY) {
      const share = AMINO_ACID_FREQUENCIES[a] * AMINO_ACID_FREQUENCIES[b]
      pair[matrix[a * CODES + b] + 128] += share
      total += share
    }
  }
  pair = pair.map((share) => share / total)
  const word = convolve(convolve(pair, pair), pair)
  let share = 0
  let at = word.length
  while (share <= MEETING) share += word[--at]
  return at + 1 - 3 * 128
}

function convolve(a: Float64Array, b: Float64Array): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(a.length + b.length - 1)
  a.forEach((x, i) => {
    if (x > 0) b.forEach((y, j) => (sums[i + j] += x * y))
  })
  return sums
}

/** Best kernel score of each record over the regions of the blocks found, for one context. */
function* scoreRegions(
  { kernels, subjects, prepared }: SeededScan,
  { profile }: Context,
  blocks: Blocks,
  found: readonly number[],
  best: Int32Array,
): Generator<void, void> {
  if (found.length === 0) return
  const regions = regionsOf(subjects.strips, blocks, found, profile.length)
  const codes = new Uint8Array(regions.reduce((sum, { start, end }) => sum + end - start, 0))
  const starts = new Uint32Array(regions.length)
  let at = 0
  regions.forEach(({ start, end }, i) => {
    codes.set(subjects.windows.codes.subarray(start, end), at)
    starts[i] = at
    at += end - start
  })
  const lengths = Uint32Array.from(regions, ({ start, end }) => end - start)
  const run = kernels.score([profile], { codes, starts, lengths }, prepared.scoring.gaps)
  try {
    while (!run.step(SLICE_CELLS)) yield
    regions.forEach(({ strip }, i) => {
      const record = Math.floor(strip / subjects.frames.length)
      best[record] = Math.max(best[record], run.scores[i])
    })
  } finally {
    run.dispose()
  }
}
