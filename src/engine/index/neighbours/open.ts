import type { Catalog } from '../../format/types.ts'
import type { ReadOptions } from '../../source/types.ts'
import { openCatalogVectors, type VectorHost } from '../embedding/open.ts'
import { rankRecords } from './records.ts'
import { VectorSpace } from './space.ts'

/** Reads what comparing all records of a catalog needs: ids, lengths and accessions of all, and its vector index. */
export async function openVectorSpace(
  catalog: Catalog,
  host: VectorHost,
  options: ReadOptions & { model?: string } = {},
): Promise<VectorSpace> {
  const { parameters, model, indexes } = await openCatalogVectors(catalog, host, { ...options, cacheBytes: 256 << 20 })
  const records = await rankRecords(catalog, options)
  return new VectorSpace({ catalog, records, parameters, model, indexes, kernels: host.kernels.embedding })
}
