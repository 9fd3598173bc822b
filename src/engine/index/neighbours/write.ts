import { toHex } from '../../sequence/digest.ts'
import { WRITER } from '../../version.ts'
import { allNamesOf, nameOf, type RankedRecords } from './records.ts'
import type { VectorSpace } from './space.ts'
import type { Cluster, Neighbour, NeighbourList, Pair } from './types.ts'

/** Version of the documents written here: docs/guide/json.md. */
const FORMAT_VERSION = '0.2'

/** Six decimals, the same in tables and in JSON. */
function decimals(similarity: number): string {
  return similarity.toFixed(6)
}

/** One row per neighbour: accession, neighbour's accession, similarity, length, neighbour's length. */
export async function* writeNearestTable(
  records: RankedRecords,
  lists: AsyncIterable<NeighbourList>,
): AsyncGenerator<string> {
  for await (const { rank, neighbours } of lists) {
    for (const each of neighbours) yield row(records, rank, records, each.rank, each.similarity)
  }
}

/** One row per entry: the representative's accession, the entry's accession, similarity to the representative. */
export async function* writeClusterTable(records: RankedRecords, clusters: readonly Cluster[]): AsyncGenerator<string> {
  for (const { representative, members } of clusters) {
    const name = nameOf(records, representative)
    for (const { rank, similarity } of members) {
      for (const accession of allNamesOf(records, rank)) yield `${name}\t${accession}\t${decimals(similarity)}\n`
    }
  }
}

/** One row per pair: accessions in the first and the second catalog, similarity, lengths. */
export async function* writePairTable(
  first: RankedRecords,
  second: RankedRecords,
  pairs: readonly Pair[],
): AsyncGenerator<string> {
  for (const pair of pairs) yield row(first, pair.first, second, pair.second, pair.similarity)
}

function row(a: RankedRecords, one: number, b: RankedRecords, other: number, similarity: number): string {
  const lengths = `${a.lengths[one]}\t${b.lengths[other]}`
  return `${nameOf(a, one)}\t${nameOf(b, other)}\t${decimals(similarity)}\t${lengths}\n`
}

/** One JSON document with a list per line. */
export function writeNearestJson(
  space: VectorSpace,
  options: object,
  lists: AsyncIterable<NeighbourList>,
): AsyncGenerator<string> {
  const { records } = space
  async function* results(): AsyncGenerator<object> {
    for await (const { rank, neighbours } of lists) {
      yield { ...recordOf(records, rank), neighbours: neighbours.map((each) => memberOf(records, each)) }
    }
  }
  return document('genomic-catalog-knn', { catalog: catalogOf(space) }, options, 'results', results())
}

export function writeClusterJson(
  space: VectorSpace,
  options: object,
  clusters: readonly Cluster[],
): AsyncGenerator<string> {
  const { records } = space
  const results = clusters.map(({ representative, members }) => ({
    representative: recordOf(records, representative),
    members: members.map((each) => memberOf(records, each)),
  }))
  return document('genomic-catalog-cluster', { catalog: catalogOf(space) }, options, 'clusters', results)
}

export function writePairJson(
  first: VectorSpace,
  second: VectorSpace,
  options: object,
  pairs: readonly Pair[],
): AsyncGenerator<string> {
  const catalogs = { first: catalogOf(first), second: catalogOf(second) }
  const results = pairs.map((pair) => ({
    first: recordOf(first.records, pair.first),
    second: recordOf(second.records, pair.second),
    similarity: Number(decimals(pair.similarity)),
  }))
  return document('genomic-catalog-rbh', catalogs, options, 'pairs', results)
}

async function* document(
  format: string,
  head: object,
  options: object,
  key: string,
  results: AsyncIterable<object> | Iterable<object>,
): AsyncGenerator<string> {
  const start = { format, formatVersion: FORMAT_VERSION, writer: WRITER, ...head, options }
  yield `${JSON.stringify(start).slice(0, -1)},"${key}":[`
  let separator = '\n'
  for await (const result of results) {
    yield separator + JSON.stringify(result)
    separator = ',\n'
  }
  yield '\n]}\n'
}

function catalogOf({ parts, records }: VectorSpace): object {
  const { title, digest, alphabet, entries, residues, parameters } = parts.catalog.manifest
  const { name, version } = parts.model.description
  const model = { name, version }
  return { title, digest, parameters: parameters.digest, alphabet, entries, records: records.count, residues, model }
}

function recordOf(records: RankedRecords, rank: number): object {
  const recordId = toHex(records.ids.subarray(rank * 32, rank * 32 + 32))
  return { accessions: allNamesOf(records, rank), recordId, length: records.lengths[rank] }
}

function memberOf(records: RankedRecords, { rank, similarity }: Neighbour): object {
  return { ...recordOf(records, rank), similarity: Number(decimals(similarity)) }
}
