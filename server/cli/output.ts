import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileError } from '../storage/file.ts'
import type { Context } from './types.ts'

const BUFFER_CHARACTERS = 1 << 16

/**
 * Writes text to standard output, or to `file`, which appears under its name once all is written.
 * @throws CatalogError where the file cannot be written; the signal's reason once it has fired.
 */
export async function writeOutput(
  pieces: AsyncIterable<string>,
  file: string | undefined,
  context: Context,
): Promise<void> {
  if (file === undefined || file === '-') return pour(pieces, context.stdout, context.signal)
  const temporary = (await isPlain(file)) ? `${file}.part` : file
  const stream = createWriteStream(temporary)
  const failed = new AbortController()
  stream.on('error', (error) => failed.abort(fileError(error, file)))
  const signal = AbortSignal.any([context.signal, failed.signal])
  try {
    await pour(pieces, stream, signal)
    await new Promise<void>((resolve) => stream.end(resolve))
    signal.throwIfAborted()
    if (temporary !== file) await rename(temporary, file)
  } catch (error) {
    stream.destroy()
    if (temporary !== file) await rm(temporary, { force: true })
    throw failed.signal.aborted ? failed.signal.reason : error
  }
}

/** A file, or nothing yet: what can be replaced by renaming. Pipes and devices cannot. */
async function isPlain(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile()
  } catch {
    return true
  }
}

async function pour(pieces: AsyncIterable<string>, stream: Writable, signal: AbortSignal): Promise<void> {
  let waiting = ''
  const flush = async () => {
    signal.throwIfAborted()
    const text = waiting
    waiting = ''
    // A failure is told by the stream's own 'error', which fires the signal.
    await new Promise<void>((resolve) => stream.write(text, () => resolve()))
    await nextTurn()
    signal.throwIfAborted()
  }
  let last = performance.now()
  for await (const piece of pieces) {
    waiting += piece
    const now = performance.now()
    // Small results are shown as they come, many are gathered.
    if (waiting.length < BUFFER_CHARACTERS && now - last < 50) continue
    last = now
    await flush()
  }
  if (waiting !== '') await flush()
}
