import { CatalogError } from '../../src/engine/errors.ts'
import { appendSegment } from '../../src/engine/format/build/append.ts'
import type { AppendOptions } from '../../src/engine/format/build/append.ts'
import { compactSegments } from '../../src/engine/format/build/compact.ts'
import type { CompactOptions } from '../../src/engine/format/build/compact.ts'
import type { BuildProgress, BuildReport } from '../../src/engine/format/build/options.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import type { Manifest } from '../../src/engine/format/types.ts'
import type { Rejection } from '../../src/engine/io/types.ts'
import { DirectorySink, DiskScratch, FileSystemStore } from '../storage/file.ts'
import { asOnlyWriter } from '../storage/lock.ts'
import type { FileBuildProgress } from './build.ts'
import { checkInputs, readFiles, readMetadata } from './input.ts'
import type { FileInput } from './input.ts'

/** Hot segments that a catalog may have: each costs every search a few requests. */
export const MOST_HOT_SEGMENTS = 8

export interface FileAddOptions
  extends FileInput, Omit<AppendOptions, 'metadata' | 'onProgress' | 'rejectedBefore' | 'signal'> {
  onProgress?: (progress: FileBuildProgress) => void
}

/** Hot segments of a catalog. */
export function hotSegments({ segments }: Pick<Manifest, 'segments'>): number {
  return segments.filter(({ kind }) => kind === 'hot').length
}

/** Opens the catalog in a directory that is to be written to; URLs are refused. */
export async function openDirectory(directory: string, signal?: AbortSignal): Promise<Manifest> {
  if (/^https?:\/\//i.test(directory))
    throw new CatalogError('usage', `${directory} is a URL: name the folder that the catalog was built into.`)
  const store = new FileSystemStore(directory)
  try {
    return (await openCatalog(store, { signal })).manifest
  } finally {
    await store.close()
  }
}

/**
 * Adds FASTA and FASTQ files (`-` is standard input) to the catalog in a directory, as a hot segment.
 *
 * @throws CatalogError `usage` where it has `MOST_HOT_SEGMENTS` already; `changed` where another process is writing.
 */
export async function addFiles(
  files: readonly string[],
  directory: string,
  options: FileAddOptions,
): Promise<BuildReport> {
  const sizes = await checkInputs(files, options.metadata)
  const bytesTotal = sizes.includes(null) ? null : sizes.reduce((sum: number, size) => sum + size!, 0)
  await openDirectory(directory, options.signal)
  return asOnlyWriter(directory, async () => {
    const hot = hotSegments(await openDirectory(directory, options.signal))
    if (hot >= MOST_HOT_SEGMENTS) {
      const advice = `Fold them with "genomic-catalog compact ${directory}", or add with --compact.`
      throw new CatalogError(
        'usage',
        `${directory} has ${hot} hot segments, the most that a catalog may have. ${advice}`,
      )
    }
    let rejectedBefore = 0
    const onReject = (rejection: Rejection) => {
      rejectedBefore++
      options.onReject?.(rejection)
    }
    const metadata = options.metadata === undefined ? undefined : await readMetadata(options, onReject)
    const count = { bytes: 0 }
    return withStore(directory, (store) =>
      appendSegment(store, readFiles(files, options, count, onReject), targetOf(directory), {
        ...options,
        metadata,
        rejectedBefore: () => rejectedBefore,
        onProgress: (progress: BuildProgress) =>
          options.onProgress?.({ ...progress, bytesRead: count.bytes, bytesTotal }),
      }),
    )
  })
}

/**
 * Writes the catalog in a directory anew, as one segment.
 *
 * @throws CatalogError `changed` where another process is writing.
 */
export async function compactDirectory(directory: string, options: CompactOptions): Promise<BuildReport> {
  await openDirectory(directory, options.signal)
  return asOnlyWriter(directory, () =>
    withStore(directory, (store) => compactSegments(store, targetOf(directory), options)),
  )
}

function targetOf(directory: string) {
  return { sink: new DirectorySink(directory), scratch: new DiskScratch(directory) }
}

async function withStore<T>(directory: string, work: (store: FileSystemStore) => Promise<T>): Promise<T> {
  const store = new FileSystemStore(directory)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}
