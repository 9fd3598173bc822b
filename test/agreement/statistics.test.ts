import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadKernels } from '../../server/search/kernels.ts'
import type { Kernels } from '../../src/engine/kernels/types.ts'
import type { Program } from '../../src/engine/search/types.ts'
import { full, requiresShared, requiresTools, sharedPath } from '../support/requires.ts'
import { BlastCase, makeDatabase, readFasta, writeFasta, type FastaRecord } from '../support/statistics-blast.ts'

const SCOPE = 'data/proteins/scope35_dev.fasta.gz'
const UNIPROT = 'data/proteins/uniprot_20k.fasta.gz'
const UNIPROT_QUERIES = 'data/proteins/uniprot_queries.fasta'
const GENES = 'data/genes/resistance_and_virulence_genes.fasta.gz'
const HAIRPINS = 'data/short/mirbase_hairpin.fasta.gz'
const RIBOSOMAL = 'data/demo/ncbi_rrna.fasta.gz'

/** Program, database, queries, arguments, and the fewest HSPs that must have been compared (twice as many in the full version). */
type Case = readonly [program: Program, database: string, queries: string, options: string, hsps: number]

const PLAIN = '-comp_based_stats 0'
const ALONE = `${PLAIN} -sum_stats false`

const proteins: Case[] = [
  ['blastp', 'scope', 'scope', `${PLAIN}`, 90],
  ['blastp', 'scope', 'scope', `${PLAIN} -evalue 1000`, 1500],
  ['blastp', 'scope', 'scope', `${PLAIN} -dbsize 100000000`, 30],
  ['blastp', 'scope', 'scope', `${PLAIN} -searchsp 100000000`, 60],
  ['blastp', 'scope', 'scope', `${PLAIN} -searchsp 1000000 -dbsize 5000`, 60],
  ['blastp', 'uniprot', 'uniprot', `${PLAIN}`, 90],
  ...(
    [
      ['BLOSUM45', [14, 2], [19, 1], [10, 3]],
      ['BLOSUM50', [13, 2], [15, 1]],
      ['BLOSUM62', [9, 2], [9, 1], [11, 2], [6, 2]],
      ['BLOSUM80', [10, 1], [25, 2]],
      ['BLOSUM90', [10, 1], [6, 2]],
      ['PAM30', [9, 1], [5, 2]],
      ['PAM70', [10, 1], [6, 2]],
      ['PAM250', [14, 2], [11, 3]],
      ['IDENTITY', [15, 2]],
    ] as [string, ...[number, number][]][]
  ).flatMap(([matrix, ...costs]) =>
    costs.map(([open, extend]): Case => {
      return ['blastp', 'scope', 'scope', `${PLAIN} -matrix ${matrix} -gapopen ${open} -gapextend ${extend}`, 60]
    }),
  ),
]

const nucleotides: Case[] = [
  ['blastn', 'genes', 'genes', '-task blastn', 1200],
  ['blastn', 'genes', 'genes', '-task blastn -dbsize 100000000', 900],
  ['blastn', 'genes', 'genes', '-task blastn -searchsp 100000000', 3000],
  ['blastn', 'genes', 'genes', '-task megablast', 210],
  ['blastn', 'genes', 'fragments', '-task blastn-short', 600],
  ['blastn', 'genes', 'ambiguous', '-task blastn -dust no', 900],
  ['blastn', 'genes', 'ambiguous', '-task blastn -dust no -gapopen 12 -gapextend 8', 900],
  ['blastn', 'genes', 'ambiguous', '-task megablast -word_size 12', 90],
  ...(
    [
      ['2/-3', [4, 2], [10, 10], [6, 4]],
      ['1/-2', [2, 1], [5, 5]],
      ['4/-6', [10, 4]],
      ['1/-3', [1, 2]],
      ['1/-4', [1, 1]],
      ['1/-1', [3, 2], [5, 2]],
      ['5/-4', [8, 6]],
      ['4/-5', [6, 5]],
      ['3/-4', [5, 3]],
      ['3/-2', [5, 5]],
      ['2/-5', [2, 4]],
      ['2/-6', [4, 4]],
      ['2/-7', [2, 4]],
    ] as [string, ...[number, number][]][]
  ).flatMap(([scores, ...costs]) =>
    costs.map(([open, extend]): Case => {
      const [reward, penalty] = scores.split('/')
      const options = `-task blastn -reward ${reward} -penalty ${penalty} -gapopen ${open} -gapextend ${extend}`
      return ['blastn', 'genes', 'genes', options, 900]
    }),
  ),
  ...[
    '2 -penalty -3',
    '1 -penalty -3',
    '1 -penalty -4',
    '1 -penalty -5',
    '2 -penalty -5',
    '4 -penalty -5',
    '2 -penalty -4',
  ].map((scores): Case => {
    return ['blastn', 'genes', 'genes', `-task megablast -reward ${scores} -gapopen 0 -gapextend 0`, 210]
  }),
]

const translated: Case[] = [
  ['blastx', 'uniprot', 'genes', `${ALONE} -seg no`, 90],
  ['blastx', 'uniprot', 'genes', `${ALONE}`, 90],
  ['blastx', 'uniprot', 'genes', `${ALONE} -seg no -query_gencode 4`, 90],
  ['blastx', 'uniprot', 'genes', `${ALONE} -seg no -matrix PAM70`, 90],
  ['tblastn', 'genes', 'uniprot', `${ALONE} -seg no`, 60],
  ['tblastn', 'genes', 'uniprot', `${ALONE} -seg no -dbsize 100000000`, 10],
  ['tblastn', 'genes', 'uniprot', `${ALONE} -seg no -searchsp 100000000`, 150],
  ['tblastn', 'hairpins', 'uniprot', `${ALONE} -seg no -evalue 1000`, 1500],
  ['tblastx', 'ribosomal', 'ribosomal', `-sum_stats false -seg no`, 900],
  ['tblastx', 'hairpins', 'genes', `-sum_stats false -evalue 100`, 1500],
]

const available = [
  requiresTools('blastp', 'blastn', 'blastx', 'tblastn', 'tblastx', 'makeblastdb'),
  requiresShared(SCOPE, UNIPROT, UNIPROT_QUERIES, GENES, HAIRPINS, RIBOSOMAL),
].every(Boolean)

describe.runIf(available)('bit scores and E-values of BLAST+', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'genomic-catalog-statistics-'))
  const databases: Record<string, string> = {}
  const queries: Record<string, string> = {}
  const total = { hsps: 0, evaluesClosely: 0, rescored: 0 }
  let kernels: Kernels

  beforeAll(async () => {
    kernels = await loadKernels()
    const dense = full ? 2 : 6
    const read = (file: string, step: number, first = 0): FastaRecord[] => readFasta(sharedPath(file), step, first)
    const query = (name: string, records: FastaRecord[]): void => {
      queries[name] = writeFasta(path.join(folder, `${name}-queries.fa`), records)
    }
    databases.scope = makeDatabase(folder, 'scope', 'prot', read(SCOPE, 3))
    databases.uniprot = makeDatabase(folder, 'uniprot', 'prot', read(UNIPROT, 10))
    databases.genes = makeDatabase(folder, 'genes', 'nucl', read(GENES, 5))
    databases.hairpins = makeDatabase(folder, 'hairpins', 'nucl', read(HAIRPINS, 10))
    databases.ribosomal = makeDatabase(folder, 'ribosomal', 'nucl', read(RIBOSOMAL, 20))
    const genes = read(GENES, 200 * dense, 3)
    query('scope', read(SCOPE, 70 * dense, 5))
    query('uniprot', read(UNIPROT_QUERIES, 5 * dense))
    query('genes', genes)
    query('ambiguous', genes.map(withAmbiguities))
    query('fragments', read(GENES, 150 * dense, 1).map(fragment))
    query('ribosomal', read(RIBOSOMAL, 300 * dense, 7))
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each([...proteins, ...nucleotides, ...translated])('%s %s %s %s', (program, database, query, options, least) => {
    const run = new BlastCase(program, options)
    const found = run.compare(kernels, queries[query], databases[database])
    expect(found.hsps).toBeGreaterThanOrEqual(full ? 2 * least : least)
    // BLAST takes the length of another frame of the subject now and then.
    const closely = program === 'tblastn' && run.options.searchsp === null ? found.evaluesClosely : found.hsps
    // A masked residue counts as X, but is shown as it is.
    const rescored = run.options.seg ? found.rescored : found.hsps
    expect(found).toEqual({
      hsps: found.hsps,
      bits: found.hsps,
      evalues: found.hsps,
      evaluesClosely: closely,
      rescored,
      queries: found.queries,
      parameters: found.queries,
    })
    total.hsps += found.hsps
    total.evaluesClosely += found.evaluesClosely
    total.rescored += found.rescored
  })

  it('was compared on many thousand HSPs', () => {
    expect(total.hsps).toBeGreaterThan(full ? 150_000 : 50_000)
    expect(total.evaluesClosely / total.hsps).toBeGreaterThan(0.9)
  })
})

/** Puts an ambiguity code in place of every 30th base or so, always the same. */
function withAmbiguities(record: FastaRecord): FastaRecord {
  const letters = [...record.residues]
  for (let i = 7, step = 0; i < letters.length; i += 20 + ((step * 7) % 23), step++)
    letters[i] = 'RYMKWSBDHVN'[step % 11]
  return { ...record, residues: letters.join('') }
}

/** 18 to 48 bases of a record. */
function fragment(record: FastaRecord, i: number): FastaRecord {
  const start = (i * 37) % Math.max(1, record.residues.length - 48)
  return { ...record, residues: record.residues.slice(start, start + 18 + (i % 31)) }
}
