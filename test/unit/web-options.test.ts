import { describe, expect, it } from 'vitest'
import { resolveOptions } from '../../src/engine/search/options.ts'
import type { Alphabet } from '../../src/engine/format/types.ts'
import type { Program, SearchOptions } from '../../src/engine/search/types.ts'
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
