import { open, readFile, stat } from 'node:fs/promises'
import { stdin as processStdin } from 'node:process'
import type { Readable } from 'node:stream'
import { CatalogError, throwIfAborted } from '../../src/engine/errors.ts'
import { openInput } from '../../src/engine/io/decompress.ts'
import { readSequenceBatches } from '../../src/engine/io/sequences.ts'
import { readTable } from '../../src/engine/io/table.ts'
import { decodeText } from '../../src/engine/io/text.ts'
import type { InputEntry, MetadataTable, Rejection } from '../../src/engine/io/types.ts'
import { fileError } from '../storage/file.ts'

/** Where sequences and metadata come from. */
export interface FileInput {
  /** TSV or CSV file whose rows are joined by accession. */
  metadata?: string
  /** Column of `metadata` that holds the accession, if its name does not tell. */
  metadataColumn?: string
  /** What `-` reads; default: the process's standard input. */
  stdin?: Readable
  signal?: AbortSignal
}

const READ_BYTES = 1 << 18

/** The entries of sequence files, in batches. `count.bytes` grows with the bytes read. */
export async function* readFiles(
  files: readonly string[],
  options: FileInput,
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
async function* readBytes(file: string, options: FileInput, count: { bytes: number }): AsyncGenerator<Uint8Array> {
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

async function* standardInput(options: FileInput): AsyncGenerator<Uint8Array> {
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

/** The table that `metadata` names. */
export async function readMetadata(
  options: FileInput,
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
export async function checkInputs(files: readonly string[], metadata: string | undefined): Promise<(number | null)[]> {
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

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file
}
