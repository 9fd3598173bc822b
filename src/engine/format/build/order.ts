import { CatalogError, throwIfAborted } from '../../errors.ts'
import { planSharding } from '../../index/sharding/plan.ts'
import { createSketcher } from '../../index/sharding/sketch.ts'
import { NO_GROUP, SKETCH_WORDS } from '../../index/sharding/types.ts'
import type { PlanOptions } from '../../index/sharding/types.ts'
import type { Digests } from '../../sequence/digest.ts'
import type { Scratch } from '../../source/types.ts'
import { packedBytes } from '../pack.ts'
import type { Alphabet } from '../types.ts'
import { SORT_MEMORY } from './intake.ts'
import type { Intake } from './intake.ts'
import type { WriteOptions } from './options.ts'
import { AT_BLOB, AT_FLAGS, AT_ID, AT_LENGTH, headLength, IN_BLOB, RowBuffer, valueOf } from './rows.ts'
import { RowSorter } from './sort.ts'
import type { Row } from './sort.ts'

/** Residues sketched at a time of a long record; whole packing groups. */
const SLICE = 1 << 20
const PROGRESS_ROWS = 4096

/** Rows in the order of a sharding plan. */
export interface PlannedRows {
  rows(): AsyncGenerator<Row>
  /** First record of each shard, and the end. */
  cuts: number[]
  remove(): Promise<void>
}

/** Plans the order of the records that an intake holds, and sorts their rows into it. */
export async function planRows(
  intake: Intake,
  buffer: RowBuffer,
  digests: Digests,
  scratch: Scratch,
  sharding: PlanOptions,
  options: WriteOptions,
): Promise<PlannedRows> {
  const alphabet = intake.alphabet!
  const gathered = await gather(intake, buffer, alphabet, sharding, options)
  const plan = planSharding({ alphabet, ...gathered }, { ...sharding, shards: options.shards ?? sharding.shards })
  options.onPlan?.(plan.balance)
  const places = new Uint32Array(gathered.count)
  plan.order.forEach((record, place) => (places[record] = place))
  const sorter = new RowSorter(scratch, true)
  const planned = new RowBuffer(alphabet, digests, scratch, options.sortMemory ?? SORT_MEMORY)
  const ids = new IdCounter()
  for await (const row of intake.sorter.sorted(buffer)) {
    const record = ids.next(row)
    planned.addRow(row.bytes, row.offset, row.view.getUint32(row.offset, true), places[record])
    if (!planned.full) continue
    throwIfAborted(options.signal)
    await sorter.spill(planned)
  }
  return {
    rows: () => sorter.sorted(planned),
    cuts: [...plan.cuts],
    remove: () => sorter.remove(),
  }
}

/** Numbers records as their rows go by. */
class IdCounter {
  readonly #last = new Uint8Array(32)
  #record = -1

  /** Number of the row's record. */
  next(row: Row): number {
    const id = row.bytes.subarray(row.offset + AT_ID, row.offset + AT_ID + 32)
    if (this.#record < 0 || id.some((byte, i) => byte !== this.#last[i])) {
      this.#last.set(id)
      this.#record++
    }
    return this.#record
  }
}

async function gather(
  intake: Intake,
  buffer: RowBuffer,
  alphabet: Alphabet,
  sharding: PlanOptions,
  options: WriteOptions,
) {
  const { groupField, strategy } = sharding
  const field = groupField === undefined ? -1 : intake.join.names.indexOf(groupField)
  if (groupField !== undefined && field < 0) {
    const { names } = intake.join
    const message =
      names.length > 0
        ? `The metadata have no field “${groupField}”. Their fields are ${names.join(', ')}.`
        : `There is no field “${groupField}”, since there are no metadata.`
    throw new CatalogError('usage', message, { field: groupField })
  }
  const sketcher = strategy === 'similarity' ? createSketcher(alphabet) : null
  const labels = new Map<string, number>()
  let lengths = new Uint32Array(1024)
  let groups = new Uint32Array(field < 0 ? 0 : 1024)
  let sketches = new Uint32Array(sketcher === null ? 0 : 1024 * SKETCH_WORDS)
  const ids = new IdCounter()
  let count = 0
  let rows = 0
  for await (const row of intake.sorter.sorted(buffer)) {
    if (++rows % PROGRESS_ROWS === 0) {
      throwIfAborted(options.signal)
      options.onProgress?.({ stage: 'planning', done: rows, total: intake.entries, residues: intake.residues })
    }
    if (ids.next(row) < count) continue
    if (count === lengths.length) {
      lengths = grown(lengths)
      groups = grown(groups)
      sketches = grown(sketches)
    }
    const length = row.view.getUint32(row.offset + AT_LENGTH, true)
    lengths[count] = length
    if (field >= 0) {
      const label = valueOf(row.view, row.bytes, row.offset, field)
      if (label !== '' && !labels.has(label)) labels.set(label, labels.size)
      groups[count] = labels.get(label) ?? NO_GROUP
    }
    if (sketcher !== null) {
      for (let from = 0; from < length; from += SLICE) {
        const residues = Math.min(SLICE, length - from)
        const at = packedBytes(alphabet, from)
        sketcher.add(await packedOf(row, buffer, at, packedBytes(alphabet, residues)), residues)
      }
      sketcher.finish(sketches, count * SKETCH_WORDS)
    }
    count++
  }
  return {
    count,
    lengths: lengths.subarray(0, count),
    groups: field < 0 ? null : groups.subarray(0, count),
    sketches: sketcher === null ? null : sketches.subarray(0, count * SKETCH_WORDS),
    labels: [...labels.keys()],
  }
}

/** Packed residues of a row, from byte `at` on. */
async function packedOf(row: Row, buffer: RowBuffer, at: number, bytes: number): Promise<Uint8Array> {
  const { view, offset } = row
  if ((view.getUint32(offset + AT_FLAGS, true) & IN_BLOB) !== 0) {
    return buffer.blob!.read(view.getFloat64(offset + AT_BLOB, true) + at, bytes)
  }
  const start = offset + headLength(view, offset) + at
  return row.bytes.subarray(start, start + bytes)
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2)
  larger.set(array)
  return larger
}
