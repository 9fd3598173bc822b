import type { Query } from '../search/types.ts'
import type { Alphabet } from '../format/types.ts'
import { NOT_A_LETTER, alphabetName, codesOfLetters, detectAlphabet } from '../sequence/alphabet.ts'
import { FastqParser } from './fastq.ts'
import { splitHeader } from './text.ts'
import type { InputEntry } from './types.ts'

/** A part of a pasted text that cannot be understood: offsets in UTF-16 units, half open. */
export interface QueryProblem {
  start: number
  end: number
  message: string
}

export interface ParsedQueries {
  queries: Query[]
  problems: QueryProblem[]
}

/** Problems reported at most: a pasted novel need not be marked letter by letter. */
const MOST_PROBLEMS = 100

/**
 * The queries in a text that people pasted or dropped: FASTA of any number of records, FASTQ, GenBank flat files, or bare
 * residues, with digits, white space and `-` passed over. The alphabet is told for each query on its own
 * (`alphabetOf`). Queries without a name are called `Query_1`, `Query_2` … by their place, as BLAST does.
 */
export function parseQueries(text: string): ParsedQueries {
  const start = firstCharacter(text)
  const problems: QueryProblem[] = []
  const parts = text[start] === '@' ? fastqParts(text, start, problems) : residueParts(text, start, problems)
  const queries: Query[] = []
  for (const part of parts) {
    const query = toQuery(part, problems)
    if (query === null) continue
    if (query.id === '') query.id = `Query_${queries.length + 1}`
    queries.push(query)
  }
  problems.sort((a, b) => a.start - b.start)
  return { queries, problems: problems.slice(0, MOST_PROBLEMS) }
}

/**
 * Whether a text is one word that names a record rather than being its sequence: an accession (`NR_024570.1`, `P12345`,
 * `sp|P12345|X_HUMAN`), a SHA-256 or MD5 digest in hexadecimal, or a refget digest.
 */
export function looksLikeAccession(text: string): boolean {
  const word = text.trim()
  if (!/^[A-Za-z0-9][A-Za-z0-9_.|:+/#=-]{2,127}$/.test(word)) return false
  if (/^SQ\.[A-Za-z0-9_-]{32}$/.test(word) || /^([0-9a-f]{32}|[0-9a-f]{64})$/i.test(word)) return true
  if (!/[0-9_|.]/.test(word)) return false
  // Numbered residues run together: few digits, many letters.
  const letters = word.replace(/[^A-Za-z]/g, '').length
  return !(/^[0-9]*[A-Za-z*-][A-Za-z0-9*-]*$/.test(word) && letters >= 20 && letters > 0.8 * word.length)
}

/** Characters of the text that make one query: a header and the ranges that hold its residues. */
interface QueryPart {
  id: string
  description: string
  /** Where messages about the whole query point. */
  start: number
  end: number
  /** Start, end, start, end … of the residues in `text`. */
  ranges: number[]
  text: string
  /** `text` is what was pasted, so that its offsets are those of problems. */
  located: boolean
}

function residueParts(text: string, start: number, problems: QueryProblem[]): QueryPart[] {
  if (/^LOCUS\s/.test(text.slice(start, start + 6))) return genbankParts(text, start, problems)
  const parts: QueryPart[] = []
  let part: QueryPart | null = null
  forEachLine(text, start, (from, to) => {
    const first = from + /^\s*/.exec(text.slice(from, Math.min(to, from + 80)))![0].length
    if (first >= to || text[first] === ';') return
    if (text[first] === '>') {
      const { accession, description } = splitHeader(text.slice(first + 1, to))
      part = { id: accession, description, start: first, end: to, ranges: [], text, located: true }
      parts.push(part)
      return
    }
    const line = text.slice(first, Math.min(to, first + 12)).trimEnd()
    if (line === '//' || (line === 'ORIGIN' && /^[ \t]*\d/.test(text.slice(to).trimStart()))) return
    if (part === null) {
      part = { id: '', description: '', start: first, end: to, ranges: [], text, located: true }
      parts.push(part)
    }
    part.ranges.push(first, to)
  })
  return parts
}

/** Records of a GenBank flat file: VERSION (or LOCUS), DEFINITION and the lines between ORIGIN and `//`. */
function genbankParts(text: string, start: number, problems: QueryProblem[]): QueryPart[] {
  const parts: QueryPart[] = []
  let part: QueryPart | null = null
  let section = ''
  forEachLine(text, start, (from, to) => {
    const line = text.slice(from, to)
    const keyword = /^([A-Z]+|\/\/)(?:\s+|$)(.*)/s.exec(line)
    if (keyword) section = keyword[1]
    if (section === 'LOCUS' && keyword) {
      part = { id: keyword[2].split(/\s/)[0], description: '', start: from, end: to, ranges: [], text, located: true }
      parts.push(part)
    }
    if (part === null) return
    if (section === 'VERSION' && keyword) part.id = keyword[2].split(/\s/)[0] || part.id
    if (section === 'DEFINITION') part.description = `${part.description} ${keyword ? keyword[2] : line.trim()}`.trim()
    if (section === 'ORIGIN' && !keyword) part.ranges.push(from, to)
  })
  for (const each of parts) {
    if (each.ranges.length === 0) {
      problems.push({ start: each.start, end: each.end, message: `${each.id} has no ORIGIN section with residues` })
    }
  }
  return parts.filter((each) => each.ranges.length > 0)
}

function fastqParts(text: string, start: number, problems: QueryProblem[]): QueryPart[] {
  const lineStarts = [start]
  forEachLine(text, start, (_from, _to, next) => lineStarts.push(next))
  const lineRange = (line: number) => {
    const from = lineStarts[Math.min(line, lineStarts.length) - 1]
    const next = lineStarts[line] ?? text.length
    return { start: from, end: from + text.slice(from, next).trimEnd().length }
  }
  const entries: InputEntry[] = []
  const parser = new FastqParser({
    file: '',
    onReject: ({ line, accession, reason }) =>
      problems.push({ ...lineRange(line), message: `${accession || 'A record'} ${reason}` }),
  })
  parser.push(new TextEncoder().encode(text.slice(start)), entries)
  parser.end(entries)
  return entries.map((entry) => ({
    id: entry.accession,
    description: entry.description,
    ...lineRange(entry.line),
    ranges: [0, entry.letters.length],
    text: new TextDecoder().decode(entry.letters),
    located: false,
  }))
}

/** The query of a part, or null where something in it cannot be understood, which goes to `problems`. */
function toQuery(part: QueryPart, problems: QueryProblem[]): Query | null {
  const { text, ranges } = part
  const known = problems.length
  const report = (start: number, end: number, message: string) => {
    if (part.located) problems.push({ start, end, message })
    else problems.push({ start: part.start, end: part.end, message: `${part.id || 'A record'}: ${message}` })
  }
  const size = ranges.reduce((sum, at, i) => sum + (i % 2 ? at : -at), 0)
  const letters = new Uint8Array(size)
  const places = new Uint32Array(size)
  let n = 0
  for (let r = 0; r < ranges.length; r += 2) {
    for (let at = ranges[r]; at < ranges[r + 1]; at++) {
      const code = text.charCodeAt(at)
      const kind = code < 128 ? KINDS[code] : kindOf(code)
      if (kind === SKIPPED) continue
      if (kind === FOREIGN) {
        const start = at
        while (at + 1 < ranges[r + 1] && kindOf(text.charCodeAt(at + 1)) === FOREIGN) at++
        report(start, at + 1, `“${text.slice(start, Math.min(at + 1, start + 20))}” cannot be part of a sequence`)
      } else {
        letters[n] = kind
        places[n++] = at
      }
    }
  }
  if (n > 0 && letters[n - 1] === STOP) n--
  if (n === 0 && problems.length === known) report(part.start, part.end, 'This record has no residues')
  if (n === 0) return null
  const residues = letters.subarray(0, n)
  const alphabet = alphabetOf(residues)
  const codes = codesOfLetters(alphabet)
  for (let i = 0; i < n; i++) {
    if (codes[residues[i]] !== NOT_A_LETTER) continue
    report(places[i], places[i] + 1, `“${text[places[i]]}” is not a letter of ${alphabetName(alphabet)}`)
  }
  if (alphabet !== 'protein') {
    const second = Math.max(residues.indexOf(T), residues.indexOf(U))
    if (residues.includes(T) && residues.includes(U)) {
      report(places[second], places[second] + 1, 'This record has both T and U')
    }
  }
  if (problems.length > known) return null
  return { id: part.id, description: part.description, residues: decoder.decode(residues), alphabet }
}

const decoder = new TextDecoder()
const SKIPPED = 0
const FOREIGN = 1
const STOP = 42
const T = 84
const U = 85

/** Upper-case residue letter or `*`, or what else a character is: white space, digits and `-` are passed over. */
function kindOf(code: number): number {
  if (code >= 65 && code <= 90) return code
  if (code >= 97 && code <= 122) return code - 32
  if (code === STOP) return STOP
  const skipped = code <= 32 || code === 45 || (code >= 48 && code <= 57) || code === 0xa0 || code === 0xfeff
  return skipped && code !== 0 ? SKIPPED : FOREIGN
}

/** Of ASCII. */
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => kindOf(code))

function firstCharacter(text: string): number {
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0
  while (start < text.length && text.charCodeAt(start) <= 32) start++
  return start
}

/** Calls `visit` with start, end (without its line end) and the start of the next line, for lines ended by LF, CRLF or CR. */
function forEachLine(text: string, start: number, visit: (from: number, to: number, next: number) => void): void {
  const lineEnds = /\r\n|\n|\r|$/g
  let from = start
  while (from < text.length) {
    lineEnds.lastIndex = from
    const match = lineEnds.exec(text)!
    const next = match.index + match[0].length
    visit(from, match.index, next)
    from = next
  }
}

/** Of a nucleotide query with letters that are none, at least this share is plain: typing errors, not a peptide. */
const PLAIN_SHARE = 0.8

/** The alphabet of one query. A set of records outvotes an odd one among them; a query has only its own letters. */
function alphabetOf(residues: Uint8Array): Alphabet {
  const detected = detectAlphabet([residues])
  if (detected === 'protein') return detected
  const codes = codesOfLetters(detected)
  const proteinCodes = codesOfLetters('protein')
  let plain = 0
  let strange = false
  for (let i = 0; i < residues.length; i++) {
    const letter = residues[i]
    if (codes[letter] < 4) plain++
    if (codes[letter] === NOT_A_LETTER) strange = true
    if (proteinCodes[letter] === NOT_A_LETTER) return detected
  }
  return strange && plain < PLAIN_SHARE * residues.length ? 'protein' : detected
}
