import type { Entry } from '../format/types.ts'
import { toHex } from '../sequence/digest.ts'
import { translatesQuery, translatesSubject, mirrorIntervals, type Context } from './contexts.ts'
import type { AlignedRecord, RankKey } from './rank.ts'
import type { RecordRows } from './rows.ts'
import type { Hit, Hsp, Masking, Query, QueryMode, QueryResult, ResolvedOptions } from './types.ts'

export interface ReportInput {
  rows: RecordRows
  /** Entries to report of every record that the batch names. */
  entries: ReadonlyMap<number, readonly Entry[]>
  options: ResolvedOptions
  mode: QueryMode
  index: number
  query: Query
  contexts: readonly Context[]
  best: readonly AlignedRecord[]
  found: number
  /** Entries that passed the E-value and were left out by masks and filters. */
  dropped: number
  /** The best record that did not pass; only where nothing was found. */
  excluded: RankKey | null
}

/** Brings entries and alignments of one query together. */
export function describeResult(input: ReportInput): QueryResult {
  const { rows, entries, options, query, contexts, best, excluded } = input
  const hits: Hit[] = []
  for (const { record, hsps, cosine } of best) {
    const lettered = hsps.map((hsp) => withUracil(hsp, query, options, rows.isRna(record)))
    const queryCoverage = coverage(hsps, query.residues.length)
    for (const entry of entries.get(record)!) {
      if (hits.length === options.maxTargetSeqs) break
      const hit = describeHit(entry, rows, record, lettered, queryCoverage)
      hits.push(cosine === undefined ? hit : { ...hit, cosine })
    }
  }
  const nearest = excluded === null ? undefined : entries.get(excluded.record)?.at(0)
  return {
    index: input.index,
    query: { id: query.id, description: query.description, length: query.residues.length },
    mode: input.mode,
    hits,
    found: input.found,
    nearestExcluded:
      excluded === null || nearest === undefined
        ? null
        : {
            accession: nearest.accession,
            description: nearest.description,
            evalue: excluded.evalue,
            score: excluded.score,
          },
    masking: describeMasking(options, contexts, query.residues.length),
    statistics: contexts[0].statistics.summary,
    warnings: hits.length === 0 && input.dropped > 0 ? [droppedWarning(input.dropped)] : [],
  }
}

function droppedWarning(entries: number): string {
  const passed = entries === 1 ? '1 entry' : `${entries} entries`
  return `${passed} passed the E-value, but masking or filters left no alignment.`
}

function describeHit(entry: Entry, rows: RecordRows, record: number, hsps: Hsp[], queryCoverage: number): Hit {
  return {
    accession: entry.accession,
    description: entry.description,
    recordId: toHex(rows.id(record)),
    entry: entry.index,
    subjectLength: rows.length(record),
    metadata: entry.metadata,
    hsps,
    queryCoverage,
  }
}

/** RNA is compared as DNA; its letters are given back here. */
function withUracil(hsp: Hsp, query: Query, options: ResolvedOptions, subjectIsRna: boolean): Hsp {
  const queryIsRna = query.alphabet === 'rna' && !translatesQuery(options.program) && options.program === 'blastn'
  const subjectChanges = subjectIsRna && !translatesSubject(options.program) && options.program === 'blastn'
  if (!queryIsRna && !subjectChanges) return hsp
  const uracil = (row: string): string => row.replaceAll('T', 'U')
  return {
    ...hsp,
    querySequence: queryIsRna ? uracil(hsp.querySequence) : hsp.querySequence,
    subjectSequence: subjectChanges ? uracil(hsp.subjectSequence) : hsp.subjectSequence,
  }
}

/** Percent of the query that lies in at least one HSP. */
function coverage(hsps: readonly Hsp[], queryLength: number): number {
  const intervals = hsps
    .map((hsp) => [Math.min(hsp.queryStart, hsp.queryEnd) - 1, Math.max(hsp.queryStart, hsp.queryEnd)])
    .sort((a, b) => a[0] - b[0])
  let covered = 0
  let reached = 0
  for (const [start, end] of intervals) {
    covered += Math.max(0, end - Math.max(start, reached))
    reached = Math.max(reached, end)
  }
  return (100 * covered) / queryLength
}

/** Masked intervals of the query in its own residues, 1-based inclusive, of all strands and frames together. */
function describeMasking(options: ResolvedOptions, contexts: readonly Context[], length: number): Masking | null {
  if (!options.seg && !options.dust) return null
  const intervals: [number, number][] = []
  for (const { frame, masks } of contexts) {
    const translated = translatesQuery(options.program)
    // The strands of DNA are masked alike: one stands for both.
    if (!translated && frame !== contexts[0].frame) continue
    const plain = !translated && frame < 0 ? mirrorIntervals(masks, length) : masks
    for (let i = 0; i < plain.length; i += 2) {
      const [start, end] = [plain[i], plain[i + 1]]
      if (!translated) intervals.push([start + 1, end])
      else if (frame > 0) intervals.push([frame + 3 * start, frame - 1 + 3 * end])
      else intervals.push([length + frame + 2 - 3 * end, length + frame + 1 - 3 * start])
    }
  }
  return { method: options.dust ? 'dust' : 'seg', intervals: joinIntervals(intervals) }
}

function joinIntervals(intervals: [number, number][]): [number, number][] {
  const joined: [number, number][] = []
  for (const [start, end] of intervals.sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1)
    if (last !== undefined && start <= last[1] + 1) last[1] = Math.max(last[1], end)
    else joined.push([start, end])
  }
  return joined
}
