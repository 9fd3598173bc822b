import { CatalogError } from '../../errors.ts'
import { bucketOf, bucketStart } from './directory.ts'
import type { SeedDirectory } from './directory.ts'
import type { BucketRange, Lookups, SeedLists } from './types.ts'

/**
 * Finds the lists of the terms looked up in what was read: `read[i]` holds the bytes of `ranges[i]`.
 * @throws CatalogError `corrupt` where a bucket's lists do not fit in it.
 */
export function locateLists(
  directory: SeedDirectory,
  lookups: Lookups,
  ranges: readonly BucketRange[],
  read: readonly Uint8Array[],
): SeedLists {
  const bytes = joined(read)
  const { termHashes, termMasks } = lookups
  const offsets = new Uint32Array(termHashes.length)
  const counts = new Uint32Array(termHashes.length)
  let range = 0
  let rangeStart = 0
  let bucket = -1
  let at = 0
  let end = 0
  let hash = 0
  let started = false
  for (let i = 0; i < termHashes.length; i++) {
    const wanted = bucketOf(directory, termMasks[i], termHashes[i])
    if (wanted !== bucket) {
      bucket = wanted
      while (range < ranges.length && ranges[range].to <= bucket) rangeStart += ranges[range++].bytes
      at = end = 0
      if (range < ranges.length && ranges[range].from <= bucket) {
        const shift = rangeStart - (ranges[range].offset - directory.files.dataOffset)
        at = bucketStart(directory, bucket) + shift
        end = bucketStart(directory, bucket + 1) + shift
      }
      hash = ((termHashes[i] >>> directory.shift) << directory.shift) >>> 0
      started = false
    }
    // The lists of a bucket are in order of hash, and so are the terms.
    while (at < end) {
      const header = new Header(bytes, at, end)
      if (header.count === 0) {
        at = end
        break
      }
      const here = hash + header.difference + (started ? 1 : 0)
      if (here > termHashes[i]) break
      if (header.at + header.bytes > end) throw damaged(directory)
      if (here === termHashes[i]) {
        offsets[i] = header.at
        counts[i] = header.count
        break
      }
      hash = here
      started = true
      at = header.at + header.bytes
    }
  }
  return { bytes, offsets, counts }
}

/** What stands before a list: the difference of its hash from the one before, its postings and its bytes. */
class Header {
  at: number
  readonly difference: number
  readonly count: number
  readonly bytes: number

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.at = at
    this.difference = this.#number(bytes, end)
    this.count = this.#number(bytes, end)
    this.bytes = this.#number(bytes, end)
  }

  /** A number in groups of seven bits, the lowest first; 0 at the bucket's end, where units are filled up. */
  #number(bytes: Uint8Array, end: number): number {
    let value = 0
    for (let scale = 1; this.at < end; scale *= 128) {
      const byte = bytes[this.at++]
      value += (byte & 127) * scale
      if (byte < 128) break
    }
    return value
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function damaged({ files }: SeedDirectory): CatalogError {
  return new CatalogError('corrupt', `${files.postings.path} is damaged: a list ends outside its bucket.`, {
    file: files.postings.path,
  })
}

/** Appends a number in groups of seven bits, the lowest first. */
export function pushNumber(out: number[], value: number): void {
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest & 127) | 128)
  out.push(rest)
}
