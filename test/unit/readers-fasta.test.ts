import { describe, expect, it } from 'vitest'
import { readSequenceBatches } from '../../src/engine/io/sequences.ts'
import { bytesOf, chunked, joinBytes } from '../support/bytes.ts'
import { readAll } from '../support/read.ts'

describe('FASTA', () => {
  it('yields header, residues in upper case, lower-case runs, gaps and a final stop', async () => {
    const { entries, rejections } = await readAll('>sp|P1|X_HUMAN  Some  protein \nMKvll-E\nefG\n-HH*\n>b\nACGT')
    expect(rejections).toEqual([])
    expect(entries).toEqual([
      {
        accession: 'sp|P1|X_HUMAN',
        description: 'Some  protein',
        letters: 'MKVLLEEFGHH',
        lowerCase: [2, 3, 6, 2],
        gaps: 2,
        stop: true,
        line: 1,
      },
      { accession: 'b', letters: 'ACGT', line: 5 },
    ])
  })

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('reads lines that end in %s, and counts them', async (_, end) => {
    const text = ['', '>a x', 'AC', 'GT', '', '>b', '', 'TT', '>c', '>d', 'GG'].join(end)
    for (const size of [1, 2, 3, 1000]) {
      const { entries, rejections } = await readAll(text, size)
      expect(entries).toEqual([
        { accession: 'a', description: 'x', letters: 'ACGT', line: 2 },
        { accession: 'b', letters: 'TT', line: 6 },
        { accession: 'd', letters: 'GG', line: 10 },
      ])
      expect(rejections).toEqual(['9 c: is empty'])
    }
  })

  it('joins a lower-case run over line ends and gaps', async () => {
    const { entries } = await readAll('>a\nACgt\nac--gtAA\na')
    expect(entries).toEqual([{ accession: 'a', letters: 'ACGTACGTAAA', lowerCase: [2, 6, 10, 1], gaps: 2, line: 1 }])
  })

  it('removes one final * only, also before white space', async () => {
    const { entries } = await readAll('>a\nMK*V**\n\n>b\nMK* \n')
    expect(entries.map(({ letters, stop }) => [letters, stop])).toEqual([
      ['MK*V*', true],
      ['MK', true],
    ])
  })

  it('passes over comments, white space and blank lines', async () => {
    const { entries, rejections } = await readAll(';made by hand\n\n>a\nAC GT\t A\n;note\n\n  CC\n \n>b\nG')
    expect(rejections).toEqual([])
    expect(entries).toEqual([
      { accession: 'a', letters: 'ACGTACC', line: 3 },
      { accession: 'b', letters: 'G', line: 9 },
    ])
  })

  it('keeps headers as they are: empty, blank, with ^A, with UTF-8', async () => {
    const { entries } = await readAll('>\nA\n> \nC\n>  x y\nG\n>gi|1 one\x01gi|2 two\nT\n>é😀 Ø\u00a0x\nAC\n>a\tb\nGG')
    expect(entries).toEqual([
      { accession: '', letters: 'A', line: 1 },
      { accession: '', letters: 'C', line: 3 },
      { accession: 'x', description: 'y', letters: 'G', line: 5 },
      { accession: 'gi|1', description: 'one\x01gi|2 two', letters: 'T', line: 7 },
      { accession: 'é😀', description: 'Ø\u00a0x', letters: 'AC', line: 9 },
      { accession: 'a', description: 'b', letters: 'GG', line: 11 },
    ])
  })

  it('keeps repeated accessions and letters that no alphabet may have', async () => {
    const { entries, rejections } = await readAll('>a\nAC\n>a\nJOUXBZ')
    expect(entries.map(({ letters }) => letters)).toEqual(['AC', 'JOUXBZ'])
    expect(rejections).toEqual([])
  })

  it('rejects a record with anything that is no residue, by line, and reads on', async () => {
    const { entries, rejections } = await readAll('>a\nAC\nG1T\nAA\n>b\nA\0C\n>c\nGé\n>d\nA>C\n>e\n.AC\n>f\nTT')
    expect(entries).toEqual([{ accession: 'f', letters: 'TT', line: 13 }])
    expect(rejections).toEqual([
      "3 a: has '1' at residue 4, which is no residue",
      '6 b: has byte 0x00 at residue 2, which is no residue',
      '8 c: has byte 0xc3 at residue 2, which is no residue',
      "10 d: has '>' at residue 2, which is no residue",
      "12 e: has '.' at residue 1, which is no residue",
    ])
  })

  it('rejects headers that are not UTF-8 instead of changing them', async () => {
    const latin1 = joinBytes([bytesOf('>caf'), Uint8Array.of(0xe9), bytesOf('\nAC\n>b\nGT\n')])
    const { entries, rejections } = await readAll(latin1)
    expect(entries).toEqual([{ accession: 'b', letters: 'GT', line: 3 }])
    expect(rejections).toHaveLength(1)
    expect(rejections[0]).toMatch(/^1 : has a header that is not UTF-8/)
  })

  it('rejects records without residues', async () => {
    const { entries, rejections } = await readAll('>a\n>b\n\n>c\n*\n>d\n--\n>e')
    expect(entries).toEqual([])
    expect(rejections).toEqual(['1 a: is empty', '2 b: is empty', '4 c: is empty', '6 d: is empty', '8 e: is empty'])
  })

  it('reports text before the first record', async () => {
    const { entries, rejections } = await readAll(';old style\nNAME\nACGT\n>a\nAC')
    expect(rejections).toEqual(['2 : has text before its first >'])
    expect(entries).toHaveLength(1)
  })

  it('passes over a byte order mark', async () => {
    expect((await readAll('\ufeff>a\nAC')).entries).toEqual([{ accession: 'a', letters: 'AC', line: 1 }])
  })

  it('reads one record of one line far longer than any chunk', async () => {
    const line = 'ACGTTGCA'.repeat(1 << 21)
    const { entries } = await readAll(`>big\n${line}\n>small\nACG`, 65_536)
    expect(entries.map(({ letters }) => letters.length)).toEqual([line.length, 3])
    expect(entries[0].letters === line).toBe(true)
  })

  it('reads a header longer than any chunk', async () => {
    const words = 'word '.repeat(20_000).trim()
    const { entries } = await readAll(`>a ${words}\nAC`, 1000)
    expect(entries).toEqual([{ accession: 'a', description: words, letters: 'AC', line: 1 }])
  })

  it('yields what each chunk completes, and stops when it is told to', async () => {
    const control = new AbortController()
    const text = bytesOf('>a\nACGT\n'.repeat(5000))
    let records = 0
    const reading = async () => {
      const options = { file: 'f', onReject: () => undefined, signal: control.signal }
      for await (const batch of readSequenceBatches(chunked(text, 8192), options)) {
        records += batch.length
        control.abort()
      }
    }
    await expect(reading()).rejects.toMatchObject({ tag: 'aborted' })
    expect(records).toBe(1023)
  })
})

describe('files that hold no sequences', () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    ['nothing', '', /^test\.fa is empty: it holds no sequences\.$/],
    ['white space', ' \n\n\t', /is empty/],
    ['a byte order mark', '\ufeff', /is empty/],
    ['NULs', new Uint8Array(100), /is a binary file \(byte 0x00 at offset 0\)/],
    ['a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0), /is a binary file/],
    ['bare residues', 'ACGT\n', /begins with 'A' where > or @ is expected/],
    ['SAM', '@HD\tVN:1.6\n@SQ\tSN:x\tLN:3\n', /is SAM; convert it with samtools/],
    ['GenBank', 'LOCUS       X  12 bp', /is GenBank/],
    ['EMBL', 'ID   X; SV 1; linear', /is EMBL/],
    ['an error page', '<!DOCTYPE html><html>', /web page/],
    ['bzip2', 'BZh91AY&SY', /is bzip2.*bunzip2/],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x3e, 0, 0x61, 0, 10, 0), /is UTF-16 text.*UTF-8/],
  ])('%s: a sentence that says so', async (_, input, message) => {
    await expect(readAll(input)).rejects.toMatchObject({ tag: 'input', message: expect.stringMatching(message) })
  })
})
