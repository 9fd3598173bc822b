import { CatalogError } from '../errors.ts'
import { blockCount } from './blocks.ts'
import { checkFormatVersion, checkReference, isCount, jsonBytes, parseJson } from './catalog-file.ts'
import { uniteFields } from './fields.ts'
import { MOST_POSITIONS, residueRoom } from './records.ts'
import { dataFiles, wholeFiles } from './references.ts'
import { groupBytes } from './pack.ts'
import type { Alphabet, FieldSummary, Manifest, Segment } from './types.ts'

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

function checkManifest(manifest: Manifest): void {
  expect(manifest.format === 'genomic-catalog', 'it is no manifest of a catalog')
  expect(['dna', 'rna', 'protein'].includes(manifest.alphabet), 'its alphabet is unknown')
  expect(typeof manifest.title === 'string', 'it has no title')
  expect(/^[0-9a-f]{64}$/.test(manifest.digest), 'its digest is none')
  expect(/^[0-9a-f]{128}$/.test(manifest.contentSum), 'its content sum is none')
  expect(['hash', 'taxonomic', 'similarity'].includes(manifest.strategy), 'its strategy is unknown')
  for (const key of ['records', 'entries', 'residues', 'distinctResidues', 'longest', 'shortest'] as const) {
    expect(isCount(manifest[key]), `"${key}" is not a number`)
  }
  checkFields(manifest.fields)
  const { edges, counts } = manifest.lengthHistogram
  expect(edges.length === counts.length + 1 && counts.every(isCount), 'its length histogram makes no sense')
  const { segments, parameters } = manifest
  expect(Array.isArray(segments) && segments.length > 0, 'it has no segments')
  expect(typeof parameters === 'object' && /^[0-9a-f]{64}$/.test(parameters.digest), 'it has no parameters')
  expect(Array.isArray(parameters.vectors), 'its vectors make no sense')
  for (const file of wholeFiles(manifest)) checkReference(file, 'the manifest')
  for (const segment of segments) {
    checkSegment(segment, manifest.alphabet)
    expect((segment.seeds === null) === (parameters.seeds === null), 'only some of its segments have seeds')
    expect(segment.vectors.length === parameters.vectors.length, 'only some of its segments have vectors')
  }
  const united = uniteFields(segments)
  const same =
    united.length === manifest.fields.length &&
    united.every(({ name, type, filled }, i) => {
      const field = manifest.fields[i]
      return field.name === name && field.type === type && field.filled === filled
    })
  expect(same, 'its fields are not those of its segments')
  const sum = (key: 'records' | 'entries') => segments.reduce((total, segment) => total + segment[key], 0)
  expect(sum('entries') === manifest.entries, 'its counts differ')
  const most = Math.max(...segments.map((segment) => segment.records))
  expect(most <= manifest.records && manifest.records <= sum('records'), 'its counts of records differ')
  expect(manifest.entries < 2 ** 32, 'it has more entries than the format allows')
}

function checkSegment(segment: Segment, alphabet: Alphabet): void {
  expect(segment.kind === 'base' || segment.kind === 'hot', 'a segment is of no kind')
  expect(isCount(segment.records) && isCount(segment.entries), 'a segment has no counts')
  expect(segment.records > 0 && segment.records <= segment.entries, 'its counts make no sense')
  checkFields(segment.fields)
  expect(Array.isArray(segment.shards) && segment.shards.length > 0, 'a segment has no shards')
  expect(Array.isArray(segment.vectors), 'the vectors of a segment make no sense')
  let block = 0
  for (const file of dataFiles(segment)) {
    checkReference(file, 'the manifest')
    expect(file.firstBlock === block, `the checksums of ${file.path} start elsewhere`)
    block += blockCount(file.bytes)
  }
  let record = 0
  let bytes = 0
  for (const shard of segment.shards) {
    expect(shard.firstRecord === record && isCount(shard.records) && shard.records > 0, 'its shards do not join')
    expect(isCount(shard.dataOffset) && isCount(shard.dataBytes), `${shard.path} has no range of residues`)
    expect(shard.dataBytes % groupBytes(alphabet) === 0, `${shard.path} ends within a residue`)
    expect(shard.dataOffset + shard.dataBytes <= shard.bytes, `${shard.path} is too short for its residues`)
    record += shard.records
    bytes += shard.dataBytes
  }
  expect(record === segment.records, 'its shards do not hold all records')
  expect(residueRoom(alphabet, bytes) <= MOST_POSITIONS, 'a segment has more residues than the format allows')
}

function checkFields(fields: readonly FieldSummary[]): void {
  expect(Array.isArray(fields) && fields.every(isField), 'its fields make no sense')
  expect(new Set(fields.map((field) => field.name)).size === fields.length, 'a field is there twice')
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
