import { describe, expect, it } from 'vitest'
import { readAll } from '../support/read.ts'

describe('FASTQ', () => {
  it('yields residues and qualities as they came', async () => {
    const { entries, rejections } = await readAll(
      '@r1 one two\nACgtN\n+\nII!~"\n@r2\r\nAC\r\n+r2\r\n@+\r\n@r3\nA\n+\n@',
    )
    expect(rejections).toEqual([])
    expect(entries).toEqual([
      { accession: 'r1', description: 'one two', letters: 'ACGTN', lowerCase: [2, 2], quality: 'II!~"', line: 1 },
      { accession: 'r2', letters: 'AC', quality: '@+', line: 5 },
      { accession: 'r3', letters: 'A', quality: '@', line: 9 },
    ])
  })

  it('reads residues and qualities on several lines, whatever the quality lines begin with', async () => {
    const { entries, rejections } = await readAll('@a\nACGT\nACG\n+\n@III\n+II\n@b\nAC\nGT\n+\nII\n@I\n@c\nA\n+\n+\n')
    expect(rejections).toEqual([])
    expect(entries.map(({ accession, letters, quality }) => [accession, letters, quality])).toEqual([
      ['a', 'ACGTACG', '@III+II'],
      ['b', 'ACGT', 'II@I'],
      ['c', 'A', '+'],
    ])
  })

  it('reads the same with any line end and any chunk', async () => {
    const lines = ['@a', 'ACGT', '+', 'IIII', '', '@b', 'AC', 'GT', '+', 'II', 'II', '@c', 'A', '+', 'I']
    for (const end of ['\n', '\r\n', '\r']) {
      for (const size of [1, 2, 5, 100]) {
        const { entries, rejections } = await readAll(lines.join(end), size)
        expect(rejections).toEqual([])
        expect(entries.map(({ letters, line }) => [letters, line])).toEqual([
          ['ACGT', 1],
          ['ACGT', 6],
          ['A', 12],
        ])
      }
    }
  })

  it('rejects a record whose qualities are too few or too many, and finds the next', async () => {
    const { entries, rejections } = await readAll(
      '@a\nACGT\n+\nIII\n@b\nAC\n+\nIII\n@c\nAC\nGT\n+\nIII\nIII\n@d\nA\n+\nI\n',
    )
    expect(entries.map(({ accession }) => accession)).toEqual(['d'])
    expect(rejections).toEqual([
      '1 a: has 4 residues and 3 qualities',
      '5 b: has 2 residues and 3 qualities',
      '9 c: has 4 residues and 6 qualities',
    ])
  })

  it.each([
    ['in its residues', '@a\nA\n+\nI\n@t\nACG'],
    ['before the +', '@a\nA\n+\nI\n@t\nACG\n'],
    ['in its header', '@a\nA\n+\nI\n@t'],
    ['before its qualities', '@a\nA\n+\nI\n@t\nACG\n+\n'],
    ['after the +', '@a\nA\n+\nI\n@t\nACG\n+'],
    ['between lines of qualities', '@a\nA\n+\nI\n@t\nAC\nGT\n+\nII\n'],
  ])('reports a record that the end of the file cuts off %s', async (_, text) => {
    const { entries, rejections } = await readAll(text)
    expect(entries.map(({ accession }) => accession)).toEqual(['a'])
    expect(rejections).toEqual(['5 t: is cut off by the end of the file'])
  })

  it('reports a cut in the qualities as too few of them', async () => {
    expect((await readAll('@t\nACGT\n+\nII')).rejections).toEqual(['1 t: has 4 residues and 2 qualities'])
  })

  it('rejects empty reads and bytes that are no residues or qualities', async () => {
    const { entries, rejections } = await readAll(
      '@e\n\n+\n\n@g\nA-C\n+\nIII\n@s\nAC*\n+\nIII\n@q\nAC\n+\nI I\n@ok\nA\n+\nI\n@e2\n\n+\n',
    )
    expect(entries.map(({ accession }) => accession)).toEqual(['ok'])
    expect(rejections).toEqual([
      '1 e: is empty',
      "6 g: has '-' at residue 2, which is no residue",
      "10 s: has '*' at residue 3, which is no residue",
      '16 q: has byte 0x20 among its qualities',
      '21 e2: is empty',
    ])
  })

  it('finds its way back after lines that do not belong', async () => {
    const { entries, rejections } = await readAll('@a\nA\n+\nI\nrubbish\nmore\n@b\nC\n+\nI\n')
    expect(entries.map(({ accession }) => accession)).toEqual(['a', 'b'])
    expect(rejections).toEqual(["5 : has 'r' where the @ of a record is expected"])
  })
})
