import type { Digests } from '../../sequence/digest.ts'
import { toHex } from '../../sequence/digest.ts'
import type { FileSink } from '../../source/types.ts'
import { WRITER } from '../../version.ts'
import { CATALOG_FILE, encodeCatalogFile } from '../catalog-file.ts'
import { contentDigest } from '../content-digest.ts'
import { uniteFields } from '../fields.ts'
import { encodeManifest } from '../manifest.ts'
import { FORMAT_VERSION } from '../types.ts'
import type { AheadRange, Alphabet, CatalogParameters, FileReference, Manifest, Segment } from '../types.ts'
import type { CatalogTotals } from './segment-parts.ts'

/** What people are told of a catalog. */
export type Description = Pick<Manifest, 'title' | 'description' | 'source' | 'licence' | 'citation'>

export function makeManifest(
  digests: Digests,
  about: Description,
  alphabet: Alphabet,
  totals: CatalogTotals,
  strategy: Manifest['strategy'],
  parameters: CatalogParameters,
  segments: Segment[],
): Manifest {
  const { summary } = totals
  const contentSum = totals.sum.toHex()
  return {
    format: 'genomic-catalog',
    formatVersion: FORMAT_VERSION,
    writer: WRITER,
    title: about.title,
    description: about.description,
    source: about.source,
    licence: about.licence,
    citation: about.citation,
    alphabet,
    records: summary.records,
    entries: summary.entries,
    residues: summary.residues,
    distinctResidues: summary.distinctResidues,
    longest: summary.longest,
    shortest: summary.shortest,
    digest: contentDigest(digests, contentSum, summary.entries, alphabet),
    contentSum,
    fields: uniteFields(segments),
    lengthHistogram: summary.histogram(),
    strategy,
    parameters,
    segments,
  }
}

/** Writes the manifest, then swaps `catalog.json`. */
export async function publish(
  sink: FileSink,
  digests: Digests,
  manifest: Manifest,
  ahead: readonly AheadRange[],
  when: Date,
): Promise<{ version: string; bytes: number }> {
  const manifestBytes = encodeManifest(manifest)
  const sha256 = toHex(digests.sha256(manifestBytes))
  const version: FileReference = { path: `versions/${sha256}.json`, bytes: manifestBytes.length, sha256 }
  const models = manifest.parameters.vectors.map(({ file }) => ({
    use: 'vectors' as const,
    path: file.path,
    start: 0,
    bytes: file.bytes,
    sha256: file.sha256,
  }))
  await sink.put(version.path, manifestBytes)
  const catalogBytes = await encodeCatalogFile({
    format: 'genomic-catalog',
    formatVersion: FORMAT_VERSION,
    published: when.toISOString(),
    version,
    ahead: [...ahead.filter((range) => models.every((model) => model.path !== range.path)), ...models],
  })
  await sink.put(CATALOG_FILE, catalogBytes)
  return { version: sha256, bytes: manifestBytes.length + catalogBytes.length }
}
