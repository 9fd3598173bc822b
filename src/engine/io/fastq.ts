import { describeByte } from '../sequence/alphabet.ts'
import { NOT_UTF8 } from './fasta.ts'
import type { ParserOptions, SequenceParser } from './fasta.ts'
import { ResidueBuffer } from './residues.ts'
import { LineBuffer, LineCounter, decodeText, lineEnd, splitHeader } from './text.ts'
import type { InputEntry, Rejection } from './types.ts'

const AT = 64
const PLUS = 43
const LOWEST_QUALITY = 33
const HIGHEST_QUALITY = 126

/**
 * FASTQ (Cock et al. 2010), also with residues and qualities on several lines. Qualities on several lines are only
 * looked for where the residues are: otherwise a short quality line is a fault, and the next record is still found.
 */
export class FastqParser implements SequenceParser {
  readonly #file: string
  readonly #onReject: (rejection: Rejection) => void
  readonly #lines = new LineCounter()
  readonly #text = new LineBuffer()
  readonly #residues = new ResidueBuffer(false)
  #state: 'between' | 'header' | 'residues' | 'plus' | 'quality' | 'skip-line' = 'between'
  #lineStart = true
  #accession = ''
  #description = ''
  #line = 1
  #residueLines = 0
  #rejected = false
  #quality = ''

  constructor(options: ParserOptions) {
    this.#file = options.file
    this.#onReject = options.onReject
  }

  push(bytes: Uint8Array, entries: InputEntry[]): void {
    const end = bytes.length
    let i = 0
    while (i < end) {
      if (this.#lineStart) {
        if (this.#lines.closesReturn(bytes[i])) {
          i++
          continue
        }
        i += this.#startLine(bytes[i])
        this.#lineStart = false
      }
      const start = i
      const residues = this.#state === 'residues' && !this.#rejected
      i = residues ? this.#residues.add(bytes, i, end) : lineEnd(bytes, i, end)
      if (this.#residues.bad >= 0) {
        const byte = describeByte(this.#residues.bad)
        this.#reject(`has ${byte} at residue ${this.#residues.length + 1}, which is no residue`, this.#lines.line)
        this.#residues.bad = -1
        continue
      }
      if (this.#state === 'header' || this.#state === 'quality') this.#text.add(bytes, start, i)
      if (i < end) {
        this.#endLine(entries)
        this.#lines.end(bytes[i++])
        this.#lineStart = true
      }
    }
    this.#text.own()
  }

  end(entries: InputEntry[]): void {
    if (!this.#lineStart) this.#endLine(entries)
    const waiting = this.#state === 'residues' || this.#state === 'plus' || this.#state === 'quality'
    if (!waiting) return
    if (this.#residues.length === 0 && this.#state === 'quality') this.#finish(entries)
    else if (!this.#rejected) this.#reject('is cut off by the end of the file', this.#line)
  }

  /** Answers the number of bytes that mark the line's kind. */
  #startLine(byte: number): number {
    if (this.#state === 'residues' && byte === PLUS) {
      this.#state = 'plus'
      return 1
    }
    if (this.#state === 'between') {
      if (byte === AT) {
        this.#state = 'header'
        return 1
      }
      this.#state = 'skip-line'
      if (byte !== 10 && byte !== 13 && byte !== 32 && byte !== 9 && !this.#rejected) {
        this.#accession = ''
        this.#reject(`has ${describeByte(byte)} where the @ of a record is expected`, this.#lines.line)
      }
    }
    return 0
  }

  #endLine(entries: InputEntry[]): void {
    switch (this.#state) {
      case 'header':
        this.#begin()
        break
      case 'residues':
        this.#residueLines++
        break
      case 'plus':
        this.#quality = ''
        this.#state = 'quality'
        break
      case 'quality':
        this.#endQualityLine(entries)
        break
      case 'skip-line':
        this.#state = 'between'
    }
  }

  #begin(): void {
    const header = decodeText(this.#text.bytes)
    this.#text.reset()
    const { accession, description } = splitHeader(header ?? '')
    this.#accession = accession
    this.#description = description
    this.#line = this.#lines.line
    this.#residueLines = 0
    this.#residues.reset()
    this.#rejected = false
    this.#state = 'residues'
    if (header === null) this.#reject(NOT_UTF8, this.#line)
  }

  #endQualityLine(entries: InputEntry[]): void {
    const bytes = this.#text.bytes
    let bad = -1
    for (const byte of bytes) if (byte < LOWEST_QUALITY || byte > HIGHEST_QUALITY) bad = byte
    if (bad >= 0) this.#reject(`has ${describeByte(bad)} among its qualities`, this.#lines.line)
    else this.#quality += decodeText(bytes)
    this.#text.reset()
    const more = this.#residueLines > 1 && bytes.length > 0 && this.#quality.length < this.#residues.length
    if (!more || this.#rejected) this.#finish(entries)
  }

  #finish(entries: InputEntry[]): void {
    this.#state = 'between'
    if (this.#rejected) return
    const residues = this.#residues
    if (this.#quality.length !== residues.length) {
      const counts = `${residues.length} residues and ${this.#quality.length} qualities`
      this.#reject(`has ${counts}`, this.#line)
    } else if (residues.length === 0) {
      this.#reject('is empty', this.#line)
    } else {
      entries.push({
        accession: this.#accession,
        description: this.#description,
        letters: residues.takeLetters(),
        lowerCase: residues.takeLowerCase(),
        quality: this.#quality,
        stop: false,
        gaps: 0,
        file: this.#file,
        line: this.#line,
      })
    }
  }

  #reject(reason: string, line: number): void {
    if (!this.#rejected) this.#onReject({ file: this.#file, line, accession: this.#accession, reason })
    this.#rejected = true
  }
}
