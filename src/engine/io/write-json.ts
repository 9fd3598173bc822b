import type { Hit, Hsp, QueryResult, ResolvedOptions, SearchHeader } from '../search/types.ts'

/** Version of the document that `writeJson` writes: docs/guide/json.md. */
export const JSON_FORMAT_VERSION = '0.2'

/** One JSON document, one query per line; keys always stand in the same order. docs/guide/json.md names every field. */
export async function* writeJson(header: SearchHeader, results: AsyncIterable<QueryResult>): AsyncGenerator<string> {
  const { title, digest, parameters, alphabet, entries, residues, fields } = header.catalog
  const head = {
    format: 'genomic-catalog-search',
    formatVersion: JSON_FORMAT_VERSION,
    writer: header.writer,
    catalog: { title, digest, parameters, alphabet, entries, residues, fields },
    options: optionsOf(header.options),
    queries: header.queries,
  }
  yield JSON.stringify(head).slice(0, -1) + ',"results":['
  let separator = '\n'
  for await (const result of results) {
    yield separator + JSON.stringify(resultOf(result))
    separator = ',\n'
  }
  yield '\n]}\n'
}

function optionsOf(o: ResolvedOptions): ResolvedOptions {
  return {
    mode: o.mode,
    program: o.program,
    task: o.task,
    evalue: o.evalue,
    maxTargetSeqs: o.maxTargetSeqs,
    maxHsps: o.maxHsps,
    matrix: o.matrix,
    reward: o.reward,
    penalty: o.penalty,
    gapopen: o.gapopen,
    gapextend: o.gapextend,
    strand: o.strand,
    percIdentity: o.percIdentity,
    qcovHspPerc: o.qcovHspPerc,
    seg: o.seg,
    dust: o.dust,
    compositionBias: o.compositionBias,
    queryGencode: o.queryGencode,
    dbGencode: o.dbGencode,
    dbsize: o.dbsize,
    searchsp: o.searchsp,
    where: o.where,
    align: o.align,
  }
}

function resultOf(r: QueryResult): Omit<QueryResult, 'hits'> & { hits: Omit<Hit, 'entry'>[] } {
  const s = r.statistics
  return {
    index: r.index,
    query: { id: r.query.id, description: r.query.description, length: r.query.length },
    mode: r.mode,
    found: r.found,
    hits: r.hits.map(hitOf),
    nearestExcluded: r.nearestExcluded && {
      accession: r.nearestExcluded.accession,
      description: r.nearestExcluded.description,
      evalue: r.nearestExcluded.evalue,
      score: r.nearestExcluded.score,
    },
    masking: r.masking && { method: r.masking.method, intervals: r.masking.intervals },
    statistics: {
      method: s.method,
      lambda: s.lambda,
      k: s.k,
      h: s.h,
      ungappedLambda: s.ungappedLambda,
      ungappedK: s.ungappedK,
      ungappedH: s.ungappedH,
      lengthAdjustment: s.lengthAdjustment,
      effectiveSearchSpace: s.effectiveSearchSpace,
      databaseResidues: s.databaseResidues,
      databaseEntries: s.databaseEntries,
    },
    warnings: r.warnings,
  }
}

function hitOf(h: Hit): Omit<Hit, 'entry'> {
  return {
    accession: h.accession,
    description: h.description,
    recordId: h.recordId,
    subjectLength: h.subjectLength,
    queryCoverage: h.queryCoverage,
    ...(h.cosine === undefined ? {} : { cosine: h.cosine }),
    metadata: h.metadata,
    hsps: h.hsps.map(hspOf),
  }
}

function hspOf(h: Hsp): Hsp {
  return {
    score: h.score,
    bitScore: h.bitScore,
    evalue: h.evalue,
    queryFrame: h.queryFrame,
    subjectFrame: h.subjectFrame,
    queryStart: h.queryStart,
    queryEnd: h.queryEnd,
    subjectStart: h.subjectStart,
    subjectEnd: h.subjectEnd,
    length: h.length,
    identities: h.identities,
    positives: h.positives,
    mismatches: h.mismatches,
    gaps: h.gaps,
    gapOpens: h.gapOpens,
    querySequence: h.querySequence,
    midline: h.midline,
    subjectSequence: h.subjectSequence,
  }
}
