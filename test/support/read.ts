import { openInput } from '../../src/engine/io/decompress.ts'
import { readSequences } from '../../src/engine/io/sequences.ts'
import type { InputEntry, Rejection } from '../../src/engine/io/types.ts'
import { bytesOf, chunked, textOf } from './bytes.ts'

/** An entry with its letters as text and only what is not at its default. */
export type PlainEntry = Partial<Omit<InputEntry, 'letters' | 'lowerCase'>> & {
  letters: string
  lowerCase?: number[]
}

export function plain(entry: InputEntry): PlainEntry {
  const { accession, description, letters, lowerCase, quality, stop, gaps, line } = entry
  return {
    accession,
    letters: textOf(letters),
    line,
    ...(description !== '' && { description }),
    ...(lowerCase && { lowerCase: [...lowerCase] }),
    ...(quality !== null && { quality }),
    ...(stop && { stop }),
    ...(gaps > 0 && { gaps }),
  }
}

/** Everything a reader says about a file given in chunks of `size` bytes. */
export async function readAll(input: string | Uint8Array, size = 7) {
  const rejections: Rejection[] = []
  const entries: PlainEntry[] = []
  const bytes = typeof input === 'string' ? bytesOf(input) : input
  const options = { file: 'test.fa', onReject: (rejection: Rejection) => rejections.push(rejection) }
  for await (const entry of readSequences(openInput(chunked(bytes, size), 'test.fa'), options)) {
    entries.push(plain(entry))
  }
  return { entries, rejections: rejections.map(({ line, accession, reason }) => `${line} ${accession}: ${reason}`) }
}
