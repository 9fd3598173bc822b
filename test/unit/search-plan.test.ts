import { describe, expect, it } from 'vitest'
import { batchQueries, queryCells } from '../../src/engine/search/plan.ts'

describe('batchQueries', () => {
  it('keeps the order and loses none', () => {
    const lengths = Array.from({ length: 1000 }, (_, i) => 1 + ((i * 7919) % 3000))
    const batches = batchQueries(lengths)
    expect(batches.flat()).toEqual(lengths.map((_, i) => i))
    for (const batch of batches) {
      expect(batch.length).toBeLessThanOrEqual(100)
      expect(batch.length === 1 || batch.reduce((sum, q) => sum + lengths[q], 0) <= 32_768).toBe(true)
    }
  })

  it('gives a long query a batch of its own', () => {
    expect(batchQueries([10, 100_000, 10])).toEqual([[0], [1], [2]])
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
