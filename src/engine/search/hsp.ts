import { CODES, OP_DELETE, OP_INSERT, OP_PAIR, type Alignment } from '../kernels/types.ts'
import type { Context } from './contexts.ts'
import type { Scoring } from './scoring.ts'
import type { Hsp, Program } from './types.ts'

/** Where an alignment lies: everything needed to give coordinates in the sequences as they were given. */
export interface Placement {
  program: Program
  /** Residues of the query and of the subject as given (nucleotides where they are translated). */
  queryLength: number
  subjectLength: number
  subjectFrame: number
  /** Codes of the subject on its frame, or of a window of them, and where the aligned region starts in these codes. */
  subject: Uint8Array
  regionStart: number
  /** Place on the frame of the first of these codes. */
  subjectStart: number
}

const NUCLEOTIDES = 'ACGTRYMKWSBDHVN-'
const PROTEINS = '-ABCDEFGHIKLMNPQRSTVWXYZU*OJ'
const COMPLEMENTS = 'TGCAYRKMWSVHDBN-'
// Bytes of the rows.
const GAP = 45
const SPACE = 32
const BAR = 124
const PLUS = 43
const decoder = new TextDecoder()

/** Turns an alignment into a reported HSP. `score` and the E-value are given, since they depend on the statistics. */
export function describeHsp(
  alignment: Alignment,
  context: Context,
  scoring: Scoring,
  placement: Placement,
  numbers: { score: number; bitScore: number; evalue: number },
): Hsp {
  const nucleotide = placement.program === 'blastn'
  const reversed = nucleotide && context.frame < 0
  const letters = nucleotide ? (reversed ? COMPLEMENTS : NUCLEOTIDES) : PROTEINS
  let length = 0
  for (const run of alignment.operations) length += run >>> 2
  const query = new Uint8Array(length)
  const midline = new Uint8Array(length)
  const subject = new Uint8Array(length)
  // A reversed alignment is written from its end.
  const step = reversed ? -1 : 1
  let at = reversed ? length - 1 : 0
  let identities = 0
  let positives = 0
  let mismatches = 0
  let gaps = 0
  let gapOpens = 0
  let q = alignment.queryStart
  let s = alignment.subjectStart + placement.regionStart
  for (const run of alignment.operations) {
    const op = run & 3
    const count = run >>> 2
    if (op !== OP_PAIR) {
      gapOpens++
      gaps += count
    }
    for (let i = 0; i < count; i++, at += step) {
      const queryCode = op === OP_DELETE ? -1 : context.codes[q++]
      const subjectCode = op === OP_INSERT ? -1 : placement.subject[s++]
      query[at] = queryCode < 0 ? GAP : letters.charCodeAt(queryCode)
      subject[at] = subjectCode < 0 ? GAP : letters.charCodeAt(subjectCode)
      if (op !== OP_PAIR) {
        midline[at] = SPACE
      } else if (queryCode === subjectCode) {
        identities++
        positives++
        midline[at] = nucleotide ? BAR : letters.charCodeAt(queryCode)
      } else {
        mismatches++
        const positive = !nucleotide && scoring.matrix[queryCode * CODES + subjectCode] > 0
        if (positive) positives++
        midline[at] = positive ? PLUS : SPACE
      }
    }
  }
  const [queryStart, queryEnd] = queryCoordinates(alignment, context.frame, placement)
  const [subjectStart, subjectEnd] = subjectCoordinates(alignment, context.frame, placement)
  return {
    ...numbers,
    queryFrame: nucleotide ? 1 : context.frame,
    subjectFrame: reversed ? -1 : placement.subjectFrame,
    queryStart,
    queryEnd,
    subjectStart,
    subjectEnd,
    length,
    identities,
    positives,
    mismatches,
    gaps,
    gapOpens,
    querySequence: decoder.decode(query),
    midline: decoder.decode(midline),
    subjectSequence: decoder.decode(subject),
  }
}

function queryCoordinates(alignment: Alignment, frame: number, placement: Placement): [number, number] {
  const { queryStart, queryEnd } = alignment
  if (placement.program === 'blastn' && frame < 0) {
    return [placement.queryLength - queryEnd + 1, placement.queryLength - queryStart]
  }
  if (placement.program === 'blastx' || placement.program === 'tblastx') {
    return frameCoordinates(queryStart, queryEnd, frame, placement.queryLength)
  }
  return [queryStart + 1, queryEnd]
}

function subjectCoordinates(alignment: Alignment, queryFrame: number, placement: Placement): [number, number] {
  const start = alignment.subjectStart + placement.regionStart + placement.subjectStart
  const end = alignment.subjectEnd + placement.regionStart + placement.subjectStart
  if (placement.program === 'blastn') return queryFrame < 0 ? [end, start + 1] : [start + 1, end]
  if (placement.program === 'tblastn' || placement.program === 'tblastx') {
    return frameCoordinates(start, end, placement.subjectFrame, placement.subjectLength)
  }
  return [start + 1, end]
}

/** Nucleotide coordinates, 1-based inclusive, of codons [start, end) of a frame; start > end on the minus strand. */
export function frameCoordinates(start: number, end: number, frame: number, length: number): [number, number] {
  const shift = Math.abs(frame) - 1
  return frame > 0
    ? [shift + 3 * start + 1, shift + 3 * end]
    : [length - shift - 3 * start, length - shift - 3 * end + 1]
}

/** E-values closer than this rounding are equal when hits are ordered. */
export function roundedEvalue(evalue: number): number {
  return Number(evalue.toPrecision(6))
}

/** The order of HSPs: E-value (6 digits), score, subject start, query start, strand. */
export function compareHsps(a: Hsp, b: Hsp): number {
  return (
    roundedEvalue(a.evalue) - roundedEvalue(b.evalue) ||
    b.score - a.score ||
    Math.min(a.subjectStart, a.subjectEnd) - Math.min(b.subjectStart, b.subjectEnd) ||
    Math.min(a.queryStart, a.queryEnd) - Math.min(b.queryStart, b.queryEnd) ||
    b.subjectFrame - a.subjectFrame ||
    b.queryFrame - a.queryFrame
  )
}

/**
 * Drops alignments that lie inside a better one, in both sequences, as BLAST does (blast_itree.c, s_HSPIsContained):
 * at any distance where `separation` is 0, else where they start or end within `separation` diagonals of it.
 */
export function withoutContained(alignments: readonly Alignment[], separation: number): Alignment[] {
  const kept: Alignment[] = []
  for (const a of alignments) {
    const inside = kept.some(
      (b) =>
        a.queryStart >= b.queryStart &&
        a.queryEnd <= b.queryEnd &&
        a.subjectStart >= b.subjectStart &&
        a.subjectEnd <= b.subjectEnd &&
        (separation === 0 ||
          near(a.queryStart - a.subjectStart, b.queryStart - b.subjectStart, separation) ||
          near(a.queryEnd - a.subjectEnd, b.queryEnd - b.subjectEnd, separation)),
    )
    if (!inside) kept.push(a)
  }
  return kept
}

function near(a: number, b: number, separation: number): boolean {
  return Math.abs(a - b) < separation
}
