import type { DataFile, FileReference, Manifest, Segment } from './types.ts'

/** All file references in a value of JSON, in its order. */
export function referencesIn(value: unknown): FileReference[] {
  if (typeof value !== 'object' || value === null) return []
  if (isReference(value)) return [value]
  return Object.values(value).flatMap(referencesIn)
}

export function isReference(value: object): value is FileReference {
  return 'path' in value && 'bytes' in value && 'sha256' in value
}

/** Every data file of a segment whose blocks are listed, in the order of their checksums. */
export function dataFiles(segment: Segment): DataFile[] {
  const { recordTable, blocks, digestTable, exceptions, entryTable, accessions, shards, seeds, vectors } = segment
  const indexes = referencesIn([seeds, vectors]).filter((file): file is DataFile => 'firstBlock' in file)
  return [recordTable, blocks, digestTable, exceptions, entryTable, accessions, ...shards, ...indexes]
}

/** Files of a version that are verified by their SHA-256 alone. */
export function wholeFiles(manifest: Manifest): FileReference[] {
  const files = manifest.segments.flatMap(({ checksums, seeds, vectors }) => [
    checksums,
    ...referencesIn([seeds, vectors]).filter((file) => !('firstBlock' in file)),
  ])
  return [...new Map([...files, ...referencesIn(manifest.parameters)].map((file) => [file.path, file])).values()]
}
