import fc from 'fast-check'
import type { InputEntry } from '../../src/engine/io/types.ts'
import { entry } from './catalogs.ts'

export const NUCLEOTIDES = 'ACGTACGTACGTACGTUNRYKMSWBDHVN'
export const AMINO_ACIDS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ*'

export const lettersFrom = (alphabet: string, maxLength: number) =>
  fc
    .array(fc.tuple(fc.constantFrom(...alphabet), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength })
    .map((runs) => runs.map(([letter, times]) => letter.repeat(times)).join(''))

const name = fc.oneof(
  fc.constantFrom('a', 'b', 'seq1', 'gi|123|ref|NC_1.1|', ''),
  fc.string({ unit: fc.constantFrom('x', 'é', '中', '𝄞', '0') }),
)

const value = fc.constantFrom('', '1', '-7', '2.5', '1e21')
const word = fc.constantFrom('', 'x', 'true', 'é中', '007')
/** Names of the metadata fields that entries may have. */
export const FIELDS = ['number', 'mixed', 'word']

/** Inputs of every kind: ambiguity codes, both cases, qualities, stops, the same residues again, and metadata. */
export function entriesOf(alphabet: string): fc.Arbitrary<InputEntry[]> {
  const one = fc.record({
    accession: name,
    description: fc.oneof(fc.constant(''), fc.string({ unit: 'grapheme', maxLength: 12 })),
    letters: lettersFrom(alphabet, 20),
    case: fc.option(fc.tuple(fc.nat({ max: 5 }), fc.integer({ min: 1, max: 5 })), { nil: null }),
    quality: fc.boolean(),
    stop: fc.boolean(),
    metadata: fc.option(fc.record({ number: value, mixed: fc.oneof(value, word), word }, { requiredKeys: [] }), {
      nil: undefined,
    }),
  })
  const some = fc.array(one, { minLength: 1, maxLength: 12 })
  // Repeats make records with several entries.
  return fc.tuple(some, fc.array(fc.nat({ max: 11 }), { maxLength: 6 })).map(([first, repeats]) => {
    const all = [...first, ...repeats.map((i) => ({ ...first[i % first.length], accession: `again${i}` }))]
    return all.map((each) => {
      const { length } = each.letters
      const run =
        each.case && each.case[0] < length ? [each.case[0], Math.min(each.case[1], length - each.case[0])] : null
      return entry(each.accession, each.letters, {
        description: each.description,
        lowerCase: run && Uint32Array.from(run),
        quality: each.quality ? 'I'.repeat(length) : null,
        stop: each.stop,
        metadata: each.metadata,
      })
    })
  })
}
