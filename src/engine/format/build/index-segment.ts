import { throwIfAborted } from '../../errors.ts'
import type { Scratch } from '../../source/types.ts'
import { applyExceptions, packedBytes, unpackCodes } from '../pack.ts'
import { residueRoom } from '../records.ts'
import { isReference } from '../references.ts'
import type { Alphabet, DataFile, SegmentIndexer, Written } from '../types.ts'
import { wordsOf } from '../words.ts'
import type { WrittenFile } from './data-file.ts'
import { wordBytes } from './rows.ts'
import { Spool } from './spool.ts'
import { StreamReader } from './stream-reader.ts'

/** Residues shown to indexes at a time; whole packing groups. */
const PIECE = 1 << 20
const NO_RUNS = { starts: new Uint32Array(0), lengths: new Uint32Array(0), codes: new Uint8Array(0) }

/** What indexes have to know of each record besides its residues, kept until these are all there. */
export class RecordSpool {
  readonly #spool: Spool

  constructor(scratch: Scratch) {
    this.#spool = new Spool(scratch)
  }

  add(id: Uint8Array, length: number): void {
    this.#spool.push(id)
    this.#spool.pushUint32(length)
  }

  /** Follows the record's `add`. `runs` as `collectExceptions` answers them. */
  addRuns(runs: Uint32Array | null): void {
    this.#spool.pushUint32(runs === null ? 0 : runs.length)
    if (runs !== null) this.#spool.push(wordBytes(runs))
  }

  async drain(): Promise<void> {
    if (this.#spool.heavy) await this.#spool.drain()
  }

  read(): AsyncGenerator<Uint8Array> {
    return this.#spool.read()
  }

  remove(): Promise<void> {
    return this.#spool.remove()
  }
}

/** Shows every residue of a segment to its indexes, in order of position. */
export async function feedIndexers(
  alphabet: Alphabet,
  records: RecordSpool,
  residues: AsyncIterable<Uint8Array>,
  count: number,
  indexers: readonly SegmentIndexer<unknown, unknown>[],
  onResidues: (residues: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const heads = new StreamReader(records.read())
  const packed = new StreamReader(residues)
  const overlap = Math.max(...indexers.map((indexer) => indexer.overlap))
  let position = 0
  let shown = 0
  for (let record = 0; record < count; record++) {
    const head = heads.peek(40)?.slice() ?? (await heads.read(40))
    const id = head.subarray(0, 32)
    const [length, words] = wordsOf(head.subarray(32))
    const runs = words === 0 ? NO_RUNS : exceptionsOf(wordsOf(await heads.read(words * 4)))
    let kept = new Uint8Array(0)
    for (let start = 0; start < length; start += PIECE) {
      const residuesHere = Math.min(PIECE, length - start)
      const bytes = packedBytes(alphabet, residuesHere)
      const own = unpackCodes(alphabet, packed.peek(bytes) ?? (await packed.read(bytes)), 0, residuesHere)
      if (runs !== NO_RUNS) applyExceptions(own, start, runs, 0, runs.starts.length)
      const codes = kept.length === 0 ? own : joined(kept, own)
      const final = start + residuesHere === length
      for (const indexer of indexers) {
        const skip = Math.max(0, kept.length - indexer.overlap)
        const first = start - kept.length + skip
        const piece = { record, id, position: position + first, start: first, length, codes: codes.subarray(skip), final }
        const waiting = indexer.add(piece)
        if (waiting !== undefined) await waiting
      }
      if (!final) kept = codes.slice(Math.max(0, codes.length - overlap))
      shown += residuesHere
      if (shown >= PIECE) {
        throwIfAborted(signal)
        onResidues(shown)
        shown = 0
      }
    }
    position += residueRoom(alphabet, packedBytes(alphabet, length))
  }
  onResidues(shown)
}

/** Gives the files of an index their place among the segment's checksums: `place` answers a file's first block. */
export function placeFiles<Files>(files: Written<Files>, place: (file: WrittenFile) => DataFile): Files {
  const placed = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(placed)
    if (isReference(value) && 'checksums' in value) {
      const { checksums, columnOffsets: _, ...rest } = value as WrittenFile & { columnOffsets?: number[] }
      return { ...rest, firstBlock: place({ ...rest, checksums }).firstBlock }
    }
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, placed(each)]))
  }
  return placed(files) as Files
}

function exceptionsOf(runs: Uint32Array) {
  const count = runs.length / 3
  const table = { starts: new Uint32Array(count), lengths: new Uint32Array(count), codes: new Uint8Array(count) }
  for (let i = 0; i < count; i++) {
    table.starts[i] = runs[3 * i]
    table.lengths[i] = runs[3 * i + 1]
    table.codes[i] = runs[3 * i + 2]
  }
  return table
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
