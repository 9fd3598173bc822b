import { rmdir, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { CatalogError } from '../../src/engine/errors.ts'
import { buildCatalog } from '../../src/engine/format/build/build.ts'
import type { BuildOptions, BuildProgress, BuildReport } from '../../src/engine/format/build/build.ts'
import type { Rejection } from '../../src/engine/io/types.ts'
import { DirectorySink, DiskScratch } from '../storage/file.ts'
import { checkInputs, readFiles, readMetadata } from './input.ts'
import type { FileInput } from './input.ts'

export interface FileBuildProgress extends BuildProgress {
  /** Bytes of the input files read so far, compressed where they are, and in all; null where that is not known. */
  bytesRead: number
  bytesTotal: number | null
}

export interface FileBuildOptions
  extends FileInput, Omit<BuildOptions, 'title' | 'metadata' | 'onProgress' | 'rejectedBefore'> {
  /** Default: the name of the first file, without its extensions. */
  title?: string
  onProgress?: (progress: FileBuildProgress) => void
}

/**
 * Builds a catalog in the directory `out` from FASTA and FASTQ files (`-` is standard input), compressed or not. Over an
 * existing catalog this publishes a new version.
 *
 * @throws CatalogError `usage`, `input`, `not-found` … with nothing published.
 */
export async function buildFromFiles(
  files: readonly string[],
  out: string,
  options: FileBuildOptions,
): Promise<BuildReport> {
  const sizes = await checkInputs(files, options.metadata)
  await checkOutput(out)
  let rejectedBefore = 0
  const onReject = (rejection: Rejection) => {
    rejectedBefore++
    options.onReject?.(rejection)
  }
  const bytesTotal = sizes.includes(null) ? null : sizes.reduce((sum: number, size) => sum + size!, 0)
  const count = { bytes: 0 }
  try {
    const metadata = options.metadata === undefined ? undefined : await readMetadata(options, onReject)
    return await buildCatalog(
      readFiles(files, options, count, onReject),
      { sink: new DirectorySink(out), scratch: new DiskScratch(out) },
      {
        ...options,
        title: options.title ?? titleOf(files[0]),
        metadata,
        rejectedBefore: () => rejectedBefore,
        onProgress: (progress) => options.onProgress?.({ ...progress, bytesRead: count.bytes, bytesTotal }),
      },
    )
  } catch (error) {
    // A directory made for this build goes again if nothing came of it; one that holds anything stays.
    await rmdir(out).catch(() => undefined)
    throw error
  }
}

async function checkOutput(out: string): Promise<void> {
  const found = await stat(out).catch(() => null)
  if (found === null || found.isDirectory()) return
  throw new CatalogError('usage', `${out} is a file: --out takes the directory that the catalog goes into.`, {
    file: out,
  })
}

function titleOf(file: string): string {
  if (file === '-') return 'Sequences'
  return basename(file)
    .replace(/\.(gz|bgz|bgzf)$/i, '')
    .replace(/\.(fa|fasta|fna|faa|ffn|frn|fas|fq|fastq|txt)$/i, '')
}
