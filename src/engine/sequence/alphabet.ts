import type { Alphabet } from '../format/types.ts'

/** Nucleotide letters by residue code. Code 3 is T in DNA and U in RNA. */
export const NUCLEOTIDE_LETTERS = 'ACGTRYMKWSBDHVN'

/** Protein letters by residue code: NCBIstdaa, the order of BLAST's matrices. */
export const PROTEIN_LETTERS = '-ABCDEFGHIKLMNPQRSTVWXYZU*OJ'

/** What the encoding tables hold for bytes that are no letter of the alphabet. */
export const NOT_A_LETTER = 255

/** Complement of each nucleotide code, ambiguity codes included. */
export const COMPLEMENT: Uint8Array = Uint8Array.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 13, 12, 11, 10, 14])

const nucleotideCodes = codeTable(NUCLEOTIDE_LETTERS)
nucleotideCodes[letter('U')] = nucleotideCodes[letter('u')] = 3
const proteinCodes = codeTable(PROTEIN_LETTERS)
const dnaLetters = bytesOf(NUCLEOTIDE_LETTERS)
const rnaLetters = bytesOf(NUCLEOTIDE_LETTERS.replace('T', 'U'))
const proteinLetters = bytesOf(PROTEIN_LETTERS)

const U = letter('U')
const T = letter('T')

export interface EncodedLetters {
  codes: Uint8Array
  /** Letter 3 is U. */
  uracil: boolean
}

/** The first letter that keeps a sequence from being encoded. */
export interface BadLetter {
  /** 0-based. */
  position: number
  /** Why: a sentence without a final full stop. */
  reason: string
}

/** Residue code of each byte, upper or lower case (256 values); `NOT_A_LETTER` elsewhere. */
export function codesOfLetters(alphabet: Alphabet): Uint8Array {
  return alphabet === 'protein' ? proteinCodes : nucleotideCodes
}

/** ASCII letter of each residue code. */
export function lettersOfCodes(alphabet: Alphabet, uracil = false): Uint8Array {
  return alphabet === 'protein' ? proteinLetters : uracil ? rnaLetters : dnaLetters
}

/**
 * Residue codes of ASCII letters, either case. A sequence of nucleotides holds T or U, never both: one flag per record
 * says which, so a mixture could not be given back as it came.
 */
export function encodeLetters(letters: Uint8Array, alphabet: Alphabet): EncodedLetters | BadLetter {
  const table = codesOfLetters(alphabet)
  const codes = new Uint8Array(letters.length)
  let seen = 0
  for (let i = 0; i < letters.length; i++) {
    const code = table[letters[i]]
    codes[i] = code
    seen |= code
  }
  if (seen > 31) {
    const position = codes.indexOf(NOT_A_LETTER)
    return { position, reason: `${describeByte(letters[position])} is not a letter of ${alphabetName(alphabet)}` }
  }
  if (alphabet === 'protein') return { codes, uracil: false }
  const firstU = indexOfEither(letters, U)
  if (firstU < 0) return { codes, uracil: false }
  const firstT = indexOfEither(letters, T)
  if (firstT < 0) return { codes, uracil: true }
  return { position: Math.max(firstU, firstT), reason: 'has both T and U' }
}

/** ASCII letters, in upper case, of residue codes. */
export function decodeCodes(codes: Uint8Array, alphabet: Alphabet, uracil = false): Uint8Array<ArrayBuffer> {
  const table = lettersOfCodes(alphabet, uracil)
  const letters = new Uint8Array(codes.length)
  for (let i = 0; i < codes.length; i++) letters[i] = table[codes[i]]
  return letters
}

/** "DNA", "RNA" or "protein", for sentences. */
export function alphabetName(alphabet: Alphabet): string {
  return alphabet === 'protein' ? 'protein' : alphabet.toUpperCase()
}

/** A byte as people should see it: `'E'`, or `byte 0x00` where it cannot be printed. */
export function describeByte(byte: number): string {
  return byte > 32 && byte < 127 ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16).padStart(2, '0')}`
}

/** Of every three residues of a typical protein one is among these (Robinson and Robinson 1991: 34%); DNA has none. */
const PROTEIN_ONLY = flagTable('EFIJLOPQZ*')
const PLAIN_NUCLEOTIDE = flagTable('ACGTU')
const UNINFORMATIVE = flagTable('NX-')

/**
 * The alphabet of a set of sequences, by the majority of their votes (letters of either case; N, X and `-` are not
 * counted):
 *
 * 1. more than 5% of the letters are ones that only proteins have (E F I J L O P Q Z `*`): protein;
 * 2. at least half of the letters are A, C, G, T or U: nucleotides;
 * 3. otherwise (mostly ambiguity codes, or a peptide that happens to avoid those ten letters): nucleotides from 50
 *    letters on, since so long a protein without them does not occur, else protein.
 *
 * A tie goes to the side with more letters, then to nucleotides; nucleotides are RNA where they hold more U than T.
 *
 * MMseqs2 (`createdb`) asks 90% of A, C, G, T, U and N of every sampled record, so one IUPAC-rich record makes a set of
 * DNA protein; BLAST's `makeblastdb` must be told. Where one short sequence could be either, say so with `--alphabet`.
 */
export function detectAlphabet(samples: Iterable<Uint8Array>): Alphabet {
  let proteinVotes = 0
  let nucleotideVotes = 0
  let proteinResidues = 0
  let nucleotideResidues = 0
  let uracils = 0
  let thymines = 0
  let onlyX = false
  const counts = new Uint32Array(256)
  for (const letters of samples) {
    counts.fill(0)
    for (let i = 0; i < letters.length; i++) counts[letters[i]]++
    let counted = 0
    let proteinOnly = 0
    let plain = 0
    for (let byte = 0; byte < 128; byte++) {
      if (counts[byte] === 0 || UNINFORMATIVE[byte] === 1) continue
      counted += counts[byte]
      if (PROTEIN_ONLY[byte] === 1) proteinOnly += counts[byte]
      if (PLAIN_NUCLEOTIDE[byte] === 1) plain += counts[byte]
    }
    if (counted === 0) {
      if (counts[88] + counts[120] > 0) onlyX = true
      continue
    }
    if (proteinOnly > counted * 0.05 || (plain < counted * 0.5 && counted < 50)) {
      proteinVotes++
      proteinResidues += counted
    } else {
      nucleotideVotes++
      nucleotideResidues += counted
      uracils += counts[U] + counts[U + 32]
      thymines += counts[T] + counts[T + 32]
    }
  }
  const nothing = proteinVotes + nucleotideVotes === 0
  const tie = proteinVotes === nucleotideVotes
  if (nothing ? onlyX : tie ? proteinResidues > nucleotideResidues : proteinVotes > nucleotideVotes) return 'protein'
  return uracils > thymines ? 'rna' : 'dna'
}

function letter(character: string): number {
  return character.charCodeAt(0)
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, letter)
}

function codeTable(letters: string): Uint8Array {
  const table = new Uint8Array(256).fill(NOT_A_LETTER)
  for (let code = 0; code < letters.length; code++) {
    table[letter(letters[code])] = code
    table[letter(letters[code].toLowerCase())] = code
  }
  return table
}

function flagTable(letters: string): Uint8Array {
  const table = new Uint8Array(256)
  for (const each of letters + letters.toLowerCase()) table[letter(each)] = 1
  return table
}

function indexOfEither(letters: Uint8Array, upper: number): number {
  const a = letters.indexOf(upper)
  const b = letters.indexOf(upper + 32)
  return a < 0 ? b : b < 0 ? a : Math.min(a, b)
}
