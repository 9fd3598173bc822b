import { describe, expect, it } from 'vitest'
import { looksLikeAccession, parseQueries } from '../../src/engine/io/query.ts'

const summary = (text: string) =>
  parseQueries(text).queries.map(({ id, residues, alphabet }) => [id, residues, alphabet])

/** The parts of `text` that problems point at, with their messages. */
const problems = (text: string) =>
  parseQueries(text).problems.map(({ start, end, message }) => [text.slice(start, end), message])

describe('a pasted query', () => {
  it.each([
    ['one line', 'ACGTACGT'],
    ['lower case', 'acgtacgt'],
    ['several lines and blanks', '\n ACGT\r\n\tAC GT \n'],
    ['numbered lines', '        1 acgtac\n        7 gt\n//\n'],
    ['a GenBank ORIGIN section', 'ORIGIN      \n        1 acgtac gt\n//'],
    ['numbers at both ends', '1 ACGTAC 6\n7 GT 8'],
    ['gaps and no-break spaces', 'ACG--T\u00a0ACGT'],
    ['a byte order mark', '\ufeffACGTACGT'],
  ])('without a header: %s', (_, text) => {
    expect(parseQueries(text)).toEqual({
      queries: [{ id: 'Query_1', description: '', residues: 'ACGTACGT', alphabet: 'dna' }],
      problems: [],
    })
  })

  it('of several FASTA records, each with its own alphabet', () => {
    const text = ';note\n>a one two\nMKVLLEFG*\n>\n1 acgt\n\n>c\rAUGAUG'
    expect(parseQueries(text)).toEqual({
      queries: [
        { id: 'a', description: 'one two', residues: 'MKVLLEFG', alphabet: 'protein' },
        { id: 'Query_2', description: '', residues: 'ACGT', alphabet: 'dna' },
        { id: 'c', description: '', residues: 'AUGAUG', alphabet: 'rna' },
      ],
      problems: [],
    })
  })

  it('that begins without a header and goes on with one', () => {
    expect(summary('ACGT\n>b\nGGCC')).toEqual([
      ['Query_1', 'ACGT', 'dna'],
      ['b', 'GGCC', 'dna'],
    ])
  })

  it('in FASTQ', () => {
    expect(summary('@r1 x\nACGT\n+\nIIII\n@r2\nGG\n+\n@@\n')).toEqual([
      ['r1', 'ACGT', 'dna'],
      ['r2', 'GG', 'dna'],
    ])
  })

  it('as a GenBank flat file of several records', () => {
    const record = (id: string) =>
      `LOCUS       ${id}   12 bp    DNA\nDEFINITION  A thing\n            of two lines.\nACCESSION   ${id}\n` +
      `VERSION     ${id}.1\nFEATURES             Location/Qualifiers\n     source          1..12\n` +
      `ORIGIN      \n        1 acgtacgtac gt\n//\n`
    const { queries, problems } = parseQueries(record('AB1') + record('AB2'))
    expect(problems).toEqual([])
    expect(queries).toEqual(
      ['AB1.1', 'AB2.1'].map((id) => ({
        id,
        description: 'A thing of two lines.',
        residues: 'ACGTACGTACGT',
        alphabet: 'dna',
      })),
    )
  })

  it('keeps stops inside proteins and removes a final one', () => {
    expect(summary('MKVLL*EFG*')).toEqual([['Query_1', 'MKVLL*EFG', 'protein']])
  })

  it('reads ORIGIN as residues where nothing says otherwise', () => {
    expect(summary('ORIGINLLEF')).toEqual([['Query_1', 'ORIGINLLEF', 'protein']])
  })

  it('is nothing where there is nothing', () => {
    for (const text of ['', ' \n\t', '\ufeff', ';note'])
      expect(parseQueries(text)).toEqual({ queries: [], problems: [] })
  })
})

describe('problems', () => {
  it('point at what cannot be part of a sequence', () => {
    expect(problems('>a\nACGT?!A\nC😀G')).toEqual([
      ['?!', '“?!” cannot be part of a sequence'],
      ['😀', '“😀” cannot be part of a sequence'],
    ])
  })

  it('point at letters that the alphabet does not have, and at a T among U', () => {
    const dna = 'ACGT'.repeat(10)
    expect(problems(`>a\n${dna}E${dna}`)).toEqual([['E', '“E” is not a letter of DNA']])
    expect(problems('>r\nacguacgut')).toEqual([['t', 'This record has both T and U']])
    expect(problems(`${dna}*${dna}`)).toEqual([['*', '“*” is not a letter of DNA']])
  })

  it('point at records without residues, and leave the others', () => {
    const text = '>a\n>b\nACGT\n>c\n123'
    expect(problems(text)).toEqual([
      ['>a', 'This record has no residues'],
      ['>c', 'This record has no residues'],
    ])
    expect(summary(text)).toEqual([['b', 'ACGT', 'dna']])
  })

  it('point at the line of a broken FASTQ record, in the text as it was pasted', () => {
    const text = '\n@a\r\nAC\r\n+\r\nII\r\n@b\r\nACG\r\n+\r\nII\r\n'
    expect(problems(text)).toEqual([['@b', 'b has 3 residues and 2 qualities']])
    expect(summary(text)).toEqual([['a', 'AC', 'dna']])
  })

  it('are not repeated without end', () => {
    expect(parseQueries('A?'.repeat(10_000)).problems).toHaveLength(100)
  })
})

describe('an accession', () => {
  it.each([
    'NR_024570.1',
    'P12345',
    'sp|P69905|HBA_HUMAN',
    'WP_000000001.1',
    '1ABC_A',
    'd1dlwa_',
    'Query_1',
    'f1f8f4bf413b16ad135722aa4591043e',
    'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855',
    'SQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2',
    ' NR_024570.1\n',
  ])('is told from a sequence: %s', (text) => expect(looksLikeAccession(text)).toBe(true))

  it.each([
    '',
    'ACGT',
    'MKVLLEFG',
    'ACGT ACGT',
    '>a\nACGT',
    '1acgtacgtacgtacgtacgtacgt61acgtacgt',
    'two words',
    'a b_1',
  ])('is not %j', (text) => expect(looksLikeAccession(text)).toBe(false))
})
