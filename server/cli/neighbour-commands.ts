import type { Command, Option } from './types.ts'

/** Commands over the vectors of whole catalogs. */
export function neighbourCommands(outFile: Option, common: readonly Option[]): Command[] {
  const output: Option[] = [
    {
      name: 'format',
      aliases: ['outfmt'],
      type: 'choice',
      choices: ['tsv', 'json'],
      group: 'Output',
      help: 'A table without a header line, or JSON with all accessions and record ids.',
      default: 'tsv',
    },
    outFile,
  ]
  const similarity =
    'The similarity of two sequences is the mean, over the windows of both, of the highest cosine with a window of the other: ' +
    '1 where they are the same, on either strand; about 0 for strangers. It needs a catalog with vectors: build --vectors.'
  const knn: Command = {
    name: 'knn',
    summary: 'List the most similar sequences of every sequence of a catalog.',
    usage: ['<catalog>'],
    details: [
      'Columns: accession, accession of the neighbour, similarity, length, length of the neighbour; the best neighbour first. ' +
        'Identical sequences are one, named by the first of their accessions. Sequences come in order of their SHA-256.',
      similarity,
    ],
    options: [
      {
        name: 'k',
        type: 'number',
        whole: true,
        least: 1,
        most: 1000,
        placeholder: 'N',
        group: 'Neighbours',
        help: 'Neighbours of each sequence.',
        default: '10',
      },
      ...output,
      ...common,
    ],
    examples: ['genomic-catalog knn genes --k 5 > neighbours.tsv'],
    positionals: [1, 1],
    load: () => import('./neighbours.ts').then(({ runKnn }) => ({ run: runKnn })),
  }
  const cluster: Command = {
    name: 'cluster',
    summary: 'Group the sequences of a catalog by similarity.',
    usage: ['<catalog>'],
    details: [
      'Columns: accession of the representative, accession of the member, similarity of the two; one row for every entry. ' +
        'Sequences are taken from the longest to the shortest, and each joins the most similar representative so far or becomes one.',
      similarity,
    ],
    options: [
      {
        name: 'threshold',
        aliases: ['t'],
        type: 'number',
        least: 0,
        most: 1,
        placeholder: 'S',
        group: 'Clusters',
        help: 'Least similarity of a member to its representative.',
        default: '0.5',
      },
      {
        name: 'method',
        type: 'choice',
        choices: ['greedy', 'components'],
        group: 'Clusters',
        help: 'components: everything that a chain of such similarities connects (among the 20 nearest of each sequence).',
        default: 'greedy',
      },
      ...output,
      ...common,
    ],
    examples: ['genomic-catalog cluster genes --threshold 0.6 --format json > clusters.json'],
    positionals: [1, 1],
    load: () => import('./neighbours.ts').then(({ runCluster }) => ({ run: runCluster })),
  }
  const rbh: Command = {
    name: 'rbh',
    summary: 'List reciprocal best hits between two catalogs.',
    usage: ['<catalog> <catalog>'],
    details: [
      'Pairs of sequences each of which is the most similar one to the other in its catalog. Columns: accession in the first ' +
        'catalog, accession in the second, similarity, lengths.',
      similarity,
    ],
    options: [
      {
        name: 'threshold',
        aliases: ['t'],
        type: 'number',
        least: -1,
        most: 1,
        placeholder: 'S',
        group: 'Pairs',
        help: 'Least similarity of a pair.',
        default: '0.2',
      },
      ...output,
      ...common,
    ],
    examples: ['genomic-catalog rbh ecoli_genes salmonella_genes > orthologs.tsv'],
    positionals: [2, 2],
    load: () => import('./neighbours.ts').then(({ runRbh }) => ({ run: runRbh })),
  }
  return [knn, cluster, rbh]
}
