import { beforeAll, describe, expect, it } from 'vitest'
import * as scalar from '../../src/engine/kernels/scalar.ts'
import type { Kernels } from '../../src/engine/kernels/types.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { Random } from '../property/kernels.ts'

let kernels: Kernels
beforeAll(async () => {
  kernels = await loadKernels()
})

/** Lengths around every vector and chunk edge. */
const LENGTHS = [...Array.from({ length: 300 }, (_, n) => n), 786_431, 786_432, 786_433, 1_600_000]

describe('packing', () => {
  it('packs and unpacks nucleotides as the scalar twin, other codes as 0', () => {
    const random = new Random(1)
    for (const length of LENGTHS) {
      const codes = random.codes(length, 16)
      const packed = kernels.packNucleotides(codes)
      expect(Buffer.compare(packed, scalar.packNucleotides(codes)), `length ${length}`).toBe(0)
      const kept = codes.map((code) => (code > 3 ? 0 : code))
      expect(Buffer.compare(kernels.unpackNucleotides(packed, length), kept)).toBe(0)
    }
  })

  it('puts the first residue in the low bits', () => {
    expect(Array.from(kernels.packNucleotides(Uint8Array.of(0, 1, 2, 3, 1)))).toEqual([0b11100100, 1])
    expect(Array.from(kernels.packProtein(Uint8Array.of(31, 1)))).toEqual([0b00111111, 0])
  })

  it('packs and unpacks proteins as the scalar twin', () => {
    const random = new Random(2)
    for (const length of LENGTHS) {
      const codes = random.codes(length, 32)
      const packed = kernels.packProtein(codes)
      if (length < 1000) expect(Buffer.compare(packed, scalar.packProtein(codes)), `length ${length}`).toBe(0)
      expect(packed.length).toBe(Math.ceil((length * 5) / 8))
      expect(Buffer.compare(kernels.unpackProtein(packed, length), codes)).toBe(0)
    }
  })

  it('unpacks from views that begin anywhere', () => {
    const bytes = new Random(3).codes(100, 256)
    for (let start = 0; start < 20; start++) {
      const view = bytes.subarray(start, start + 60)
      expect(kernels.unpackNucleotides(view, 233)).toEqual(scalar.unpackNucleotides(view, 233))
      expect(kernels.unpackProtein(view, 95)).toEqual(scalar.unpackProtein(view, 95))
    }
  })
})

describe('reverse complement', () => {
  it('is that of the scalar twin and its own inverse, ambiguity codes included', () => {
    const random = new Random(4)
    for (const length of LENGTHS) {
      const codes = random.codes(length, 15)
      const turned = kernels.reverseComplement(codes)
      expect(Buffer.compare(turned, scalar.reverseComplement(codes)), `length ${length}`).toBe(0)
      expect(Buffer.compare(kernels.reverseComplement(turned), codes)).toBe(0)
    }
  })

  it('pairs every code with its complement', () => {
    const letters = 'ACGTRYMKWSBDHVN'
    const complements = 'TGCAYRKMWSVHDBN'
    const codes = Uint8Array.from({ length: 15 }, (_, code) => code)
    const turned = Array.from(kernels.reverseComplement(codes), (code) => letters[code]).reverse()
    expect(turned.join('')).toBe(complements)
  })
})

describe('translation', () => {
  it('is that of the scalar twin for every offset, ambiguity codes included', () => {
    const random = new Random(5)
    const table = random.codes(4096, 28)
    for (const length of LENGTHS) {
      const codes = random.codes(length, 4)
      for (let at = 0; at < length; at++) if (random.chance(60)) codes[at] = random.below(15)
      for (const offset of [0, 1, 2]) {
        const residues = kernels.translate(codes, offset, table)
        expect(Buffer.compare(residues, scalar.translate(codes, offset, table)), `${length} + ${offset}`).toBe(0)
      }
    }
  })
})
