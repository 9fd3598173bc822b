import { describe, expect, it } from 'vitest'
import { resolveOptions } from '../../src/engine/search/options.ts'
import type { Alphabet, FieldSummary } from '../../src/engine/format/types.ts'
import type { Program, SearchOptions } from '../../src/engine/search/types.ts'
import { prepareFilter } from '../../src/engine/metadata/catalog.ts'
import { filterExample, filterFields } from '../../src/lib/search/filter.ts'
import { applicable, optionContext, optionFields, programsFor, tidyOptions } from '../../src/lib/search/options.ts'
import { COMMANDS } from '../../server/cli/commands.ts'

const letters: Record<Alphabet, string> = { dna: 'ACGT', rna: 'ACGU', protein: 'MKVLWEFP' }
const cases: { program: Program; query: Alphabet; catalog: Alphabet; length: number; options: SearchOptions }[] = []
for (const query of ['dna', 'protein'] as const) {
  for (const catalog of ['dna', 'protein'] as const) {
    for (const program of programsFor(query, catalog)) {
      for (const length of [40, 400]) {
        for (const options of [
          {},
          { task: 'megablast' },
          { matrix: 'BLOSUM45' },
          { matrix: 'PAM30' },
        ] as SearchOptions[]) {
          if (options.task && program !== 'blastn') continue
          if (options.matrix && program === 'blastn') continue
          if (program === 'tblastn' && query === 'dna') continue
          cases.push({ program, query, catalog, length, options })
        }
      }
    }
  }
}

describe('the options form', () => {
  it.each(cases)('shows the defaults that hold: $program, $query of $length against $catalog, $options', (one) => {
    const residues = letters[one.query].repeat(one.length).slice(0, one.length)
    const given = { ...one.options, program: one.program }
    const queries = [{ id: 'q', description: '', residues, alphabet: one.query }]
    const resolved = resolveOptions(given, queries, one.catalog)
    const context = optionContext(given, { alphabet: one.query, longest: one.length }, one.catalog)
    for (const field of applicable(context)) {
      const value = given[field.key] ?? field.standard(context)
      expect([field.key, value]).toEqual([field.key, resolved[field.key]])
    }
  })

  it('covers enough of them', () => expect(cases.length).toBeGreaterThan(20))

  it('offers only what the command line has, under its names', () => {
    const names = COMMANDS.find(({ name }) => name === 'search')?.options.map((option) => option.name)
    for (const field of optionFields) expect(names).toContain(field.blast.replaceAll('_', '-'))
  })

  it('drops what does not apply or equals the default', () => {
    const options: SearchOptions = { seg: false, dust: true, evalue: 10, reward: 3, matrix: 'PAM30' }
    const context = optionContext(options, { alphabet: 'dna', longest: 500 }, 'dna')
    expect(tidyOptions(context)).toEqual({ reward: 3 })
  })
})

describe('the filter field', () => {
  const named = (name: string, type: FieldSummary['type'] = 'string') => ({ name, type, filled: 1 })

  it.each([
    [[], "accession LIKE 'A%' AND length >= 500"],
    [[named('year', 'integer')], "accession LIKE 'A%' AND length >= 500"],
    [[named('year', 'integer'), named('genus')], "genus LIKE 'A%' AND length >= 500"],
    [[named('collection "date"')], `"collection ""date""" LIKE 'A%' AND length >= 500`],
    [[named('group')], `"group" LIKE 'A%' AND length >= 500`],
  ])('shows an example that the catalog understands: %j', (fields, example) => {
    expect(filterExample(fields)).toBe(example)
    expect(() => prepareFilter(example, fields)).not.toThrow()
  })

  it('names the fields as a filter spells them, each once', () => {
    expect(filterFields([named('genus'), named('host species'), named('length', 'integer')])).toEqual([
      'genus',
      '"host species"',
      'length',
      'accession',
      'description',
    ])
  })
})
