import type { Command, Option } from './types.ts'

/** The predicate of `search` and `query`. */
export const WHERE: Option = {
  name: 'where',
  type: 'text',
  placeholder: 'CONDITION',
  group: 'Limits',
  help: "Only entries whose metadata fits, in SQL's spelling: \"organism LIKE 'Salmonella%' AND year >= 2020\". See docs/guide/filters.md.",
}

/** Lists entries by their metadata. */
export function queryCommand(outFile: Option, common: readonly Option[]): Command {
  return {
    name: 'query',
    summary: 'List entries by their metadata.',
    usage: ['<catalog> --where "organism LIKE \'Salmonella%\'"'],
    details: [
      'A condition compares fields with values (=, <>, <, <=, >, >=, LIKE, ILIKE, IN, BETWEEN, IS NULL), joined by AND, OR, NOT and ' +
        'parentheses. Fields are those of the catalog (see info), accession, description and length. Only the parts of the ' +
        'catalog that can hold an answer are read. Entries come in order of accession.',
    ],
    options: [
      { ...WHERE, default: 'all entries' },
      {
        name: 'limit',
        type: 'number',
        whole: true,
        least: 1,
        placeholder: 'N',
        group: 'Limits',
        help: 'List no more entries than this.',
        default: 'all',
      },
      {
        name: 'outfmt',
        type: 'choice',
        choices: ['tsv', 'json'],
        group: 'Output',
        help: 'A table with a header line, or JSON with the SHA-256 of each sequence.',
        default: 'tsv',
      },
      { name: 'count', type: 'flag', group: 'Output', help: 'Print the number of entries alone.' },
      {
        name: 'explain',
        type: 'flag',
        group: 'Output',
        help: 'Print what would be read, and read no more than it takes to say so.',
      },
      outFile,
      ...common,
    ],
    examples: [
      'genomic-catalog query genes --where "organism LIKE \'Salmonella%\' AND year >= 2020" > salmonella.tsv',
      'genomic-catalog query https://example.org/genes --where "country IS NULL" --count',
    ],
    positionals: [1, 1],
    load: () => import('./query.ts'),
  }
}
