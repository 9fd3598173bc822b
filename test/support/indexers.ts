import { writeArrow } from '../../src/engine/format/build/write-arrow.ts'
import type { CreateIndexers } from '../../src/engine/format/build/options.ts'
import type { IndexedPiece } from '../../src/engine/format/types.ts'
import type { SeedParameters } from '../../src/engine/index/seeds/types.ts'

/** Parameters of an index that indexes nothing. */
export const PLAIN_SEEDS: SeedParameters = {
  version: 1,
  alphabet: 'nucleotide',
  masks: ['1'],
  groups: null,
  sampling: 1,
  fastSampling: 1,
  stopTerms: null,
}

/** A seed index whose files hold the residue codes that it was shown, and that keeps the pieces. */
export function plainIndexers(overlap = 0, seen: IndexedPiece[] = [], parameters = PLAIN_SEEDS): CreateIndexers {
  return (context) => ({
    seeds: {
      overlap,
      add(piece) {
        seen.push({ ...piece, id: piece.id.slice(), codes: piece.codes.slice() })
      },
      async write(sink) {
        const codes = seen.map((piece) => piece.codes)
        const bytes = codes.reduce((sum, { length }) => sum + length, 0)
        const column = [{ name: 'codes', type: 'uint8' as const }]
        const postings = await writeArrow(sink, 'postings.arrow', column, bytes, [codes], {})
        const directory = await writeArrow(sink, 'directory.arrow', column, 3, [[Uint8Array.of(1, 2, seen.length)]], {})
        const [directoryOffset] = directory.columnOffsets
        const [dataOffset] = postings.columnOffsets
        const numbers = { directoryOffset, dataOffset, dataBytes: bytes, bucketBits: 0, unit: 1, postingCount: 0 }
        return { directory, postings, ...numbers }
      },
      parameters: () => context.parameters?.seeds ?? parameters,
      async remove() {},
    },
    vectors: [],
  })
}
