import { CatalogError } from '../../errors.ts'
import { layOutArrow, openArrow } from '../../format/arrow.ts'
import type { ColumnSpec } from '../../format/arrow.ts'
import { readWhole } from '../../format/checksums.ts'
import { loadDigests, toHex } from '../../sequence/digest.ts'
import { memorySource } from '../../source/memory.ts'
import type { FileSink, FileStore, ReadOptions } from '../../source/types.ts'
import { checkVectorOptions, entriesOf } from './options.ts'
import type { VectorModel, VectorOptions, VectorParameters } from './types.ts'

/** One row; each column is one array, little-endian. */
function columnsOf(options: VectorOptions): ColumnSpec[] {
  const { dimensions, lists, subvectors } = options
  const columns: ColumnSpec[] = [
    { name: 'centroids', type: { fixed: lists * dimensions * 2 } },
    { name: 'codebooks', type: { fixed: entriesOf(options) * subvectors * (dimensions / subvectors) * 2 } },
  ]
  if (options.centred) columns.push({ name: 'mean', type: { fixed: dimensions * 4 } })
  if (options.rotation !== 'none') columns.push({ name: 'rotation', type: { fixed: dimensions * dimensions * 4 } })
  return columns
}

/** A model as an Arrow file. */
export function encodeVectorModel(model: VectorModel): Uint8Array<ArrayBuffer> {
  const columns = columnsOf(model.options)
  const layout = layOutArrow(columns, 1, { 'genomic-catalog': 'vector-model' })
  const bytes = new Uint8Array(layout.end + layout.trailer.length)
  bytes.set(layout.header)
  columns.forEach(({ name }, i) => {
    const values = model[name as 'mean' | 'rotation' | 'centroids' | 'codebooks']!
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), layout.columns[i].offset)
  })
  bytes.set(layout.trailer, layout.end)
  return bytes
}

/** @throws CatalogError `corrupt` where the file is not of these options. */
export async function decodeVectorModel(bytes: Uint8Array, options: VectorOptions, name: string): Promise<VectorModel> {
  checkVectorOptions(options)
  const file = await openArrow(memorySource(bytes, name), bytes.length, columnsOf(options))
  if (file.rows !== 1) {
    throw new CatalogError('corrupt', `${name} is damaged: it holds ${file.rows} vector models.`, { file: name })
  }
  const column = async (of: string): Promise<ArrayBuffer> => (await file.read(of, 0, 1)).slice().buffer as ArrayBuffer
  return {
    options,
    mean: options.centred ? new Float32Array(await column('mean')) : null,
    rotation: options.rotation === 'none' ? null : new Float32Array(await column('rotation')),
    centroids: new Int16Array(await column('centroids')),
    codebooks: new Int16Array(await column('codebooks')),
  }
}

/** Writes a model to `data/`, named by its content. */
export async function writeVectorModel(sink: FileSink, model: VectorModel): Promise<VectorParameters> {
  const bytes = encodeVectorModel(model)
  const sha256 = toHex((await loadDigests()).sha256(bytes))
  const path = `data/${sha256}.vector-model.arrow`
  await sink.put(path, bytes)
  return { ...model.options, file: { path, bytes: bytes.length, sha256 } }
}

/** Reads and verifies a catalog's vector model. */
export async function readVectorModel(
  store: FileStore,
  parameters: VectorParameters,
  read?: ReadOptions,
): Promise<VectorModel> {
  const source = store.open(parameters.file.path)
  const bytes = await readWhole(source, parameters.file, read)
  const { dimensions, lists, subvectors, bits, residual, centred, rotation, nprobe, refine, rounds, seed } = parameters
  const options = { dimensions, lists, subvectors, bits, residual, centred, rotation, nprobe, refine, rounds, seed }
  return decodeVectorModel(bytes, options, source.name)
}
