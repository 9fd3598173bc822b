import { CatalogError } from '../errors.ts'
import { PROTEIN_LETTERS } from './alphabet.ts'

/** NCBI's translation table 1 (gc.prt, public domain), bases in the order T, C, A, G, the third changing fastest. */
const STANDARD = 'FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG'

/** NCBI's translation tables: name, and the codons that differ from the standard code with what they mean. */
const CODES: Readonly<Record<number, readonly [name: string, differences: string]>> = {
  1: ['Standard', ''],
  2: ['Vertebrate Mitochondrial', 'TGAW ATAM AGA* AGG*'],
  3: ['Yeast Mitochondrial', 'TGAW CTTT CTCT CTAT CTGT ATAM'],
  4: ['Mold, Protozoan and Coelenterate Mitochondrial; Mycoplasma, Spiroplasma', 'TGAW'],
  5: ['Invertebrate Mitochondrial', 'TGAW ATAM AGAS AGGS'],
  6: ['Ciliate, Dasycladacean and Hexamita Nuclear', 'TAAQ TAGQ'],
  9: ['Echinoderm and Flatworm Mitochondrial', 'TGAW AAAN AGAS AGGS'],
  10: ['Euplotid Nuclear', 'TGAC'],
  11: ['Bacterial, Archaeal and Plant Plastid', ''],
  12: ['Alternative Yeast Nuclear', 'CTGS'],
  13: ['Ascidian Mitochondrial', 'TGAW ATAM AGAG AGGG'],
  14: ['Alternative Flatworm Mitochondrial', 'TAAY TGAW AAAN AGAS AGGS'],
  15: ['Blepharisma Macronuclear', 'TAGQ'],
  16: ['Chlorophycean Mitochondrial', 'TAGL'],
  21: ['Trematode Mitochondrial', 'TGAW ATAM AAAN AGAS AGGS'],
  22: ['Scenedesmus obliquus Mitochondrial', 'TCA* TAGL'],
  23: ['Thraustochytrium Mitochondrial', 'TTA*'],
  24: ['Rhabdopleuridae Mitochondrial', 'TGAW AGAS AGGK'],
  25: ['Candidate Division SR1 and Gracilibacteria', 'TGAG'],
  26: ['Pachysolen tannophilus Nuclear', 'CTGA'],
  27: ['Karyorelict Nuclear', 'TAAQ TAGQ TGAW'],
  28: ['Condylostoma Nuclear', 'TAAQ TAGQ TGAW'],
  29: ['Mesodinium Nuclear', 'TAAY TAGY'],
  30: ['Peritrich Nuclear', 'TAAE TAGE'],
  31: ['Blastocrithidia Nuclear', 'TAAE TAGE TGAW'],
  32: ['Balanophoraceae Plastid', 'TAGW'],
  33: ['Cephalodiscidae Mitochondrial', 'TAAY TGAW AGAS AGGK'],
}

const TCAG = 'TCAG'
/** Bases of each nucleotide code as bits of T, C, A, G (1, 2, 4, 8); 0 for unused codes. */
const BASES = [4, 2, 8, 1, 12, 3, 6, 9, 5, 10, 11, 13, 7, 14, 15, 0]
const UNKNOWN = PROTEIN_LETTERS.indexOf('X')

const tables = new Map<number, Uint8Array>()

/** The genetic codes there are, by NCBI's numbers. */
export const GENETIC_CODES: readonly { code: number; name: string }[] = Object.entries(CODES).map(([code, [name]]) => ({
  code: Number(code),
  name,
}))

/**
 * Protein code of each codon of nucleotide codes, at `[(first << 8) | (second << 4) | third]` (16 × 16 × 16). A codon with
 * ambiguity codes is what all its readings agree on, else X, as in BLAST. A `usage` error where NCBI has no such code.
 */
export function codonTable(code: number): Uint8Array {
  const known = tables.get(code)
  if (known !== undefined) return known
  if (!Object.hasOwn(CODES, code)) {
    const numbers = Object.keys(CODES).join(', ')
    throw new CatalogError('usage', `There is no genetic code ${code}. NCBI's codes are ${numbers}.`, { code })
  }
  const residues = residuesOfCode(code)
  const table = new Uint8Array(4096)
  for (let codon = 0; codon < 4096; codon++) table[codon] = translateCodon(residues, codon)
  tables.set(code, table)
  return table
}

/** Protein codes of the 64 codons, in the order of `STANDARD`. */
function residuesOfCode(code: number): Uint8Array {
  const residues = Uint8Array.from(STANDARD, (letter) => PROTEIN_LETTERS.indexOf(letter))
  for (const difference of CODES[code][1].split(' ').filter((text) => text !== '')) {
    const [first, second, third, letter] = difference
    const codon = TCAG.indexOf(first) * 16 + TCAG.indexOf(second) * 4 + TCAG.indexOf(third)
    residues[codon] = PROTEIN_LETTERS.indexOf(letter)
  }
  return residues
}

function translateCodon(residues: Uint8Array, codon: number): number {
  const bases = [BASES[codon >> 8], BASES[(codon >> 4) & 15], BASES[codon & 15]]
  let agreed = -1
  for (let reading = 0; reading < 64; reading++) {
    const possible = (bases[0] >> (reading >> 4)) & (bases[1] >> ((reading >> 2) & 3)) & (bases[2] >> (reading & 3)) & 1
    if (possible === 0) continue
    if (agreed >= 0 && residues[reading] !== agreed) return UNKNOWN
    agreed = residues[reading]
  }
  return agreed < 0 ? UNKNOWN : agreed
}
