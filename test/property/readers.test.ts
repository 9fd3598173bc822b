import fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { joinBytes, bytesOf } from '../support/bytes.ts'
import { readAll } from '../support/read.ts'
import type { PlainEntry } from '../support/read.ts'

const end = fc.constantFrom('\n', '\r\n', '\r')
const word = fc.stringMatching(/^[!-~]{1,12}$/)
const blanks = fc.constantFrom(' ', '\t', '  ')

/** A FASTA record as text, and what a reader should make of it. */
const fastaRecord = fc
  .record({
    accession: word,
    description: fc.option(fc.stringMatching(/^[!-~]([ -~é]{0,30}[!-~])?$/), { nil: '' }),
    blanks,
    lines: fc.array(fc.stringMatching(/^[A-Za-z*\- ]{0,30}$/), { maxLength: 6 }),
    comment: fc.boolean(),
  })
  .map(({ accession, description, blanks, lines, comment }) => {
    const header = description === '' ? accession : accession + blanks + description
    const joined = lines.join('').replaceAll(' ', '')
    const cased = joined.replaceAll('-', '')
    const letters = cased.toUpperCase().replace(/\*$/, '')
    const lowerCase = [...cased.matchAll(/[a-z]+/g)].flatMap((run) => [run.index, run[0].length])
    const expected: Omit<PlainEntry, 'line'> | null =
      letters === ''
        ? null
        : {
            accession,
            letters,
            ...(description !== '' && { description }),
            ...(lowerCase.length > 0 && { lowerCase }),
            ...(cased.endsWith('*') && { stop: true }),
            ...(joined.includes('-') && { gaps: joined.length - cased.length }),
          }
    return { lines: [`>${header}`, ...lines, ...(comment ? [';note'] : [])], expected }
  })

const fastqRecord = fc
  .record({
    accession: word,
    reads: fc.array(fc.tuple(fc.stringMatching(/^[ACGTNacgtn]{1,20}$/)), { minLength: 1, maxLength: 3 }),
    quality: fc.stringMatching(/^[!-~]{60}$/),
    repeated: fc.boolean(),
  })
  .map(({ accession, reads, quality, repeated }) => {
    const residues = reads.flat()
    let at = 0
    const qualities = residues.map((line) => quality.slice(at, (at += line.length)))
    const all = residues.join('')
    const lowerCase = [...all.matchAll(/[a-z]+/g)].flatMap((run) => [run.index, run[0].length])
    return {
      lines: [`@${accession}`, ...residues, repeated ? `+${accession}` : '+', ...qualities],
      expected: {
        accession,
        letters: all.toUpperCase(),
        quality: qualities.join(''),
        ...(lowerCase.length > 0 && { lowerCase }),
      },
    }
  })

describe('any file', () => {
  it.each([
    ['FASTA', fastaRecord],
    ['FASTQ', fastqRecord],
  ] as const)(
    'of %s is read as it was written, in any chunks, with any line ends, compressed or not',
    async (_, kind) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(kind as fc.Arbitrary<{ lines: string[]; expected: Omit<PlainEntry, 'line'> | null }>, {
            minLength: 1,
            maxLength: 8,
          }),
          end,
          fc.boolean(),
          fc.integer({ min: 1, max: 200 }),
          fc.constantFrom('plain', 'gzip', 'members'),
          async (records, newline, final, chunk, compression) => {
            const lines = records.flatMap((record) => record.lines)
            const text = bytesOf(lines.join(newline) + (final ? newline : ''))
            const half = text.length >> 1
            const file =
              compression === 'plain'
                ? text
                : compression === 'gzip'
                  ? gzipSync(text)
                  : joinBytes([gzipSync(text.subarray(0, half)), gzipSync(text.subarray(half))])
            let line = 1
            const expected: PlainEntry[] = []
            for (const record of records) {
              if (record.expected !== null) expected.push({ ...record.expected, line })
              line += record.lines.length
            }
            const { entries, rejections } = await readAll(file, chunk)
            expect(entries).toEqual(expected)
            expect(rejections.length).toBe(records.length - expected.length)
          },
        ),
        { numRuns: 300 },
      )
    },
  )

  it('of FASTA with bytes that do not belong loses no other record', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            residues: fc.stringMatching(/^[A-Z]{1,40}$/),
            bad: fc.option(fc.constantFrom('1', '\0', '.', 'é')),
          }),
          {
            minLength: 1,
            maxLength: 10,
          },
        ),
        fc.integer({ min: 1, max: 50 }),
        async (records, chunk) => {
          const text = records.map(({ residues, bad }, i) => `>r${i}\n${residues}${bad ?? ''}\n${residues}\n`).join('')
          const { entries, rejections } = await readAll(text, chunk)
          const kept = records.flatMap(({ bad }, i) => (bad === null ? [`r${i}`] : []))
          expect(entries.map(({ accession }) => accession)).toEqual(kept)
          expect(rejections.map((each) => each.split(':')[0])).toEqual(
            records.flatMap(({ bad }, i) => (bad === null ? [] : [`${3 * i + 2} r${i}`])),
          )
        },
      ),
      { numRuns: 200 },
    )
  })
})
