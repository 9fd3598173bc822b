import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { embedScalar } from '../../src/engine/kernels/embed-scalar.ts'
import { kmerTables } from '../../src/engine/index/embedding/kmer-model.ts'
import { DNA_TRAINING, PROTEIN_TRAINING, trainingOf } from '../../src/engine/index/embedding/kmer-training.ts'
import { KMER_DNA, KMER_PROTEIN } from '../../src/engine/index/embedding/models.ts'
import { windowCount, windowEnds, windowStart, windowStarts } from '../../src/engine/index/embedding/windows.ts'
import { loadKernels } from '../../server/search/kernels.ts'

const { embedding } = await loadKernels()
const dna = kmerTables(KMER_DNA, trainingOf(DNA_TRAINING))
const protein = kmerTables(KMER_PROTEIN, trainingOf(PROTEIN_TRAINING))

const nucleotides = fc
  .uint8Array({ max: 14, maxLength: 900 })
  .map((codes) => codes.map((code) => (code > 4 ? code & 3 : code)))
const residues = fc.uint8Array({ max: 27, maxLength: 900 })
const uniform = fc
  .record({ code: fc.nat(3), length: fc.nat(400) })
  .map(({ code, length }) => new Uint8Array(length).fill(code))

describe('k-mer embeddings', () => {
  it.each([
    ['DNA', KMER_DNA, dna, fc.oneof(nucleotides, uniform)],
    ['proteins', KMER_PROTEIN, protein, fc.oneof(residues, uniform)],
  ])('of %s are those of plain loops, digit for digit', (_, scheme, tables, sequences) => {
    fc.assert(
      fc.property(sequences, (codes) => {
        const starts = windowStarts(codes.length, scheme)
        const ends = windowEnds(starts, codes.length, scheme)
        const vectors = embedding.embedKmers(tables, codes, starts, ends)
        expect(vectors).toEqual(embedScalar.embedKmers(tables, codes, starts, ends))
        for (let i = 0; i < starts.length; i++) {
          const length = Math.hypot(...vectors.subarray(i * 384, (i + 1) * 384))
          expect(length === 0 || Math.abs(length - 1) < 1e-6).toBe(true)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('do not depend on how many windows are asked for at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200_000 }), fc.nat(1000), (length, seed) => {
        const codes = Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 13) & 3)
        const starts = windowStarts(length, KMER_DNA)
        const ends = windowEnds(starts, length, KMER_DNA)
        const all = embedding.embedKmers(dna, codes, starts, ends)
        for (const i of [0, starts.length >> 1, starts.length - 1]) {
          const own = codes.slice(starts[i], ends[i])
          const alone = embedding.embedKmers(dna, own, Uint32Array.of(0), Uint32Array.of(own.length))
          expect(all.subarray(i * 384, (i + 1) * 384)).toEqual(alone)
        }
      }),
      { numRuns: 12 },
    )
  })

  it('of a reverse complement are the same, in reverse order', async () => {
    const { reverseComplement } = await loadKernels()
    fc.assert(
      fc.property(nucleotides, (codes) => {
        const starts = windowStarts(codes.length, KMER_DNA)
        const ends = windowEnds(starts, codes.length, KMER_DNA)
        const forward = embedding.embedKmers(dna, codes, starts, ends)
        const backward = embedding.embedKmers(dna, reverseComplement(codes), starts, ends)
        for (let i = 0; i < starts.length; i++) {
          const other = starts.length - 1 - i
          expect(backward.subarray(i * 384, (i + 1) * 384)).toEqual(forward.subarray(other * 384, (other + 1) * 384))
        }
      }),
      { numRuns: 100 },
    )
  })

  it('of nothing that counts are 0', () => {
    for (const codes of [new Uint8Array(0), Uint8Array.of(0, 1, 2), new Uint8Array(300).fill(14)]) {
      const ends = Uint32Array.of(codes.length)
      expect(embedding.embedKmers(dna, codes, Uint32Array.of(0), ends).every((value) => value === 0)).toBe(true)
    }
  })
})

describe('highest dot products', () => {
  it('are those of plain loops, digit for digit', () => {
    const set = fc
      .nat(600)
      .chain((seed) =>
        fc
          .integer({ min: 0, max: 300 })
          .map((count) =>
            Float32Array.from(
              { length: count * 8 },
              (_, i) => ((Math.imul(i + seed, 2654435761) >>> 8) % 2001) / 1000 - 1,
            ),
          ),
      )
    fc.assert(
      fc.property(set, set, (rows, columns) => {
        expect(embedding.bestDots(rows, columns, 8)).toEqual(embedScalar.bestDots(rows, columns, 8))
      }),
      { numRuns: 60 },
    )
  })
})

describe('windows', () => {
  it('cover a record from end to end, a step apart at most (or a residue more), the same from either side', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6_000 }), (length) => {
        const starts = windowStarts(length, KMER_DNA)
        expect(starts.length).toBe(windowCount(length, KMER_DNA))
        expect(starts[0]).toBe(0)
        expect(windowEnds(starts, length, KMER_DNA).at(-1)).toBe(length)
        for (let i = 1; i < starts.length; i++) {
          expect(starts[i] - starts[i - 1]).toBeGreaterThan(0)
          expect(starts[i] - starts[i - 1]).toBeLessThanOrEqual(KMER_DNA.step + 1)
        }
        const ends = windowEnds(starts, length, KMER_DNA)
        expect(Array.from(ends, (end) => length - end).reverse()).toEqual(Array.from(starts))
      }),
    )
  })

  it('of any stretch are those of the record that lie in it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6_000 }), fc.nat(6_000), fc.nat(6_000), (length, a, b) => {
        const [from, to] = [Math.min(a, b, length), Math.min(length, Math.max(a, b))]
        const all = Array.from({ length: windowCount(length, KMER_DNA) }, (_, i) => windowStart(i, length, KMER_DNA))
        const size = Math.min(300, length)
        const inside = all.filter((start) => start >= from && start + size <= to)
        expect(Array.from(windowStarts(length, KMER_DNA, from, to))).toEqual(inside)
      }),
      { numRuns: 500 },
    )
  })
})
