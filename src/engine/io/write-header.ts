import type { ResolvedOptions } from '../search/types.ts'

/** A FASTA header without its `>`. */
export function titleLine(sequence: { id: string; description: string }): string {
  return sequence.description ? `${sequence.id} ${sequence.description}` : sequence.id
}

/** Options that say how sequences are aligned: mode `vector` takes them only where it aligns. */
export const ALIGNMENT_OPTIONS: readonly string[] = [
  'task',
  'strand',
  'evalue',
  'max-hsps',
  'perc-identity',
  'qcov-hsp-perc',
  'matrix',
  'reward',
  'penalty',
  'gapopen',
  'gapextend',
  'seg',
  'dust',
  'composition-bias',
  'dbsize',
  'searchsp',
]

/** The options of a search as arguments of `genomic-catalog search`: pasted there they ask for the same search. */
export function describeOptions(options: ResolvedOptions): string {
  const yesNo = (value: boolean) => (value ? 'yes' : 'no')
  const translatedQuery = options.program === 'blastx' || options.program === 'tblastx'
  const translatedSubject = options.program === 'tblastn' || options.program === 'tblastx'
  const given: [string, string | number | null][] = [
    ['program', options.program],
    ['task', options.task],
    ['mode', options.mode],
    ['evalue', options.evalue],
    ['max-target-seqs', options.maxTargetSeqs],
    ['max-hsps', options.maxHsps],
    ['matrix', options.matrix],
    ['reward', options.reward],
    ['penalty', options.penalty],
    ['gapopen', options.gapopen],
    ['gapextend', options.gapextend],
    ['strand', options.program === 'blastn' || translatedQuery ? options.strand : null],
    ['perc-identity', options.percIdentity > 0 ? options.percIdentity : null],
    ['qcov-hsp-perc', options.qcovHspPerc > 0 ? options.qcovHspPerc : null],
    ['seg', options.program === 'blastn' ? null : yesNo(options.seg)],
    ['dust', options.program === 'blastn' ? yesNo(options.dust) : null],
    ['composition-bias', options.compositionBias ? 'yes' : null],
    ['query-gencode', translatedQuery ? options.queryGencode : null],
    ['db-gencode', translatedSubject ? options.dbGencode : null],
    ['dbsize', options.dbsize],
    ['searchsp', options.searchsp],
    ['where', options.where === null ? null : quoted(options.where)],
    ['align', options.align === true ? 'yes' : null],
  ]
  return given
    .filter(([name, value]) => value !== null && (options.align !== false || !ALIGNMENT_OPTIONS.includes(name)))
    .map(([name, value]) => `--${name} ${value}`)
    .join(' ')
}

/** A text as one word of a shell's command line, on one line. */
function quoted(text: string): string {
  // eslint-disable-next-line no-control-regex
  if (!/[\x00-\x1f]/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`
  const escapes: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', "'": "\\'", '\\': '\\\\' }
  return `$'${text.replace(/[\n\r\t'\\]/g, (each) => escapes[each])}'`
}
