import { CatalogError } from '../errors.ts'
import { blockCount } from './blocks.ts'
import { checkFormatVersion, checkReference, isCount, jsonBytes, parseJson } from './catalog-file.ts'
import type { DataFile, FieldSummary, Manifest, Segment } from './types.ts'

/** Bytes of a manifest: JSON of its fields in the order of `Manifest`. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return jsonBytes(manifest)
}

/**
 * @throws CatalogError `format-version` for another version, `corrupt` where its parts contradict each other.
 */
export function decodeManifest(bytes: Uint8Array, name: string): Manifest {
  const manifest = parseJson(bytes, name) as Manifest
  checkFormatVersion(manifest.formatVersion, name)
  try {
    checkManifest(manifest)
  } catch (cause) {
    if (cause instanceof CatalogError) throw cause
    const what = cause instanceof Error ? cause.message : String(cause)
    throw new CatalogError(
      'corrupt',
      `${name} contradicts itself: ${what}. Build the catalog again.`,
      { file: name },
      cause,
    )
  }
  return manifest
}

/** Every data file of a segment, in the order of their checksums. */
export function dataFiles(segment: Segment): DataFile[] {
  return [segment.recordTable, segment.exceptions, segment.entryTable, segment.accessions, ...segment.shards]
}

function checkManifest(manifest: Manifest): void {
  expect(manifest.format === 'genomic-catalog', 'it is no manifest of a catalog')
  expect(['dna', 'rna', 'protein'].includes(manifest.alphabet), 'its alphabet is unknown')
  expect(typeof manifest.title === 'string', 'it has no title')
  expect(/^[0-9a-f]{64}$/.test(manifest.digest), 'its digest is none')
  for (const key of ['records', 'entries', 'residues', 'distinctResidues', 'longest', 'shortest'] as const) {
    expect(isCount(manifest[key]), `"${key}" is not a number`)
  }
  expect(Array.isArray(manifest.fields) && manifest.fields.every(isField), 'its fields make no sense')
  expect(new Set(manifest.fields.map((field) => field.name)).size === manifest.fields.length, 'a field is there twice')
  const { edges, counts } = manifest.lengthHistogram
  expect(edges.length === counts.length + 1 && counts.every(isCount), 'its length histogram makes no sense')
  expect(Array.isArray(manifest.segments) && manifest.segments.length === 1, 'it does not have exactly one segment')
  for (const segment of manifest.segments) checkSegment(segment)
  const [segment] = manifest.segments
  expect(segment.records === manifest.records && segment.entries === manifest.entries, 'its counts differ')
}

function checkSegment(segment: Segment): void {
  expect(isCount(segment.records) && isCount(segment.entries), 'a segment has no counts')
  expect(segment.records > 0 && segment.records <= segment.entries, 'its counts make no sense')
  expect(segment.entries < 2 ** 32, 'it has more entries than the format allows')
  expect(Array.isArray(segment.shards) && segment.shards.length > 0, 'a segment has no shards')
  checkReference(segment.checksums, 'the manifest')
  let block = 0
  for (const file of dataFiles(segment)) {
    checkReference(file, 'the manifest')
    expect(file.firstBlock === block, `the checksums of ${file.path} start elsewhere`)
    block += blockCount(file.bytes)
  }
  let record = 0
  for (const shard of segment.shards) {
    expect(shard.firstRecord === record && isCount(shard.records) && shard.records > 0, 'its shards do not join')
    expect(isCount(shard.dataOffset) && isCount(shard.dataBytes), `${shard.path} has no range of residues`)
    expect(shard.dataOffset + shard.dataBytes <= shard.bytes, `${shard.path} is too short for its residues`)
    record += shard.records
  }
  expect(record === segment.records, 'its shards do not hold all records')
}

function isField(field: FieldSummary): boolean {
  return (
    typeof field.name === 'string' &&
    ['string', 'integer', 'number', 'boolean'].includes(field.type) &&
    isCount(field.filled)
  )
}

function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise)
}
