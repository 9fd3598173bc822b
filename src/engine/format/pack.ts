import { alphabetName, codesOfLetters, decodeCodes, describeByte, NOT_A_LETTER } from '../sequence/alphabet.ts'
import type { Alphabet } from './types.ts'

/** A record's packed residues start at a multiple of this many bytes, which hold `groupResidues` residues. */
export function groupBytes(alphabet: Alphabet): number {
  return alphabet === 'protein' ? 5 : 1
}

export function groupResidues(alphabet: Alphabet): number {
  return alphabet === 'protein' ? 8 : 4
}

/** Bytes of a record of `length` residues. */
export function packedBytes(alphabet: Alphabet, length: number): number {
  return Math.ceil(length / groupResidues(alphabet)) * groupBytes(alphabet)
}

/** The exception code that stands for "the other one of T and U" in a record that mixes them. */
export const OTHER_OF_T_U = 3

const T = 84
const U = 85

/** Letter 3 is U where a record holds more U than T; `minority` is the rarer of the two where it holds both, else 0. */
export function thymineOrUracil(alphabet: Alphabet, letters: Uint8Array): { uracil: boolean; minority: number } {
  if (alphabet === 'protein' || letters.indexOf(U) < 0) return { uracil: false, minority: 0 }
  let uracils = 0
  let thymines = 0
  for (let i = 0; i < letters.length; i++) {
    if (letters[i] === U) uracils++
    else if (letters[i] === T) thymines++
  }
  const uracil = uracils > thymines
  return { uracil, minority: thymines === 0 ? 0 : uracil ? T : U }
}

/** `packLetters` met letters that the packing cannot hold. */
export const HAS_EXCEPTIONS = 128
/** `packLetters` met bytes that are no letters of the alphabet. */
export const HAS_BAD_LETTERS = 64

const packedNucleotides = codesOfLetters('dna').map((code) =>
  code === NOT_A_LETTER ? HAS_BAD_LETTERS : code > 3 ? HAS_EXCEPTIONS : code,
)
const packedProtein = codesOfLetters('protein').map((code) => (code === NOT_A_LETTER ? HAS_BAD_LETTERS : code))

/**
 * Packs ASCII letters in upper case into `packedBytes` bytes of `target` from `offset`, unused bits and residues that
 * need an exception as zero. Answers the flags above. A long record may be packed in slices of whole groups.
 */
export function packLetters(alphabet: Alphabet, letters: Uint8Array, target: Uint8Array, offset: number): number {
  return alphabet === 'protein' ? packFives(letters, target, offset) : packTwos(letters, target, offset)
}

function packTwos(letters: Uint8Array, target: Uint8Array, offset: number): number {
  const table = packedNucleotides
  const length = letters.length
  let seen = 0
  let p = offset
  let i = 0
  for (; i + 4 <= length; i += 4) {
    const a = table[letters[i]]
    const b = table[letters[i + 1]]
    const c = table[letters[i + 2]]
    const d = table[letters[i + 3]]
    seen |= a | b | c | d
    target[p++] = (a & 3) | ((b & 3) << 2) | ((c & 3) << 4) | ((d & 3) << 6)
  }
  if (i < length) {
    let byte = 0
    for (let shift = 0; i < length; i++, shift += 2) {
      const code = table[letters[i]]
      seen |= code
      byte |= (code & 3) << shift
    }
    target[p] = byte
  }
  return seen & (HAS_EXCEPTIONS | HAS_BAD_LETTERS)
}

function packFives(letters: Uint8Array, target: Uint8Array, offset: number): number {
  const table = packedProtein
  const length = letters.length
  let seen = 0
  let p = offset
  let i = 0
  for (; i + 8 <= length; i += 8) {
    const a = table[letters[i]]
    const b = table[letters[i + 1]]
    const c = table[letters[i + 2]]
    const d = table[letters[i + 3]]
    const e = table[letters[i + 4]]
    const f = table[letters[i + 5]]
    const g = table[letters[i + 6]]
    const h = table[letters[i + 7]]
    seen |= a | b | c | d | e | f | g | h
    target[p] = a | (b << 5)
    target[p + 1] = (b >> 3) | (c << 2) | (d << 7)
    target[p + 2] = (d >> 1) | (e << 4)
    target[p + 3] = (e >> 4) | (f << 1) | (g << 6)
    target[p + 4] = (g >> 2) | (h << 3)
    p += 5
  }
  if (i < length) {
    target.fill(0, p, p + 5)
    for (let bit = 0; i < length; i++, bit += 5) {
      const code = table[letters[i]]
      seen |= code
      const shifted = code << (bit & 7)
      target[p + (bit >> 3)] |= shifted
      if (shifted > 255) target[p + (bit >> 3) + 1] |= shifted >> 8
    }
  }
  return seen & HAS_BAD_LETTERS
}

/** Runs of nucleotides that the packing cannot hold: start, length, code; start, length, code; … */
export function collectExceptions(letters: Uint8Array, minority: number): Uint32Array {
  const table = codesOfLetters('dna')
  let runs = new Uint32Array(48)
  let used = 0
  const length = letters.length
  let i = 0
  while (i < length) {
    const letter = letters[i]
    if (table[letter] <= 3 && letter !== minority) {
      i++
      continue
    }
    let end = i + 1
    while (end < length && letters[end] === letter) end++
    if (used + 3 > runs.length) {
      const larger = new Uint32Array(runs.length * 2)
      larger.set(runs)
      runs = larger
    }
    runs[used++] = i
    runs[used++] = end - i
    runs[used++] = letter === minority ? OTHER_OF_T_U : table[letter]
    i = end
  }
  return runs.slice(0, used)
}

/** Which byte is no letter of the alphabet, and where: a sentence without a full stop. */
export function describeBadLetter(alphabet: Alphabet, letters: Uint8Array): string {
  const table = codesOfLetters(alphabet)
  let i = 0
  while (i < letters.length - 1 && table[letters[i]] !== NOT_A_LETTER) i++
  return `${describeByte(letters[i])} at residue ${i + 1} is not a letter of ${alphabetName(alphabet)}`
}

/**
 * Letters of residue codes [start, end) of a record, given its exceptions as `starts`, `lengths` and `codes` from `first`
 * to `last`: the inverse of `packLetters`, once codes are unpacked and the ambiguity codes put in.
 */
export function lettersOf(
  alphabet: Alphabet,
  codes: Uint8Array,
  start: number,
  uracil: boolean,
  exceptions: { starts: Uint32Array; lengths: Uint32Array; codes: Uint8Array },
  first: number,
  last: number,
): Uint8Array<ArrayBuffer> {
  const letters = decodeCodes(codes, alphabet, uracil)
  for (let e = first; e < last; e++) {
    if (exceptions.codes[e] !== OTHER_OF_T_U) continue
    const from = Math.max(0, exceptions.starts[e] - start)
    const to = Math.min(codes.length, exceptions.starts[e] + exceptions.lengths[e] - start)
    if (from < to) letters.fill(uracil ? T : U, from, to)
  }
  return letters
}

/** Codes of packed residues [from, to) of a run that starts at `packed[0]`. `Kernels` have the fast form for whole chunks. */
export function unpackCodes(alphabet: Alphabet, packed: Uint8Array, from: number, to: number): Uint8Array {
  const codes = new Uint8Array(to - from)
  if (alphabet === 'protein') {
    for (let i = from; i < to; i++) {
      const bit = i * 5
      const at = bit >> 3
      codes[i - from] = ((packed[at] | ((packed[at + 1] ?? 0) << 8)) >> (bit & 7)) & 31
    }
  } else {
    for (let i = from; i < to; i++) codes[i - from] = (packed[i >> 2] >> ((i & 3) * 2)) & 3
  }
  return codes
}

/** Puts the exceptions `first` to `last` of a record into its codes, which begin at residue `start` of the record. */
export function applyExceptions(
  codes: Uint8Array,
  start: number,
  exceptions: { starts: Uint32Array; lengths: Uint32Array; codes: Uint8Array },
  first: number,
  last: number,
): void {
  for (let e = first; e < last; e++) {
    const from = Math.max(0, exceptions.starts[e] - start)
    const to = Math.min(codes.length, exceptions.starts[e] + exceptions.lengths[e] - start)
    if (from < to) codes.fill(exceptions.codes[e], from, to)
  }
}
