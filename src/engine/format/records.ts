import { CatalogError } from '../errors.ts'
import type { ByteSource, FileSink, ReadOptions, Scratch } from '../source/types.ts'
import { openArrow } from './arrow.ts'
import type { ArrowFile, ColumnSpec } from './arrow.ts'
import type { WrittenFile } from './build/data-file.ts'
import { Spool } from './build/spool.ts'
import { writeArrow } from './build/write-arrow.ts'
import { groupBytes, packedBytes } from './pack.ts'
import type { Alphabet, RecordTable, Segment } from './types.ts'

/** The record table: one row per record, in order of id. */
export const RECORD_COLUMNS: readonly ColumnSpec[] = [
  { name: 'id', type: { fixed: 32 } },
  { name: 'refget', type: { fixed: 24 } },
  { name: 'md5', type: { fixed: 16 } },
  { name: 'length', type: 'uint32' },
  { name: 'offset', type: 'uint64' },
  { name: 'uracil', type: 'bool' },
  { name: 'entry_start', type: 'uint32' },
  { name: 'exception_start', type: 'uint32' },
]

/** Collects records in order, then writes the table once the shards are known. */
export class RecordTableWriter {
  readonly #ids: Spool
  readonly #refget: Spool
  readonly #md5: Spool
  readonly #lengths: Spool
  readonly #uracil: Spool
  readonly #entryStarts: Spool
  readonly #exceptionStarts: Spool
  #bits = 0
  count = 0

  constructor(scratch: Scratch) {
    this.#ids = new Spool(scratch)
    this.#refget = new Spool(scratch)
    this.#md5 = new Spool(scratch)
    this.#lengths = new Spool(scratch)
    this.#uracil = new Spool(scratch)
    this.#entryStarts = new Spool(scratch)
    this.#exceptionStarts = new Spool(scratch)
  }

  add(
    id: Uint8Array,
    refget: Uint8Array,
    md5: Uint8Array,
    length: number,
    uracil: boolean,
    entryStart: number,
    exceptionStart: number,
  ): void {
    this.#ids.push(id)
    this.#refget.push(refget)
    this.#md5.push(md5)
    this.#lengths.pushUint32(length)
    this.#entryStarts.pushUint32(entryStart)
    this.#exceptionStarts.pushUint32(exceptionStart)
    if (uracil) this.#bits |= 1 << (this.count & 7)
    this.count++
    if ((this.count & 7) === 0) this.#flushBits()
  }

  async drain(): Promise<void> {
    for (const spool of this.#spools()) if (spool.heavy) await spool.drain()
  }

  /** Lengths of all records in order, in pieces. */
  async *lengths(): AsyncGenerator<Uint32Array> {
    for await (const bytes of this.#lengths.read()) yield wordsOf(bytes)
  }

  async write(sink: FileSink, alphabet: Alphabet, shards: readonly { records: number }[]): Promise<WrittenFile> {
    if ((this.count & 7) !== 0) this.#flushBits()
    return writeArrow(
      sink,
      'records.arrow',
      RECORD_COLUMNS,
      this.count,
      [
        this.#ids.read(),
        this.#refget.read(),
        this.#md5.read(),
        this.#lengths.read(),
        offsetsOf(this.lengths(), alphabet, shards),
        this.#uracil.read(),
        this.#entryStarts.read(),
        this.#exceptionStarts.read(),
      ],
      { 'genomic-catalog': 'records', alphabet },
    )
  }

  async remove(): Promise<void> {
    for (const spool of this.#spools()) await spool.remove()
  }

  #flushBits(): void {
    this.#uracil.pushByte(this.#bits)
    this.#bits = 0
  }

  #spools(): Spool[] {
    return [this.#ids, this.#refget, this.#md5, this.#lengths, this.#uracil, this.#entryStarts, this.#exceptionStarts]
  }
}

/** Offsets of records within their shards: each begins where the one before it ends. */
async function* offsetsOf(
  lengths: AsyncIterable<Uint32Array>,
  alphabet: Alphabet,
  shards: readonly { records: number }[],
): AsyncGenerator<Uint8Array> {
  let shard = 0
  let left = shards[0].records
  let offset = 0
  for await (const piece of lengths) {
    const offsets = new BigUint64Array(piece.length)
    for (let i = 0; i < piece.length; i++) {
      if (left === 0) {
        left = shards[++shard].records
        offset = 0
      }
      offsets[i] = BigInt(offset)
      offset += packedBytes(alphabet, piece[i])
      left--
    }
    yield new Uint8Array(offsets.buffer)
  }
}

export function openRecordTable(source: ByteSource, bytes: number, options?: ReadOptions): Promise<ArrowFile> {
  return openArrow(source, bytes, RECORD_COLUMNS, options)
}

/** Reads the whole table and checks that it fits the segment. */
export async function readRecordTable(
  file: ArrowFile,
  name: string,
  alphabet: Alphabet,
  segment: Segment,
  exceptionCount: number,
  options?: ReadOptions,
): Promise<RecordTable> {
  const count = segment.records
  if (file.rows !== count) throw corrupt(name, `it has ${file.rows} rows, the manifest says ${count}`)
  const [ids, refget, md5, lengths, offsets, uracil, entryStarts, exceptionStarts] = await Promise.all(
    RECORD_COLUMNS.map((column) => file.read(column.name, 0, count, options)),
  )
  const table: RecordTable = {
    count,
    ids,
    refget,
    md5,
    lengths: wordsOf(lengths),
    offsets: Float64Array.from(longsOf(offsets), Number),
    uracil: Uint8Array.from({ length: count }, (_, i) => (uracil[i >> 3] >> (i & 7)) & 1),
    entryStarts: withEnd(wordsOf(entryStarts), segment.entries),
    exceptionStarts: withEnd(wordsOf(exceptionStarts), exceptionCount),
  }
  checkRecordTable(table, name, alphabet, segment)
  return table
}

function checkRecordTable(table: RecordTable, name: string, alphabet: Alphabet, segment: Segment): void {
  if (table.entryStarts[0] !== 0 || table.exceptionStarts[0] !== 0)
    throw corrupt(name, 'its first row does not start at 0')
  for (let i = 0; i < table.count; i++) {
    if (table.entryStarts[i + 1] <= table.entryStarts[i]) throw corrupt(name, `record ${i} has no entries`)
    if (table.exceptionStarts[i + 1] < table.exceptionStarts[i])
      throw corrupt(name, `record ${i} has exceptions out of order`)
    if (table.lengths[i] === 0) throw corrupt(name, `record ${i} is empty`)
  }
  const group = groupBytes(alphabet)
  for (const shard of segment.shards) {
    let offset = 0
    for (let i = shard.firstRecord; i < shard.firstRecord + shard.records; i++) {
      if (table.offsets[i] !== offset) throw corrupt(name, `record ${i} does not start where the one before it ends`)
      offset += packedBytes(alphabet, table.lengths[i])
    }
    if (offset !== shard.dataBytes || offset % group !== 0) {
      throw corrupt(name, `the records of ${shard.path} take ${offset} bytes, not the ${shard.dataBytes} it has`)
    }
  }
}

/** Little-endian 32-bit words, copied so that they are aligned. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(new Uint8Array(bytes).buffer)
}

export function longsOf(bytes: Uint8Array): BigUint64Array {
  return new BigUint64Array(new Uint8Array(bytes).buffer)
}

function withEnd(starts: Uint32Array, end: number): Uint32Array {
  const all = new Uint32Array(starts.length + 1)
  all.set(starts)
  all[starts.length] = end
  return all
}

function corrupt(name: string, what: string): CatalogError {
  return new CatalogError('corrupt', `${name} is damaged: ${what}. Build the catalog again.`, { file: name })
}
