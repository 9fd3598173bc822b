import { bucketRanges, readSeedDirectory, type SeedDirectory } from '../index/seeds/directory.ts'
import { clusterRule } from '../index/seeds/clusters.ts'
import { locateLists } from '../index/seeds/lists.ts'
import { keepOccurrences, planLookups } from '../index/seeds/lookups.ts'
import type {
  BucketRange,
  ClusterRule,
  Clusters,
  Lookups,
  SeedMode,
  SeedParameters,
  SeedQuery,
} from '../index/seeds/types.ts'
import type { SearchScope } from './source.ts'

/** Bytes of postings between two lists that are read for nothing to save a request, and bytes of one request at most. */
const JOIN = { gap: 32_768, bytes: 4 << 20 }
/** Bytes of postings held at a time, unless one query alone needs more. */
const MOST_BYTES = 64 << 20
/** Queries that are worth a worker of their own. */
const QUERIES_PER_TASK = 16

/** Clusters of one piece of a query in one segment. */
export interface PieceClusters {
  /** Position of the seed query in what was asked. */
  query: number
  segment: number
  rule: ClusterRule
  clusters: Clusters
}

/** Lists of a segment's index, and where they are. */
interface OpenIndex {
  directory: SeedDirectory
  read(range: BucketRange): Promise<Uint8Array>
}

/** Finds clusters of seed hits by the indexes of all segments: lists are read in one round. */
export class SeedLookup {
  readonly #scope: SearchScope
  readonly #parameters: SeedParameters
  readonly #mode: SeedMode
  readonly #indexes: readonly OpenIndex[]

  private constructor(scope: SearchScope, parameters: SeedParameters, mode: SeedMode, indexes: readonly OpenIndex[]) {
    this.#scope = scope
    this.#parameters = parameters
    this.#mode = mode
    this.#indexes = indexes
  }

  static async open(scope: SearchScope, mode: SeedMode): Promise<SeedLookup> {
    const { catalog, control } = scope
    const parameters = catalog.manifest.parameters.seeds!
    const indexes = await Promise.all(
      catalog.segments.map(async (reader): Promise<OpenIndex> => {
        const files = reader.segment.seeds!
        const [bytes, postings] = await Promise.all([
          reader.whole(files.directory, control),
          reader.open(files.postings, control),
        ])
        const directory = readSeedDirectory(files, bytes, parameters)
        return { directory, read: ({ offset, bytes }) => postings.read(offset, bytes, control) }
      }),
    )
    return new SeedLookup(scope, parameters, mode, indexes)
  }

  /** Clusters of every query, in as many rounds as memory asks for. */
  async clusters(queries: readonly SeedQuery[]): Promise<PieceClusters[]> {
    const lookups = this.#plan(queries)
    const ranges = this.#indexes.map(({ directory }) => bucketRanges(directory, lookups, JOIN))
    const bytes = ranges.flat().reduce((sum, range) => sum + range.bytes, 0)
    if (bytes > MOST_BYTES && queries.length > 1) {
      const half = queries.length >> 1
      const first = await this.clusters(queries.slice(0, half))
      const rest = await this.clusters(queries.slice(half))
      return [...first, ...rest.map((part) => ({ ...part, query: part.query + half }))]
    }
    const read = await Promise.all(
      ranges.map((own, segment) => Promise.all(own.map((range) => this.#indexes[segment].read(range)))),
    )
    this.#scope.countBytes(bytes)
    return this.#match(queries, lookups, ranges, read)
  }

  #plan(queries: readonly SeedQuery[]): Lookups {
    return planLookups(this.#scope.host.kernels, queries, this.#parameters, this.#mode)
  }

  /** Shares the queries among the workers; each gets the lists of its own. */
  async #match(
    queries: readonly SeedQuery[],
    all: Lookups,
    ranges: readonly BucketRange[][],
    read: readonly Uint8Array[][],
  ): Promise<PieceClusters[]> {
    const { job, host, catalog } = this.#scope
    const parts = Math.max(1, Math.min(host.pool.workers.length, Math.floor(queries.length / QUERIES_PER_TASK)))
    const tasks = Array.from({ length: parts }, (_, part) => {
      const first = Math.floor((part * queries.length) / parts)
      const end = Math.floor(((part + 1) * queries.length) / parts)
      const lookups = parts === 1 ? all : this.#plan(queries.slice(first, end))
      const lists = this.#indexes.map(({ directory }, s) => locateLists(directory, lookups, ranges[s], read[s]))
      const counts = new Float64Array(lookups.termHashes.length)
      for (const list of lists) list.counts.forEach((count, term) => (counts[term] += count))
      const keep = keepOccurrences(lookups, counts)
      // Chance may give a query so many clusters, however many pieces it has.
      const pieces = new Map<number, number>()
      for (const query of lookups.pieceQueries) pieces.set(query, (pieces.get(query) ?? 0) + 1)
      const rules = Array.from(lookups.pieceQueries, (query, piece) =>
        clusterRule(
          this.#parameters,
          lookups.pieceEnds[piece] - lookups.pieceStarts[piece],
          catalog.manifest.distinctResidues * pieces.get(query)!,
          this.#mode,
        ),
      )
      return { first, lookups, lists, keep, rules }
    })
    const found = await job.run(
      tasks.flatMap(({ first, lookups, lists, keep, rules }, part) =>
        lists.map((segmentLists, segment) => ({
          affinity: part,
          run: async (worker): Promise<PieceClusters[]> => {
            const answer = await worker.clusterSeeds(job.id, { lookups, lists: segmentLists, rules, keep })
            return answer.clusters.map((clusters, piece) => ({
              query: first + lookups.pieceQueries[piece],
              segment,
              rule: rules[piece],
              clusters,
            }))
          },
        })),
      ),
    )
    return found.flat()
  }
}
