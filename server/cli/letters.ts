import { recordLetters } from '../../src/engine/format/catalog.ts'
import type { Alphabet, Catalog, Entry } from '../../src/engine/format/types.ts'
import type { ReadOptions } from '../../src/engine/source/types.ts'

/** Letters of residues [start, end) of an entry, 0-based, in the case they came in. */
export async function entryLetters(
  catalog: Catalog,
  entry: Entry,
  start: number,
  end: number,
  options?: ReadOptions,
): Promise<string> {
  const letters = await recordLetters(catalog, entry.record, start, end, options)
  const runs = entry.lowerCase
  if (runs === null) return letters
  let text = ''
  let at = 0
  for (let i = 0; i < runs.length && runs[i] < end; i += 2) {
    const from = Math.max(at, runs[i] - start)
    const to = Math.min(letters.length, runs[i] + runs[i + 1] - start)
    if (from >= to) continue
    text += letters.slice(at, from) + letters.slice(from, to).toLowerCase()
    at = to
  }
  return text + letters.slice(at)
}

const BASES = 'ACGTRYMKWSBDHVNacgtrymkwsbdhvn'
const PARTNERS = 'TGCAYRKMWSVHDBNtgcayrkmwsvhdbn'

/** The other strand, ambiguity codes and case kept; U stands opposite A in RNA. */
export function reverseComplement(letters: string, alphabet: Alphabet): string {
  const partners = new Map([...BASES].map((base, i) => [base, PARTNERS[i]]))
  partners.set('U', 'A').set('u', 'a')
  if (alphabet === 'rna') partners.set('A', 'U').set('a', 'u')
  let text = ''
  for (let i = letters.length - 1; i >= 0; i--) text += partners.get(letters[i]) ?? letters[i]
  return text
}
