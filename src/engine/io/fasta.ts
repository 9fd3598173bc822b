import { describeByte } from '../sequence/alphabet.ts'
import { ResidueBuffer } from './residues.ts'
import { LineBuffer, LineCounter, decodeText, lineEnd, splitHeader } from './text.ts'
import type { InputEntry, Rejection } from './types.ts'

/** What a parser of one file answers to. */
export interface ParserOptions {
  /** Name of the file, for entries and rejections. */
  file: string
  onReject: (rejection: Rejection) => void
}

/** A format's parser: takes the file's bytes in pieces, of any size. */
export interface SequenceParser {
  /** Adds the entries that `bytes` completes to `entries`. The bytes are not kept. */
  push(bytes: Uint8Array, entries: InputEntry[]): void
  /** The file has ended. */
  end(entries: InputEntry[]): void
}

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const SEMICOLON = 59
const GREATER = 62

export const NOT_UTF8 =
  'has a header that is not UTF-8 text; convert the file, for example with iconv -f latin1 -t utf-8'

/**
 * FASTA: `>` begins a record at the start of a line; lines that begin with `;` are comments; any line length, LF, CRLF
 * or CR. A record with a byte that is neither a letter, `-`, `*` nor white space is rejected.
 */
export class FastaParser implements SequenceParser {
  readonly #file: string
  readonly #onReject: (rejection: Rejection) => void
  readonly #lines = new LineCounter()
  readonly #header = new LineBuffer()
  readonly #residues = new ResidueBuffer(true)
  #state: 'line-start' | 'header' | 'residues' | 'skip-line' = 'line-start'
  #record: { accession: string; description: string; line: number } | null = null
  /** The record at hand is already rejected, or there is none yet. */
  #skip = true
  /** The first header, or text in its place, was seen. */
  #begun = false

  constructor(options: ParserOptions) {
    this.#file = options.file
    this.#onReject = options.onReject
  }

  push(bytes: Uint8Array, entries: InputEntry[]): void {
    const end = bytes.length
    let i = 0
    while (i < end) {
      if (this.#state === 'line-start') {
        const byte = bytes[i]
        if (this.#lines.closesReturn(byte) || byte === SPACE || byte === TAB) {
          i++
          continue
        }
        if (byte === GREATER) {
          this.#finish(entries)
          this.#state = 'header'
          i++
        } else {
          if (!this.#begun && byte !== SEMICOLON && byte !== LF && byte !== CR) this.#rejectPreface()
          this.#state = byte === SEMICOLON || this.#skip ? 'skip-line' : 'residues'
        }
      }
      const start = i
      i = this.#state === 'residues' ? this.#residues.add(bytes, i, end) : lineEnd(bytes, i, end)
      if (this.#state === 'header') this.#header.add(bytes, start, i)
      if (this.#residues.bad >= 0) {
        this.#rejectByte()
        this.#state = 'skip-line'
      } else if (i < end) {
        if (this.#state === 'header') this.#begin()
        this.#lines.end(bytes[i++])
        this.#state = 'line-start'
      }
    }
    this.#header.own()
  }

  end(entries: InputEntry[]): void {
    if (this.#state === 'header') this.#begin()
    this.#finish(entries)
  }

  #begin(): void {
    const line = this.#lines.line
    const header = decodeText(this.#header.bytes)
    this.#header.reset()
    this.#residues.reset()
    this.#begun = true
    this.#record = { ...splitHeader(header ?? ''), line }
    this.#skip = header === null
    if (header === null) this.#reject(NOT_UTF8, line)
  }

  #finish(entries: InputEntry[]): void {
    if (this.#skip || this.#record === null) return
    const { accession, description, line } = this.#record
    const residues = this.#residues
    residues.finish()
    if (residues.length === 0) {
      this.#reject('is empty', line)
    } else {
      entries.push({
        accession,
        description,
        letters: residues.takeLetters(),
        lowerCase: residues.takeLowerCase(),
        quality: null,
        stop: residues.stop,
        gaps: residues.gaps,
        file: this.#file,
        line,
      })
    }
    this.#record = null
    this.#skip = true
  }

  #rejectPreface(): void {
    this.#begun = true
    this.#reject('has text before its first >', this.#lines.line)
  }

  #rejectByte(): void {
    const where = `at residue ${this.#residues.length + this.#residues.gaps + 1}`
    this.#reject(`has ${describeByte(this.#residues.bad)} ${where}, which is no residue`, this.#lines.line)
    this.#residues.reset()
    this.#skip = true
  }

  #reject(reason: string, line: number): void {
    this.#onReject({ file: this.#file, line, accession: this.#record?.accession ?? '', reason })
  }
}
