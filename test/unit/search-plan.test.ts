import { describe, expect, it } from 'vitest'
import type { Manifest } from '../../src/engine/format/types.ts'
import type { SeedParameters } from '../../src/engine/index/seeds/types.ts'
import { queryModes } from '../../src/engine/search/modes.ts'
import { batchQueries, queryCells } from '../../src/engine/search/plan.ts'
import type { Mode, Program, QueryMode } from '../../src/engine/search/types.ts'

const scanned = (lengths: number[]): number[][] =>
  batchQueries(
    lengths,
    lengths.map(() => 'exhaustive'),
    () => false,
  ).map(({ members }) => members)

describe('batchQueries', () => {
  it('keeps the order and loses none', () => {
    const lengths = Array.from({ length: 1000 }, (_, i) => 1 + ((i * 7919) % 3000))
    const batches = scanned(lengths)
    expect(batches.flat()).toEqual(lengths.map((_, i) => i))
    for (const batch of batches) {
      expect(batch.length).toBeLessThanOrEqual(100)
      expect(batch.length === 1 || batch.reduce((sum, q) => sum + lengths[q], 0) <= 32_768).toBe(true)
    }
  })

  it('gives a long query a batch of its own', () => {
    expect(scanned([10, 100_000, 10])).toEqual([[0], [1], [2]])
  })

  it('groups by mode, the batch of the first query first', () => {
    const modes: QueryMode[] = ['exhaustive', 'sensitive', 'exhaustive', 'sensitive', 'exhaustive']
    expect(batchQueries([10, 40_000, 30_000, 50_000, 10_000], modes, (mode) => mode === 'sensitive')).toEqual([
      { mode: 'exhaustive', members: [0, 2] },
      { mode: 'sensitive', members: [1, 3] },
      { mode: 'exhaustive', members: [4] },
    ])
  })
})

describe('queryModes', () => {
  const seeds = { alphabet: 'nucleotide' } as SeedParameters
  const manifest = (given: SeedParameters | null, residues: number): Manifest =>
    ({
      parameters: { digest: '', seeds: given, vectors: [] },
      segments: [{ seeds: given === null ? null : {} }],
      distinctResidues: residues,
    }) as unknown as Manifest
  const options = (mode: Mode, program: Program = 'blastn') => ({ mode, program, strand: 'both' as const })

  it('compares with everything what takes few cells, and looks seeds up beyond', () => {
    expect(queryModes(manifest(seeds, 1e7), options('auto'), [400, 600])).toEqual(['exhaustive', 'sensitive'])
    expect(queryModes(manifest(null, 1e7), options('auto'), [400, 600])).toEqual(['exhaustive', 'exhaustive'])
    expect(queryModes(manifest(null, 1e8), options('auto', 'blastp'), [50, 600])).toEqual(['exhaustive', 'sensitive'])
  })

  it('refuses what the catalog has no index for', () => {
    expect(() => queryModes(manifest(null, 1e7), options('fast'), [400])).toThrow(/no seed index/)
    expect(() => queryModes(manifest(null, 1e7), options('sensitive'), [400])).toThrow(/no seed index/)
    expect(() => queryModes(manifest(seeds, 1e7), options('fast', 'tblastn'), [400])).toThrow(/Use mode sensitive/)
    expect(() => queryModes(manifest(seeds, 1e7), options('vector'), [400])).toThrow(/no vectors/)
  })
})

describe('queryCells', () => {
  it('counts strands and frames', () => {
    expect(queryCells({ program: 'blastp', strand: 'both' }, [100], 1000)).toBe(100_000)
    expect(queryCells({ program: 'blastn', strand: 'both' }, [100], 1000)).toBe(200_000)
    expect(queryCells({ program: 'blastn', strand: 'plus' }, [100], 1000)).toBe(100_000)
    expect(queryCells({ program: 'tblastn', strand: 'both' }, [100], 1000)).toBe(200_000)
    expect(queryCells({ program: 'tblastx', strand: 'both' }, [100], 1000)).toBe(400_000)
  })
})
