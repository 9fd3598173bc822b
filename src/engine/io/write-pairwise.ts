import type { Hit, Hsp, Masking, Program, QueryResult, ResolvedOptions, SearchHeader } from '../search/types.ts'
import { describeOptions, titleLine } from './write-header.ts'
import { formatBitScore, formatCount, formatEvalue, formatFixed, wholePercent } from './write-numbers.ts'

/** Columns of the list of hits before its scores, and of an alignment. */
const LIST_WIDTH = 68
const ALIGNMENT_WIDTH = 60

/** The report of BLAST's `-outfmt 0`: for each query a list of hits, their alignments and the statistics. */
export async function* writePairwise(
  header: SearchHeader,
  results: AsyncIterable<QueryResult>,
): AsyncGenerator<string> {
  const { options, catalog } = header
  yield (
    `${options.program.toUpperCase()} ${header.writer}\n\n\n` +
    `Database: ${catalog.title}\n` +
    `           ${formatCount(catalog.entries)} sequences; ${formatCount(catalog.residues)} total letters\n\n\n\n`
  )
  for await (const result of results) {
    yield queryHead(result)
    yield hitList(result)
    if (options.align === false) continue
    for (const hit of result.hits) yield alignments(hit, result.masking, options.program)
    yield statistics(result, options)
  }
  yield (
    `  Database: ${catalog.title}\n` +
    `  Catalog digest: ${catalog.digest}\n` +
    `  Number of letters in database: ${formatCount(catalog.residues)}\n` +
    `  Number of sequences in database:  ${formatCount(catalog.entries)}\n\n\n\n` +
    (options.align === false ? '' : scoring(options)) +
    `Options: ${describeOptions(options)}\n`
  )
}

function queryHead({ query, masking, warnings }: QueryResult): string {
  const lines = wrapWords(titleLine(query), LIST_WIDTH)
  let text = `Query= ${lines.join('\n')}\n\nLength=${query.length}\n`
  if (masking && masking.intervals.length > 0) {
    const intervals = masking.intervals.map(([start, end]) => `${start}-${end}`).join(', ')
    text += wrapWords(`Masked by ${masking.method.toUpperCase()}: ${intervals}`, LIST_WIDTH).join('\n  ') + '\n'
  }
  for (const warning of warnings) text += `Warning: ${warning}\n`
  return text
}

function hitList(result: QueryResult): string {
  const { hits, found, nearestExcluded, mode } = result
  if (hits.length === 0) {
    let text = '\n\n***** No hits found *****\n\n'
    if (nearestExcluded) {
      const { accession, evalue } = nearestExcluded
      text += `Nearest hit above the E-value limit: ${accession}, Expect = ${formatEvalue(evalue)}\n`
    }
    return text + '\n\n'
  }
  let text = mode === 'vector' ? likenessList(hits) : scoreList(hits)
  if (found > hits.length) {
    const hidden = formatCount(found - hits.length)
    const what = mode === 'vector' ? 'are near' : 'passed the E-value'
    text += `\n${hidden} more ${what}; --max-target-seqs shows ${formatCount(hits.length)}.\n`
  }
  return text + '\n\n'
}

function scoreList(hits: readonly Hit[]): string {
  const rows = hits.map((hit) => [titleOf(hit), formatBitScore(hit.hsps[0].bitScore), formatEvalue(hit.hsps[0].evalue)])
  const bitsWidth = Math.max('(Bits)'.length, ...rows.map((row) => row[1].length))
  const evalueWidth = Math.max('Value'.length, ...rows.map((row) => row[2].length))
  let text = `${' '.repeat(70)}Score     E\n`
  text += 'Sequences producing significant alignments:'.padEnd(69) + '(Bits)  Value\n\n'
  for (const [title, bits, evalue] of rows)
    text += `${title.padEnd(LIST_WIDTH)}  ${bits.padEnd(bitsWidth)}  ${evalue.padEnd(evalueWidth)}\n`
  return text
}

/** The list of mode `vector`: with the score and E-value of what aligns, where alignments were asked for. */
function likenessList(hits: readonly Hit[]): string {
  let text = `${'Sequences by likeness:'.padEnd(LIST_WIDTH)}  Cosine\n\n`
  for (const hit of hits) {
    const cosine = formatFixed(hit.cosine ?? 0, 4).padStart(6)
    const best = hit.hsps.at(0)
    const score = best && `  ${formatBitScore(best.bitScore)} bits, Expect = ${formatEvalue(best.evalue)}`
    text += `${titleOf(hit).padEnd(LIST_WIDTH)}  ${cosine}${score ?? ''}\n`
  }
  return text
}

function titleOf(hit: Hit): string {
  return clip(titleLine({ id: hit.accession, description: hit.description }))
}

function clip(title: string): string {
  return title.length > LIST_WIDTH ? title.slice(0, LIST_WIDTH - 3) + '...' : title
}

function alignments(hit: Hit, masking: Masking | null, program: Program): string {
  const title = titleLine({ id: hit.accession, description: hit.description })
  let text = `>${breakAfter(title, ALIGNMENT_WIDTH)}\nLength=${hit.subjectLength}\n\n`
  if (hit.cosine !== undefined) text += ` Cosine = ${formatFixed(hit.cosine, 4)}\n\n`
  if (hit.hsps.length === 0) text += ' ***** Nothing aligns *****\n\n'
  for (const hsp of hit.hsps) text += hspHead(hsp, program) + rows(hsp, masking, program) + '\n'
  return text
}

function hspHead(hsp: Hsp, program: Program): string {
  const share = (part: number) => `${part}/${hsp.length} (${wholePercent(part, hsp.length)}%)`
  let text = ` Score = ${formatBitScore(hsp.bitScore)} bits (${hsp.score}),  Expect = ${formatEvalue(hsp.evalue)}\n`
  text += ` Identities = ${share(hsp.identities)}`
  if (program !== 'blastn') text += `, Positives = ${share(hsp.positives)}`
  text += `, Gaps = ${share(hsp.gaps)}\n`
  const signed = (frame: number) => (frame > 0 ? `+${frame}` : frame.toString())
  if (program === 'blastn') text += ` Strand=Plus/${hsp.subjectFrame < 0 ? 'Minus' : 'Plus'}\n`
  else if (program === 'blastx') text += ` Frame = ${signed(hsp.queryFrame)}\n`
  else if (program === 'tblastn') text += ` Frame = ${signed(hsp.subjectFrame)}\n`
  else if (program === 'tblastx') text += ` Frame = ${signed(hsp.queryFrame)}/${signed(hsp.subjectFrame)}\n`
  return text + '\n'
}

/** Where a row of an alignment stands, column by column. */
class Ruler {
  position: number
  private readonly step: number

  /** `unit`: residues of the sequence as given for one column. */
  constructor(start: number, end: number, unit: number) {
    this.step = end < start ? -unit : unit
    this.position = start
  }

  /** First and last position of the next columns, as BLAST prints them; a row of gaps stands where the last one ended. */
  take(columns: string): [number, number] {
    let residues = 0
    for (const letter of columns) if (letter !== '-') residues++
    const direction = Math.sign(this.step)
    const before = this.position - direction
    const start = residues > 0 ? this.position : before
    this.position += residues * this.step
    return [start, residues > 0 ? this.position - direction : before]
  }
}

function rows(hsp: Hsp, masking: Masking | null, program: Program): string {
  const query = new Ruler(hsp.queryStart, hsp.queryEnd, program === 'blastx' || program === 'tblastx' ? 3 : 1)
  const subject = new Ruler(hsp.subjectStart, hsp.subjectEnd, program === 'tblastn' || program === 'tblastx' ? 3 : 1)
  const positions = [hsp.queryStart, hsp.queryEnd, hsp.subjectStart, hsp.subjectEnd]
  const width = Math.max(...positions.map((position) => position.toString().length)) + 2
  const queryRow = program === 'blastx' || program === 'tblastx' ? hsp.querySequence : showMask(hsp, masking)
  let text = ''
  for (let at = 0; at < hsp.length; at += ALIGNMENT_WIDTH) {
    const queryPart = queryRow.slice(at, at + ALIGNMENT_WIDTH)
    const subjectPart = hsp.subjectSequence.slice(at, at + ALIGNMENT_WIDTH)
    const [queryStart, queryEnd] = query.take(queryPart)
    const [subjectStart, subjectEnd] = subject.take(subjectPart)
    text += `Query  ${queryStart.toString().padEnd(width)}${queryPart}  ${queryEnd}\n`
    text += `       ${' '.repeat(width)}${hsp.midline.slice(at, at + ALIGNMENT_WIDTH)}\n`
    text += `Sbjct  ${subjectStart.toString().padEnd(width)}${subjectPart}  ${subjectEnd}\n\n`
  }
  return text
}

/** The query's row with masked residues in lower case, as BLAST shows them. */
function showMask(hsp: Hsp, masking: Masking | null): string {
  if (!masking || masking.intervals.length === 0) return hsp.querySequence
  let position = hsp.queryStart
  let interval = 0
  let text = ''
  for (const letter of hsp.querySequence) {
    if (letter === '-') {
      text += letter
      continue
    }
    while (interval < masking.intervals.length && masking.intervals[interval][1] < position) interval++
    const masked = interval < masking.intervals.length && masking.intervals[interval][0] <= position
    text += masked ? letter.toLowerCase() : letter
    position++
  }
  return text
}

function statistics({ statistics: s }: QueryResult, { gapopen }: ResolvedOptions): string {
  const values = (...numbers: number[]) => numbers.map((value) => value.toPrecision(3).padStart(8)).join(' ') + ' \n'
  let text = '\n'
  // A query that is masked from end to end has no parameters.
  if (s.ungappedLambda > 0)
    text += 'Lambda      K        H\n' + values(s.ungappedLambda, s.ungappedK, s.ungappedH) + '\n'
  if (s.lambda > 0 && gapopen !== null) text += 'Gapped\nLambda      K        H\n' + values(s.lambda, s.k, s.h)
  return text + `\nEffective search space used: ${Math.round(s.effectiveSearchSpace)}\n\n\n`
}

function scoring(options: ResolvedOptions): string {
  const matrix = options.matrix ?? `blastn matrix ${options.reward} ${options.penalty}`
  const gaps =
    options.gapopen === null ? '' : `Gap Penalties: Existence: ${options.gapopen}, Extension: ${options.gapextend}\n`
  return `Matrix: ${matrix}\n${gaps}`
}

/** Breaks between words so that lines hold at most `width` characters where words allow it. */
function wrapWords(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line += lines.length === 0 && line === '' ? word : ` ${word}`
  }
  return [...lines, line]
}

/** Breaks after the first space from each `width`th character on, keeping that space, as BLAST does in subject titles. */
function breakAfter(text: string, width: number): string {
  let broken = ''
  let due = false
  for (let i = 0; i < text.length; i++) {
    if (i > 0 && i % width === 0) due = true
    broken += text[i]
    if (due && text[i] === ' ') {
      broken += '\n'
      due = false
    }
  }
  return broken
}
