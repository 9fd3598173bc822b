import { CatalogError, throwIfAborted } from '../errors.ts'
import { describeByte } from '../sequence/alphabet.ts'
import { FastaParser } from './fasta.ts'
import type { ParserOptions, SequenceParser } from './fasta.ts'
import { FastqParser } from './fastq.ts'
import type { InputEntry } from './types.ts'

export interface ReadSequencesOptions extends ParserOptions {
  signal?: AbortSignal
}

/** Bytes of a file's start by which its format is told. */
const SNIFF_BYTES = 4096

/**
 * The records of a FASTA or FASTQ file, told apart by content, in order. Bytes come decompressed (`openInput`).
 * A record that cannot be kept goes to `onReject`; a file that is neither format ends with a `CatalogError` 'input'.
 */
export async function* readSequences(
  bytes: AsyncIterable<Uint8Array>,
  options: ReadSequencesOptions,
): AsyncGenerator<InputEntry> {
  for await (const batch of readSequenceBatches(bytes, options)) yield* batch
}

/** As `readSequences`, but all records that a chunk of bytes completes at once: much less work for short records. */
export async function* readSequenceBatches(
  bytes: AsyncIterable<Uint8Array>,
  options: ReadSequencesOptions,
): AsyncGenerator<InputEntry[]> {
  let parser: SequenceParser | null = null
  let head: Uint8Array = new Uint8Array(0)
  for await (const chunk of bytes) {
    throwIfAborted(options.signal)
    let next = chunk
    if (parser === null) {
      next = concatenate(head, chunk)
      if (next.length < SNIFF_BYTES) {
        head = next.slice()
        continue
      }
      parser = parserFor(next, options)
    }
    const entries: InputEntry[] = []
    parser.push(next, entries)
    if (entries.length > 0) yield entries
  }
  throwIfAborted(options.signal)
  const entries: InputEntry[] = []
  if (parser === null) {
    parser = parserFor(head, options)
    parser.push(head, entries)
  }
  parser.end(entries)
  if (entries.length > 0) yield entries
}

/** The parser for a file that begins with `head`. */
export function parserFor(head: Uint8Array, options: ParserOptions): SequenceParser {
  const { file } = options
  let start = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
  const mark = start
  while (start < head.length && (head[start] === 32 || (head[start] >= 9 && head[start] <= 13))) start++
  if (start === head.length) {
    throw new CatalogError('input', `${file} is empty: it holds no sequences.`, { file })
  }
  const inner = skipping(mark, options)
  if (head[start] === 62 || head[start] === 59) return inner(FastaParser)
  const text = String.fromCharCode(...head.subarray(start, start + 64))
  if (head[start] === 64 && !/^@(HD|SQ|RG|PG|CO)\t/.test(text)) return inner(FastqParser)
  throw new CatalogError('input', `${file} is neither FASTA nor FASTQ: ${likeness(text, head)}`, { file, line: 1 })
}

/** Parsers that pass over the first `count` bytes: a byte order mark. */
function skipping(count: number, options: ParserOptions) {
  return (Parser: new (options: ParserOptions) => SequenceParser): SequenceParser => {
    const parser = new Parser(options)
    let skip = count
    return {
      push(bytes, entries) {
        parser.push(skip > 0 ? bytes.subarray(skip) : bytes, entries)
        skip = 0
      },
      end: (entries) => parser.end(entries),
    }
  }
}

function likeness(text: string, head: Uint8Array): string {
  if (text.startsWith('@')) return 'it is SAM; convert it with samtools fasta or samtools fastq.'
  if (text.startsWith('BAM\x01')) return 'it is BAM; convert it with samtools fasta or samtools fastq.'
  if (/^LOCUS\s/.test(text)) return 'it is GenBank; convert it to FASTA first.'
  if (/^ID {3}/.test(text)) return 'it is EMBL or Swiss-Prot; convert it to FASTA first.'
  if (/^#? ?(STOCKHOLM|CLUSTAL|NEXUS)/.test(text)) return 'it is an alignment; convert it to FASTA first.'
  if (/^##(gff|fileformat)/.test(text)) return 'it is GFF or VCF, which hold no sequences to search.'
  if (/^(<!doctype|<html|<\?xml)/i.test(text)) return 'it is a web page or XML; was the download an error page?'
  const binary = head.findIndex((byte) => byte < 9 || (byte > 13 && byte < 27) || byte === 127)
  if (binary >= 0) return `it is a binary file (${describeByte(head[binary])} at offset ${binary}).`
  return `it begins with ${describeByte(text.charCodeAt(0))} where > or @ is expected.`
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
