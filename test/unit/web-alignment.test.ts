import { describe, expect, it } from 'vitest'
import type { Hsp } from '../../src/engine/search/types.ts'
import { blocks, orientation } from '../../src/lib/search/alignment.ts'

const hsp = (rows: [string, string, string], more: Partial<Hsp>): Hsp => ({
  score: 50,
  bitScore: 50,
  evalue: 1e-9,
  queryFrame: 1,
  subjectFrame: 1,
  queryStart: 1,
  queryEnd: 1,
  subjectStart: 1,
  subjectEnd: 1,
  length: rows[0].length,
  identities: 0,
  positives: 0,
  mismatches: 0,
  gaps: 0,
  gapOpens: 0,
  querySequence: rows[0],
  midline: rows[1],
  subjectSequence: rows[2],
  ...more,
})

const ends = (made: ReturnType<typeof blocks>) =>
  made.map(({ query, subject }) => [query.start, query.end, subject.start, subject.end])

describe('alignment blocks', () => {
  it('count coordinates over gaps, and down on the minus strand', () => {
    const one = hsp(['ACGTAC--GT', '||||||  ||', 'ACGTACTTGT'], {
      queryStart: 11,
      queryEnd: 18,
      subjectStart: 100,
      subjectEnd: 91,
      subjectFrame: -1,
    })
    expect(ends(blocks(one, 'blastn', 4, 'differences'))).toEqual([
      [11, 14, 100, 97],
      [15, 16, 96, 93],
      [17, 18, 92, 91],
    ])
  })

  it('repeat the residue before a row of gaps alone', () => {
    const one = hsp(['ACGT----ACGT', '||||    ||||', 'ACGTACGTACGT'], {
      queryStart: 1,
      queryEnd: 8,
      subjectStart: 1,
      subjectEnd: 12,
    })
    expect(ends(blocks(one, 'blastn', 4, 'differences'))[1]).toEqual([4, 4, 5, 8])
  })

  it('count three bases a residue where a side is translated', () => {
    const one = hsp(['MKVL', 'MKVL', 'MKVL'], {
      queryStart: 90,
      queryEnd: 79,
      subjectStart: 5,
      subjectEnd: 8,
      queryFrame: -2,
    })
    expect(ends(blocks(one, 'blastx', 2, 'differences'))).toEqual([
      [90, 85, 5, 6],
      [84, 79, 7, 8],
    ])
  })

  it('end where the HSP ends, whatever the width', () => {
    const one = hsp(['MK-VLWW', 'MK V+ W', 'MKAVIFW'], { queryStart: 3, queryEnd: 8, subjectStart: 7, subjectEnd: 13 })
    for (let columns = 1; columns < 9; columns++) {
      const made = blocks(one, 'blastp', columns, 'class')
      expect(made.at(-1)!.query.end).toBe(8)
      expect(made.at(-1)!.subject.end).toBe(13)
      expect(made.map(({ query }) => query.runs.map(({ text }) => text).join('')).join('')).toBe('MK-VLWW')
    }
  })

  it('tell mismatches, similar residues and gaps apart', () => {
    const one = hsp(['MK-VLWW', 'MK V+ W', 'MKAVIFW'], {})
    const [{ query }] = blocks(one, 'blastp', 60, 'differences')
    expect(query.runs).toEqual([
      { text: 'MK', look: '' },
      { text: '-', look: 'gap' },
      { text: 'V', look: '' },
      { text: 'L', look: 'similar' },
      { text: 'W', look: 'differs' },
      { text: 'W', look: '' },
    ])
    const [same] = blocks(one, 'blastp', 60, 'identity')
    expect(same.subject.runs.map(({ text, look }) => (look === 'same' ? text : '.'.repeat(text.length))).join('')).toBe(
      'MK.V..W',
    )
  })

  it('say strand and frame in words', () => {
    expect(orientation(hsp(['A', '|', 'A'], { subjectFrame: -1 }), 'blastn')).toBe('minus strand of the subject')
    expect(orientation(hsp(['A', 'A', 'A'], { queryFrame: -2, subjectFrame: 3 }), 'tblastx')).toBe(
      'query in frame 2 of the minus strand, subject in frame 3 of the plus strand',
    )
    expect(orientation(hsp(['A', 'A', 'A'], { queryFrame: 0, subjectFrame: 0 }), 'blastp')).toBe('')
  })
})
