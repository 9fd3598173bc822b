import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { ColumnSource } from 'hyparquet-writer'
import type { FileSink } from '../../source/types.ts'
import { entrySchema, fieldColumns } from '../entries.ts'
import type { EntryColumns } from '../entries.ts'
import { WRITER } from '../../version.ts'
import type { Field } from '../fields.ts'
import { DataFileWriter } from './data-file.ts'
import type { FileTail, WrittenFile } from './data-file.ts'

/** A row group ends at this many rows, or bytes of text. */
const GROUP_ROWS = 1 << 14
const GROUP_BYTES = 8 << 20
/** A reader that wants one entry reads one page of each column. */
const PAGE_BYTES = 1 << 14

/** Writes the entry table row by row. */
export class EntryTableWriter {
  readonly #file: DataFileWriter
  readonly #bytes: ByteWriter
  readonly #parquet: ParquetWriter
  readonly #columns: EntryColumns
  readonly #fields: readonly Field[]
  readonly #names: string[]
  #accessions: Uint8Array[] = []
  #descriptions: Uint8Array[] = []
  #records: number[] = []
  #stops: boolean[] = []
  #lowerCase: (number[] | null)[] = []
  #qualities: (Uint8Array | null)[] = []
  #values: (string | bigint | number | boolean | null)[][]
  #groupBytes = 0

  private constructor(file: DataFileWriter, columns: EntryColumns, fields: readonly Field[]) {
    this.#file = file
    this.#columns = columns
    this.#fields = fields
    this.#names = fieldColumns(fields.map((field) => field.name))
    this.#bytes = new ByteWriter()
    this.#parquet = new ParquetWriter({
      writer: this.#bytes,
      schema: entrySchema(columns, fields),
      createdBy: WRITER,
    })
    this.#values = fields.map(() => [])
  }

  static async create(sink: FileSink, columns: EntryColumns, fields: readonly Field[]): Promise<EntryTableWriter> {
    return new EntryTableWriter(await DataFileWriter.create(sink), columns, fields)
  }

  /** The bytes are kept, not copied. `values` are the raw texts of the fields, '' for missing; null for no row at all. */
  add(
    accession: Uint8Array,
    description: Uint8Array,
    record: number,
    stop: boolean,
    lowerCase: Uint32Array | null,
    quality: Uint8Array | null,
    values: readonly string[] | null,
  ): void {
    this.#accessions.push(accession)
    this.#descriptions.push(description)
    this.#records.push(record)
    this.#groupBytes += accession.length + description.length
    if (this.#columns.stop) this.#stops.push(stop)
    if (this.#columns.lowerCase) {
      this.#lowerCase.push(lowerCase === null ? null : Array.from(lowerCase))
      if (lowerCase !== null) this.#groupBytes += lowerCase.length * 8
    }
    if (this.#columns.quality) {
      this.#qualities.push(quality)
      if (quality !== null) this.#groupBytes += quality.length
    }
    for (let f = 0; f < this.#fields.length; f++) {
      const text = values === null ? '' : (values[f] ?? '')
      this.#values[f].push(text === '' ? null : typed(text, this.#fields[f].type))
      this.#groupBytes += text.length
    }
  }

  /** A row group is complete and has to be flushed before more is added. */
  get full(): boolean {
    return this.#records.length >= GROUP_ROWS || this.#groupBytes >= GROUP_BYTES
  }

  async flush(): Promise<void> {
    const rows = this.#records.length
    if (rows === 0) return
    const { stop, lowerCase, quality } = this.#columns
    const columnData: ColumnSource[] = [
      { name: 'accession', data: this.#accessions, encoding: 'PLAIN', statistics: false },
      { name: 'description', data: this.#descriptions, statistics: false },
      { name: 'record', data: this.#records, encoding: 'DELTA_BINARY_PACKED' },
    ]
    if (stop) columnData.push({ name: 'stop', data: this.#stops })
    if (lowerCase) columnData.push({ name: 'lower_case', data: this.#lowerCase, encoding: 'PLAIN', statistics: false })
    if (quality) columnData.push({ name: 'quality', data: this.#qualities, encoding: 'PLAIN', statistics: false })
    this.#values.forEach((data, f) => columnData.push({ name: this.#names[f], data, columnIndex: true }))
    await this.#parquet.write({ columnData, rowGroupSize: rows, pageSize: PAGE_BYTES })
    await this.#writeOut()
    this.#accessions = []
    this.#descriptions = []
    this.#records = []
    this.#stops = []
    this.#lowerCase = []
    this.#qualities = []
    this.#values = this.#fields.map(() => [])
    this.#groupBytes = 0
  }

  /** `tail`: page indexes and footer. */
  async finish(): Promise<{ file: WrittenFile; tail: FileTail }> {
    await this.flush()
    await this.#file.beginTail()
    await this.#parquet.finish()
    await this.#writeOut()
    const tail = this.#file.finishTail()
    return { file: await this.#file.commit('entries.parquet'), tail }
  }

  discard(): Promise<void> {
    return this.#file.discard()
  }

  async #writeOut(): Promise<void> {
    await this.#file.write(this.#bytes.getBytes())
    this.#bytes.index = 0
  }
}

function typed(text: string, type: Field['type']): string | bigint | number | boolean {
  if (type === 'integer') return BigInt(text)
  if (type === 'number') return Number(text)
  return type === 'boolean' ? text === 'true' : text
}
