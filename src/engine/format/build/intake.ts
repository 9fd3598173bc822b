import { throwIfAborted } from '../../errors.ts'
import type { InputEntry } from '../../io/types.ts'
import { detectAlphabet } from '../../sequence/alphabet.ts'
import type { Digests } from '../../sequence/digest.ts'
import type { Scratch } from '../../source/types.ts'
import type { EntryColumns } from '../entries.ts'
import type { Alphabet } from '../types.ts'
import type { IntakeOptions, WriteOptions } from './options.ts'
import { MetadataJoin } from './field-types.ts'
import { RowBuffer } from './rows.ts'
import { RowSorter } from './sort.ts'

export const SORT_MEMORY = 32 << 20
/** The alphabet is detected from the first sequences: this many, or this many letters. */
const SAMPLE_ENTRIES = 1000
const SAMPLE_LETTERS = 1 << 20
const PROGRESS_ENTRIES = 4096

type IntakeParts = IntakeOptions & Pick<WriteOptions, 'signal' | 'onProgress' | 'sortMemory'> & { alphabet?: Alphabet }

/** Takes input entries: detects the alphabet, rejects what cannot be kept, and hands rows to the sort. */
export class Intake {
  readonly #digests: Digests
  readonly #scratch: Scratch
  readonly #options: IntakeParts
  readonly sorter: RowSorter
  readonly join: MetadataJoin
  /** Optional columns that some entry needs. */
  readonly columns: EntryColumns = { stop: false, lowerCase: false, quality: false }
  alphabet: Alphabet | undefined
  entries = 0
  residues = 0
  rejected = 0
  gaps = 0
  #rows: RowBuffer | null = null
  #sample: InputEntry[] = []
  #sampled = 0

  constructor(digests: Digests, scratch: Scratch, options: IntakeParts) {
    this.#digests = digests
    this.#scratch = scratch
    this.#options = options
    this.alphabet = options.alphabet
    this.sorter = new RowSorter(scratch)
    this.join = new MetadataJoin(options.metadata ?? null, options.fields)
  }

  /** Takes an entry. A promise where there is something to wait for; until then the entry's letters must stay. */
  add(entry: InputEntry): Promise<void> | null {
    if (this.#rows !== null) return this.#keep(this.#rows, entry)
    if (this.alphabet === undefined) {
      this.#sampled += entry.letters.length
      if (this.#sampled < SAMPLE_LETTERS && this.#sample.length + 1 < SAMPLE_ENTRIES) {
        this.#sample.push({ ...entry, letters: entry.letters.slice() })
        return null
      }
      this.#sample.push(entry)
      return this.#begin().then(() => undefined)
    }
    return this.#begin().then(async (rows) => {
      await this.#keep(rows, entry)
    })
  }

  /** All rows are in; those not written to the sorter's scratch file are in the buffer. */
  finish(): Promise<RowBuffer> {
    return this.#rows === null ? this.#begin() : Promise.resolve(this.#rows)
  }

  async remove(): Promise<void> {
    await this.sorter.remove()
    await this.#rows?.blob?.remove()
  }

  async #begin(): Promise<RowBuffer> {
    const sample = this.#sample
    this.#sample = []
    this.alphabet ??= detectAlphabet(sample.map((entry) => entry.letters.subarray(0, SAMPLE_LETTERS)))
    const rows = new RowBuffer(
      this.alphabet,
      this.#digests,
      this.#scratch,
      this.#options.sortMemory ?? SORT_MEMORY,
    )
    this.#rows = rows
    for (const entry of sample) await this.#keep(rows, entry)
    return rows
  }

  #keep(rows: RowBuffer, entry: InputEntry): Promise<void> | null {
    const values = this.join.valuesOf(entry)
    const added = rows.add(entry, values)
    if (added instanceof Promise) return added.then((reason) => this.#kept(rows, entry, values, reason) ?? undefined)
    return this.#kept(rows, entry, values, added)
  }

  #kept(
    rows: RowBuffer,
    entry: InputEntry,
    values: readonly string[] | null,
    reason: string | null,
  ): Promise<void> | null {
    if (reason !== null) {
      this.rejected++
      const { file, line, accession } = entry
      this.#options.onReject?.({ file, line, accession, reason })
      return null
    }
    if (entry.stop) this.columns.stop = true
    if (entry.lowerCase !== null) this.columns.lowerCase = true
    if (entry.quality !== null) this.columns.quality = true
    this.gaps += entry.gaps
    this.residues += entry.letters.length
    this.join.note(entry, values)
    if (++this.entries % PROGRESS_ENTRIES === 0) {
      throwIfAborted(this.#options.signal)
      this.#options.onProgress?.({ stage: 'reading', done: this.entries, total: 0, residues: this.residues })
    }
    return rows.full ? this.sorter.spill(rows) : null
  }
}
