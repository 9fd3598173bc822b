import { describe, expect, it } from 'vitest'
import { OP_DELETE, OP_INSERT, OP_PAIR, type Alignment } from '../../src/engine/kernels/types.ts'
import type { Context } from '../../src/engine/search/contexts.ts'
import { hasUnmaskedWord, unmaskedScore } from '../../src/engine/search/masked.ts'
import { profileOf, resolveScoring } from '../../src/engine/search/scoring.ts'
import type { ResolvedOptions } from '../../src/engine/search/types.ts'
import { pairs } from '../support/alignments.ts'

describe('hasUnmaskedWord', () => {
  const query = new Uint8Array(40).map((_, i) => i % 4)
  const nothing = new Uint32Array(0)

  it('asks nothing where no mask is touched', () => {
    const subject = query.map((code) => (code + 1) % 4)
    expect(hasUnmaskedWord(pairs(0, 0, 40), query, subject, nothing, 11)).toBe(true)
    expect(hasUnmaskedWord(pairs(0, 0, 20), query, subject, Uint32Array.of(30, 40), 11)).toBe(true)
  })

  it('needs a run of exact matches outside the mask', () => {
    expect(hasUnmaskedWord(pairs(0, 0, 40), query, query, Uint32Array.of(0, 40), 11)).toBe(false)
    expect(hasUnmaskedWord(pairs(0, 0, 40), query, query, Uint32Array.of(11, 40), 11)).toBe(true)
    expect(hasUnmaskedWord(pairs(0, 0, 40), query, query, Uint32Array.of(10, 30), 11)).toBe(false)
  })

  it('does not count a run across a gap', () => {
    const alignment: Alignment = {
      ...pairs(0, 0, 21),
      operations: Uint32Array.of((10 << 2) | OP_PAIR, (1 << 2) | OP_INSERT, (1 << 2) | OP_DELETE, (10 << 2) | OP_PAIR),
    }
    expect(hasUnmaskedWord(alignment, query, query, Uint32Array.of(10, 11), 11)).toBe(false)
  })

  it('does not count ambiguity codes as matches', () => {
    const ambiguous = new Uint8Array(40).fill(14)
    expect(hasUnmaskedWord(pairs(0, 0, 40), ambiguous, ambiguous, Uint32Array.of(0, 1), 11)).toBe(false)
  })
})

describe('unmaskedScore', () => {
  const options = { program: 'blastp', matrix: 'BLOSUM62', gapopen: 11, gapextend: 1 } as ResolvedOptions
  const scoring = resolveScoring(options)
  /** Tryptophan scores 11 with itself, alanine 4; X scores −1 with tryptophan. */
  const [tryptophan, alanine] = [20, 1]
  const codes = new Uint8Array(20).fill(tryptophan).fill(alanine, 10)
  const context = (...masks: number[]): Context =>
    ({ codes, masks: Uint32Array.from(masks), profile: profileOf(scoring, codes, {}) }) as unknown as Context

  it('is the whole score where nothing is masked', () => {
    expect(unmaskedScore(pairs(0, 0, 20), context(), codes, scoring)).toBe(150)
  })

  it('is the best part that remains', () => {
    expect(unmaskedScore(pairs(0, 0, 20), context(0, 10), codes, scoring)).toBe(40)
    expect(unmaskedScore(pairs(0, 0, 20), context(10, 20), codes, scoring)).toBe(110)
    expect(unmaskedScore(pairs(0, 0, 20), context(0, 20), codes, scoring)).toBe(0)
    expect(unmaskedScore(pairs(0, 0, 20), context(4, 6), codes, scoring)).toBe(44 - 2 + 44 + 40)
  })

  it('pays for gaps', () => {
    const operations = Uint32Array.of((10 << 2) | OP_PAIR, (2 << 2) | OP_INSERT, (8 << 2) | OP_PAIR)
    const gapped: Alignment = { ...pairs(0, 0, 20), subjectEnd: 18, operations }
    const subject = Uint8Array.from([...codes.subarray(0, 10), ...codes.subarray(12)])
    expect(unmaskedScore(gapped, context(), subject, scoring)).toBe(110 - 13 + 32)
  })
})
