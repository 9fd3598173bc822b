import { createWriteStream, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { gunzipSync } from 'node:zlib'

/** mulberry32: the same numbers on every machine. */
export function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed, 2654435761) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const BASES = 'ACGT'
const COMPLEMENT: Record<string, string> = { A: 'T', C: 'G', G: 'C', T: 'A' }
/** Bases of a synthetic record before insertions and deletions. */
export const RECORD_LENGTH = 300

/** `sequence` with a share `rate` of its positions changed: 90% substitutions, 5% deletions, 5% insertions. */
export function mutate(sequence: string, rate: number, random: () => number): string {
  let mutated = ''
  for (const base of sequence) {
    const x = random()
    if (x >= rate) mutated += base
    else if (x < rate * 0.9) mutated += BASES[(BASES.indexOf(base) + 1 + Math.floor(random() * 3)) & 3]
    else if (x >= rate * 0.95) mutated += base + BASES[Math.floor(random() * 4)]
  }
  return mutated
}

export function reverseComplement(sequence: string): string {
  return Array.from(sequence, (base) => COMPLEMENT[base])
    .reverse()
    .join('')
}

/** Residues of every record of a FASTA file that is pure ACGT and long enough, upper case. */
export function readGenes(file: string): string[] {
  const bytes = readFileSync(file)
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString()
  return `\n${text}`
    .split('\n>')
    .slice(1)
    .map((record) => record.slice(record.indexOf('\n')).replaceAll(/\s/g, '').toUpperCase())
    .filter((residues) => residues.length >= RECORD_LENGTH && /^[ACGT]+$/.test(residues))
}

export interface Fragment {
  /** `q<n>|<accession of its source>|<identity>|<length>`, as eval/dna-queries.mjs names them. */
  name: string
  residues: string
}

export interface Synthetic {
  residues: number
  families: number
  fragments: Fragment[]
}

const IDENTITIES = [1, 0.95, 0.9, 0.8, 0.7, 0.65]

/**
 * Writes `count` records in families as FASTA: a family's founder is a window of a real gene with 30–60% of its positions
 * changed (so that families of the same gene are strangers), its members differ from the founder by 1–25%. Families have 1 to
 * 200 members, 10 on average. `fragments` records, spread evenly, give a mutated fragment each, by identity in turn, every
 * other one reverse-complemented.
 */
export async function writeSynthetic(
  file: string,
  genes: readonly string[],
  options: { count: number; seed: number; fragments: number; fragmentLength: number },
): Promise<Synthetic> {
  const random = randomNumbers(options.seed)
  const out = createWriteStream(file)
  const result: Synthetic = { residues: 0, families: 0, fragments: [] }
  let text = ''
  for (let written = 0; written < options.count; result.families++) {
    const gene = genes[Math.floor(random() * genes.length)]
    const start = Math.floor(random() * (gene.length - RECORD_LENGTH + 1))
    const founder = mutate(gene.slice(start, start + RECORD_LENGTH), 0.3 + 0.3 * random(), random)
    const members = Math.min(200, Math.ceil(-9.5 * Math.log(1 - random())), options.count - written)
    for (let member = 0; member < members; member++) {
      const residues = mutate(founder, 0.01 + 0.24 * random(), random)
      const accession = `S${String(written + 1).padStart(9, '0')}`
      text += `>${accession} family ${result.families + 1}\n${residues}\n`
      const due = Math.floor(((result.fragments.length + 0.5) * options.count) / options.fragments)
      if (written >= due && residues.length >= options.fragmentLength && result.fragments.length < options.fragments) {
        result.fragments.push(fragmentOf(residues, accession, result.fragments.length, options.fragmentLength, random))
      }
      written++
      result.residues += residues.length
    }
    if (text.length > 1 << 20) {
      if (!out.write(text)) await once(out, 'drain')
      text = ''
    }
  }
  out.end(text)
  await once(out, 'close')
  return result
}

function fragmentOf(
  residues: string,
  accession: string,
  index: number,
  length: number,
  random: () => number,
): Fragment {
  const identity = IDENTITIES[index % IDENTITIES.length]
  const start = Math.floor(random() * (residues.length - length + 1))
  const mutated = mutate(residues.slice(start, start + length), 1 - identity, random)
  return {
    name: `q${index}|${accession}|${identity}|${length}`,
    residues: index % 2 === 1 ? reverseComplement(mutated) : mutated,
  }
}

export function fastaOf(fragments: readonly Fragment[]): string {
  return fragments.map(({ name, residues }) => `>${name}\n${residues}\n`).join('')
}
