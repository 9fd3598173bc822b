import { bucketRanges, readSeedDirectory } from '../../src/engine/index/seeds/directory.ts'
import { SeedIndexer } from '../../src/engine/index/seeds/indexer.ts'
import { locateLists } from '../../src/engine/index/seeds/lists.ts'
import { keepOccurrences, planLookups } from '../../src/engine/index/seeds/lookups.ts'
import type { PlacedCodes } from '../../src/engine/index/seeds/scalar.ts'
import type {
  BucketRange,
  ClusterRule,
  Clusters,
  Lookups,
  SeedFiles,
  SeedLists,
  SeedMode,
  SeedParameters,
} from '../../src/engine/index/seeds/types.ts'
import type { Written } from '../../src/engine/format/types.ts'
import type { Kernels } from '../../src/engine/kernels/types.ts'
import { MemoryScratch, MemoryStore } from '../../src/engine/source/memory.ts'

/** A seed index in memory. */
export interface BuiltSeeds {
  store: MemoryStore
  files: SeedFiles
  parameters: SeedParameters
}

/** Builds the seed index of records at their positions, which come in pieces of `piece` residues. */
export async function buildSeeds(
  kernels: Kernels,
  parameters: SeedParameters,
  records: readonly PlacedCodes[],
  piece = Infinity,
): Promise<BuiltSeeds> {
  const store = new MemoryStore('seeds')
  const indexer = new SeedIndexer(kernels, parameters, new MemoryScratch())
  for (const [record, { position, codes }] of records.entries()) {
    const id = new Uint8Array(32)
    for (let start = 0; start < codes.length; start += piece) {
      const from = Math.max(0, start - indexer.overlap)
      const end = Math.min(codes.length, start + piece)
      const final = end === codes.length
      const shown = codes.slice(from, end)
      await indexer.add({
        record,
        id,
        position: position + from,
        start: from,
        length: codes.length,
        codes: shown,
        final,
      })
    }
  }
  const files = placed(await indexer.write(store))
  const found = indexer.parameters()
  await indexer.remove()
  return { store, files, parameters: found }
}

function placed({ directory, postings, ...rest }: Written<SeedFiles>): SeedFiles {
  return { ...rest, directory: { ...directory, firstBlock: 0 }, postings: { ...postings, firstBlock: 0 } }
}

export interface FoundSeeds {
  lookups: Lookups
  ranges: BucketRange[]
  lists: SeedLists
}

/** Looks queries up in a built index. */
export async function lookUp(
  kernels: Kernels,
  { store, files, parameters }: BuiltSeeds,
  queries: readonly Uint8Array[],
  mode: SeedMode = 'sensitive',
  join = { gap: 0, bytes: 1 << 20 },
): Promise<FoundSeeds> {
  const directory = readSeedDirectory(files, await store.open(files.directory.path).readAll(), parameters)
  const plain = queries.map((codes) => ({ codes, masks: null }))
  const lookups = planLookups(kernels, plain, parameters, mode)
  const ranges = bucketRanges(directory, lookups, join)
  const postings = store.open(files.postings.path)
  const read = await Promise.all(ranges.map(({ offset, bytes }) => postings.read(offset, bytes)))
  return { lookups, ranges, lists: locateLists(directory, lookups, ranges, read) }
}

/** Clusters of every piece of the queries. */
export function clustersOf(kernels: Kernels, { lookups, lists }: FoundSeeds, rule: ClusterRule): Clusters[] {
  const keep = keepOccurrences(lookups, lists.counts)
  const match = kernels.seeds.match(lookups, lists)
  try {
    return Array.from(lookups.pieceQueries, (_, piece) => match.clusters(piece, rule, keep))
  } finally {
    match.dispose()
  }
}
