import { open, readFile, rmdir, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { stdin as processStdin } from 'node:process'
import type { Readable } from 'node:stream'
import { CatalogError, throwIfAborted } from '../../src/engine/errors.ts'
import { buildCatalog } from '../../src/engine/format/build/build.ts'
import type { BuildOptions, BuildProgress, BuildReport } from '../../src/engine/format/build/build.ts'
import { openInput } from '../../src/engine/io/decompress.ts'
import { readSequenceBatches } from '../../src/engine/io/sequences.ts'
import { readTable } from '../../src/engine/io/table.ts'
import { decodeText } from '../../src/engine/io/text.ts'
import type { InputEntry, MetadataTable, Rejection } from '../../src/engine/io/types.ts'
import { DirectorySink, DiskScratch, fileError } from '../storage/file.ts'

export interface FileBuildProgress extends BuildProgress {
  /** Bytes of the input files read so far, compressed where they are, and in all; null where that is not known. */
  bytesRead: number
  bytesTotal: number | null
}

export interface FileBuildOptions extends Omit<BuildOptions, 'title' | 'metadata' | 'onProgress' | 'rejectedBefore'> {
  /** Default: the name of the first file, without its extensions. */
  title?: string
  /** TSV or CSV file whose rows are joined by accession. */
  metadata?: string
  /** Column of `metadata` that holds the accession, if its name does not tell. */
  metadataColumn?: string
  onProgress?: (progress: FileBuildProgress) => void
  /** What `-` reads; default: the process's standard input. */
  stdin?: Readable
}

const READ_BYTES = 1 << 18

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

async function* readFiles(
  files: readonly string[],
  options: FileBuildOptions,
  count: { bytes: number },
  onReject: (rejection: Rejection) => void,
): AsyncGenerator<InputEntry[]> {
  for (const file of files) {
    const name = nameOf(file)
    const bytes = openInput(readBytes(file, options, count), name)
    for await (const batch of readSequenceBatches(bytes, { file: name, onReject, signal: options.signal })) {
      yield batch
      // The generators on the way hold on to the array: emptied, it does not keep a chromosome alive.
      batch.length = 0
    }
  }
}

/** The bytes of a file in pieces that are valid until the next is asked for. */
async function* readBytes(
  file: string,
  options: FileBuildOptions,
  count: { bytes: number },
): AsyncGenerator<Uint8Array> {
  const name = nameOf(file)
  try {
    for await (const chunk of file === '-' ? standardInput(options) : fileChunks(file)) {
      throwIfAborted(options.signal)
      count.bytes += chunk.length
      yield chunk
    }
  } catch (error) {
    throw error instanceof CatalogError ? error : fileError(error, name)
  }
}

async function* standardInput(options: FileBuildOptions): AsyncGenerator<Uint8Array> {
  const stream = options.stdin ?? processStdin
  const stop = () => stream.destroy()
  options.signal?.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk
    throwIfAborted(options.signal)
  } catch (error) {
    throwIfAborted(options.signal)
    throw error
  } finally {
    options.signal?.removeEventListener('abort', stop)
  }
}

/** One buffer for the whole file: a stream's many would wait for the garbage collector. */
async function* fileChunks(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r')
  try {
    const buffer = new Uint8Array(READ_BYTES)
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

async function readMetadata(
  options: FileBuildOptions,
  onReject: (rejection: Rejection) => void,
): Promise<MetadataTable> {
  const file = options.metadata!
  const pieces: Uint8Array[] = []
  const whole = {
    async *[Symbol.asyncIterator]() {
      yield new Uint8Array(await readFile(file))
    },
  }
  for await (const bytes of openInput(whole, file)) pieces.push(bytes)
  const text = decodeText(Buffer.concat(pieces))
  if (text === null) {
    throw new CatalogError('input', `${file} is not UTF-8 text. Save the table as UTF-8, with tabs or commas.`, {
      file,
    })
  }
  return readTable(text, { file, column: options.metadataColumn, onReject })
}

/** Refuses what can be refused before anything is read; answers the sizes of the files, null for standard input. */
async function checkInputs(files: readonly string[], metadata: string | undefined): Promise<(number | null)[]> {
  if (files.length === 0) throw new CatalogError('usage', 'Name at least one sequence file, or - for standard input.')
  if (files.filter((file) => file === '-').length > 1) {
    throw new CatalogError('usage', 'Standard input (-) can be read only once.')
  }
  const sizes: (number | null)[] = []
  for (const file of files) sizes.push(file === '-' ? null : await sizeOf(file))
  if (metadata !== undefined) await sizeOf(metadata)
  return sizes
}

async function sizeOf(file: string): Promise<number> {
  let found
  try {
    found = await stat(file)
  } catch (error) {
    throw fileError(error, file)
  }
  if (found.isDirectory()) throw new CatalogError('input', `${file} is a directory: name the files in it.`, { file })
  return found.size
}

async function checkOutput(out: string): Promise<void> {
  const found = await stat(out).catch(() => null)
  if (found === null || found.isDirectory()) return
  throw new CatalogError('usage', `${out} is a file: --out takes the directory that the catalog goes into.`, {
    file: out,
  })
}

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file
}

function titleOf(file: string): string {
  if (file === '-') return 'Sequences'
  return basename(file)
    .replace(/\.(gz|bgz|bgzf)$/i, '')
    .replace(/\.(fa|fasta|fna|faa|ffn|frn|fas|fq|fastq|txt)$/i, '')
}
