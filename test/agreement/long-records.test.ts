import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Mode } from '../../src/engine/search/types.ts'
import { newIndexers } from '../../server/publish/indexers.ts'
import { Random } from '../property/kernels.ts'
import { requiresShared, requiresTools, sharedPath } from '../support/requires.ts'
import { searchCatalog, temporaryCatalog, temporaryFolder } from '../support/search.ts'

const genome = 'data/genomes/GCF_000005845.2_ASM584v2_genomic.fna.gz'

/** Residues [start, end) of the genome, so far changed that `percent` of 100 residues are others or missing. */
function mutated(letters: string, start: number, end: number, percent: number, random: Random): string {
  let out = ''
  for (const letter of letters.slice(start, end)) {
    const event = random.below(1000)
    if (event >= percent * 10) out += letter
    else if (event % 8 === 0) out += letter + 'ACGT'[random.below(4)]
    else if (event % 8 > 1) out += 'ACGT'[random.below(4)]
  }
  return out
}

const complement: Record<string, string> = { A: 'T', C: 'G', G: 'C', T: 'A' }
const reversed = (letters: string): string => [...letters].reverse().map((letter) => complement[letter]).join('') // prettier-ignore

describe.runIf(requiresShared(genome) && requiresTools('blastn'))('a genome of 4.6 Mb as one record', () => {
  let catalog: string
  let queries: string
  let deletion: string
  /** Per query, what blastn reports: its columns of coordinates and scores. */
  let expected: Map<string, string[]>

  beforeAll(async () => {
    const folder = temporaryFolder()
    const fasta = path.join(folder, 'genome.fasta')
    const text = gunzipSync(readFileSync(sharedPath(genome))).toString()
    writeFileSync(fasta, text)
    const letters = text.slice(text.indexOf('\n')).replaceAll('\n', '').toUpperCase()
    const random = new Random(7)
    const sequences: Record<string, string> = {
      gene: letters.slice(1_000_000, 1_001_200),
      relative: mutated(letters, 2_000_000, 2_001_500, 18, random),
      'minus-strand': reversed(mutated(letters, 3_000_000, 3_001_000, 10, random)),
      // All seven copies of the 16S rRNA.
      '16S': letters.slice(4_035_530, 4_037_072),
      // Residues are read in windows of up to 4 Mi, and packed in blocks of 16 Ki.
      'window-edge': mutated(letters, (4 << 20) - 150, (4 << 20) + 150, 5, random),
      'block-edge': mutated(letters, 50 * 16_384 - 100, 50 * 16_384 + 100, 5, random),
      'genome-start': letters.slice(0, 120),
      'genome-end': letters.slice(-120),
      long: mutated(letters, 600_000, 630_000, 3, random),
    }
    queries = Object.entries(sequences).map(([id, residues]) => `>${id}\n${residues}\n`).join('') // prettier-ignore
    // Too wide a gap for blastn's X-drop, and worth its cost.
    deletion = `>deletion\n${letters.slice(500_000, 501_000) + letters.slice(501_150, 502_000)}\n`
    const file = path.join(folder, 'queries.fasta')
    writeFileSync(file, queries)
    const columns = '6 qseqid qstart qend sstart send score nident length'
    const options = ['-task', 'blastn', '-query', file, '-subject', fasta, '-evalue', '1e-20', '-outfmt', columns]
    expected = new Map(Object.keys(sequences).map((id) => [id, []]))
    for (const line of execFileSync('blastn', options).toString().trim().split('\n')) {
      const [id, ...rest] = line.split('\t')
      expected.get(id)!.push(rest.join(' '))
    }
    const indexers = await newIndexers({ seeds: true, sensitive: false, vectors: [] })
    catalog = await temporaryCatalog([fasta], { indexers })
  })

  it.each<Mode>(['sensitive', 'fast'])('%s finds what blastn finds, in the same places', async (mode) => {
    const { results } = await searchCatalog(catalog, queries, { mode, evalue: 1e-20 })
    let compared = 0
    for (const { query, hits, mode: used } of results) {
      expect(used).toBe(mode)
      const found = hits.flatMap(({ hsps }) =>
        hsps.map((hsp) =>
          [hsp.queryStart, hsp.queryEnd, hsp.subjectStart, hsp.subjectEnd, hsp.score, hsp.identities, hsp.length].join(
            ' ',
          ),
        ),
      )
      const wanted = expected.get(query.id)!
      expect(wanted.length, query.id).toBeGreaterThan(0)
      // Of a long query's many repeats blastn's heuristics end some elsewhere: its best ones have to agree.
      for (const line of query.id === 'long' ? wanted.slice(0, 1) : wanted) {
        expect(found, query.id).toContain(line)
        compared++
      }
    }
    expect(expected.get('16S')!.length).toBe(7)
    expect(compared).toBe(15)
  })

  it.each<Mode>(['sensitive', 'fast'])('%s aligns across a wide gap as exhaustive does', async (mode) => {
    const [wanted, found] = await Promise.all(
      ['exhaustive' as Mode, mode].map((each) => searchCatalog(catalog, deletion, { mode: each, evalue: 1e-10 })),
    )
    // Of the many repeats there the weakest have too few seeds.
    expect(found.results[0].hits[0].hsps[0]).toEqual(wanted.results[0].hits[0].hsps[0])
    expect(wanted.results[0].hits[0].hsps[0].gaps).toBe(150)
  })

  it('auto looks seeds up for such a query, and says so', async () => {
    const { header, results } = await searchCatalog(catalog, '>q\n' + queries.split('\n')[1], { evalue: 1e-20 })
    expect(header.options.mode).toBe('auto')
    expect(header.catalog.parameters).toMatch(/^[0-9a-f]{64}$/)
    expect(results[0].mode).toBe('sensitive')
    expect(results[0].hits.length).toBe(1)
  })
})
