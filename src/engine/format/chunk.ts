import { CatalogError } from '../errors.ts'
import type { Kernels, SequenceBatch } from '../kernels/types.ts'
import { loadDigests } from '../sequence/digest.ts'
import type { FileStore, ReadOptions } from '../source/types.ts'
import { retrying } from '../source/wrappers.ts'
import { BLOCK_BYTES, blockCount, checkBlocks } from './blocks.ts'
import { applyExceptions, groupBytes, groupResidues, packedBytes } from './pack.ts'
import type { Alphabet, Chunk, ExceptionTable, RecordTable, Segment, ShardFile } from './types.ts'

/**
 * Splits a segment into chunks of about `residues` residues; none crosses a shard, no record is split. Records and
 * exceptions are the segment's own; `firstRecord` is the catalog-wide number of the first.
 */
export function planChunks(
  alphabet: Alphabet,
  firstRecord: number,
  segment: Segment,
  records: RecordTable,
  exceptions: ExceptionTable,
  checksums: BigUint64Array,
  residues: number,
): Chunk[] {
  const chunks: Chunk[] = []
  for (const shard of segment.shards) {
    const end = shard.firstRecord + shard.records
    let first = shard.firstRecord
    while (first < end) {
      let next = first
      let sum = 0
      while (next < end && (next === first || sum + records.lengths[next] <= residues)) sum += records.lengths[next++]
      chunks.push(chunkOf(alphabet, firstRecord, shard, records, exceptions, checksums, first, next))
      first = next
    }
  }
  return chunks
}

function chunkOf(
  alphabet: Alphabet,
  firstRecord: number,
  shard: ShardFile,
  records: RecordTable,
  exceptions: ExceptionTable,
  checksums: BigUint64Array,
  first: number,
  next: number,
): Chunk {
  const start = shard.dataOffset + records.offsets[first]
  const end = shard.dataOffset + records.offsets[next - 1] + packedBytes(alphabet, records.lengths[next - 1])
  const firstBlock = Math.floor(start / BLOCK_BYTES)
  const readStart = firstBlock * BLOCK_BYTES
  const readEnd = Math.min(shard.bytes, blockCount(end) * BLOCK_BYTES)
  const [from, to] = [records.exceptionStarts[first], records.exceptionStarts[next]]
  return {
    key: `${shard.sha256}/${first}-${next}`,
    alphabet,
    path: shard.path,
    readStart,
    readLength: readEnd - readStart,
    checksums: checksums.slice(shard.firstBlock + firstBlock, shard.firstBlock + blockCount(readEnd)),
    skip: start - readStart,
    firstRecord: firstRecord + first,
    lengths: records.lengths.slice(first, next),
    exceptionStarts: records.exceptionStarts.slice(first, next + 1).map((value) => value - from),
    exceptions: {
      starts: exceptions.starts.slice(from, to),
      lengths: exceptions.lengths.slice(from, to),
      codes: exceptions.codes.slice(from, to),
    },
  }
}

/**
 * Reads, verifies and decodes a chunk. Each record's codes begin at a whole packing group, so a few unused codes may lie
 * between records.
 *
 * @throws CatalogError `corrupt` where the bytes do not match their checksums.
 */
export async function readChunk(
  store: FileStore,
  chunk: Chunk,
  kernels: Pick<Kernels, 'unpackNucleotides' | 'unpackProtein'>,
  options?: ReadOptions,
): Promise<SequenceBatch> {
  const source = retrying(store.open(chunk.path))
  const [bytes, digests] = await Promise.all([source.read(chunk.readStart, chunk.readLength, options), loadDigests()])
  checkBlocks(digests, source.name, chunk.readStart, bytes, chunk.checksums)
  const { alphabet, lengths } = chunk
  const group = groupResidues(alphabet)
  const starts = new Uint32Array(lengths.length)
  let residues = 0
  for (let i = 0; i < lengths.length; i++) {
    starts[i] = residues
    residues += Math.ceil(lengths[i] / group) * group
  }
  const packed = bytes.subarray(chunk.skip, chunk.skip + (residues / group) * groupBytes(alphabet))
  if (packed.length !== (residues / group) * groupBytes(alphabet)) {
    throw new CatalogError('corrupt', `${source.name} has no room for the residues it is said to hold.`, {
      file: source.name,
    })
  }
  const codes =
    alphabet === 'protein' ? kernels.unpackProtein(packed, residues) : kernels.unpackNucleotides(packed, residues)
  for (let i = 0; i < lengths.length; i++) {
    const [first, last] = [chunk.exceptionStarts[i], chunk.exceptionStarts[i + 1]]
    if (first < last)
      applyExceptions(codes.subarray(starts[i], starts[i] + lengths[i]), 0, chunk.exceptions, first, last)
  }
  return { codes, starts, lengths }
}
