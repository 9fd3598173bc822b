import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { appendSegment } from '../../src/engine/format/build/append.ts'
import type { BuildOptions } from '../../src/engine/format/build/build.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import { vectorIndexers } from '../../src/engine/index/embedding/create.ts'
import { EmbeddingRegistry } from '../../src/engine/index/embedding/models.ts'
import { openVectorSpace } from '../../src/engine/index/neighbours/open.ts'
import type { VectorSpace } from '../../src/engine/index/neighbours/space.ts'
import type { InputEntry } from '../../src/engine/io/types.ts'
import { MemoryScratch, MemoryStore } from '../../src/engine/source/memory.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { buildInto, entry, PUBLISHED } from './catalogs.ts'

const kernels = await loadKernels()
export const vectorHost = { kernels, models: new EmbeddingRegistry() }

/** Every `step`th record of a FASTA file, from the `first`. */
export function readEntries(file: string, step: number, first = 0): InputEntry[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  return `\n${text}`
    .split('\n>')
    .slice(1)
    .filter((_, i) => i % step === first)
    .map((record) => {
      const header = record.slice(0, record.indexOf('\n'))
      return entry(
        header.split(/\s/)[0],
        record
          .slice(header.length)
          .replaceAll(/[\s*-]/g, '')
          .toUpperCase(),
      )
    })
}

/** A catalog with vectors, each batch of entries a segment. */
export async function buildWithVectors(
  batches: readonly InputEntry[][],
  options: Partial<BuildOptions> = {},
): Promise<MemoryStore> {
  const store = new MemoryStore('catalog')
  const createVectors = vectorIndexers(['kmer'], { ...vectorHost, store })
  const indexers = async (context: Parameters<typeof createVectors>[0]) => {
    return { seeds: null, vectors: await createVectors(context) }
  }
  await buildInto(store, batches[0], { ...options, indexers })
  for (const batch of batches.slice(1)) {
    const inputs = async function* () {
      yield batch
    }
    const target = { sink: store, scratch: new MemoryScratch() }
    await appendSegment(store, inputs(), target, { indexers, published: PUBLISHED, sharding: options.sharding })
  }
  return store
}

export async function spaceOf(store: MemoryStore): Promise<VectorSpace> {
  return openVectorSpace(await openCatalog(store), vectorHost)
}

export async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}
