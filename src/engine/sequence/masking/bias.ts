import { CODES } from '../../kernels/types.ts'
import { AMINO_ACID_FREQUENCIES } from '../../search/karlin-altschul.ts'

/** Residues before and after a position that make its neighbourhood (the one after the last is left out). */
const HALF_WINDOW = 20

/**
 * Local composition bias of each position of a protein (Hauser, Steinegger and Söding, Bioinformatics 32 (2016)
 * 1323–1330, as MMseqs2 computes it): the residue's mean score against a random one, less its mean score against its
 * neighbours. Added to a position's scores it takes from residues that their neighbourhood is rich in. `matrix` is
 * CODES × CODES; rounded half away from zero to whole scores.
 */
export function compositionBias(matrix: Int8Array, codes: Uint8Array): Int8Array {
  const bias = new Int8Array(codes.length)
  const expected = new Float64Array(CODES)
  for (let code = 0; code < CODES; code++) {
    for (let other = 0; other < CODES; other++) {
      const frequency = AMINO_ACID_FREQUENCIES[other]
      if (frequency > 0) expected[code] += frequency * matrix[code * CODES + other]
    }
  }
  for (let i = 0; i < codes.length; i++) {
    const from = Math.max(0, i - HALF_WINDOW)
    const to = Math.min(codes.length, i + HALF_WINDOW)
    const row = codes[i] * CODES
    let sum = 0
    for (let j = from; j < to; j++) if (j !== i) sum += matrix[row + codes[j]]
    const value = expected[codes[i]] - sum / (to - from)
    bias[i] = Math.sign(value) * Math.floor(Math.abs(value) + 0.5)
  }
  return bias
}
