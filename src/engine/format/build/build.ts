import { CatalogError, throwIfAborted } from '../../errors.ts'
import type { InputEntry, MetadataTable, Rejection } from '../../io/types.ts'
import { loadDigests, toHex } from '../../sequence/digest.ts'
import type { FileSink, Scratch } from '../../source/types.ts'
import { blockCount } from '../blocks.ts'
import { CATALOG_FILE, encodeCatalogFile } from '../catalog-file.ts'
import { writeChecksums } from '../checksums.ts'
import { encodeManifest } from '../manifest.ts'
import { planShards } from '../residues.ts'
import { WRITER } from '../../version.ts'
import { FORMAT_VERSION } from '../types.ts'
import type { Alphabet, DataFile, FieldSummary, FileReference, Manifest, Segment } from '../types.ts'
import type { WrittenFile } from './data-file.ts'
import { Intake } from './intake.ts'
import { ContentWriter } from './write-content.ts'

/** Where a catalog is built. */
export interface BuildTarget {
  sink: FileSink
  scratch: Scratch
}

export interface BuildProgress {
  /** 'reading' the input, 'writing' the sorted records, 'publishing' the files. */
  stage: 'reading' | 'writing' | 'publishing'
  /** Entries read, entries written, or bytes published so far. */
  done: number
  /** The same when all is done; 0 where that is not known (reading). */
  total: number
  residues: number
}

export interface BuildOptions {
  /** Detected from the first sequences where it is not given. */
  alphabet?: Alphabet
  title: string
  description?: string
  source?: string
  licence?: string
  citation?: string
  /** Files that the residues are split into; by default one for every 64 MiB. */
  shards?: number
  metadata?: MetadataTable
  /** Any record that cannot be kept makes the build fail, with nothing published. */
  strict?: boolean
  /** Records that were rejected before they came here: they count for `strict` and in the report. */
  rejectedBefore?: () => number
  onProgress?: (progress: BuildProgress) => void
  onReject?: (rejection: Rejection) => void
  signal?: AbortSignal
  /** When this version is published; default: now. */
  published?: Date
  /** Bytes of rows sorted in memory at a time; default 32 MiB. */
  sortMemory?: number
}

export interface BuildReport {
  manifest: Manifest
  /** SHA-256 of the manifest: the version's name. */
  version: string
  /** Bytes of all files of this version. */
  bytes: number
  /** Input records that were not kept. */
  rejected: number
  /** Gap characters (`-`) left out. */
  gaps: number
  metadata: { matched: number; entriesWithoutRow: number; rowsWithoutEntry: number } | null
}

/** Input records one by one, or as many at once as there are: that is faster for short ones. */
export type BuildInput = AsyncIterable<InputEntry | readonly InputEntry[]>

const SHARD_BYTES = 64 << 20
const PROGRESS_ENTRIES = 4096

/**
 * Builds a catalog from input records, in any order, and publishes it as the sink's current version. Memory does not
 * grow with the input. Files of earlier versions stay. A crash at any moment leaves the published version whole.
 *
 * @throws CatalogError `input` where nothing can be kept, or where `strict` and something cannot.
 */
export async function buildCatalog(
  inputs: BuildInput,
  target: BuildTarget,
  options: BuildOptions,
): Promise<BuildReport> {
  const digests = await loadDigests()
  const { sink, scratch } = target
  const { signal, onProgress } = options
  const intake = new Intake(digests, scratch, options)
  let content: ContentWriter | null = null
  try {
    for await (const input of inputs) {
      throwIfAborted(signal)
      await take(Array.isArray(input) ? (input as readonly InputEntry[]) : [input as InputEntry], intake)
    }
    const rows = await intake.finish()
    const alphabet = intake.alphabet!
    const { entries: total, residues } = intake
    const rejected = intake.rejected + (options.rejectedBefore?.() ?? 0)
    if (options.strict && rejected > 0) {
      const what = rejected === 1 ? 'One record' : `${rejected} records`
      throw new CatalogError('input', `${what} cannot be kept, so nothing was published (strict).`, { rejected })
    }
    if (total === 0) {
      const why = rejected > 0 ? 'No record could be kept' : 'No sequences were found'
      throw new CatalogError('input', `${why}, so there is nothing to build a catalog from.`, { rejected })
    }
    onProgress?.({ stage: 'reading', done: total, total, residues })
    const fields = intake.join.summaries()
    const { columns, join } = intake
    content = await ContentWriter.create({ sink, scratch, alphabet, digests, blob: rows.blob, join, fields, columns })
    let written = 0
    for await (const row of intake.sorter.sorted(rows)) {
      const waiting = content.add(row)
      if (waiting !== null) await waiting
      if (++written % PROGRESS_ENTRIES === 0) {
        throwIfAborted(signal)
        onProgress?.({ stage: 'writing', done: written, total, residues })
      }
    }
    rows.release()
    const { segment, bytes } = await writeSegment(content, sink, alphabet, options)
    const manifest = manifestOf(content, segment, fields, alphabet, options)
    throwIfAborted(signal)
    const published = await publish(sink, manifest, options.published ?? new Date())
    return {
      manifest,
      version: published.version,
      bytes: bytes + published.bytes,
      rejected,
      gaps: intake.gaps,
      metadata: options.metadata
        ? { matched: join.matched, entriesWithoutRow: join.unmatched, rowsWithoutEntry: join.unusedRows }
        : null,
    }
  } catch (error) {
    await content?.entries.discard()
    throw error
  } finally {
    await content?.remove()
    await intake.remove()
  }
}

/** Its own function so that nothing here holds the last sequence while the next one is read. */
async function take(entries: readonly InputEntry[], intake: Intake): Promise<void> {
  for (const entry of entries) {
    const waiting = intake.add(entry)
    if (waiting !== null) await waiting
  }
}

function manifestOf(
  content: ContentWriter,
  segment: Segment,
  fields: FieldSummary[],
  alphabet: Alphabet,
  options: BuildOptions,
): Manifest {
  const { summary } = content
  return {
    format: 'genomic-catalog',
    formatVersion: FORMAT_VERSION,
    writer: WRITER,
    title: options.title,
    description: options.description,
    source: options.source,
    licence: options.licence,
    citation: options.citation,
    alphabet,
    records: summary.records,
    entries: summary.entries,
    residues: summary.residues,
    distinctResidues: summary.distinctResidues,
    longest: summary.longest,
    shortest: summary.shortest,
    digest: content.digest(),
    fields,
    lengthHistogram: summary.histogram(),
    strategy: 'hash',
    segments: [segment],
  }
}

/** Writes the manifest, then swaps `catalog.json`. */
async function publish(sink: FileSink, manifest: Manifest, when: Date): Promise<{ version: string; bytes: number }> {
  const manifestBytes = encodeManifest(manifest)
  const sha256 = toHex((await loadDigests()).sha256(manifestBytes))
  const version: FileReference = { path: `versions/${sha256}.json`, bytes: manifestBytes.length, sha256 }
  await sink.put(version.path, manifestBytes)
  const catalogBytes = await encodeCatalogFile({
    format: 'genomic-catalog',
    formatVersion: FORMAT_VERSION,
    published: when.toISOString(),
    version,
  })
  await sink.put(CATALOG_FILE, catalogBytes)
  return { version: sha256, bytes: manifestBytes.length + catalogBytes.length }
}

async function writeSegment(
  content: ContentWriter,
  sink: FileSink,
  alphabet: Alphabet,
  options: BuildOptions,
): Promise<{ segment: Segment; bytes: number }> {
  const { records, exceptions, residues, accessions, entries, summary } = content
  const progress = (bytes: number) => {
    throwIfAborted(options.signal)
    published += bytes
    options.onProgress?.({ stage: 'publishing', done: published, total: residues.bytes, residues: summary.residues })
  }
  let published = 0
  const wanted = options.shards ?? Math.ceil(residues.bytes / SHARD_BYTES)
  const shards = Math.max(1, Math.min(wanted, summary.records))
  const plans = await planShards(records.lengths(), alphabet, residues.bytes, shards)
  const entryTable = await entries.finish()
  const recordTable = await records.write(sink, alphabet, plans)
  const exceptionTable = await exceptions.write(sink)
  const accessionTable = await accessions.write(sink)
  const residueFiles = await residues.write(sink, alphabet, plans, progress)
  const files: WrittenFile[] = [recordTable, exceptionTable, entryTable, accessionTable, ...residueFiles]
  let block = 0
  const references: DataFile[] = files.map(({ path, bytes, sha256 }) => {
    const firstBlock = block
    block += blockCount(bytes)
    return { path, bytes, sha256, firstBlock }
  })
  const checksums = await writeChecksums(
    sink,
    files.map((file) => file.checksums),
  )
  return {
    segment: {
      kind: 'base',
      records: summary.records,
      entries: summary.entries,
      recordTable: references[0],
      exceptions: references[1],
      entryTable: references[2],
      accessions: references[3],
      checksums,
      shards: residueFiles.map(({ firstRecord, records: count, dataOffset, dataBytes }, i) => ({
        ...references[4 + i],
        firstRecord,
        records: count,
        dataOffset,
        dataBytes,
      })),
    },
    bytes: references.reduce((sum, file) => sum + file.bytes, checksums.bytes),
  }
}
