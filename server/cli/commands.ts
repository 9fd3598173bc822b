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

const build: Command = {
  name: 'build',
  summary: 'Make a catalog from sequence files.',
  usage: ['<files…> --out DIR'],
  details: [
    'Reads FASTA and FASTQ, plain or gzip (bgzip too); - is standard input. Identical sequences become one record with ' +
      'several entries. Building again into the same folder publishes a new version; readers of the old one go on undisturbed.',
  ],
  options: [
    { name: 'out', aliases: ['o'], type: 'text', placeholder: 'DIR', group: 'Output', help: 'Folder for the catalog.' },
    {
      name: 'site',
      type: 'flag',
      group: 'Output',
      help: 'Put the web app into the folder too, with the catalog in its folder catalog: one folder to upload to any static host.',
    },
    {
      name: 'shards',
      type: 'number',
      whole: true,
      least: 1,
      most: 4096,
      placeholder: 'N',
      group: 'Output',
      help: 'Number of shards. Results do not depend on it.',
      default: '1',
    },
    {
      name: 'alphabet',
      type: 'choice',
      choices: ['dna', 'rna', 'protein'],
      group: 'Input',
      help: 'What the sequences are.',
      default: 'detected',
    },
    {
      name: 'metadata',
      type: 'text',
      placeholder: 'FILE',
      group: 'Input',
      help: 'Table (TSV or CSV, with a header line) whose values are joined to entries by accession.',
    },
    {
      name: 'metadata-column',
      type: 'text',
      placeholder: 'NAME',
      group: 'Input',
      help: 'Column of that table that holds the accessions.',
      default: 'told by its name',
    },
    {
      name: 'strict',
      type: 'flag',
      group: 'Input',
      help: 'Fail where a record cannot be kept, instead of reporting it and going on.',
    },
    {
      name: 'title',
      type: 'text',
      placeholder: 'TEXT',
      group: 'Description',
      help: 'Title.',
      default: 'the name of the first file',
    },
    {
      name: 'description',
      type: 'text',
      placeholder: 'TEXT',
      group: 'Description',
      help: 'What the catalog holds, in a sentence or two.',
    },
    { name: 'source', type: 'text', placeholder: 'TEXT', group: 'Description', help: 'Where the sequences come from.' },
    {
      name: 'licence',
      aliases: ['license'],
      type: 'text',
      placeholder: 'TEXT',
      group: 'Description',
      help: 'Terms of use.',
    },
    { name: 'citation', type: 'text', placeholder: 'TEXT', group: 'Description', help: 'How to cite it.' },
    ...COMMON,
  ],
  examples: [
    'genomic-catalog build genes.fasta.gz --out genes --metadata genes.tsv --title "Resistance genes"',
    'genomic-catalog build genes.fasta.gz --out public_html --site',
    'zcat reads_*.fastq.gz | genomic-catalog build - --out reads',
  ],
  positionals: [1, Infinity],
  load: () => import('./build.ts'),
}

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
export const COMMANDS: readonly Command[] = [build, search, fetch, info, verify, serve]
