import { CatalogError } from '../errors.ts'
import type { Hit, Hsp, Program, QueryResult, ResolvedOptions } from '../search/types.ts'
import { coveragePercent, formatBitScore, formatEvalueInTable, formatFixed } from './write-numbers.ts'

/** What a column of a table is made from. */
export interface Row {
  program: Program
  result: QueryResult
  hit: Hit
  /** Null where a hit of mode `vector` has no alignment. */
  hsp: Hsp | null
}

export interface Column {
  /** BLAST's format specifier, or ours. */
  name: string
  /** Heading in BLAST's commented table. */
  heading: string
  help: string
  /** What it says is of an alignment. */
  aligned: boolean
  value: (row: Row) => string
}

type AlignedRow = Row & { hsp: Hsp }

const unknown = () => 'N/A'
const accession = (row: Row) => row.hit.accession
const title = (row: Row) => (row.hit.description ? `${row.hit.accession} ${row.hit.description}` : row.hit.accession)

/** BLAST writes frame 1 for both sequences of blastp, where nothing is translated. */
const queryFrame = ({ program, hsp }: AlignedRow) => (program === 'blastp' ? 1 : hsp.queryFrame).toString()
const subjectFrame = ({ program, hsp }: AlignedRow) => (program === 'blastp' ? 1 : hsp.subjectFrame).toString()

function column(name: string, heading: string, help: string, value: (row: Row) => string): Column {
  return { name, heading, help, aligned: false, value }
}

/** N/A where nothing is aligned. */
function aligned(name: string, heading: string, help: string, value: (row: AlignedRow) => string): Column {
  const isAligned = (row: Row): row is AlignedRow => row.hsp !== null
  return { name, heading, help, aligned: true, value: (row) => (isAligned(row) ? value(row) : 'N/A') }
}

/** Every column a table can have, in the order of BLAST's own list; ours come last. */
export const COLUMNS: readonly Column[] = [
  column('qseqid', 'query id', 'first word of the query header', (r) => r.result.query.id),
  column('qacc', 'query acc.', 'the same', (r) => r.result.query.id),
  column('qaccver', 'query acc.ver', 'the same', (r) => r.result.query.id),
  column('qlen', 'query length', 'residues in the query', (r) => r.result.query.length.toString()),
  column('sseqid', 'subject id', 'accession of the entry', accession),
  column('sallseqid', 'subject ids', 'the same: every entry has rows of its own', accession),
  column('sacc', 'subject acc.', 'accession of the entry', accession),
  column('saccver', 'subject acc.ver', 'the same', accession),
  column('sallacc', 'subject accs.', 'the same', accession),
  column('slen', 'subject length', 'residues in the subject', (r) => r.hit.subjectLength.toString()),
  aligned('qstart', 'q. start', 'first position in the query', (r) => r.hsp.queryStart.toString()),
  aligned('qend', 'q. end', 'last position in the query', (r) => r.hsp.queryEnd.toString()),
  aligned('sstart', 's. start', 'first position in the subject', (r) => r.hsp.subjectStart.toString()),
  aligned('send', 's. end', 'last position in the subject', (r) => r.hsp.subjectEnd.toString()),
  aligned('qseq', 'query seq', 'aligned part of the query, with gaps', (r) => r.hsp.querySequence.toUpperCase()),
  aligned('sseq', 'subject seq', 'aligned part of the subject, with gaps', (r) => r.hsp.subjectSequence.toUpperCase()),
  aligned('evalue', 'evalue', 'E-value', (r) => formatEvalueInTable(r.hsp.evalue)),
  aligned('bitscore', 'bit score', 'bit score', (r) => formatBitScore(r.hsp.bitScore)),
  aligned('score', 'score', 'raw score', (r) => r.hsp.score.toString()),
  aligned('length', 'alignment length', 'columns of the alignment', (r) => r.hsp.length.toString()),
  aligned('pident', '% identity', 'percent of identical columns', (r) =>
    formatFixed((r.hsp.identities / r.hsp.length) * 100, 3),
  ),
  aligned('nident', 'identical', 'identical columns', (r) => r.hsp.identities.toString()),
  aligned('mismatch', 'mismatches', 'columns of two different residues', (r) => r.hsp.mismatches.toString()),
  aligned('positive', 'positives', 'columns with a positive score', (r) => r.hsp.positives.toString()),
  aligned('gapopen', 'gap opens', 'gaps opened', (r) => r.hsp.gapOpens.toString()),
  aligned('gaps', 'gaps', 'columns with a gap', (r) => r.hsp.gaps.toString()),
  aligned('ppos', '% positives', 'percent of columns with a positive score', (r) =>
    formatFixed((r.hsp.positives / r.hsp.length) * 100, 2),
  ),
  aligned('frames', 'query/sbjct frames', 'qframe/sframe', (r) => `${queryFrame(r)}/${subjectFrame(r)}`),
  aligned('qframe', 'query frame', 'frame of the query', queryFrame),
  aligned('sframe', 'sbjct frame', 'frame of the subject', subjectFrame),
  aligned('btop', 'BTOP', "BLAST's trace-back operations", (r) => btop(r.hsp)),
  column('staxid', 'subject tax id', 'N/A: entries have no taxon yet', unknown),
  column('ssciname', 'subject sci name', 'N/A', unknown),
  column('scomname', 'subject com names', 'N/A', unknown),
  column('sblastname', 'subject blast name', 'N/A', unknown),
  column('sskingdom', 'subject super kingdom', 'N/A', unknown),
  column('staxids', 'subject tax ids', 'N/A', unknown),
  column('sscinames', 'subject sci names', 'N/A', unknown),
  column('scomnames', 'subject com names', 'N/A', unknown),
  column('sblastnames', 'subject blast names', 'N/A', unknown),
  column('sskingdoms', 'subject super kingdoms', 'N/A', unknown),
  column('stitle', 'subject title', 'header of the entry', title),
  column('salltitles', 'subject titles', 'the same', title),
  aligned('sstrand', 'subject strand', 'plus or minus for blastn, else N/A', ({ program, hsp }) =>
    program !== 'blastn' ? 'N/A' : hsp.subjectFrame < 0 ? 'minus' : 'plus',
  ),
  aligned('qcovs', '% query coverage per subject', 'percent of the query covered by all HSPs of the entry', (r) =>
    coveragePercent(r.hit.queryCoverage).toString(),
  ),
  aligned('qcovhsp', '% query coverage per hsp', 'percent of the query covered by this HSP', ({ result, hsp }) =>
    coveragePercent((100 * (Math.abs(hsp.queryEnd - hsp.queryStart) + 1)) / result.query.length).toString(),
  ),
  column('recordid', 'record id', 'SHA-256 of the residues of the subject', (r) => r.hit.recordId),
  column('cosine', 'cosine', 'mode vector: likeness of the nearest windows', ({ hit }) =>
    hit.cosine === undefined ? 'N/A' : formatFixed(hit.cosine, 4),
  ),
]

const BY_NAME = new Map(COLUMNS.map((c) => [c.name, c]))

/** BLAST's default columns, also named `std`. */
export const DEFAULT_COLUMNS = [
  'qaccver',
  'saccver',
  'pident',
  'length',
  'mismatch',
  'gapopen',
  'qstart',
  'qend',
  'sstart',
  'send',
  'evalue',
  'bitscore',
] as const

/** A metadata field of the entry. */
function metadataColumn(field: string): Column {
  return column(`meta:${field}`, field, `metadata field ${field}`, ({ hit }) => {
    const value = hit.metadata[field]
    return value === null || value === undefined ? 'N/A' : value.toString()
  })
}

/** What takes the place of the default columns in mode `vector`; the rest of them follow where hits are aligned. */
const VECTOR_COLUMNS = ['qaccver', 'saccver', 'cosine', 'qlen', 'slen'] as const

/**
 * The columns a list of format specifiers asks for, as BLAST reads it: `std` stands for the default columns, `-name`
 * takes a column away, a repeated name counts once. `meta:field` (`meta:"two words"`) is a metadata field.
 * Null for an empty list: the default of the search, see `defaultColumns`.
 * @throws CatalogError `usage` for a name that is not known.
 */
export function parseColumns(names: readonly string[]): Column[] | null {
  const columns = new Map<string, Column>()
  for (const name of names) {
    if (name === 'std') for (const known of DEFAULT_COLUMNS) columns.set(known, BY_NAME.get(known)!)
    else if (name.startsWith('-')) columns.delete(lookUp(name.slice(1)).name)
    else if (!columns.has(name)) columns.set(name, lookUp(name))
  }
  return columns.size === 0 ? null : [...columns.values()]
}

/** The columns of a table where none are asked for. */
export function defaultColumns({ mode, align }: Pick<ResolvedOptions, 'mode' | 'align'>): Column[] {
  const names = mode !== 'vector' ? DEFAULT_COLUMNS : align ? [...VECTOR_COLUMNS, ...DEFAULT_COLUMNS] : VECTOR_COLUMNS
  return [...new Set(names)].map(lookUp)
}

function lookUp(name: string): Column {
  if (name.startsWith('meta:')) return metadataColumn(name.slice(5))
  const known = BY_NAME.get(name)
  if (known) return known
  throw new CatalogError(
    'usage',
    `There is no output column "${name}". Known are std, ${COLUMNS.map((c) => c.name).join(', ')} and meta:<field>.`,
    { column: name },
  )
}

/**
 * BLAST's trace-back operations: lengths of identical runs, and pairs of letters (query, subject) elsewhere.
 * `12AG3-T` is 12 identities, A against G, 3 identities, a gap against T.
 */
export function btop(hsp: Hsp): string {
  const query = hsp.querySequence.toUpperCase()
  const subject = hsp.subjectSequence.toUpperCase()
  let text = ''
  let same = 0
  for (let i = 0; i < query.length; i++) {
    if (query[i] === subject[i]) same++
    else {
      text += (same > 0 ? same : '') + query[i] + subject[i]
      same = 0
    }
  }
  return same > 0 ? text + same : text
}
