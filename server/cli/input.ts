import { createReadStream } from 'node:fs'
import { CatalogError } from '../../src/engine/errors.ts'
import { openInput } from '../../src/engine/io/decompress.ts'
import { parseQueries } from '../../src/engine/io/query.ts'
import { decodeText } from '../../src/engine/io/text.ts'
import type { Query } from '../../src/engine/search/types.ts'
import { fileError } from '../storage/file.ts'
import type { Context } from './types.ts'

/** Queries are held in memory: beyond this they belong into several searches. */
const MOST_QUERY_BYTES = 1 << 29

/** How messages name a file. */
export function inputName(file: string): string {
  return file === '-' ? 'Standard input' : file
}

/** The bytes of a file, or of standard input for `-`. */
export async function* readBytes(file: string, context: Context): AsyncGenerator<Uint8Array> {
  const stream = file === '-' ? context.stdin : createReadStream(file, { highWaterMark: 1 << 20 })
  const stop = () => stream.destroy()
  context.signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of stream) yield chunk as Uint8Array
  } catch (error) {
    throw context.signal.aborted ? context.signal.reason : fileError(error, inputName(file))
  } finally {
    context.signal.removeEventListener('abort', stop)
  }
  context.signal.throwIfAborted()
}

/** A whole text file, gzip or not. */
export async function readText(file: string, context: Context): Promise<string> {
  const name = inputName(file)
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of openInput(readBytes(file, context), name)) {
    parts.push(chunk)
    size += chunk.length
    if (size > MOST_QUERY_BYTES)
      throw new CatalogError('too-large', `${name} is larger than 512 MB: split it, or build a catalog from it.`, {
        file,
      })
  }
  const bytes = Buffer.concat(parts, size)
  const text = bytes.subarray(0, 8192).includes(0) ? null : decodeText(bytes)
  if (text === null)
    throw new CatalogError('input', `${name} is not text: queries are FASTA, FASTQ or bare residues.`, { file })
  return text
}

/**
 * The queries in a file. What cannot be understood is told to `warn` by file and line, and the rest go on.
 * @throws CatalogError `input` where no query is left, or where `strict` and one cannot be understood.
 */
export async function readQueries(
  file: string,
  strict: boolean,
  context: Context,
  warn: (line: string) => void,
): Promise<Query[]> {
  const name = inputName(file)
  const text = await readText(file, context)
  if (text.trim() === '')
    throw new CatalogError('input', `${name} is empty: it should hold the query sequences.`, { file })
  const { queries, problems } = parseQueries(text)
  const described = problems.map(({ start, message }) => `${name}, line ${lineOf(text, start)}: ${message}`)
  const fatal = strict && problems.length > 0
  if (queries.length === 0 || fatal) {
    const more = described.length > 1 ? ` (and ${described.length - 1} more)` : ''
    const what = described[0] ?? `${name} holds no sequence`
    throw new CatalogError('input', `${what}${more}.`, { file })
  }
  for (const line of described) warn(`${line}; this query is left out.`)
  return queries
}

function lineOf(text: string, offset: number): number {
  let line = 1
  for (let i = 0; i < offset; i++) {
    const code = text.charCodeAt(i)
    if (code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10)) line++
  }
  return line
}
