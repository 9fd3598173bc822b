import type { Hsp, Program } from '#engine/search/types.ts'

/** How residues are coloured; letters and midline say the same without colour. */
export type Colouring = 'differences' | 'class' | 'identity'

/** A run of letters of one look. */
export interface Run {
  text: string
  /** CSS class; '' for plain. */
  look: string
}

/** One row of a block: letters with the coordinates of the first and last residue in it. */
export interface BlockRow {
  start: number
  end: number
  runs: Run[]
}

/** As many columns of an alignment as fit a line. */
export interface Block {
  query: BlockRow
  midline: string
  subject: BlockRow
}

/** Residues of the given sequence that one letter stands for, and the way coordinates go. */
interface Axis {
  start: number
  step: number
}

const translatesQuery = (program: Program) => program === 'blastx' || program === 'tblastx'
const translatesSubject = (program: Program) => program === 'tblastn' || program === 'tblastx'

/** Cuts an HSP into blocks of `columns`, with coordinates as BLAST prints them. */
export function blocks(hsp: Hsp, program: Program, columns: number, colouring: Colouring): Block[] {
  const isProtein = program !== 'blastn'
  const query = axis(hsp.queryStart, hsp.queryEnd, translatesQuery(program))
  const subject = axis(hsp.subjectStart, hsp.subjectEnd, translatesSubject(program))
  const made: Block[] = []
  for (let from = 0; from < hsp.length; from += columns) {
    const to = Math.min(hsp.length, from + columns)
    made.push({
      query: row(hsp.querySequence, from, to, query, looks(hsp, hsp.querySequence, isProtein, colouring)),
      midline: hsp.midline.slice(from, to),
      subject: row(hsp.subjectSequence, from, to, subject, looks(hsp, hsp.subjectSequence, isProtein, colouring)),
    })
  }
  return made
}

function axis(start: number, end: number, isTranslated: boolean): Axis {
  return { start, step: (end < start ? -1 : 1) * (isTranslated ? 3 : 1) }
}

/** Moves `axis` past the residues of the row. */
function row(letters: string, from: number, to: number, at: Axis, look: (column: number) => string): BlockRow {
  const runs: Run[] = []
  let residues = 0
  for (let column = from; column < to; column++) {
    if (letters[column] !== '-') residues++
    const name = look(column)
    const last = runs.at(-1)
    if (last?.look === name) last.text += letters[column]
    else runs.push({ text: letters[column], look: name })
  }
  const start = at.start
  at.start += residues * at.step
  // A row of gaps alone repeats the residue before it, as BLAST does.
  const end = at.start - Math.sign(at.step)
  return residues === 0 ? { start: end, end, runs } : { start, end, runs }
}

function looks(hsp: Hsp, own: string, isProtein: boolean, colouring: Colouring): (column: number) => string {
  const { querySequence: query, subjectSequence: subject, midline } = hsp
  return (column) => {
    const letter = own[column].toUpperCase()
    const isGap = query[column] === '-' || subject[column] === '-'
    if (colouring === 'class') return letter === '-' ? 'gap' : residueClass(letter, isProtein)
    const isSame = query[column].toUpperCase() === subject[column].toUpperCase()
    if (colouring === 'identity') return isSame && !isGap ? 'same' : ''
    if (isGap) return 'gap'
    if (isSame) return ''
    return isProtein && midline[column] === '+' ? 'similar' : 'differs'
  }
}

const proteinClasses: Record<string, string> = {}
for (const [letters, name] of [
  ['AILMFWVC', 'hydrophobic'],
  ['KR', 'positive'],
  ['DE', 'negative'],
  ['STNQ', 'polar'],
  ['HY', 'aromatic'],
  ['G', 'glycine'],
  ['P', 'proline'],
]) {
  for (const letter of letters) proteinClasses[letter] = name
}

/** Clustal's groups for proteins, the base itself for DNA. */
function residueClass(letter: string, isProtein: boolean): string {
  if (isProtein) return proteinClasses[letter] ?? ''
  if (letter === 'U') return 'base-t'
  return 'ACGT'.includes(letter) ? `base-${letter.toLowerCase()}` : ''
}

/** Strand or frames of an HSP in words; '' where there is nothing to say. */
export function orientation(hsp: Hsp, program: Program): string {
  if (program === 'blastn')
    return hsp.subjectFrame < 0 || hsp.queryFrame < 0 ? 'minus strand of the subject' : 'plus strand'
  const words: string[] = []
  const frame = (value: number) => `frame ${Math.abs(value)} of the ${value < 0 ? 'minus' : 'plus'} strand`
  if (translatesQuery(program)) words.push(`query in ${frame(hsp.queryFrame)}`)
  if (translatesSubject(program)) words.push(`subject in ${frame(hsp.subjectFrame)}`)
  return words.join(', ')
}
