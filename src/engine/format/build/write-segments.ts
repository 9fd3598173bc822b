import { throwIfAborted } from '../../errors.ts'
import type { Digests } from '../../sequence/digest.ts'
import { parametersOf } from '../parameters.ts'
import type { AheadRange, CatalogParameters, Segment } from '../types.ts'
import type { Intake } from './intake.ts'
import type { BuildTarget, WriteOptions } from './options.ts'
import { planRows } from './order.ts'
import type { RowBuffer } from './rows.ts'
import { SegmentWriter } from './write-segment.ts'
import type { CatalogTotals, SegmentParts } from './segment-parts.ts'

const PROGRESS_ENTRIES = 4096

/** What segments are written from and added to. */
export interface SegmentsInput {
  intake: Intake
  /** What `intake.finish` answered. */
  rows: RowBuffer
  digests: Digests
  target: BuildTarget
  kind: Segment['kind']
  totals: CatalogTotals
  /** Whether a record is in the catalog already. */
  isKnown?: (id: Uint8Array) => Promise<boolean>
  /** The catalog's; null where the first segment's indexes are to find them out. */
  parameters: CatalogParameters | null
}

export interface WrittenSegments {
  segments: Segment[]
  ahead: AheadRange[]
  parameters: CatalogParameters
  bytes: number
}

/** Writes all that an intake took: one segment, or as many as have room for its residues. */
export async function writeSegments(input: SegmentsInput, options: WriteOptions): Promise<WrittenSegments> {
  const { intake, rows, digests, target, kind, totals, isKnown } = input
  const { entries: total, residues, columns } = intake
  const types = intake.join.types()
  const fields = intake.join.names.map((name, f) => ({ name, type: types[f] }))
  const sharding = options.sharding ?? { strategy: 'hash' }
  const wanted = { ...options, shards: options.shards ?? sharding.shards }
  const planned =
    sharding.strategy === 'hash' ? null : await planRows(intake, rows, digests, target.scratch, sharding, options)
  let parameters = input.parameters
  const result: Omit<WrittenSegments, 'parameters'> = { segments: [], ahead: [], bytes: 0 }
  let records = 0
  let writer: SegmentWriter | null = null

  async function finish(own: SegmentWriter): Promise<void> {
    const end = records + own.records
    const inside = planned?.cuts.filter((cut) => cut > records && cut < end).map((cut) => cut - records)
    const written = await own.finish(inside === undefined ? null : [0, ...inside, own.records])
    writer = null
    await own.remove(true)
    records = end
    parameters = parametersOf(digests, written.indexers, parameters)
    result.segments.push(written.segment)
    result.ahead.push(...written.ahead)
    result.bytes += written.bytes
  }

  const begin = (): Promise<SegmentWriter> => {
    const alphabet = intake.alphabet!
    const { blob } = rows
    const parts: SegmentParts = { target, kind, alphabet, digests, blob, fields, columns, totals, parameters, options: wanted }
    return SegmentWriter.create({ ...parts, isKnown })
  }

  try {
    let done = 0
    for await (const row of planned === null ? intake.sorter.sorted(rows) : planned.rows()) {
      if (writer?.isFull(row)) await finish(writer)
      writer ??= await begin()
      const waiting = writer.add(row)
      if (waiting !== null) await waiting
      if (++done % PROGRESS_ENTRIES === 0) {
        throwIfAborted(options.signal)
        options.onProgress?.({ stage: 'writing', done, total, residues })
      }
    }
    rows.release()
    if (writer !== null) await finish(writer)
    return { ...result, parameters: parameters! }
  } finally {
    await (writer as SegmentWriter | null)?.remove(false)
    await planned?.remove()
  }
}
