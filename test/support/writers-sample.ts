import type { Hit, Hsp, QueryResult, SearchHeader } from '../../src/engine/search/types.ts'

/** A result made by hand, for tests of the writers. */
export function sampleHsp(changes: Partial<Hsp> = {}): Hsp {
  return {
    score: 12,
    bitScore: 20.25,
    evalue: 0.0005,
    queryFrame: 1,
    subjectFrame: 1,
    queryStart: 1,
    queryEnd: 8,
    subjectStart: 11,
    subjectEnd: 18,
    length: 9,
    identities: 6,
    positives: 6,
    mismatches: 1,
    gaps: 2,
    gapOpens: 2,
    querySequence: 'ACG-TACGT',
    midline: '||| | ||',
    subjectSequence: 'ACGTTTCG-',
    ...changes,
  }
}

export function sampleHit(changes: Partial<Hit> = {}): Hit {
  return {
    accession: 'S1',
    description: 'first, "the" subject',
    recordId: 'ab'.repeat(32),
    entry: 7,
    subjectLength: 30,
    metadata: { organism: 'E. coli', 'host species': null, year: 1997 },
    hsps: [sampleHsp()],
    queryCoverage: 80,
    ...changes,
  }
}

export function sampleResult(changes: Partial<QueryResult> = {}): QueryResult {
  return {
    index: 0,
    query: { id: 'Q1', description: 'a query', length: 10 },
    mode: 'exhaustive',
    hits: [sampleHit()],
    found: 1,
    nearestExcluded: null,
    masking: null,
    statistics: {
      lambda: 0.625,
      k: 0.41,
      h: 0.78,
      ungappedLambda: 0.634,
      ungappedK: 0.408,
      ungappedH: 0.912,
      method: 'length-adjustment',
      lengthAdjustment: 5,
      effectiveSearchSpace: 12345,
      databaseResidues: 30,
      databaseEntries: 1,
    },
    warnings: [],
    ...changes,
  }
}

export const sampleHeader: SearchHeader = {
  writer: 'genomic-catalog 0.1.0',
  options: {
    mode: 'exhaustive',
    program: 'blastn',
    task: 'blastn',
    evalue: 10,
    maxTargetSeqs: 500,
    maxHsps: null,
    matrix: null,
    reward: 2,
    penalty: -3,
    gapopen: 5,
    gapextend: 2,
    strand: 'both',
    percIdentity: 0,
    qcovHspPerc: 0,
    seg: false,
    dust: true,
    compositionBias: false,
    queryGencode: 1,
    dbGencode: 1,
    dbsize: null,
    searchsp: null,
    where: null,
    align: null,
  },
  catalog: {
    title: 'Sample',
    digest: 'd'.repeat(64),
    parameters: 'e'.repeat(64),
    alphabet: 'dna',
    entries: 1,
    residues: 30,
    fields: ['organism', 'host species', 'year'],
  },
  queries: 1,
}
