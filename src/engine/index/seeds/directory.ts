import { CatalogError } from '../../errors.ts'
import { schemeOf } from './scheme.ts'
import type { BucketRange, Lookups, SeedFiles, SeedParameters } from './types.ts'

/** Where the buckets of a segment's lists lie. */
export interface SeedDirectory {
  files: SeedFiles
  parameters: SeedParameters
  /** Hashes of a bucket agree but for this many low bits. */
  shift: number
  /** Buckets of each mask. */
  buckets: number
  /** End of each bucket of each mask, in units. */
  ends: Uint32Array
}

/** Buckets that hold the hashes below `sampling` when each holds 2^shift hashes. */
export function bucketsOf(parameters: SeedParameters, shift: number): number {
  return Math.floor((parameters.sampling - 1) / 2 ** shift) + 1
}

/**
 * Reads a seed directory from the bytes of its whole file.
 * @throws CatalogError `corrupt` where it does not fit the parameters or is not ascending.
 */
export function readSeedDirectory(files: SeedFiles, file: Uint8Array, parameters: SeedParameters): SeedDirectory {
  const shift = schemeOf(parameters).bits - files.bucketBits
  const buckets = bucketsOf(parameters, shift)
  const count = buckets * parameters.masks.length
  const bytes = file.subarray(files.directoryOffset, files.directoryOffset + count * 4)
  if (shift < 0 || bytes.length !== count * 4) throw corrupt(files, 'it does not have the catalog’s buckets')
  const ends = new Uint32Array(count)
  new Uint8Array(ends.buffer).set(bytes)
  for (let i = 1; i < count; i++) {
    if (ends[i] < ends[i - 1]) throw corrupt(files, 'its buckets are not in order')
  }
  if (count > 0 && ends[count - 1] * files.unit !== files.dataBytes) throw corrupt(files, 'its buckets end elsewhere')
  return { files, parameters, shift, buckets, ends }
}

function corrupt(files: SeedFiles, what: string): CatalogError {
  return new CatalogError('corrupt', `${files.directory.path} is damaged: ${what}.`, { file: files.directory.path })
}

/** Number of the bucket that a term is in. */
export function bucketOf(directory: SeedDirectory, mask: number, hash: number): number {
  return mask * directory.buckets + (hash >>> directory.shift)
}

/** Start of a bucket within the lists, in bytes. */
export function bucketStart({ ends, files }: SeedDirectory, bucket: number): number {
  return bucket === 0 ? 0 : ends[bucket - 1] * files.unit
}

/**
 * The byte ranges with all lists that are looked up, in order. Neighbouring ranges are joined where no more than `gap` bytes
 * lie between them and the whole stays within `bytes`.
 */
export function bucketRanges(
  directory: SeedDirectory,
  lookups: Lookups,
  join: { gap: number; bytes: number },
): BucketRange[] {
  const { dataOffset } = directory.files
  const ranges: BucketRange[] = []
  let last = -1
  for (let i = 0; i < lookups.termHashes.length; i++) {
    const bucket = bucketOf(directory, lookups.termMasks[i], lookups.termHashes[i])
    if (bucket === last) continue
    last = bucket
    const start = bucketStart(directory, bucket)
    const end = bucketStart(directory, bucket + 1)
    if (start === end) continue
    const before = ranges.at(-1)
    const beforeEnd = before === undefined ? 0 : before.offset - dataOffset + before.bytes
    if (
      before !== undefined &&
      start - beforeEnd <= join.gap &&
      end - (before.offset - dataOffset) <= Math.max(join.bytes, before.bytes)
    ) {
      before.to = bucket + 1
      before.bytes = end - (before.offset - dataOffset)
    } else {
      ranges.push({ from: bucket, to: bucket + 1, offset: dataOffset + start, bytes: end - start })
    }
  }
  return ranges
}
