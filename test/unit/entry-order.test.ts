import { describe, expect, it } from 'vitest'
import { compareEntries } from '../../src/engine/format/entry-order.ts'
import type { Entry } from '../../src/engine/format/types.ts'

function entry(change: Partial<Entry>): Entry {
  return {
    accession: 'a',
    description: '',
    record: 0,
    index: 0,
    metadata: {},
    lowerCase: null,
    quality: null,
    stop: false,
    ...change,
  }
}

describe('the order of entries', () => {
  it('is that of accession, description, metadata, case, quality and stop', () => {
    const ordered = [
      entry({}),
      entry({ stop: true }),
      entry({ quality: 'II' }),
      entry({ lowerCase: Uint32Array.of(0, 5) }),
      entry({ metadata: { country: null, year: 10 } }),
      entry({ metadata: { country: null, year: 9 } }),
      entry({ metadata: { country: 'Chile', year: null } }),
      entry({ description: 'b' }),
      entry({ accession: 'b' }),
      entry({ accession: '\u{fb00}' }),
      entry({ accession: '\u{1d538}' }),
    ]
    for (let i = 0; i < ordered.length; i++) {
      for (let j = 0; j < ordered.length; j++) {
        expect(Math.sign(compareEntries(ordered[i], ordered[j]))).toBe(Math.sign(i - j))
      }
    }
  })

  it('does not depend on the order of the fields, nor on entry numbers', () => {
    const a = entry({ metadata: { year: 9, country: 'Peru' }, index: 7 })
    const b = entry({ metadata: { country: 'Peru', year: 9 }, index: 3 })
    expect(compareEntries(a, b)).toBe(0)
  })
})
