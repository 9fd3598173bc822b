import { execFileSync } from 'node:child_process'
import type { Hit, Hsp, Program, QueryResult, ResolvedOptions, SearchHeader } from '../../src/engine/search/types.ts'

/** The parts of BLAST's `-outfmt 15` that are read here. */
interface BlastHsp {
  bit_score: number
  score: number
  evalue: number
  identity: number
  positive?: number
  query_from: number
  query_to: number
  query_frame?: number
  hit_from: number
  hit_to: number
  hit_frame?: number
  hit_strand?: 'Plus' | 'Minus'
  align_len: number
  gaps: number
  qseq: string
  hseq: string
  midline: string
}

interface BlastSearch {
  query_title: string
  query_len: number
  /** 0-based, against what BLAST's description of the format says. */
  query_masking?: { from: number; to: number }[]
  hits?: { description: { title: string }[]; len: number; hsps: BlastHsp[] }[]
  stat: { db_num: number; db_len: number; eff_space: number; kappa: number; lambda: number; entropy: number }
}

interface BlastReport {
  params: Record<string, string | number>
  results: { search: BlastSearch }
}

export interface BlastRun {
  header: SearchHeader
  results: QueryResult[]
}

/** Runs a BLAST program with `-outfmt` as given. */
export function blast(program: Program, args: string[], outfmt: string): string {
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore']
  return execFileSync(program, [...args, '-outfmt', outfmt], { encoding: 'utf8', maxBuffer: 2 ** 30, stdio })
}

/** One BLAST search as our result types have it, read from `-outfmt 15`. */
export function blastRun(program: Program, args: string[], title: string): BlastRun {
  const document = JSON.parse(blast(program, args, '15')) as { BlastOutput2: { report: BlastReport }[] }
  const reports = document.BlastOutput2.map(({ report }) => report)
  const { db_num, db_len } = reports[0].results.search.stat
  return {
    header: {
      writer: 'genomic-catalog 0.1.0',
      options: optionsOf(program, reports[0].params),
      catalog: {
        title,
        digest: 'd'.repeat(64),
        parameters: null,
        alphabet: program === 'blastp' || program === 'blastx' ? 'protein' : 'dna',
        entries: db_num,
        residues: db_len,
        fields: [],
      },
      queries: reports.length,
    },
    results: reports.map(({ results }, index) => resultOf(program, results.search, index)),
  }
}

function optionsOf(program: Program, params: Record<string, string | number>): ResolvedOptions {
  const number = (name: string) => (params[name] === undefined ? null : Number(params[name]))
  return {
    mode: 'exhaustive',
    program,
    task: program === 'blastn' ? 'blastn' : null,
    evalue: Number(params.expect),
    maxTargetSeqs: 500,
    maxHsps: null,
    matrix: typeof params.matrix === 'string' ? params.matrix : null,
    reward: number('sc_match'),
    penalty: number('sc_mismatch'),
    gapopen: number('gap_open'),
    gapextend: number('gap_extend'),
    strand: 'both',
    percIdentity: 0,
    qcovHspPerc: 0,
    seg: program !== 'blastn',
    dust: program === 'blastn',
    compositionBias: false,
    queryGencode: 1,
    dbGencode: 1,
    dbsize: null,
    searchsp: null,
    where: null,
    align: null,
  }
}

function firstWord(title: string): [string, string] {
  const space = title.indexOf(' ')
  return space < 0 ? [title, ''] : [title.slice(0, space), title.slice(space + 1)]
}

function resultOf(program: Program, search: BlastSearch, index: number): QueryResult {
  const [id, description] = firstWord(search.query_title)
  const { stat } = search
  const hits = (search.hits ?? []).map((hit, entry): Hit => {
    const [accession, rest] = firstWord(hit.description[0].title)
    const hsps = hit.hsps.map((hsp) => hspOf(program, hsp))
    return {
      accession,
      description: rest,
      recordId: 'r'.repeat(64),
      entry,
      subjectLength: hit.len,
      metadata: {},
      hsps,
      queryCoverage: coverage(hsps, search.query_len),
    }
  })
  return {
    index,
    query: { id, description, length: search.query_len },
    mode: 'exhaustive',
    hits,
    found: hits.length,
    nearestExcluded: null,
    masking: search.query_masking
      ? { method: 'seg', intervals: search.query_masking.map(({ from, to }) => [from + 1, to + 1]) }
      : null,
    statistics: {
      lambda: stat.lambda,
      k: stat.kappa,
      h: stat.entropy,
      ungappedLambda: stat.lambda,
      ungappedK: stat.kappa,
      ungappedH: stat.entropy,
      method: program === 'blastn' ? 'length-adjustment' : 'spouge',
      lengthAdjustment: 0,
      effectiveSearchSpace: stat.eff_space,
      databaseResidues: stat.db_len,
      databaseEntries: stat.db_num,
    },
    warnings: [],
  }
}

function hspOf(program: Program, hsp: BlastHsp): Hsp {
  const minus = (frame: number | undefined) => (frame ?? 1) < 0
  const oriented = (from: number, to: number, reverse: boolean): [number, number] => {
    const [low, high] = [Math.min(from, to), Math.max(from, to)]
    return reverse ? [high, low] : [low, high]
  }
  const subjectFrame = hsp.hit_strand ? (hsp.hit_strand === 'Minus' ? -1 : 1) : (hsp.hit_frame ?? 0)
  const [queryStart, queryEnd] = oriented(hsp.query_from, hsp.query_to, minus(hsp.query_frame))
  const [subjectStart, subjectEnd] = oriented(hsp.hit_from, hsp.hit_to, subjectFrame < 0)
  return {
    score: hsp.score,
    bitScore: hsp.bit_score,
    evalue: hsp.evalue,
    queryFrame: hsp.query_frame ?? (program === 'blastn' ? 1 : 0),
    subjectFrame,
    queryStart,
    queryEnd,
    subjectStart,
    subjectEnd,
    length: hsp.align_len,
    identities: hsp.identity,
    positives: hsp.positive ?? hsp.identity,
    mismatches: hsp.align_len - hsp.identity - hsp.gaps,
    gaps: hsp.gaps,
    gapOpens: [hsp.qseq, hsp.hseq].flatMap((row) => row.match(/-+/g) ?? []).length,
    querySequence: hsp.qseq.toUpperCase(),
    midline: hsp.midline,
    subjectSequence: hsp.hseq.toUpperCase(),
  }
}

function coverage(hsps: Hsp[], length: number): number {
  const covered = new Uint8Array(length)
  for (const { queryStart, queryEnd } of hsps)
    covered.fill(1, Math.min(queryStart, queryEnd) - 1, Math.max(queryStart, queryEnd))
  return (100 * covered.reduce((sum, value) => sum + value, 0)) / length
}

/** Results one by one, as a search gives them. */
export async function* stream(results: QueryResult[]): AsyncGenerator<QueryResult> {
  yield* results
}

export async function join(pieces: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}
