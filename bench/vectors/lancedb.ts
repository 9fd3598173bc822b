import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import * as arrow from 'apache-arrow'
import { DIMENSIONS } from './data.ts'

/** What is used of `@lancedb/lancedb`. */
interface Lance {
  connect(folder: string): Promise<{
    createTable(name: string, data: unknown, options: object): Promise<LanceTable>
    openTable(name: string): Promise<LanceTable>
  }>
  Index: { ivfPq(options: object): unknown }
}
interface LanceQuery {
  select(columns: string[]): LanceQuery
  nprobes(count: number): LanceQuery
  limit(count: number): LanceQuery
  refineFactor(factor: number): LanceQuery
  toArrow(): Promise<{ getChild(name: string): { length: number; get(i: number): number } | null }>
}
export interface LanceTable {
  add(data: unknown): Promise<unknown>
  search(query: Float32Array): LanceQuery
  createIndex(column: string, options: object): Promise<void>
  listIndices(): Promise<{ name: string }[]>
  waitForIndex(names: string[], seconds: number): Promise<void>
}

/** LanceDB from `folder`/node_modules, or null where it is not installed there. */
export function loadLance(folder: string): Lance | null {
  const require = createRequire(path.join(path.resolve(folder), 'package.json'))
  try {
    return require('@lancedb/lancedb') as Lance
  } catch {
    return null
  }
}

/** A table of vectors with their numbers. */
export async function writeTable(lance: Lance, folder: string, vectors: Float32Array): Promise<LanceTable> {
  const item = new arrow.Field('item', new arrow.Float32(), true)
  const list = new arrow.FixedSizeList(DIMENSIONS, item)
  const schema = new arrow.Schema([new arrow.Field('id', new arrow.Int32(), false), new arrow.Field('vector', list)])
  const count = vectors.length / DIMENSIONS
  const database = await lance.connect(folder)
  let table: LanceTable | null = null
  for (let from = 0; from < count; from += 50_000) {
    const rows = Math.min(50_000, count - from)
    const values = vectors.subarray(from * DIMENSIONS, (from + rows) * DIMENSIONS)
    const child = arrow.makeData({ type: new arrow.Float32(), length: values.length, data: values, nullCount: 0 })
    const ids = Int32Array.from({ length: rows }, (_, i) => from + i)
    const children = [
      arrow.makeData({ type: new arrow.Int32(), length: rows, data: ids, nullCount: 0 }),
      arrow.makeData({ type: list, length: rows, nullCount: 0, child }),
    ]
    const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length: rows, nullCount: 0, children })
    const batch = new arrow.Table(schema, [new arrow.RecordBatch(schema, data as never)])
    if (table) await table.add(batch)
    else table = await database.createTable('vectors', batch, { mode: 'overwrite' })
  }
  return table!
}

export async function indexTable(lance: Lance, table: LanceTable, lists: number): Promise<void> {
  const config = lance.Index.ivfPq({ numPartitions: lists, numSubVectors: 96, distanceType: 'l2' })
  await table.createIndex('vector', { config })
  await table.waitForIndex([(await table.listIndices())[0].name], 3600)
}

/** A table that an earlier run left in `folder`, with its index; null where there is none. */
export async function reopenTable(lance: Lance, folder: string): Promise<LanceTable | null> {
  if (!existsSync(path.join(folder, 'vectors.lance'))) return null
  const table = await (await lance.connect(folder)).openTable('vectors')
  return (await table.listIndices()).length > 0 ? table : null
}

export async function searchTable(
  table: LanceTable,
  query: Float32Array,
  k: number,
  nprobe: number,
  refine: number,
): Promise<number[]> {
  const search = table.search(query).select(['id', '_distance']).nprobes(nprobe).limit(k)
  const ids = (await (refine > 0 ? search.refineFactor(refine) : search).toArrow()).getChild('id')!
  return Array.from({ length: ids.length }, (_, i) => ids.get(i))
}
