import { CatalogError, throwIfAborted } from '../../errors.ts'
import { nextCentroids } from './means.ts'
import { checkVectorOptions, entriesOf } from './options.ts'
import { randomRotation, shuffled } from './random.ts'
import type { CodesTask, ListsTask, Sums } from './tasks.ts'
import type { RawVectors, TrainOptions, VectorModel, VectorOptions, VectorWorker } from './types.ts'

/** A worker and the rows of the sample that it holds. */
interface Share {
  worker: VectorWorker
  first: number
  end: number
}

let runs = 0

/**
 * Trains mean, centroids and codebooks on `sample` (count × dimensions). Sums are of whole numbers, so the model is the same
 * for any number of workers; it depends on the rows, their order and the options alone.
 */
export async function trainVectors(
  sample: RawVectors,
  options: VectorOptions,
  workers: readonly VectorWorker[],
  run: TrainOptions = {},
): Promise<VectorModel> {
  checkVectorOptions(options)
  const { dimensions, lists, rounds } = options
  const count = sample.length / dimensions
  if (!Number.isInteger(count) || count === 0) {
    throw new CatalogError('usage', `Training needs whole vectors of ${dimensions} values, and at least one.`)
  }
  if (workers.length === 0) throw new CatalogError('usage', 'Training needs at least one worker.')
  const key = `training ${runs++}`
  const report = (stage: 'preparing' | 'lists' | 'codes', done: number, total: number): void => {
    throwIfAborted(run.signal)
    run.onProgress?.({ stage, done, total })
  }
  const mean = options.centred ? meanOf(sample, dimensions) : null
  const rotation = options.rotation === 'random' ? randomRotation(dimensions, options.seed) : null
  const shares = workers.map((worker, i) => ({
    worker,
    first: Math.floor((count * i) / workers.length),
    end: Math.floor((count * (i + 1)) / workers.length),
  }))
  try {
    report('preparing', 0, 1)
    await Promise.all(
      shares.map(({ worker, first, end }) => {
        const raw = sample.slice(first * dimensions, end * dimensions)
        return worker.run({ kind: 'prepare', key, raw, dimensions, mean, rotation })
      }),
    )
    const order = shuffled(count, options.seed)
    let centroids = await rowsAt(shares, key, order, lists, dimensions)
    for (let round = 0; round < rounds; round++) {
      report('lists', round, rounds)
      const task: ListsTask = { kind: 'lists', key, centroids, dimensions }
      const total = addUp(await Promise.all(shares.map(({ worker }) => worker.run(task))))
      centroids = nextCentroids(centroids, total, dimensions)
    }
    if (options.residual) {
      await Promise.all(shares.map(({ worker }) => worker.run({ kind: 'residuals', key, centroids, dimensions })))
    }
    const codebooks = await trainCodes(shares, key, order, options, (round) => report('codes', round, rounds))
    return { options, mean, rotation, centroids, codebooks }
  } finally {
    await Promise.all(workers.map((worker) => worker.run({ kind: 'drop', key })))
  }
}

async function trainCodes(
  shares: readonly Share[],
  key: string,
  order: Uint32Array,
  options: VectorOptions,
  report: (round: number) => void,
): Promise<Int16Array> {
  const { dimensions, subvectors: parts, rounds } = options
  const entries = entriesOf(options)
  const width = dimensions / parts
  const rows = await rowsAt(shares, key, order, entries, dimensions)
  let codebooks = new Int16Array(rows.length)
  for (let e = 0; e < entries; e++) {
    for (let m = 0; m < parts; m++) {
      const from = e * dimensions + m * width
      codebooks.set(rows.subarray(from, from + width), (m * entries + e) * width)
    }
  }
  for (let round = 0; round < rounds; round++) {
    report(round)
    const task: CodesTask = { kind: 'codes', key, codebooks, parts, entries }
    const { sums, counts } = addUp(await Promise.all(shares.map(({ worker }) => worker.run(task))))
    const next = new Int16Array(codebooks.length)
    for (let m = 0; m < parts; m++) {
      const [from, to] = [m * entries * width, (m + 1) * entries * width]
      const part = { sums: sums.subarray(from, to), counts: counts.subarray(m * entries, (m + 1) * entries) }
      next.set(nextCentroids(codebooks.subarray(from, to), part, width), from)
    }
    codebooks = next
  }
  return codebooks
}

/** Sums in row order, in double precision. */
function meanOf(sample: RawVectors, dimensions: number): Float32Array {
  const sums = new Float64Array(dimensions)
  for (let from = 0; from < sample.length; from += dimensions) {
    for (let d = 0; d < dimensions; d++) sums[d] += sample[from + d]
  }
  return Float32Array.from(sums, (sum) => sum / (sample.length / dimensions))
}

/** The first `wanted` rows of the sample in `order`, from the start again where there are fewer. */
async function rowsAt(
  shares: readonly Share[],
  key: string,
  order: Uint32Array,
  wanted: number,
  dimensions: number,
): Promise<Int16Array> {
  const out = new Int16Array(wanted * dimensions)
  const chosen = Uint32Array.from({ length: wanted }, (_, i) => order[i % order.length])
  await Promise.all(
    shares.map(async ({ worker, first, end }) => {
      const here = Uint32Array.from(chosen.keys()).filter((i) => chosen[i] >= first && chosen[i] < end)
      const asked = here.map((i) => chosen[i] - first)
      const { rows } = await worker.run({ kind: 'rows', key, rows: asked, dimensions })
      here.forEach((i, j) => out.set(rows.subarray(j * dimensions, (j + 1) * dimensions), i * dimensions))
    }),
  )
  return out
}

function addUp(shares: readonly Sums[]): Sums {
  const [{ sums, counts }] = shares
  for (const share of shares.slice(1)) {
    for (let i = 0; i < sums.length; i++) sums[i] += share.sums[i]
    for (let i = 0; i < counts.length; i++) counts[i] += share.counts[i]
  }
  return { sums, counts }
}
