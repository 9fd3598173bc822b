import { CatalogError } from '../errors.ts'
import type { Alphabet } from '../format/types.ts'
import { codonTable } from '../sequence/genetic-codes.ts'
import { translatesQuery, translatesSubject } from './contexts.ts'
import { defaultsFor, resolveScoring } from './scoring.ts'
import type { Mode, Program, Query, ResolvedOptions, SearchOptions, Task } from './types.ts'

/** Queries shorter than this are searched with the parameters of `blastn-short` unless a task is named. */
const SHORT_QUERY = 50
const MODES: readonly Mode[] = ['auto', 'exact', 'fast', 'sensitive', 'exhaustive', 'vector']
const PROGRAMS: readonly Program[] = ['blastn', 'blastp', 'blastx', 'tblastn', 'tblastx']
const TASKS: readonly Task[] = ['blastn', 'megablast', 'blastn-short']

/** Molecule kinds that each program compares. */
const KINDS: Record<Program, { query: 'nucleotide' | 'protein'; catalog: 'nucleotide' | 'protein' }> = {
  blastn: { query: 'nucleotide', catalog: 'nucleotide' },
  blastp: { query: 'protein', catalog: 'protein' },
  blastx: { query: 'nucleotide', catalog: 'protein' },
  tblastn: { query: 'protein', catalog: 'nucleotide' },
  tblastx: { query: 'nucleotide', catalog: 'nucleotide' },
}

/**
 * Fills in every default as BLAST would for these queries and this catalog, and refuses what does not fit together with
 * a `usage` error.
 */
export function resolveOptions(options: SearchOptions, queries: readonly Query[], catalog: Alphabet): ResolvedOptions {
  const mode = options.mode ?? 'auto'
  if (!MODES.includes(mode)) throw usage(`There is no mode "${String(mode)}". Modes are ${MODES.join(', ')}.`)
  const program = chooseProgram(options.program, queries, catalog)
  if (mode === 'exact' && program !== 'blastn' && program !== 'blastp') {
    throw usage(
      `Mode exact compares whole sequences of one kind, so it cannot translate. ` +
        `These queries and this catalog differ in kind (${program}); use mode sensitive or exhaustive.`,
    )
  }
  const task = chooseTask(options.task, program, queries)
  const isNucleotide = program === 'blastn'
  const matrix = isNucleotide ? null : (options.matrix ?? 'BLOSUM62').toUpperCase()
  const defaults = defaultsFor(program, task, matrix)
  const ungapped = defaults.gapopen === null || defaults.gapextend === null
  if (ungapped && (options.gapopen !== undefined || options.gapextend !== undefined)) {
    throw usage(`${program} compares without gaps, so gap costs have no meaning for it. Leave them out.`)
  }
  if (options.align === true && mode !== 'vector') {
    throw usage(`Every mode but vector aligns its hits, so align has no meaning in mode ${mode}. Leave it out.`)
  }
  const isCompared = mode !== 'exact' && (mode !== 'vector' || options.align === true)
  const resolved: ResolvedOptions = {
    mode,
    program,
    task,
    evalue: positive('evalue', options.evalue ?? 10),
    maxTargetSeqs: whole('max_target_seqs', options.maxTargetSeqs ?? (mode === 'vector' ? 50 : 500), 1),
    maxHsps: options.maxHsps === undefined ? null : whole('max_hsps', options.maxHsps, 1),
    matrix,
    reward: isNucleotide ? (options.reward ?? defaults.reward) : null,
    penalty: isNucleotide ? (options.penalty ?? defaults.penalty) : null,
    gapopen: ungapped ? null : whole('gapopen', options.gapopen ?? defaults.gapopen!, 0),
    gapextend: ungapped ? null : whole('gapextend', options.gapextend ?? defaults.gapextend!, 0),
    strand: options.strand ?? 'both',
    percIdentity: percent('perc_identity', options.percIdentity ?? 0),
    qcovHspPerc: percent('qcov_hsp_perc', options.qcovHspPerc ?? 0),
    seg: !isNucleotide && isCompared && (options.seg ?? true),
    dust: isNucleotide && isCompared && (options.dust ?? true),
    compositionBias: !isNucleotide && isCompared && (options.compositionBias ?? false),
    queryGencode: options.queryGencode ?? 1,
    dbGencode: options.dbGencode ?? 1,
    dbsize: options.dbsize === undefined ? null : whole('dbsize', options.dbsize, 1),
    searchsp: options.searchsp === undefined ? null : whole('searchsp', options.searchsp, 1),
    where: options.where ?? null,
    align: mode === 'vector' ? (options.align ?? false) : null,
  }
  if (!['both', 'plus', 'minus'].includes(resolved.strand)) {
    throw usage(`Strand is both, plus or minus, not "${String(resolved.strand)}".`)
  }
  if (translatesQuery(program)) codonTable(resolved.queryGencode)
  if (translatesSubject(program)) codonTable(resolved.dbGencode)
  resolveScoring(resolved)
  return resolved
}

function chooseProgram(asked: Program | undefined, queries: readonly Query[], catalog: Alphabet): Program {
  const catalogKind = catalog === 'protein' ? 'protein' : 'nucleotide'
  // Letters of DNA are letters of proteins too: one protein makes a set of queries proteins.
  const queryKind = queries.some((query) => query.alphabet === 'protein') ? 'protein' : 'nucleotide'
  if (asked === undefined) {
    if (catalogKind === 'protein') return queryKind === 'protein' ? 'blastp' : 'blastx'
    return queryKind === 'protein' ? 'tblastn' : 'blastn'
  }
  if (!PROGRAMS.includes(asked)) throw usage(`There is no program "${asked}". Programs are ${PROGRAMS.join(', ')}.`)
  const kinds = KINDS[asked]
  if (kinds.catalog !== catalogKind) {
    throw usage(
      `${asked} searches ${kinds.catalog} sequences, and this catalog holds ${catalog === 'protein' ? 'proteins' : catalog.toUpperCase()}. ` +
        `Use ${catalogKind === 'protein' ? 'blastp or blastx' : 'blastn, tblastn or tblastx'}.`,
    )
  }
  if (kinds.query === 'nucleotide' && queryKind === 'protein') {
    const query = queries.find((candidate) => candidate.alphabet === 'protein')!
    throw usage(
      `${asked} needs nucleotide queries, and ${query.id} is a protein. ` +
        `Use ${catalogKind === 'protein' ? 'blastp' : 'tblastn, which translates the catalog'}.`,
    )
  }
  return asked
}

function chooseTask(asked: Task | undefined, program: Program, queries: readonly Query[]): Task | null {
  if (program !== 'blastn') {
    if (asked !== undefined && (asked as string) !== program) {
      throw usage(`Task ${asked} belongs to blastn, and this is a ${program} search. Leave the task out.`)
    }
    return null
  }
  if (asked !== undefined) {
    if (!TASKS.includes(asked)) throw usage(`There is no task "${asked}". Tasks of blastn are ${TASKS.join(', ')}.`)
    return asked
  }
  return queries.every((query) => query.residues.length < SHORT_QUERY) ? 'blastn-short' : 'blastn'
}

function usage(message: string): CatalogError {
  return new CatalogError('usage', message)
}

function positive(name: string, value: number): number {
  if (!(value > 0 && Number.isFinite(value))) throw usage(`${name} has to be a number above 0, not ${value}.`)
  return value
}

function whole(name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least) {
    throw usage(`${name} has to be a whole number of at least ${least}, not ${value}.`)
  }
  return value
}

function percent(name: string, value: number): number {
  if (!(value >= 0 && value <= 100)) throw usage(`${name} has to be a percentage from 0 to 100, not ${value}.`)
  return value
}
