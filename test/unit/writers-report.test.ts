import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseOutputFormat, writeResults } from '../../src/engine/io/write-results.ts'
import type { QueryResult } from '../../src/engine/search/types.ts'
import { join, stream } from '../support/writers-blast.ts'
import { sampleHeader, sampleHit, sampleHsp, sampleResult } from '../support/writers-sample.ts'

const write = (format: string, results: QueryResult[]) =>
  join(writeResults(sampleHeader, stream(results), parseOutputFormat(format)))

const full = sampleResult({
  nearestExcluded: { accession: 'S2', description: 'second', evalue: 11, score: 9 },
  masking: {
    method: 'dust',
    intervals: [
      [2, 4],
      [9, 10],
    ],
  },
  warnings: ['A warning.'],
})

describe('JSON', () => {
  it('is one document with one query per line', async () => {
    const text = await write('json', [full, sampleResult({ index: 1, hits: [], found: 0 })])
    const lines = text.trimEnd().split('\n')
    expect(lines.length).toBe(4)
    const document = JSON.parse(text)
    expect(document).toMatchObject({ format: 'genomic-catalog-search', formatVersion: '0.2', ...sampleHeader })
    // Entry numbers are of one layout, and stay out of what is written.
    const hits = full.hits.map((hit) => ({ ...hit, entry: undefined }))
    expect(document.results[0]).toEqual(JSON.parse(JSON.stringify({ ...full, hits })))
    expect(JSON.parse(lines[2]).index).toBe(1)
    expect(JSON.parse(await write('json', []))).toMatchObject({ results: [] })
  })

  it('has its keys in one order, whatever order they came in', async () => {
    const reversed = <T>(value: T): T => {
      if (Array.isArray(value)) return value.map(reversed) as T
      if (value === null || typeof value !== 'object') return value
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, each]) => [key, key === 'metadata' ? each : reversed(each)]),
      ) as T
    }
    expect(await write('json', [reversed(full)])).toBe(await write('json', [full]))
  })

  it('has every field documented', async () => {
    const guide = readFileSync(new URL('../../docs/guide/json.md', import.meta.url), 'utf8')
    const named = new Set([...guide.matchAll(/`(\w+)`/g)].map(([, name]) => name))
    const keys = new Set<string>()
    const collect = (value: unknown): void => {
      if (value === null || typeof value !== 'object') return
      for (const [key, each] of Object.entries(value)) {
        if (!Array.isArray(value)) keys.add(key)
        if (key !== 'metadata') collect(each)
      }
    }
    collect(JSON.parse(await write('json', [full])))
    expect(keys.size).toBeGreaterThan(70)
    expect([...keys].filter((key) => !named.has(key))).toEqual([])
  })
})

describe('pairwise report', () => {
  it('shows masked residues in lower case and numbers the columns', async () => {
    const hsp = sampleHsp({ queryStart: 2, queryEnd: 9, subjectStart: 118, subjectEnd: 111, subjectFrame: -1 })
    const text = await write('0', [{ ...full, hits: [sampleHit({ hsps: [hsp] })] }])
    expect(text).toContain('Masked by DUST: 2-4, 9-10\nWarning: A warning.\n')
    expect(text).toContain('Query  2    acg-TACGt  9\n            ||| | ||\nSbjct  118  ACGTTTCG-  111\n')
    expect(text).toContain(' Strand=Plus/Minus\n')
  })

  it('numbers a row of gaps by where the sequence stands', async () => {
    const gap = '-'.repeat(60)
    const hsp = sampleHsp({
      querySequence: `ACGT${'A'.repeat(56)}${gap}AC`,
      subjectSequence: 'A'.repeat(122),
      midline: ' '.repeat(122),
      length: 122,
      queryStart: 1,
      queryEnd: 62,
      subjectStart: 1,
      subjectEnd: 122,
    })
    const text = await write('0', [sampleResult({ hits: [sampleHit({ hsps: [hsp] })] })])
    expect(text).toContain(`Query  60   ${gap}  60\n`)
    expect(text).toContain('Query  61   AC  62\n')
  })

  it('says what was nearest where nothing was found, and how many hits are left out', async () => {
    const none = await write('0', [{ ...full, hits: [], found: 0 }])
    expect(none).toContain('***** No hits found *****\n\nNearest hit above the E-value limit: S2, Expect = 11\n')
    const cut = await write('0', [sampleResult({ found: 1235 })])
    expect(cut).toContain('\n1,234 more passed the E-value; --max-target-seqs shows 1.\n')
  })

  it('names the content and the options', async () => {
    const text = await write('0', [full])
    expect(text).toContain(`  Catalog digest: ${'d'.repeat(64)}\n`)
    expect(text).toContain('Options: --program blastn --task blastn --mode exhaustive')
  })
})
