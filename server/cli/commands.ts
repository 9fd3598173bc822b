import { buildCommands } from './build-commands.ts'
import { neighbourCommands } from './neighbour-commands.ts'
import { queryCommand } from './query-command.ts'
import { searchOptions } from './search-options.ts'
import type { Command, Option } from './types.ts'

/** Options that every command has. */
const COMMON: Option[] = [
  { name: 'help', aliases: ['h'], type: 'flag', group: 'General', help: 'Show this help and stop.' },
  { name: 'version', aliases: ['V'], type: 'flag', group: 'General', help: 'Show the version and stop.' },
  {
    name: 'verbose',
    aliases: ['v'],
    type: 'flag',
    group: 'General',
    help: 'With an error, show what caused it.',
  },
  {
    name: 'quiet',
    aliases: ['q'],
    type: 'flag',
    group: 'General',
    help: 'Say nothing on standard error but errors and warnings.',
  },
]

const OUT_FILE: Option = {
  name: 'out',
  aliases: ['o'],
  type: 'text',
  placeholder: 'FILE',
  group: 'Output',
  help: 'Write to this file, which appears once it is complete.',
  default: 'standard output',
}

const { build, add, compact, rebuild } = buildCommands(COMMON)

const search: Command = {
  name: 'search',
  summary: 'Search a catalog, or a file, with one or more sequences.',
  usage: ['<catalog> <query.fasta|->', '--subject FILE <query.fasta|->', '-db CATALOG -query FILE'],
  details: [
    'A catalog is a folder or a URL. Options have the names of BLAST+, with one dash and underscores or with two and ' +
      'hyphens: -max_target_seqs 10 and --max-target-seqs 10 are the same.',
  ],
  options: [...searchOptions(OUT_FILE), ...COMMON],
  examples: [
    'genomic-catalog search https://example.org/genes query.fasta --evalue 1e-5',
    'genomic-catalog search genes query.fasta -outfmt "6 qseqid sseqid pident evalue meta:organism"',
    'genomic-catalog search --subject genome.fa.gz query.fasta --outfmt json > hits.json',
  ],
  positionals: [0, 2],
  load: () => import('./search.ts'),
}

const fetch: Command = {
  name: 'fetch',
  summary: 'Print sequences, or parts of them, as FASTA.',
  usage: ['<catalog> <id|accession>[:start-end]…'],
  details: [
    'Positions are 1-based and inclusive, as in samtools faidx. A sequence is named by its accession, or by its SHA-256, ' +
      'MD5 or refget digest. Upper and lower case are those of the input.',
  ],
  options: [
    {
      name: 'region-file',
      aliases: ['r'],
      type: 'text',
      placeholder: 'FILE',
      group: 'Input',
      help: 'Read what to fetch from this file, one per line; - is standard input.',
    },
    {
      name: 'reverse-complement',
      aliases: ['i'],
      type: 'flag',
      group: 'Output',
      help: 'Print the reverse complement, with /rc after the name.',
    },
    {
      name: 'width',
      aliases: ['n', 'length'],
      type: 'number',
      whole: true,
      least: 0,
      placeholder: 'N',
      group: 'Output',
      help: 'Letters per line; 0 for all on one.',
      default: '60',
    },
    OUT_FILE,
    ...COMMON,
  ],
  examples: [
    'genomic-catalog fetch genes NC_000913:1000-2000',
    'genomic-catalog fetch https://example.org/genes blaTEM-1 blaTEM-2 --reverse-complement',
  ],
  positionals: [1, Infinity],
  load: () => import('./fetch.ts'),
}

const info: Command = {
  name: 'info',
  summary: 'Show what a catalog holds.',
  usage: ['<catalog>'],
  details: [],
  options: [{ name: 'json', type: 'flag', group: 'Output', help: 'Print JSON.' }, ...COMMON],
  examples: ['genomic-catalog info https://example.org/genes', 'genomic-catalog info genes --json'],
  positionals: [1, 1],
  load: () => import('./info.ts'),
}

const verify: Command = {
  name: 'verify',
  summary: 'Read a whole catalog and check every byte and every record.',
  usage: ['<catalog>'],
  details: ['Prints one line per problem. The exit status is 0 where there is none, else 1.'],
  options: [{ name: 'json', type: 'flag', group: 'Output', help: 'Print JSON.' }, ...COMMON],
  examples: ['genomic-catalog verify genes', 'genomic-catalog verify https://example.org/genes'],
  positionals: [1, 1],
  load: () => import('./verify.ts'),
}

const serve: Command = {
  name: 'serve',
  summary: 'Serve a folder, such as a catalog or a site, to this computer.',
  usage: ['<folder>'],
  details: ['For trying things out: any static web server does the same.'],
  options: [
    {
      name: 'port',
      aliases: ['p'],
      type: 'number',
      whole: true,
      least: 0,
      most: 65535,
      placeholder: 'N',
      group: 'Server',
      help: 'First port to try; a taken one moves on to the next. 0 lets the system choose.',
      default: '8080',
    },
    {
      name: 'host',
      type: 'text',
      placeholder: 'ADDRESS',
      group: 'Server',
      help: 'Address to listen on; 0.0.0.0 lets other computers in.',
      default: '127.0.0.1',
    },
    ...COMMON,
  ],
  examples: ['genomic-catalog serve public_html'],
  positionals: [1, 1],
  load: () => import('./serve.ts'),
}

/** Every command, in the order of help and documentation. */
export const COMMANDS: readonly Command[] = [
  build,
  add,
  compact,
  rebuild,
  search,
  queryCommand(OUT_FILE, COMMON),
  fetch,
  ...neighbourCommands(OUT_FILE, COMMON),
  info,
  verify,
  serve,
]
