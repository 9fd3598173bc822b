import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus } from 'node:os'
import path from 'node:path'
import { layModel } from '../src/engine/index/vectors/compute.ts'
import { openVectorIndex } from '../src/engine/index/vectors/reader.ts'
import { prepareQuery } from '../src/engine/index/vectors/search.ts'
import { trainVectors } from '../src/engine/index/vectors/train.ts'
import { listsFor } from '../src/engine/index/vectors/types.ts'
import type { VectorFiles, VectorModel, VectorOptions } from '../src/engine/index/vectors/types.ts'
import { VectorIndexWriter } from '../src/engine/index/vectors/writer.ts'
import type { VectorKernels } from '../src/engine/kernels/vectors.ts'
import { ByteCache } from '../src/engine/source/wrappers.ts'
import { loadKernels } from '../server/search/kernels.ts'
import { DirectorySink, DiskScratch, FileSystemStore } from '../server/storage/file.ts'
import { option, outputFolder, shared } from './support.ts'
import { readGenes } from './synthetic.ts'
import { centreAndScale, DIMENSIONS, geneVectors, mixtureVectors } from './vectors/data.ts'
import type { VectorSet } from './vectors/data.ts'
import { indexTable, loadLance, reopenTable, searchTable, writeTable } from './vectors/lancedb.ts'
import { startThreads } from './vectors/pool.ts'
import { exactNeighbours, measure } from './vectors/truth.ts'
import type { Measured } from './vectors/truth.ts'

const SAMPLE = 65_536
const K = 10

interface Clock {
  wall: number
  cpu: number
}

/** Wall and processor seconds of this process (all its threads). */
async function clock<T>(work: () => Promise<T>): Promise<Clock & { result: T }> {
  const before = process.cpuUsage()
  const started = performance.now()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { wall: (performance.now() - started) / 1000, cpu: (user + system) / 1e6, result }
}

const seconds = ({ wall, cpu }: Clock): string => `${wall.toFixed(1)} s (processor ${cpu.toFixed(1)} s)`

function report(name: string, { recall, p50, p99, perSecond }: Measured): void {
  const times = `p50 ${p50.toFixed(2).padStart(6)}  p99 ${p99.toFixed(2).padStart(6)} ms`
  console.log(`${name.padEnd(48)} recall@10 ${recall.toFixed(4)}  ${times}  ${perSecond.toFixed(0).padStart(5)}/s`)
}

/**
 * IVF-PQ of `--count=100000` vectors of `--data=mixture|genes`, 96 × 8 bits unless `--subvectors= --bits=` say otherwise:
 * building with `--threads=2`, searching on one thread; beside LanceDB where `--peers=FOLDER` (default: here) has it
 * installed (npm i @lancedb/lancedb@0.39.0 apache-arrow@18.1.0, and hnswlib-node for the coarse search). LanceDB's table of
 * an earlier run is used again with `--reuse`.
 */
export async function run(args: string[]): Promise<void> {
  const count = Number(option(args, 'count', '100000'))
  const asked = Number(option(args, 'queries', '500'))
  const set = makeVectors(option(args, 'data', 'mixture'), count, asked)
  centreAndScale(set)
  const { base, queries } = set
  const lists = Number(option(args, 'lists', String(listsFor(count))))
  const threads = Number(option(args, 'threads', '2'))
  const options: VectorOptions = {
    dimensions: DIMENSIONS,
    lists,
    subvectors: Number(option(args, 'subvectors', '96')),
    bits: Number(option(args, 'bits', '8')) as 8 | 4,
    residual: true,
    centred: false,
    rotation: option(args, 'rotation', 'none') as 'none' | 'random',
    nprobe: Math.min(20, lists),
    refine: 0,
    rounds: Number(option(args, 'rounds', '10')),
    seed: 1,
  }
  const processor = cpus()[0]?.model ?? 'unknown processor'
  console.log(`${count} × ${DIMENSIONS}, ${set.name}; ${lists} lists; ${availableParallelism()} × ${processor}\n`)
  const folder = outputFolder('vectors')
  const { files, model } = await build(folder, base, options, threads)
  const bytes = files.lists.bytes + files.directory.bytes
  console.log(`${(bytes / count).toFixed(1)} bytes per vector: ${(bytes / count / 150).toFixed(3)} per residue\n`)

  const { vectors: kernels } = await loadKernels()
  const truth = exactNeighbours(kernels, base, queries, K)
  const nprobes = option(args, 'nprobe', '10,20,40').split(',').map(Number)
  await searchOurs(folder, kernels, files, model, set, truth, nprobes)
  compareCoarse(option(args, 'peers', '.'), kernels, model, queries, nprobes)

  const lance = loadLance(option(args, 'peers', '.'))
  if (!lance) {
    console.log('\nLanceDB is not installed: nothing to compare with.')
    return
  }
  const place = path.join(folder, `lancedb-${option(args, 'data', 'mixture')}-${count}-${lists}`)
  let table = args.includes('--reuse') ? await reopenTable(lance, place) : null
  if (!table) {
    table = await writeTable(lance, place, base)
    const made = table
    console.log(`\nLanceDB 0.39: index built in ${seconds(await clock(() => indexTable(lance, made, lists)))}`)
  }
  for (const [nprobe, refine] of [...nprobes.map((n) => [n, 0]), [20, 5]]) {
    const search = (query: Float32Array): Promise<number[]> => searchTable(table, query, K, nprobe, refine)
    report(`LanceDB, nprobes ${nprobe}, refine ${refine}`, await measure(queries, truth, search))
  }
  for (const together of [4, 16]) {
    let next = 0
    const { wall } = await clock(() =>
      Promise.all(
        Array.from({ length: together }, async () => {
          while (next < asked) {
            const q = next++
            await searchTable(table, queries.slice(q * DIMENSIONS, (q + 1) * DIMENSIONS), K, 20, 0)
          }
        }),
      ),
    )
    console.log(
      `LanceDB, nprobes 20, refine 0, ${together} queries at a time, all threads: ${(asked / wall).toFixed(0)}/s`,
    )
  }
}

function makeVectors(data: string, count: number, queries: number): VectorSet {
  if (data === 'mixture') return mixtureVectors(count, queries, 1)
  const folder = path.join(shared, 'data/genes')
  const genes = readdirSync(folder).flatMap((file) =>
    /\.fa(sta)?(\.gz)?$/.test(file) ? readGenes(path.join(folder, file)) : [],
  )
  return geneVectors(genes, count, queries, 1)
}

async function build(
  folder: string,
  base: Float32Array,
  options: VectorOptions,
  threads: number,
): Promise<{ files: VectorFiles; model: VectorModel }> {
  const pool = await startThreads(threads)
  try {
    const count = base.length / DIMENSIONS
    const sampled = Math.min(SAMPLE, count)
    const sample = new Float32Array(sampled * DIMENSIONS)
    for (let i = 0; i < sampled; i++) {
      const row = Math.floor((i * count) / sampled)
      sample.set(base.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS), i * DIMENSIONS)
    }
    const training = await clock(() => trainVectors(sample, options, pool.workers))
    const model = training.result
    const writing = await clock(async () => {
      const writer = new VectorIndexWriter(model, pool.workers, {
        sink: new DirectorySink(folder),
        scratch: new DiskScratch(folder),
      })
      try {
        const positions = Uint32Array.from({ length: count }, (_, i) => i)
        for (let from = 0; from < count; from += 16384) {
          const to = Math.min(count, from + 16384)
          await writer.add(base.subarray(from * DIMENSIONS, to * DIMENSIONS), positions.subarray(from, to))
        }
        return await writer.write()
      } finally {
        await writer.remove()
      }
    })
    const both = { wall: training.wall + writing.wall, cpu: training.cpu + writing.cpu }
    console.log(
      `ours: built in ${seconds(both)} on ${threads} threads: training ${seconds(training)}, writing ${seconds(writing)}`,
    )
    const { directory, lists } = writing.result
    const files: VectorFiles = {
      ...writing.result,
      directory: { ...directory, firstBlock: 0 },
      lists: { ...lists, firstBlock: 0 },
      exact: null,
    }
    return { files, model }
  } finally {
    await pool.close()
  }
}

async function searchOurs(
  folder: string,
  kernels: VectorKernels,
  files: VectorFiles,
  model: VectorModel,
  { base, queries }: VectorSet,
  truth: readonly Int32Array[],
  nprobes: readonly number[],
): Promise<void> {
  const store = new FileSystemStore(folder)
  const cache = new ByteCache(2 ** 30)
  const reader = await openVectorIndex(
    files,
    layModel(kernels, model),
    kernels,
    async ({ path: at }) => store.open(at),
    {
      cache,
    },
  )
  const vectorsAt = async (positions: Uint32Array): Promise<Float32Array> => {
    const vectors = new Float32Array(positions.length * DIMENSIONS)
    positions.forEach((row, i) => vectors.set(base.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS), i * DIMENSIONS))
    return vectors
  }
  for (const refine of [0, 5, 10]) {
    for (const nprobe of nprobes) {
      const search = async (query: Float32Array): Promise<Uint32Array> =>
        (await reader.search(query, K, { nprobe, refine, vectorsAt })).positions
      // Every list that is asked for is in the cache before anything is timed.
      await measure(queries, truth, search)
      report(`ours, one thread, nprobe ${nprobe}, refine ${refine}`, await measure(queries, truth, search))
    }
  }
}

/** The nearest lists of a query: all centroids by SIMD, and a graph where hnswlib-node is installed. */
function compareCoarse(
  peers: string,
  kernels: VectorKernels,
  model: VectorModel,
  queries: Float32Array,
  nprobes: readonly number[],
): void {
  const laid = layModel(kernels, model)
  const { lists } = model.options
  const count = Math.min(200, queries.length / DIMENSIONS)
  const query = (q: number): Float32Array => queries.slice(q * DIMENSIONS, (q + 1) * DIMENSIONS)
  const nprobe = Math.min(20, lists, Math.max(...nprobes))
  const time = (search: (q: Float32Array) => unknown): number => {
    for (let q = 0; q < count; q++) search(query(q))
    const started = performance.now()
    for (let q = 0; q < count; q++) search(query(q))
    return ((performance.now() - started) * 1000) / count
  }
  const scan = time((q) => prepareQuery(kernels, laid, q, nprobe))
  console.log(`\n${nprobe} nearest of ${lists} centroids: SIMD scan (with preparing the query) ${scan.toFixed(0)} µs`)
  let hnsw: { HierarchicalNSW: new (space: string, dimensions: number) => HnswIndex }
  try {
    hnsw = createRequire(path.join(path.resolve(peers), 'package.json'))('hnswlib-node') as typeof hnsw
  } catch {
    console.log('hnswlib-node is not installed.')
    return
  }
  const graph = new hnsw.HierarchicalNSW('l2', DIMENSIONS)
  graph.initIndex(lists)
  const { centroids } = model
  for (let list = 0; list < lists; list++) {
    graph.addPoint(
      Array.from(centroids.subarray(list * DIMENSIONS, (list + 1) * DIMENSIONS), (v) => v / 16384),
      list,
    )
  }
  for (const ef of [50, 200]) {
    graph.setEf(ef)
    const took = time((q) => graph.searchKnn(Array.from(q), nprobe))
    let same = 0
    for (let q = 0; q < count; q++) {
      const exact = new Set(prepareQuery(kernels, laid, query(q), nprobe).lists)
      same += graph.searchKnn(Array.from(query(q)), nprobe).neighbors.filter((list) => exact.has(list)).length
    }
    const share = ((100 * same) / count / nprobe).toFixed(1)
    console.log(`hnswlib-node, ef ${ef}: ${took.toFixed(0)} µs, ${share}% of these lists`)
  }
}

interface HnswIndex {
  initIndex(count: number): void
  addPoint(vector: number[], label: number): void
  setEf(ef: number): void
  searchKnn(vector: number[], k: number): { neighbors: number[] }
}
