import type { Catalog } from '../format/types.ts'
import type { Kernels } from '../kernels/types.ts'
import { decodeCodes } from '../sequence/alphabet.ts'
import { loadDigests, toHex } from '../sequence/digest.ts'
import type { ResolvedOptions, SearchControl } from './types.ts'

/**
 * Records that hold exactly this sequence, whole: by its id and, for nucleotides, by those of its reverse complement and
 * of the same letters with U for T. Record numbers in ascending order.
 */
export async function findExact(
  catalog: Catalog,
  kernels: Kernels,
  codes: Uint8Array,
  options: ResolvedOptions,
  control: SearchControl,
): Promise<number[]> {
  const digests = await loadDigests()
  const { alphabet } = catalog.summary
  const forms: Uint8Array[] = []
  if (alphabet === 'protein') {
    forms.push(decodeCodes(codes, 'protein'))
  } else {
    const strands: Uint8Array[] = []
    if (options.strand !== 'minus') strands.push(codes)
    if (options.strand !== 'plus') strands.push(kernels.reverseComplement(codes))
    for (const strand of strands) forms.push(decodeCodes(strand, 'dna', false), decodeCodes(strand, 'dna', true))
  }
  // Where there is no T, two forms are one.
  const ids = new Map(forms.map((letters) => digests.sha256(letters)).map((id) => [toHex(id), id]))
  const found = await Promise.all([...ids.values()].map((id) => catalog.findIds(id, control)))
  return [...new Set(found.flat())].sort((a, b) => a - b)
}
