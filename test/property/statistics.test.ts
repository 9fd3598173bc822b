import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadKernels } from '../../server/search/kernels.ts'
import type { Kernels } from '../../src/engine/kernels/types.ts'
import { defaultsFor, resolveScoring } from '../../src/engine/search/scoring.ts'
import { queryStatistics, type ContextStatistics } from '../../src/engine/search/statistics.ts'
import type { Program, ResolvedOptions, Task } from '../../src/engine/search/types.ts'

let kernels: Kernels
beforeAll(async () => {
  kernels = await loadKernels()
})

const system = fc.oneof(
  fc.record({
    program: fc.constantFrom<Program>('blastp', 'blastx', 'tblastn', 'tblastx'),
    task: fc.constant(null),
    matrix: fc.constantFrom('BLOSUM45', 'BLOSUM62', 'BLOSUM90', 'PAM30', 'PAM250', 'IDENTITY'),
  }),
  fc.record({
    program: fc.constant<Program>('blastn'),
    task: fc.constantFrom<Task>('blastn', 'megablast', 'blastn-short'),
    matrix: fc.constant(null),
  }),
)
const query = fc.uint8Array({ minLength: 0, maxLength: 400, max: 14 })
const database = fc.record({
  residues: fc.integer({ min: 0, max: 1e12 }),
  entries: fc.integer({ min: 1, max: 1e6 }),
  dbsize: fc.option(fc.integer({ min: 1, max: 1e12 })),
  searchsp: fc.option(fc.integer({ min: 1, max: 1e15 })),
})

function make(
  { program, task, matrix }: { program: Program; task: Task | null; matrix: string | null },
  codes: Uint8Array,
  sizes: { residues: number; entries: number; dbsize: number | null; searchsp: number | null },
): ContextStatistics {
  const options = { program, task, matrix, ...defaultsFor(program, task, matrix) } as ResolvedOptions
  return queryStatistics(kernels, resolveScoring(options), {
    program,
    queryLength: codes.length,
    codes,
    databaseResidues: sizes.residues,
    databaseEntries: sizes.entries,
    dbsize: sizes.dbsize,
    searchsp: sizes.searchsp,
  })
}

describe('statistics of any query', () => {
  it('E-values are never negative, NaN or rising with the score', () => {
    fc.assert(
      fc.property(system, query, database, fc.nat(1e6), fc.nat(2000), (chosen, codes, sizes, length, score) => {
        const statistics = make(chosen, codes, sizes)
        const evalue = statistics.evalue(score, length)
        expect(evalue).toBeGreaterThanOrEqual(0)
        expect(statistics.evalue(score + 1, length)).toBeLessThanOrEqual(evalue)
        expect(statistics.bitScore(score + 1)).toBeGreaterThan(statistics.bitScore(score))
      }),
    )
  })

  it('the least score is the first whose E-value passes, whatever was asked before', () => {
    const limits = fc.array(fc.tuple(fc.double({ min: -200, max: 3, noNaN: true }), fc.nat(3000)), { maxLength: 8 })
    fc.assert(
      fc.property(system, query, database, limits, (chosen, codes, sizes, asked) => {
        const statistics = make(chosen, codes, sizes)
        for (const [exponent, length] of asked) {
          const limit = Math.max(Number.MIN_VALUE, 10 ** exponent)
          const score = statistics.minScore(limit, length)
          expect(score).toBeGreaterThanOrEqual(1)
          expect(statistics.evalue(score, length)).toBeLessThanOrEqual(limit)
          if (score > 1) expect(statistics.evalue(score - 1, length)).toBeGreaterThan(limit)
        }
      }),
    )
  })

  it('the summary holds finite numbers', () => {
    fc.assert(
      fc.property(system, query, database, (chosen, codes, sizes) => {
        for (const value of Object.values(make(chosen, codes, sizes).summary)) {
          if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true)
        }
      }),
    )
  })
})
