/** Index of the first LF or CR from `start`, or `end`. */
export function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start
  while (i < end && bytes[i] !== 10 && bytes[i] !== 13) i++
  return i
}

/** Counts lines that end in LF, CRLF or a lone CR, also where a CRLF falls on two chunks. */
export class LineCounter {
  /** 1-based number of the line that the next byte belongs to. */
  line = 1
  #afterReturn = false

  /** Takes the LF or CR at a line's end. */
  end(byte: number): void {
    this.line++
    this.#afterReturn = byte === 13
  }

  /** Takes notice of the byte at a line's start; answers whether it is an LF that belongs to the CR before. */
  closesReturn(byte: number): boolean {
    const closes = byte === 10 && this.#afterReturn
    this.#afterReturn = false
    return closes
  }
}

/** Collects one line's bytes from pieces; a line that lies in one chunk is not copied. */
export class LineBuffer {
  #bytes: Uint8Array = new Uint8Array(256)
  #length = 0
  #direct: Uint8Array | null = null

  reset(): void {
    this.#length = 0
    this.#direct = null
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return
    if (this.#length === 0 && this.#direct === null) {
      this.#direct = bytes.subarray(start, end)
      return
    }
    this.own()
    this.#append(bytes.subarray(start, end))
  }

  /** Copies what still lies in a chunk: to be called before that chunk's memory may change. */
  own(): void {
    const direct = this.#direct
    if (direct === null) return
    this.#direct = null
    this.#append(direct)
  }

  /** The line so far, valid until the next change. */
  get bytes(): Uint8Array {
    return this.#direct ?? this.#bytes.subarray(0, this.#length)
  }

  #append(piece: Uint8Array): void {
    const needed = this.#length + piece.length
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
      grown.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = grown
    }
    this.#bytes.set(piece, this.#length)
    this.#length = needed
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text of UTF-8 bytes, or null where they are none. */
export function decodeText(bytes: Uint8Array): string | null {
  if (bytes.length < 512 && isAscii(bytes)) return asciiText(bytes)
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** Text of short ASCII (or Latin-1) bytes. */
function asciiText(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[])
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] > 127) return false
  return true
}

/** Accession (first word) and description (the rest, trimmed) of a FASTA or FASTQ header without its `>` or `@`. */
export function splitHeader(header: string): { accession: string; description: string } {
  let start = 0
  while (start < header.length && isBlank(header.charCodeAt(start))) start++
  let end = start
  while (end < header.length && !isBlank(header.charCodeAt(end))) end++
  return { accession: header.slice(start, end), description: header.slice(end).trim() }
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13)
}
