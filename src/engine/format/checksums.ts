import { CatalogError } from '../errors.ts'
import { loadDigests, toHex } from '../sequence/digest.ts'
import type { ByteSource, FileSink, ReadOptions } from '../source/types.ts'
import { openArrow } from './arrow.ts'
import type { ColumnSpec } from './arrow.ts'
import { blockCount } from './blocks.ts'
import type { WrittenFile } from './build/data-file.ts'
import { writeArrow } from './build/write-arrow.ts'
import { dataFiles } from './references.ts'
import { longsOf } from './words.ts'
import type { FileReference, Segment } from './types.ts'

/** XXH64 (seed 0) of every 4 KiB block of every other data file, file after file. */
export const CHECKSUM_COLUMNS: readonly ColumnSpec[] = [{ name: 'xxh64', type: 'uint64' }]

export async function writeChecksums(sink: FileSink, files: readonly BigUint64Array[]): Promise<FileReference> {
  const rows = files.reduce((sum, file) => sum + file.length, 0)
  const bytes = files.map((file) => new Uint8Array(file.buffer, file.byteOffset, file.byteLength))
  const written: WrittenFile = await writeArrow(sink, 'checksums.arrow', CHECKSUM_COLUMNS, rows, [bytes], {
    'genomic-catalog': 'checksums',
  })
  return { path: written.path, bytes: written.bytes, sha256: written.sha256 }
}

/** Reads the list, checked whole by its SHA-256. */
export async function readChecksums(
  source: ByteSource,
  segment: Segment,
  options?: ReadOptions,
): Promise<BigUint64Array> {
  const bytes = await readWhole(source, segment.checksums, options)
  const memory: ByteSource = {
    name: source.name,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
    readAll: () => Promise.resolve(bytes),
  }
  const file = await openArrow(memory, bytes.length, CHECKSUM_COLUMNS)
  const list = longsOf(await file.read('xxh64', 0, file.rows))
  for (const data of dataFiles(segment)) {
    if (data.firstBlock + blockCount(data.bytes) > list.length) {
      throw new CatalogError('corrupt', `${source.name} has no checksums for ${data.path}. Build the catalog again.`, {
        file: source.name,
      })
    }
  }
  return list
}

/**
 * A whole file, checked against its reference.
 * @throws CatalogError `corrupt` where its SHA-256 is another.
 */
export async function readWhole(
  source: ByteSource,
  reference: FileReference,
  options?: ReadOptions,
): Promise<Uint8Array> {
  const [bytes, digests] = await Promise.all([source.read(0, reference.bytes, options), loadDigests()])
  if (toHex(digests.sha256(bytes)) !== reference.sha256) {
    throw new CatalogError(
      'corrupt',
      `${source.name} is damaged: its content does not match its name. Fetch it again, or restore it from a copy.`,
      { file: source.name },
    )
  }
  return bytes
}
