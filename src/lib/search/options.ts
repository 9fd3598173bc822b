import type { Alphabet } from '#engine/format/types.ts'
import type { Mode, Program, SearchOptions, Task } from '#engine/search/types.ts'
import { geneticCodes } from './genetic-codes.ts'

/** A choice of a list: value and what it is called. */
export type Choice = [value: string, label: string]

/** One search option as the form shows it. */
export interface OptionField {
  key: keyof SearchOptions
  label: string
  /** BLAST's name, without the dash. */
  blast: string
  kind: 'number' | 'choice' | 'switch' | 'text'
  /** Choices whose values are numbers. */
  numeric?: boolean
  group: 'report' | 'scoring' | 'filters' | 'statistics'
  /** The value in force where none is given; null: none. */
  standard: (context: OptionContext) => string | number | boolean | null
  choices?: (context: OptionContext) => Choice[]
  applies?: (context: OptionContext) => boolean
  minimum?: number
  maximum?: number
  step?: number | 'any'
  hint?: string
}

/** What decides which options there are and what they are without being asked. */
export interface OptionContext {
  program: Program
  task: Task
  mode: Mode
  query: Alphabet
  catalog: Alphabet
  options: SearchOptions
}

const nucleotide = ({ program }: OptionContext) => program === 'blastn'
const comparesProteins = ({ program }: OptionContext) => program !== 'blastn'
const gapped = ({ program }: OptionContext) => program !== 'tblastx'
const translatesQuery = ({ program }: OptionContext) => program === 'blastx' || program === 'tblastx'
const translatesSubject = ({ program }: OptionContext) => program === 'tblastn' || program === 'tblastx'

/** Gap costs that BLAST uses for each matrix and task. */
const matrixGaps: Record<string, [number, number]> = {
  BLOSUM45: [14, 2],
  BLOSUM50: [13, 2],
  BLOSUM62: [11, 1],
  BLOSUM80: [10, 1],
  BLOSUM90: [10, 1],
  PAM30: [9, 1],
  PAM70: [10, 1],
  PAM250: [14, 2],
}
const taskScores: Record<Task, { reward: number; penalty: number; gaps: [number, number] }> = {
  blastn: { reward: 2, penalty: -3, gaps: [5, 2] },
  megablast: { reward: 1, penalty: -2, gaps: [0, 0] },
  'blastn-short': { reward: 1, penalty: -3, gaps: [5, 2] },
}
const gapsOf = ({ program, task, options }: OptionContext) =>
  program === 'blastn' ? taskScores[task].gaps : (matrixGaps[options.matrix ?? 'BLOSUM62'] ?? [11, 1])

const programs: Record<Program, string> = {
  blastn: 'blastn · nucleotides',
  tblastx: 'tblastx · both translated',
  tblastn: 'tblastn · catalog translated',
  blastx: 'blastx · query translated',
  blastp: 'blastp · proteins',
}

/** Programs that compare these two kinds, the usual one first. */
export function programsFor(query: Alphabet, catalog: Alphabet): Program[] {
  if (catalog === 'protein') return query === 'protein' ? ['blastp'] : ['blastx', 'blastp']
  return query === 'protein' ? ['tblastn'] : ['blastn', 'tblastx', 'tblastn']
}

/** The modes that make sense for a program, by the names that results and the guide give them. */
function modesFor(context: OptionContext): Choice[] {
  const modes: Choice[] = [
    ['auto', 'auto · exhaustive if quick'],
    ['exhaustive', 'exhaustive · every record'],
    ['sensitive', 'sensitive · by shared seeds'],
    ['fast', 'fast · the nearest 100'],
    ['exact', 'exact · same whole sequence'],
  ]
  // Few catalogs have vectors: the mode comes with a link.
  if (context.mode === 'vector') modes.push(['vector', 'vector · alike as a whole'])
  const isTranslated = translatesQuery(context) || translatesSubject(context)
  return modes.filter(([mode]) => (mode !== 'fast' || nucleotide(context)) && (mode !== 'exact' || !isTranslated))
}

/** Every option that the form offers, in its order. */
export const optionFields: readonly OptionField[] = [
  {
    key: 'program',
    label: 'Program',
    blast: 'program',
    kind: 'choice',
    group: 'report',
    standard: ({ query, catalog }) => programsFor(query, catalog)[0],
    choices: ({ query, catalog }) => programsFor(query, catalog).map((program) => [program, programs[program]]),
  },
  {
    key: 'mode',
    label: 'Mode',
    blast: 'mode',
    kind: 'choice',
    group: 'report',
    standard: () => 'auto',
    choices: modesFor,
  },
  {
    key: 'align',
    label: 'Align hits',
    blast: 'align',
    kind: 'switch',
    group: 'report',
    standard: () => false,
    applies: ({ mode }) => mode === 'vector',
  },
  {
    key: 'task',
    label: 'Task',
    blast: 'task',
    kind: 'choice',
    group: 'report',
    standard: ({ task }) => task,
    choices: () => [
      ['blastn', 'blastn · somewhat similar'],
      ['megablast', 'megablast · very similar'],
      ['blastn-short', 'blastn-short · under 50 nt'],
    ],
    applies: nucleotide,
  },
  {
    key: 'evalue',
    label: 'E-value up to',
    blast: 'evalue',
    kind: 'number',
    group: 'report',
    standard: () => 10,
    minimum: 0,
    step: 'any',
  },
  {
    key: 'maxTargetSeqs',
    label: 'Hits per query',
    blast: 'max_target_seqs',
    kind: 'number',
    group: 'report',
    standard: ({ mode }) => (mode === 'vector' ? 50 : 500),
    minimum: 1,
    step: 1,
  },
  {
    key: 'maxHsps',
    label: 'HSPs per hit',
    blast: 'max_hsps',
    kind: 'number',
    group: 'report',
    standard: () => null,
    minimum: 1,
    step: 1,
    hint: 'all',
  },
  {
    key: 'percIdentity',
    label: 'Identity at least',
    blast: 'perc_identity',
    kind: 'number',
    group: 'report',
    standard: () => 0,
    minimum: 0,
    maximum: 100,
    step: 'any',
    hint: '%',
  },
  {
    key: 'qcovHspPerc',
    label: 'Coverage at least',
    blast: 'qcov_hsp_perc',
    kind: 'number',
    group: 'report',
    standard: () => 0,
    minimum: 0,
    maximum: 100,
    step: 'any',
    hint: '%',
  },
  {
    key: 'strand',
    label: 'Strand of the query',
    blast: 'strand',
    kind: 'choice',
    group: 'report',
    standard: () => 'both',
    choices: () => [
      ['both', 'Both'],
      ['plus', 'Plus'],
      ['minus', 'Minus'],
    ],
    applies: (context) => nucleotide(context) || translatesQuery(context),
  },
  {
    key: 'where',
    label: 'Only entries where',
    blast: 'where',
    kind: 'text',
    group: 'report',
    standard: () => null,
  },
  {
    key: 'matrix',
    label: 'Matrix',
    blast: 'matrix',
    kind: 'choice',
    group: 'scoring',
    standard: () => 'BLOSUM62',
    choices: () => Object.keys(matrixGaps).map((name) => [name, name]),
    applies: comparesProteins,
  },
  {
    key: 'reward',
    label: 'Match',
    blast: 'reward',
    kind: 'number',
    group: 'scoring',
    standard: ({ task }) => taskScores[task].reward,
    minimum: 1,
    step: 1,
    applies: nucleotide,
  },
  {
    key: 'penalty',
    label: 'Mismatch',
    blast: 'penalty',
    kind: 'number',
    group: 'scoring',
    standard: ({ task }) => taskScores[task].penalty,
    maximum: -1,
    step: 1,
    applies: nucleotide,
  },
  {
    key: 'gapopen',
    label: 'Gap opening',
    blast: 'gapopen',
    kind: 'number',
    group: 'scoring',
    standard: (context) => gapsOf(context)[0],
    minimum: 0,
    step: 1,
    applies: gapped,
  },
  {
    key: 'gapextend',
    label: 'Gap extension',
    blast: 'gapextend',
    kind: 'number',
    group: 'scoring',
    standard: (context) => gapsOf(context)[1],
    minimum: 0,
    step: 1,
    applies: gapped,
  },
  {
    key: 'queryGencode',
    label: 'Genetic code, query',
    blast: 'query_gencode',
    kind: 'choice',
    numeric: true,
    group: 'scoring',
    standard: () => 1,
    choices: () => geneticCodes,
    applies: translatesQuery,
  },
  {
    key: 'dbGencode',
    label: 'Genetic code, catalog',
    blast: 'db_gencode',
    kind: 'choice',
    numeric: true,
    group: 'scoring',
    standard: () => 1,
    choices: () => geneticCodes,
    applies: translatesSubject,
  },
  {
    key: 'dust',
    label: 'Mask low complexity (DUST)',
    blast: 'dust',
    kind: 'switch',
    group: 'filters',
    standard: () => true,
    applies: nucleotide,
  },
  {
    key: 'seg',
    label: 'Mask low complexity (SEG)',
    blast: 'seg',
    kind: 'switch',
    group: 'filters',
    standard: () => true,
    applies: comparesProteins,
  },
  {
    key: 'compositionBias',
    label: 'Correct for the query’s composition',
    blast: 'composition_bias',
    kind: 'switch',
    group: 'filters',
    standard: () => false,
    applies: comparesProteins,
  },
  {
    key: 'dbsize',
    label: 'Catalog size to assume',
    blast: 'dbsize',
    kind: 'number',
    group: 'statistics',
    standard: () => null,
    minimum: 1,
    step: 1,
    hint: 'actual',
  },
  {
    key: 'searchsp',
    label: 'Search space to assume',
    blast: 'searchsp',
    kind: 'number',
    group: 'statistics',
    standard: () => null,
    minimum: 1,
    step: 1,
    hint: 'actual',
  },
]

/** Completes what decides the defaults from what is known about query and catalog. */
export function optionContext(
  options: SearchOptions,
  query: { alphabet: Alphabet; longest: number },
  catalog: Alphabet,
): OptionContext {
  const program = options.program ?? programsFor(query.alphabet, catalog)[0]
  const task = options.task ?? (query.longest > 0 && query.longest < 50 ? 'blastn-short' : 'blastn')
  return { program, task, mode: options.mode ?? 'auto', query: query.alphabet, catalog, options }
}

/** The options that hold in this context. */
export const applicable = (context: OptionContext) =>
  optionFields.filter((field) => (field.applies?.(context) ?? true) && (aligns(context) || !isOfAlignments(field)))

/** Mode vector aligns on request alone. */
const aligns = ({ mode, options }: OptionContext) => mode !== 'vector' || options.align === true
const isOfAlignments = ({ key, group }: OptionField) =>
  group !== 'report' || ['task', 'strand', 'evalue', 'maxHsps', 'percIdentity', 'qcovHspPerc'].includes(key)

/** Leaves out what does not apply and what equals the default. */
export function tidyOptions(context: OptionContext): SearchOptions {
  const kept: Record<string, unknown> = {}
  for (const field of applicable(context)) {
    const value = context.options[field.key]
    if (value !== undefined && value !== field.standard(context)) kept[field.key] = value
  }
  return kept as SearchOptions
}

/** "E ≤ 0.001 · megablast": what differs from the defaults, shortest first read. */
export function describeOptions(context: OptionContext): { name: string; value: string }[] {
  return optionFields
    .filter((field) => context.options[field.key] !== undefined && tidyOptions(context)[field.key] !== undefined)
    .map((field) => {
      const value = context.options[field.key]
      return { name: field.blast, value: field.kind === 'switch' ? (value === true ? 'yes' : 'no') : String(value) }
    })
}

/** The values in force where nothing is changed, in a few words: "E ≤ 10", "500 hits", "match 2, mismatch −3" … */
export function describeStandards(context: OptionContext): string[] {
  const values = new Map(applicable(context).map((field) => [field.key, field.standard(context)]))
  const words = [`E ≤ ${values.get('evalue')}`, `${values.get('maxTargetSeqs')} hits`]
  if (values.has('reward'))
    words.push(`match ${values.get('reward')}, mismatch −${Math.abs(Number(values.get('penalty')))}`)
  else words.push(String(values.get('matrix')))
  if (values.has('gapopen')) words.push(`gaps ${values.get('gapopen')} + ${values.get('gapextend')}`)
  words.push(values.has('dust') ? 'DUST' : 'SEG')
  return words
}
