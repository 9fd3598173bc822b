import { openCatalog } from '../../src/engine/format/catalog.ts'
import { EmbeddingRegistry } from '../../src/engine/index/embedding/models.ts'
import { clusterRecords } from '../../src/engine/index/neighbours/cluster.ts'
import { nearestRecords, reciprocalBestHits } from '../../src/engine/index/neighbours/nearest.ts'
import { openVectorSpace } from '../../src/engine/index/neighbours/open.ts'
import type { VectorSpace } from '../../src/engine/index/neighbours/space.ts'
import type { NeighbourProgress } from '../../src/engine/index/neighbours/types.ts'
import {
  writeClusterJson,
  writeClusterTable,
  writeNearestJson,
  writeNearestTable,
  writePairJson,
  writePairTable,
} from '../../src/engine/index/neighbours/write.ts'
import { loadKernels } from '../search/kernels.ts'
import { openStore } from '../storage/open.ts'
import { writeOutput } from './output.ts'
import { counted, Reporter } from './reporter.ts'
import type { Arguments, Context, Values } from './types.ts'

async function open(location: string, context: Context): Promise<VectorSpace> {
  const catalog = await openCatalog(openStore(location), { signal: context.signal })
  const hosts = { kernels: await loadKernels(), models: new EmbeddingRegistry() }
  return openVectorSpace(catalog, hosts, { signal: context.signal })
}

export async function runKnn({ positionals: [location], values }: Arguments, context: Context): Promise<number> {
  const options = { k: (values.k as number | undefined) ?? 10 }
  return work(values, context, async (onProgress) => {
    const space = await open(location, context)
    const lists = nearestRecords(space, options.k, { signal: context.signal, onProgress })
    return isJson(values) ? writeNearestJson(space, options, lists) : writeNearestTable(space.records, lists)
  })
}

export async function runCluster({ positionals: [location], values }: Arguments, context: Context): Promise<number> {
  const options = {
    threshold: (values.threshold as number | undefined) ?? 0.5,
    method: (values.method as 'greedy' | 'components' | undefined) ?? 'greedy',
  }
  return work(values, context, async (onProgress) => {
    const space = await open(location, context)
    const clusters = await clusterRecords(space, { ...options, signal: context.signal, onProgress })
    return isJson(values) ? writeClusterJson(space, options, clusters) : writeClusterTable(space.records, clusters)
  })
}

export async function runRbh({ positionals: [one, other], values }: Arguments, context: Context): Promise<number> {
  const options = { threshold: (values.threshold as number | undefined) ?? 0.2 }
  return work(values, context, async (onProgress) => {
    const [first, second] = [await open(one, context), await open(other, context)]
    const pairs = await reciprocalBestHits(first, second, { ...options, signal: context.signal, onProgress })
    return isJson(values)
      ? writePairJson(first, second, options, pairs)
      : writePairTable(first.records, second.records, pairs)
  })
}

async function work(
  values: Values,
  context: Context,
  makeText: (onProgress: (progress: NeighbourProgress) => void) => Promise<AsyncIterable<string>>,
): Promise<number> {
  const reporter = new Reporter(context, values)
  const started = performance.now()
  let sequences = 0
  const onProgress = ({ done, total }: NeighbourProgress): void => {
    sequences = done
    reporter.progress(`Comparing: ${counted(done, 'sequence')} of ${total.toLocaleString('en-US')}`, done / total)
  }
  try {
    const pieces = await makeText(onProgress)
    async function* text(): AsyncGenerator<string> {
      for await (const piece of pieces) {
        reporter.clear()
        yield piece
      }
    }
    await writeOutput(text(), values.out as string | undefined, context)
    reporter.clear()
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    if (reporter.interactive) reporter.note(`${counted(sequences, 'sequence')} in ${seconds} s.`)
  } finally {
    reporter.clear()
  }
  return 0
}

function isJson(values: Values): boolean {
  return values.format === 'json'
}
