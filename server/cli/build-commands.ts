import type { Command, Option } from './types.ts'

const METADATA: Option[] = [
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
]

const LAYOUT: Option[] = [
  {
    name: 'strategy',
    type: 'choice',
    choices: ['similarity', 'taxonomic', 'hash'],
    group: 'Layout (results do not depend on it)',
    help:
      'How records are ordered and dealt to shards: relatives together, which suits reading over a network; every shard a ' +
      'sample of all taxa, which suits parallel work; or by their digests.',
    default: 'similarity, or taxonomic with --group-by',
  },
  {
    name: 'group-by',
    type: 'text',
    placeholder: 'FIELD',
    group: 'Layout (results do not depend on it)',
    help: 'Metadata field that names the taxa of --strategy taxonomic: a lineage or an organism. Shards are sorted by it.',
  },
  {
    name: 'shards',
    type: 'number',
    whole: true,
    least: 1,
    most: 4096,
    placeholder: 'N',
    group: 'Layout (results do not depend on it)',
    help: 'Number of shards.',
    default: 'one for every 64 MiB of packed residues',
  },
  {
    name: 'min-taxa',
    type: 'number',
    whole: true,
    least: 1,
    placeholder: 'N',
    group: 'Layout (results do not depend on it)',
    help: 'Taxa in each shard at least; there are fewer shards where that takes it.',
    default: '1',
  },
  {
    name: 'balance',
    type: 'number',
    least: 1,
    placeholder: 'RATIO',
    group: 'Layout (results do not depend on it)',
    help: 'A shard with more than this many times the mean residues is remarked upon.',
    default: '1.2',
  },
  {
    name: 'capacity',
    type: 'number',
    least: 0,
    placeholder: 'MB',
    group: 'Layout (results do not depend on it)',
    help: 'Packed megabytes of a group of relatives beyond which --strategy similarity may cut it.',
    default: 'an eighth of a mean shard',
  },
]

const INDEX: Option[] = [
  {
    name: 'index',
    type: 'choice',
    choices: ['seeds', 'none'],
    group: 'Indexes',
    help: 'Seeds make the modes fast and sensitive read little; without them a search reads every residue.',
    default: 'seeds',
  },
  {
    name: 'sensitive',
    type: 'flag',
    group: 'Indexes',
    help: 'Seeds of two masks instead of one: more relatives are found, by an index of twice the size.',
  },
  {
    name: 'vectors',
    type: 'text',
    placeholder: 'MODEL',
    group: 'Indexes',
    help: 'Index the vectors of this embedding model, for --mode vector; “kmer” is the built-in one for the alphabet.',
    default: 'none',
  },
]

const PARAMETERS: Option = {
  name: 'parameters',
  type: 'text',
  placeholder: 'CATALOG',
  group: 'Indexes',
  help: 'Take the parameters of the indexes from this catalog (a folder or URL) instead of choosing and learning them.',
}

export function buildCommands(common: readonly Option[]): Record<'build' | 'add' | 'compact' | 'rebuild', Command> {
  return {
    build: {
      name: 'build',
      summary: 'Make a catalog from sequence files.',
      usage: ['<files…> --out DIR'],
      details: [
        'Reads FASTA and FASTQ, plain or gzip (bgzip too); - is standard input. Identical sequences become one record with ' +
          'several entries. Building again into the same folder publishes a new version; readers of the old one go on undisturbed.',
      ],
      options: [
        {
          name: 'out',
          aliases: ['o'],
          type: 'text',
          placeholder: 'DIR',
          group: 'Output',
          help: 'Folder for the catalog.',
        },
        {
          name: 'site',
          type: 'flag',
          group: 'Output',
          help: 'Put the web app into the folder too, with the catalog in its folder catalog: one folder to upload to any static host.',
        },
        {
          name: 'alphabet',
          type: 'choice',
          choices: ['dna', 'rna', 'protein'],
          group: 'Input',
          help: 'What the sequences are.',
          default: 'detected',
        },
        ...METADATA,
        ...INDEX,
        PARAMETERS,
        ...LAYOUT,
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
        {
          name: 'source',
          type: 'text',
          placeholder: 'TEXT',
          group: 'Description',
          help: 'Where the sequences come from.',
        },
        {
          name: 'licence',
          aliases: ['license'],
          type: 'text',
          placeholder: 'TEXT',
          group: 'Description',
          help: 'Terms of use.',
        },
        { name: 'citation', type: 'text', placeholder: 'TEXT', group: 'Description', help: 'How to cite it.' },
        ...common,
      ],
      examples: [
        'genomic-catalog build genes.fasta.gz --out genes --metadata genes.tsv --title "Resistance genes"',
        'genomic-catalog build genes.fasta.gz --out public_html --site',
        'genomic-catalog build genomes.fasta.gz --out genomes --metadata taxa.tsv --group-by lineage --shards 16',
        'zcat reads_*.fastq.gz | genomic-catalog build - --out reads',
      ],
      positionals: [1, Infinity],
      load: () => import('./build.ts'),
    },
    add: {
      name: 'add',
      summary: 'Add sequences to a catalog, in time proportional to what is added.',
      usage: ['<catalog folder> <files…>'],
      details: [
        'What is added becomes a segment of its own and is searched together with the rest: the results are those of a catalog ' +
          'built at once with the same --parameters. A catalog may have eight such segments; compact folds them into one.',
      ],
      options: [
        ...METADATA,
        {
          name: 'compact',
          type: 'flag',
          group: 'Layout (results do not depend on it)',
          help: 'Where the catalog has eight such segments already, compact it first; without this it is refused.',
        },
        ...common,
      ],
      examples: ['genomic-catalog add genomes today.fasta.gz --metadata today.tsv'],
      positionals: [2, Infinity],
      load: () => import('./add.ts'),
    },
    compact: {
      name: 'compact',
      summary: 'Fold the segments of a catalog into one. Results stay the same.',
      usage: ['<catalog folder>'],
      details: ['The parameters of the indexes stay as they are. Files of earlier versions stay for their readers.'],
      options: [...LAYOUT, ...common],
      examples: ['genomic-catalog compact genomes', 'genomic-catalog compact genomes --strategy similarity --shards 8'],
      positionals: [1, 1],
      load: () => import('./compact.ts'),
    },
    rebuild: {
      name: 'rebuild',
      summary: 'Choose and learn the parameters of the indexes anew. Results may change.',
      usage: ['<catalog folder> --retrain'],
      details: [
        'Everything is read from the catalog itself and published as a new version with one segment. Its results name the new ' +
          'parameters’ digest.',
      ],
      options: [
        {
          name: 'retrain',
          type: 'flag',
          group: 'Indexes',
          help: 'Says that results may change; nothing is done without it, unless --parameters are given.',
        },
        PARAMETERS,
        ...INDEX,
        ...LAYOUT,
        ...common,
      ],
      examples: [
        'genomic-catalog rebuild genomes --retrain --sensitive',
        'genomic-catalog rebuild genomes --parameters https://example.org/genomes',
      ],
      positionals: [1, 1],
      load: () => import('./rebuild.ts'),
    },
  }
}
