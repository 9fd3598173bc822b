import { CatalogError } from '../../errors.ts'
import type { DataFile } from '../../format/types.ts'
import type { VectorKernels } from '../../kernels/vectors.ts'
import { planReads } from '../../source/plan.ts'
import type { ByteSource, ReadOptions } from '../../source/types.ts'
import { ByteCache } from '../../source/wrappers.ts'
import type { LaidModel } from './compute.ts'
import { rowBytes } from './options.ts'
import { CandidateScan, exactDistances, listRanges, prepareQuery } from './search.ts'
import type {
  Candidates,
  Neighbours,
  RawVectors,
  VectorFiles,
  VectorIndexReader,
  VectorSearchOptions,
} from './types.ts'

/** Ranges at most this far apart are read at once: a checksum block. */
const GAP = 4096
/** Bytes read at once at most, unless a list is longer. */
const LIMIT = 4 << 20
/** Bytes of lists read ahead at most. */
const LOADED = 24 << 20

/** First row of each of so many lists, and the number of rows: the directory of a segment's vector index. */
export async function readListStarts(
  files: VectorFiles,
  lists: number,
  open: (file: DataFile) => Promise<ByteSource>,
  options?: ReadOptions,
): Promise<Uint32Array> {
  const directory = await open(files.directory)
  const bytes = await directory.read(files.directoryOffset, (lists + 1) * 4, options)
  return new Uint32Array(bytes.slice().buffer as ArrayBuffer)
}

/**
 * Opens a segment's vector index; reads its directory, unless it is given as `first`. `open` answers verified sources.
 * @throws CatalogError `corrupt` where the files are not of this model.
 */
export async function openVectorIndex(
  files: VectorFiles,
  laid: LaidModel,
  kernels: VectorKernels,
  open: (file: DataFile) => Promise<ByteSource>,
  options: ReadOptions & { cache?: ByteCache; first?: Uint32Array } = {},
): Promise<VectorIndexReader> {
  const { lists, dimensions } = laid.model.options
  const cache = options.cache ?? new ByteCache(64 << 20)
  const [first, source] = await Promise.all([
    options.first ?? readListStarts(files, lists, open, options),
    open(files.lists),
  ])
  const ascending = first.every((row, i) => i === 0 || row >= first[i - 1])
  if (
    files.rowBytes !== rowBytes(laid.model.options) ||
    first[0] !== 0 ||
    first[lists] !== files.vectors ||
    !ascending
  ) {
    throw new CatalogError(
      'corrupt',
      `${files.directory.path} is damaged: its lists do not fit the catalog's vector model.`,
      {
        file: files.directory.path,
      },
    )
  }

  /** Rows of each list asked for, from the cache where they are there. */
  async function rowsOf(wanted: Uint32Array, read?: ReadOptions): Promise<Uint8Array[]> {
    const ranges = listRanges(files, first, wanted)
    // An empty list begins where the next does.
    const keys = ranges.map(({ start, end }) => `${start} ${end} ${files.lists.sha256}`)
    const rows = keys.map((key) => cache.get(key))
    const missing = ranges.flatMap((_, i) => (rows[i] ? [] : [i]))
    const reads = planReads(missing.map((i) => ranges[i]), GAP, LIMIT) // prettier-ignore
    await Promise.all(
      reads.map(async (planned) => {
        const bytes = await source.read(planned.start, planned.end - planned.start, read)
        for (const m of planned.ranges) {
          const { start, end } = ranges[missing[m]]
          const list = bytes.subarray(start - planned.start, end - planned.start)
          cache.set(keys[missing[m]], list)
          rows[missing[m]] = list
        }
      }),
    )
    return rows.map((list) => list ?? new Uint8Array(0))
  }

  const reader: VectorIndexReader = {
    files,
    model: laid.model,
    prepare: (query, nprobe) => prepareQuery(kernels, laid, query, nprobe),
    async load(queries, read) {
      const wanted = new Set<number>()
      let bytes = 0
      for (const list of queries.flatMap(({ lists }) => [...lists])) {
        if (wanted.has(list)) continue
        bytes += (first[list + 1] - first[list]) * files.rowBytes
        if (bytes > LOADED) break
        wanted.add(list)
      }
      await rowsOf(Uint32Array.from(wanted), read)
    },
    async candidates(query, count, search = {}) {
      const rows = await rowsOf(query.lists, search)
      const scan = new CandidateScan(kernels, laid, query, count)
      rows.forEach((list, probe) => scan.add(probe, list, files.rowBytes, first[query.lists[probe]], search.accepts))
      return scan.finish()
    },
    async refine(query, candidates, search = {}) {
      if (candidates.positions.length === 0) return candidates
      const order = Uint32Array.from(candidates.positions.keys())
      order.sort((a, b) => candidates.positions[a] - candidates.positions[b])
      const positions = Uint32Array.from(order, (i) => candidates.positions[i])
      const rows = Uint32Array.from(order, (i) => candidates.rows[i])
      const prepared = search.vectorsAt
        ? prepareRaw(await search.vectorsAt(positions, search))
        : await exactAt(rows, search)
      return nearestOf({ positions, rows, distances: exactDistances(kernels, query, prepared) }, positions.length)
    },
    async search(query, k, search = {}) {
      const prepared = 'vector' in query ? query : reader.prepare(query, search.nprobe)
      const wanted = candidatesWanted(reader, k, search)
      const candidates = await reader.candidates(prepared, wanted, search)
      return wanted === k && !refines(reader, search)
        ? candidates
        : nearestOf(await reader.refine(prepared, candidates, search), k)
    },
  }
  return reader

  function prepareRaw(raw: RawVectors): Int16Array {
    return kernels.prepare(raw, dimensions, laid.model.mean, laid.model.rotation)
  }

  async function exactAt(wanted: Uint32Array, read?: ReadOptions): Promise<Int16Array> {
    const { exact } = files
    if (!exact) throw new CatalogError('usage', `${source.name} is kept without exact vectors.`, { file: source.name })
    const stored = await open(exact)
    const starts = Array.from(wanted, (row) => exact.rowOffset + row * dimensions)
    const reads = planReads(starts.map((start) => ({ start, end: start + dimensions })), GAP, LIMIT) // prettier-ignore
    const raw = new Float32Array(wanted.length * dimensions)
    await Promise.all(
      reads.map(async (planned) => {
        const bytes = await stored.read(planned.start, planned.end - planned.start, read)
        for (const i of planned.ranges) {
          const from = bytes.byteOffset + starts[i] - planned.start
          raw.set(new Int8Array(bytes.buffer, from, dimensions), i * dimensions)
        }
      }),
    )
    return kernels.prepare(raw, dimensions, null, null)
  }
}

function refines({ files, model }: VectorIndexReader, { refine, vectorsAt }: VectorSearchOptions): boolean {
  return (refine ?? model.options.refine) > 0 && (vectorsAt !== undefined || files.exact !== null)
}

/** Candidates looked for, so that `k` remain. */
function candidatesWanted(reader: VectorIndexReader, k: number, options: VectorSearchOptions): number {
  return refines(reader, options) ? Math.ceil(k * (options.refine ?? reader.model.options.refine)) : k
}

/** The `count` nearest and all that tie with the last of them, by (distance, position). */
function nearestOf({ positions, distances, rows }: Candidates, count: number): Candidates {
  const order = Uint32Array.from(positions.keys())
  order.sort((a, b) => distances[a] - distances[b] || positions[a] - positions[b])
  const last = count > 0 && count <= order.length ? distances[order[count - 1]] : count > 0 ? Infinity : -Infinity
  const kept = order.filter((i) => distances[i] <= last)
  return {
    positions: Uint32Array.from(kept, (i) => positions[i]),
    distances: Int32Array.from(kept, (i) => distances[i]),
    rows: Uint32Array.from(kept, (i) => rows[i]),
  }
}

/**
 * The k nearest vectors of all segments, and all that tie with the last of them: callers that break ties by id do so with
 * all of these, and cut afterwards. The candidates that are refined are cut over all segments together, so that the answer
 * does not depend on how vectors are spread over them. `options` are for each segment in turn.
 */
export async function searchVectors(
  readers: readonly VectorIndexReader[],
  raw: RawVectors,
  k: number,
  options: (segment: number) => VectorSearchOptions = () => ({}),
): Promise<Neighbours> {
  if (readers.length === 0) return merged([], k)
  const each = readers.map((_, segment) => options(segment))
  const query = readers[0].prepare(raw, each[0].nprobe)
  const refining = readers.every((reader, i) => refines(reader, each[i]))
  const wanted = refining ? candidatesWanted(readers[0], k, each[0]) : k
  const found = await Promise.all(readers.map((reader, i) => reader.candidates(query, wanted, each[i])))
  const estimated = merged(found, wanted)
  if (!refining) return estimated
  const last = estimated.distances.at(-1) ?? -Infinity
  const refined = await Promise.all(
    readers.map((reader, i) => {
      const { distances } = found[i]
      let kept = 0
      while (kept < distances.length && distances[kept] <= last) kept++
      return reader.refine(query, nearestOf(found[i], kept), each[i])
    }),
  )
  return merged(refined, k)
}

function merged(lists: readonly Candidates[], count: number): Neighbours {
  const all = lists.flatMap(({ positions, distances }, segment) =>
    Array.from(positions, (position, i) => ({ segment, position, distance: distances[i] })),
  )
  all.sort((a, b) => a.distance - b.distance || a.segment - b.segment || a.position - b.position)
  const last = count > 0 ? (all[count - 1]?.distance ?? Infinity) : -Infinity
  const kept = all.filter(({ distance }) => distance <= last)
  return {
    segments: Uint32Array.from(kept, ({ segment }) => segment),
    positions: Uint32Array.from(kept, ({ position }) => position),
    distances: Int32Array.from(kept, ({ distance }) => distance),
  }
}
