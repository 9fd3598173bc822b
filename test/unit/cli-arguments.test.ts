import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../server/cli/commands.ts'
import { commandHelp, markdownReference, programHelp } from '../../server/cli/help.ts'
import { nearest, parseArguments } from '../../server/cli/parse.ts'
import { withReference } from '../../server/cli/reference.ts'
import { searchOptions } from '../../server/cli/search.ts'
import type { Arguments, Command } from '../../server/cli/types.ts'
import type { CatalogError } from '../../src/engine/errors.ts'
import { describeOptions } from '../../src/engine/io/write-header.ts'
import { sampleHeader } from '../support/writers-sample.ts'

const command = (name: string): Command => COMMANDS.find((each) => each.name === name)!
const search = (...argv: string[]): Arguments => parseArguments(argv, command('search'))

function refusal(argv: string[], name = 'search'): string {
  try {
    parseArguments(argv, command(name))
  } catch (error) {
    expect((error as CatalogError).tag).toBe('usage')
    return (error as CatalogError).message
  }
  throw new Error(`${argv.join(' ')} was accepted.`)
}

describe('arguments', () => {
  it('has one meaning for every spelling of an option', () => {
    const spellings = [
      ['-max_target_seqs', '10'],
      ['--max_target_seqs', '10'],
      ['--max-target-seqs', '10'],
      ['-max-target-seqs', '10'],
      ['--max-target-seqs=10'],
      ['-max_target_seqs=10'],
    ]
    for (const spelling of spellings) expect(search(...spelling).values).toEqual({ 'max-target-seqs': 10 })
    expect(search('-num_threads', '2').values).toEqual(search('--threads', '2').values)
    expect(search('-o', 'x').values).toEqual(search('--out=x').values)
  })

  it("takes BLAST's command lines", () => {
    const line =
      '-query q.fa -db cat -out o.tsv -evalue 1e-5 -max_target_seqs 5 -max_hsps 1 -num_threads 2 -task blastn -outfmt 6 ' +
      '-qcov_hsp_perc 50 -perc_identity 90.5 -strand plus -dbsize 1000000 -searchsp 1 -gapopen 5 -gapextend 2 -reward 2 ' +
      '-penalty -3 -dust no -comp_based_stats 0 -mt_mode 1'
    const { values, positionals } = search(...line.split(' '))
    expect(positionals).toEqual([])
    expect(values).toMatchObject({ query: 'q.fa', db: 'cat', out: 'o.tsv', outfmt: '6', 'num-threads': 2 })
    expect(searchOptions(values)).toMatchObject({
      evalue: 1e-5,
      maxTargetSeqs: 5,
      maxHsps: 1,
      task: 'blastn',
      qcovHspPerc: 50,
      percIdentity: 90.5,
      strand: 'plus',
      dbsize: 1_000_000,
      searchsp: 1,
      gapopen: 5,
      gapextend: 2,
      reward: 2,
      penalty: -3,
      dust: false,
    })
    const protein = '-matrix PAM30 -seg yes -query_gencode 11 -db_gencode 4'.split(' ')
    expect(searchOptions(search(...protein).values)).toMatchObject({
      matrix: 'PAM30',
      seg: true,
      queryGencode: 11,
      dbGencode: 4,
    })
    expect(search('-seg', '12 2.2 2.5', '-dust', '20 64 1').values).toEqual({ seg: true, dust: true })
  })

  it('reads back the options that results state', () => {
    const argv = describeOptions(sampleHeader.options).split(' ')
    const { task, program, mode, evalue, maxTargetSeqs, reward, penalty, gapopen, gapextend, strand, dust } =
      sampleHeader.options
    expect(searchOptions(search(...argv).values)).toMatchObject({
      ...{ task, program, mode, evalue, maxTargetSeqs, reward, penalty, gapopen, gapextend, strand, dust },
    })
  })

  it('lets arguments and options stand in any order, and -- end the options', () => {
    expect(search('cat', '-evalue', '1', 'q.fa')).toEqual({ values: { evalue: 1 }, positionals: ['cat', 'q.fa'] })
    expect(search('cat', '-')).toEqual({ values: {}, positionals: ['cat', '-'] })
    expect(search('--', '-evalue', 'x').positionals).toEqual(['-evalue', 'x'])
    expect(search('--seg', 'cat', 'q.fa')).toEqual({ values: { seg: true }, positionals: ['cat', 'q.fa'] })
    expect(search('--composition-bias', 'yes', 'cat').values).toEqual({ 'composition-bias': true })
  })

  it.each([
    [['-evaule', '1'], 'search has no option -evaule. Did you mean --evalue?'],
    [['--max-target', '1'], 'search has no option --max-target. Did you mean --max-target-seqs?'],
    [['--zzzzzz'], 'search has no option --zzzzzz. See genomic-catalog search --help.'],
    [['-evalue', 'abc'], '-evalue needs a number, and “abc” is none.'],
    [['-evalue', '0'], '-evalue needs a number above 0, and 0 is not.'],
    [['-evalue', '-1'], '-evalue needs a number above 0, and -1 is not.'],
    [['-evalue', 'Infinity'], '-evalue needs a number, and “Infinity” is none.'],
    [['-evalue', ''], '-evalue needs a number, and “” is none.'],
    [['--evalue'], '--evalue needs a number.'],
    [['--evalue', '--seg'], '--evalue needs a number.'],
    [['-max_target_seqs', '2.5'], '-max_target_seqs needs a whole number, and “2.5” is none.'],
    [['-max_target_seqs', '0'], '-max_target_seqs needs a whole number of at least 1, and 0 is not.'],
    [['-perc_identity', '101'], '-perc_identity needs a number of at least 0 and of at most 100, and 101 is not.'],
    [['-strand', 'up'], '-strand is one of both, plus, minus, not “up”.'],
    [['-seg=maybe'], '-seg is yes or no, not “maybe”.'],
    [['-outfmt'], '-outfmt needs a value: -outfmt FORMAT.'],
    [['-query', 'a', '-query', 'b'], '-query is given twice.'],
    [['--quiet=yes'], '--quiet takes no value.'],
    [['a', 'b', 'c'], '“c” is one argument too many. See genomic-catalog search --help.'],
    [['-comp_based_stats', '2'], /^-comp_based_stats 2 cannot be followed: /],
    [['-word_size', '11'], /^-word_size 11 cannot be followed: candidates are found by the seeds/],
    [['-remote'], /^-remote cannot be followed: /],
  ])('refuses %j', (argv, message) => {
    if (message instanceof RegExp) expect(refusal(argv)).toMatch(message)
    else expect(refusal(argv)).toBe(message)
  })

  it('asks for arguments that are missing', () => {
    expect(refusal([], 'info')).toBe('info needs <catalog>. See genomic-catalog info --help.')
    expect(refusal([], 'build')).toBe('build needs <files…> --out DIR. See genomic-catalog build --help.')
  })

  it('finds the nearest name, where one is near', () => {
    expect(nearest('serch', ['search', 'serve', 'fetch'])).toBe('search')
    expect(nearest('bild', ['build', 'info'])).toBe('build')
    expect(nearest('frobnicate', ['build', 'info'])).toBeUndefined()
  })
})

describe('help', () => {
  it('names every command', () => {
    for (const { name, summary } of COMMANDS) expect(programHelp()).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'))
  })

  it.each(COMMANDS.map((each) => [each.name, each] as const))('%s explains every option of its table', (_, each) => {
    const help = commandHelp(each)
    const plain = help.replace(/\s+/g, ' ')
    expect(each.options.length).toBeGreaterThan(4)
    for (const option of each.options) {
      expect(help).toMatch(new RegExp(`^  (-\\w, )?--${option.name}(,| |$)`, 'm'))
      expect(plain).toContain(option.help)
      expect(option.help).toMatch(/\.$/)
    }
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140)
  })

  it('stands in the guide as it is', () => {
    const guide = readFileSync(new URL('../../docs/guide/command-line.md', import.meta.url), 'utf8')
    // The formatter pads the cells of tables.
    const plain = (text: string) => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').trimEnd()
    expect(plain(guide)).toBe(plain(withReference(guide)))
    for (const { name, options } of COMMANDS) {
      expect(markdownReference()).toContain(`### ${name}`)
      for (const option of options) expect(markdownReference()).toContain(`--${option.name}`)
    }
  })

  it('has no name twice in one command', () => {
    for (const { options } of COMMANDS) {
      const names = options.flatMap((option) => [option.name, ...(option.aliases ?? [])])
      expect(new Set(names).size).toBe(names.length)
    }
  })
})
