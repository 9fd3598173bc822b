import type { Kernels, Profile } from '../kernels/types.ts'
import { codonTable } from '../sequence/genetic-codes.ts'
import { dustIntervals } from '../sequence/masking/dust.ts'
import { segIntervals } from '../sequence/masking/seg.ts'
import { profileOf, type Scoring } from './scoring.ts'
import { queryStatistics, type ContextStatistics } from './statistics.ts'
import type { Program, ResolvedOptions, Strand } from './types.ts'

/** One strand or reading frame of a query, ready to be compared. */
export interface Context {
  /** 1 or −1 for blastn, ±1 … ±3 for translated queries, 0 for proteins. */
  frame: number
  /** Residue codes on that strand or frame, unmasked. */
  codes: Uint8Array
  /** Masked intervals in coordinates of `codes`: start, end, start, end … */
  masks: Uint32Array
  profile: Profile
  statistics: ContextStatistics
}

const FRAMES = [1, 2, 3, -1, -2, -3]

export function translatesQuery(program: Program): boolean {
  return program === 'blastx' || program === 'tblastx'
}

export function translatesSubject(program: Program): boolean {
  return program === 'tblastn' || program === 'tblastx'
}

/** Frames of a query that `program` compares, `strand` allowing. */
export function queryFrames(program: Program, strand: Strand): number[] {
  if (program === 'blastp' || program === 'tblastn') return [0]
  const allowed = (frame: number): boolean => strand === 'both' || frame > 0 === (strand === 'plus')
  return (program === 'blastn' ? [1, -1] : FRAMES).filter(allowed)
}

/** Frames of a subject that `program` compares: 1 for DNA as it stands, 0 for proteins. */
export function subjectFrames(program: Program): number[] {
  if (translatesSubject(program)) return FRAMES
  return [program === 'blastn' ? 1 : 0]
}

/** Residues of a query of `residues` residues on one of its frames. */
export function contextLength(program: Program, frame: number, residues: number): number {
  return translatesQuery(program) ? Math.max(0, Math.floor((residues - Math.abs(frame) + 1) / 3)) : residues
}

/** Codes of one frame of a nucleotide sequence; the sequence itself for frames 0 and 1 of untranslated programs. */
export function frameCodes(kernels: Kernels, codes: Uint8Array, frame: number, table: Uint8Array | null): Uint8Array {
  const strand = frame < 0 ? kernels.reverseComplement(codes) : codes
  return table === null ? strand : kernels.translate(strand, Math.abs(frame) - 1, table)
}

const dustKnown = new WeakMap<Uint8Array, Uint32Array>()

/** Low-complexity intervals of a query by DUST, found once. */
export function dustOf(codes: Uint8Array): Uint32Array {
  let intervals = dustKnown.get(codes)
  if (intervals === undefined) {
    intervals = dustIntervals(codes)
    dustKnown.set(codes, intervals)
  }
  return intervals
}

/** Makes the contexts of one query. */
export function makeContexts(
  kernels: Kernels,
  scoring: Scoring,
  options: ResolvedOptions,
  codes: Uint8Array,
  database: { residues: number; entries: number },
): Context[] {
  const { program } = options
  const table = translatesQuery(program) ? codonTable(options.queryGencode) : null
  const dusted = program === 'blastn' && options.dust ? dustOf(codes) : new Uint32Array(0)
  return queryFrames(program, options.strand).map((frame) => {
    const compared = frameCodes(kernels, codes, frame, table)
    const isProtein = program !== 'blastn'
    const masks = isProtein
      ? options.seg
        ? segIntervals(compared)
        : new Uint32Array(0)
      : frame < 0
        ? mirrorIntervals(dusted, codes.length)
        : dusted
    const profile = profileOf(scoring, compared, { bias: isProtein && options.compositionBias })
    const statistics = queryStatistics(kernels, scoring, {
      program,
      queryLength: compared.length,
      codes: compared,
      masked: isProtein ? masks : undefined,
      databaseResidues: database.residues,
      databaseEntries: database.entries,
      dbsize: options.dbsize,
      searchsp: options.searchsp,
    })
    return { frame, codes: compared, masks, profile, statistics }
  })
}

/** The same intervals on the other strand of a sequence of `length` residues. */
export function mirrorIntervals(intervals: Uint32Array, length: number): Uint32Array {
  const mirrored = new Uint32Array(intervals.length)
  for (let i = 0; i < intervals.length; i++) mirrored[intervals.length - 1 - i] = length - intervals[i]
  return mirrored
}

/**
 * Most subject residues that one local alignment with this profile can span: every query residue paired, and as many
 * deleted subject residues as the best possible score can pay for.
 */
export function longestSpan(profile: Profile, gaps: { open: number; extend: number } | null): number {
  if (gaps === null) return profile.length
  const rows = profile.rows.length / 32
  const best = new Int32Array(rows)
  for (let row = 0; row < rows; row++) {
    for (let code = 0; code < 32; code++) best[row] = Math.max(best[row], profile.rows[row * 32 + code])
  }
  let score = 0
  for (const row of profile.index) score += best[row]
  return profile.length + Math.max(0, Math.floor((score - gaps.open) / Math.max(1, gaps.extend)))
}
