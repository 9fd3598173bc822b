import {
  ZStream,
  Z_BUF_ERROR,
  Z_NO_FLUSH,
  Z_OK,
  Z_STREAM_END,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
} from 'pako'
import { CatalogError } from '../errors.ts'

/** zlib's code for "gzip only". */
const GZIP_ONLY = 31
const OUTPUT_BYTES = 1 << 18
/** Bytes of the empty block that ends every bgzip file, and of a block's header up to its mark (SAM specification 4.1). */
const BGZIP_END_BYTES = 28
const BGZIP_MARK_BYTES = 14

/** Formats people hand us that are neither text nor gzip. */
const OTHER_FORMATS: { magic: number[]; name: string; advice: string }[] = [
  { magic: [0x42, 0x5a, 0x68], name: 'bzip2', advice: 'decompress it with bunzip2 first' },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], name: 'xz', advice: 'decompress it with unxz first' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], name: 'Zstandard', advice: 'decompress it with unzstd first' },
  { magic: [0x50, 0x4b, 0x03, 0x04], name: 'zip', advice: 'unpack it first' },
  { magic: [0x1f, 0x9d], name: 'compress (.Z)', advice: 'decompress it with uncompress first' },
  { magic: [0x43, 0x52, 0x41, 0x4d], name: 'CRAM', advice: 'convert it with samtools fasta or samtools fastq first' },
  { magic: [0xff, 0xfe], name: 'UTF-16 text', advice: 'save it as UTF-8' },
  { magic: [0xfe, 0xff], name: 'UTF-16 text', advice: 'save it as UTF-8' },
]

/** The bytes of a file as text: decompressed where they begin as gzip (or bgzip) does, else as they are. */
export async function* openInput(bytes: AsyncIterable<Uint8Array>, file = 'the input'): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]()
  try {
    let head: Uint8Array = new Uint8Array(0)
    while (head.length < 8) {
      const { done, value } = await iterator.next()
      if (done) break
      head = head.length === 0 && value.length >= 8 ? value : join(head, value)
    }
    const rest = { [Symbol.asyncIterator]: () => chain(head, iterator) }
    if (head[0] === 0x1f && head[1] === 0x8b) {
      yield* decompress(rest, file)
      return
    }
    for (const { magic, name, advice } of OTHER_FORMATS) {
      if (magic.every((byte, i) => head[i] === byte)) {
        throw new CatalogError('input', `${file} is ${name}, which is not read here: ${advice}.`, { file })
      }
    }
    yield* rest
  } finally {
    await iterator.return?.()
  }
}

/**
 * Decompresses gzip of any number of members (bgzip too), checking each member's CRC and length. `DecompressionStream`
 * cannot be used: it stops with an error after the first member. Zero bytes after the last member are padding.
 */
export async function* decompress(bytes: AsyncIterable<Uint8Array>, file = 'the input'): AsyncGenerator<Uint8Array> {
  const stream = new ZStream()
  zlibInflateInit2(stream, GZIP_ONLY)
  let started = false
  let inside = false
  let padding = false
  let output = new Uint8Array(OUTPUT_BYTES)
  let from = 0
  stream.output = output
  stream.next_out = 0
  let head: Uint8Array = new Uint8Array(0)
  let tail: Uint8Array = new Uint8Array(0)
  for await (const chunk of bytes) {
    if (head.length < BGZIP_MARK_BYTES) head = join(head, chunk.subarray(0, BGZIP_MARK_BYTES))
    tail = join(tail, chunk.subarray(-BGZIP_END_BYTES)).subarray(-BGZIP_END_BYTES)
    stream.input = chunk
    stream.next_in = 0
    stream.avail_in = chunk.length
    let full = false
    while (stream.avail_in > 0 || full) {
      if (!inside) {
        if (started && chunk[stream.next_in] === 0) padding = true
        if (padding) {
          if (chunk.subarray(stream.next_in).some((byte) => byte !== 0)) throw broken(file, 'data after its end')
          break
        }
        zlibInflateReset(stream)
        started = inside = true
      }
      stream.avail_out = output.length - stream.next_out
      const status = zlibInflate(stream, Z_NO_FLUSH)
      if (status === Z_STREAM_END) inside = false
      else if (status !== Z_OK && status !== Z_BUF_ERROR) throw broken(file, stream.msg)
      full = inside && stream.avail_out === 0
      if (stream.next_out === output.length) {
        yield output.subarray(from)
        output = new Uint8Array(OUTPUT_BYTES)
        stream.output = output
        stream.next_out = from = 0
      }
    }
    if (stream.next_out > from) yield output.subarray(from, stream.next_out)
    from = stream.next_out
  }
  if (inside || !started || (isBgzip(head) && !isBgzipEnd(tail))) {
    throw new CatalogError('input', `${file} ends inside its gzip data: it was cut off. Fetch or copy it again.`, {
      file,
    })
  }
}

function isBgzip(head: Uint8Array): boolean {
  return (head[3] & 4) !== 0 && head[12] === 66 && head[13] === 67
}

/** A block of 28 bytes (27 is written) that holds nothing: without it a bgzip file was cut off between two blocks. */
function isBgzipEnd(tail: Uint8Array): boolean {
  return (
    isBgzip(tail) && tail[16] === BGZIP_END_BYTES - 1 && tail[18] === 3 && tail.subarray(20).every((byte) => byte === 0)
  )
}

function broken(file: string, message: string): CatalogError {
  return new CatalogError('input', `${file} is damaged gzip data (${message}). Fetch or copy it again.`, { file })
}

async function* chain(head: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head
  for (;;) {
    const { done, value } = await iterator.next()
    if (done) return
    yield value
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
