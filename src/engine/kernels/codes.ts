import type { CodeExports } from './exports.ts'
import type { KernelMemory } from './memory.ts'
import type { Kernels } from './types.ts'

/** Residues sent through the kernels' memory at a time: a whole number of packed groups and of codons. */
const CHUNK = 3 * 2 ** 18
const SPARE = 64

type CodeKernels = Pick<
  Kernels,
  'packNucleotides' | 'unpackNucleotides' | 'packProtein' | 'unpackProtein' | 'reverseComplement' | 'translate'
>

/** Packing, reverse complement and translation, through two buffers that are taken at the first call and kept. */
export function codeKernels(wasm: CodeExports, memory: KernelMemory): CodeKernels {
  let input = 0
  let output = 0
  let table = 0
  let tableHeld: Uint8Array | null = null

  /** Input and output hold `from` and `to` bytes per `group` of `count` residues. */
  function inChunks(
    data: Uint8Array,
    count: number,
    [group, from, to]: [number, number, number],
    kernel: (input: number, count: number, output: number) => void,
  ): Uint8Array {
    input ||= memory.allocate(CHUNK + SPARE)
    output ||= memory.allocate(CHUNK + SPARE)
    const result = new Uint8Array(Math.ceil((count * to) / group))
    for (let at = 0; at < count; at += CHUNK) {
      const length = Math.min(CHUNK, count - at)
      const first = (at / group) * from
      const bytes = memory.bytes
      const here = data.subarray(first, first + Math.ceil((length * from) / group))
      bytes.set(here, input)
      bytes.fill(0, input + here.length, input + here.length + SPARE)
      kernel(input, length, output)
      result.set(bytes.subarray(output, output + Math.ceil((length * to) / group)), (at / group) * to)
    }
    return result
  }

  return {
    packNucleotides: (codes) => inChunks(codes, codes.length, [4, 4, 1], wasm.packNucleotides),
    unpackNucleotides: (packed, length) => inChunks(packed, length, [4, 1, 4], wasm.unpackNucleotides),
    packProtein: (codes) => inChunks(codes, codes.length, [8, 8, 5], wasm.packProtein),
    unpackProtein: (packed, length) => inChunks(packed, length, [8, 5, 8], wasm.unpackProtein),
    reverseComplement(codes) {
      const result = new Uint8Array(codes.length)
      for (let at = 0; at < codes.length; at += CHUNK) {
        const piece = codes.subarray(at, at + CHUNK)
        const turned = inChunks(piece, piece.length, [1, 1, 1], wasm.reverseComplement)
        result.set(turned, codes.length - at - piece.length)
      }
      return result
    },
    translate(codes, offset, codonTable) {
      if (tableHeld !== codonTable) {
        table ||= memory.allocate(4096 + 64)
        memory.bytes.set(codonTable.subarray(0, 4096), table)
        for (let codon = 0; codon < 64; codon++) {
          memory.bytes[table + 4096 + codon] = codonTable[((codon >> 4) << 8) | (((codon >> 2) & 3) << 4) | (codon & 3)]
        }
        tableHeld = codonTable
      }
      const codons = Math.max(0, Math.floor((codes.length - offset) / 3))
      return inChunks(codes.subarray(offset), codons * 3, [3, 3, 1], (from, count, to) =>
        wasm.translate(from, count / 3, table, to),
      )
    },
  }
}
