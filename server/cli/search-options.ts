import { WHERE } from './query-command.ts'
import type { Option } from './types.ts'

const WORDS = 'candidates are found by the seeds of the catalog, or not at all in mode exhaustive; choose with --mode.'

function refused(names: string, help: string, harmless: string[] = [], valued = true): Option[] {
  return names
    .split(' ')
    .map((name) => ({ name, type: 'refused', group: 'Options of BLAST that are refused', help, harmless, valued }))
}

function text(name: string, placeholder: string, group: string, help: string, rest: Partial<Option> = {}): Option {
  return { name, type: 'text', placeholder, group, help, ...rest } as Option
}

function whole(name: string, group: string, help: string, rest: Partial<Option> = {}): Option {
  return { name, type: 'number', whole: true, placeholder: 'N', group, help, ...rest } as Option
}

/** The options of `search`, named as BLAST+ names them. */
export function searchOptions(outFile: Option): Option[] {
  return [
    text('db', 'CATALOG', 'Input', 'The catalog: a folder or a URL. The same as the first argument.'),
    text('query', 'FILE', 'Input', 'The queries: FASTA, FASTQ or bare residues, gzip or not; - is standard input.'),
    text('subject', 'FILE', 'Input', 'Search the sequences of this file instead of a catalog.'),
    {
      name: 'strict',
      type: 'flag',
      group: 'Input',
      help: 'Fail where a query cannot be understood, instead of reporting it and going on.',
    },

    {
      name: 'program',
      type: 'choice',
      choices: ['blastn', 'blastp', 'blastx', 'tblastn', 'tblastx'],
      group: 'Search',
      help: 'How to compare: blastx translates the query, tblastn the catalog, tblastx both.',
      default: 'by the alphabets of query and catalog',
    },
    {
      name: 'mode',
      type: 'choice',
      choices: ['auto', 'exhaustive', 'sensitive', 'fast', 'exact', 'vector'],
      group: 'Search',
      help: 'exhaustive aligns every query with every sequence; sensitive and fast look for shared seeds first, fast for the best matches alone; exact finds whole sequences equal to the query; vector ranks by likeness; auto is exhaustive where that takes about a second and else sensitive.',
      default: 'auto',
    },
    {
      name: 'align',
      type: 'switch',
      group: 'Search',
      help: 'For mode vector: also align the hits. Their order stays that of likeness, and hits that do not align stay.',
      default: 'no',
    },
    text(
      'task',
      'TASK',
      'Search',
      'For blastn: blastn (2/−3, gaps 5/2), megablast (1/−2, linear gaps) or blastn-short (1/−3, gaps 5/2).',
      {
        default: 'blastn, or blastn-short where all queries are shorter than 50',
      },
    ),
    {
      name: 'strand',
      type: 'choice',
      choices: ['both', 'plus', 'minus'],
      group: 'Search',
      help: 'Strands of the query to search with.',
      default: 'both',
    },
    whole('query-gencode', 'Search', 'Genetic code (NCBI number) of translated queries.', {
      least: 1,
      default: '1',
    } as Partial<Option>),
    whole('db-gencode', 'Search', 'Genetic code of translated subjects.', {
      least: 1,
      default: '1',
    } as Partial<Option>),
    whole('num-threads', 'Search', 'Number of threads.', {
      aliases: ['threads'],
      least: 1,
      most: 1024,
      default: 'as many as there are cores',
    } as Partial<Option>),

    {
      name: 'evalue',
      type: 'number',
      above: 0,
      placeholder: 'E',
      group: 'Limits',
      help: 'Largest E-value reported.',
      default: '10',
    },
    whole('max-target-seqs', 'Limits', 'Entries reported per query, best first.', {
      least: 1,
      default: '500, in mode vector 50',
    } as Partial<Option>),
    whole('max-hsps', 'Limits', 'Alignments reported per query and entry.', {
      least: 1,
      default: 'all',
    } as Partial<Option>),
    {
      name: 'perc-identity',
      type: 'number',
      least: 0,
      most: 100,
      placeholder: 'PERCENT',
      group: 'Limits',
      help: 'Least percentage of identical columns.',
      default: '0',
    },
    {
      name: 'qcov-hsp-perc',
      type: 'number',
      least: 0,
      most: 100,
      placeholder: 'PERCENT',
      group: 'Limits',
      help: 'Least percentage of the query that an alignment covers.',
      default: '0',
    },

    { ...WHERE, default: 'all entries' },

    text('matrix', 'NAME', 'Scoring', 'Scoring matrix for proteins: BLOSUM45, 50, 62, 80, 90, PAM30, 70, 250.', {
      default: 'BLOSUM62',
    }),
    whole('reward', 'Scoring', 'Score of a match (blastn).', { least: 0, default: 'by task' } as Partial<Option>),
    whole('penalty', 'Scoring', 'Score of a mismatch (blastn).', { most: 0, default: 'by task' } as Partial<Option>),
    whole('gapopen', 'Scoring', 'Cost to open a gap.', {
      least: 0,
      default: "BLAST's for the matrix or task",
    } as Partial<Option>),
    whole('gapextend', 'Scoring', 'Cost of each residue in a gap.', {
      least: 0,
      default: "BLAST's for the matrix or task",
    } as Partial<Option>),
    {
      name: 'seg',
      type: 'switch',
      yes: ['12 2.2 2.5'],
      group: 'Scoring',
      help: 'Mask regions of low complexity in protein queries and translations (SEG).',
      default: 'yes',
    },
    {
      name: 'dust',
      type: 'switch',
      yes: ['20 64 1'],
      group: 'Scoring',
      help: 'For blastn: an alignment needs 11 equal bases in a row (7 for blastn-short) outside regions of low complexity (DUST).',
      default: 'yes',
    },
    {
      name: 'composition-bias',
      type: 'switch',
      group: 'Scoring',
      help: 'Correct protein scores for the local composition of the query (Hauser et al. 2016).',
      default: 'no',
    },
    whole('dbsize', 'Scoring', 'Residues of the database to assume for E-values.', {
      least: 1,
      default: "the catalog's",
    } as Partial<Option>),
    whole('searchsp', 'Scoring', 'Effective search space to assume for E-values.', {
      least: 1,
      default: 'computed',
    } as Partial<Option>),

    text(
      'outfmt',
      'FORMAT',
      'Output',
      '0 pairwise, 6 table, 7 table with comments, 10 CSV, json. After 6, 7 or 10 may follow delim=… and columns, as in BLAST, and cosine in mode vector.',
      { default: '0' },
    ),
    outFile,

    ...refused(
      'comp-based-stats',
      'composition-based statistics do not exist yet; --composition-bias yes is what comes nearest.',
      ['0', 'F', 'f'],
    ),
    ...refused(
      'word-size min-raw-gapped-score threshold window-size xdrop-ungap xdrop-gap xdrop-gap-final off-diagonal-range',
      WORDS,
    ),
    ...refused('num-descriptions num-alignments', 'use -max_target_seqs, which sets both.'),
    ...refused('sum-stats', 'hits are never joined by sum statistics.', ['0', 'F', 'f', 'false', 'no']),
    ...refused('soft-masking', 'SEG masks the scores and DUST the seeds; -seg no and -dust no switch them off.'),
    ...refused(
      'culling-limit best-hit-overhang best-hit-score-edge',
      'there is no such filter yet; -max_hsps and -max_target_seqs limit what is reported.',
    ),
    ...refused(
      'remote html ungapped subject-besthit lcase-masking use-sw-tback',
      'this is not offered here.',
      [],
      false,
    ),
    ...refused('parse-deflines show-gis', 'accessions are the first words of headers.', [], false),
    ...refused('mt-mode', 'threads share all work as they are.', ['0', '1']),
  ]
}
