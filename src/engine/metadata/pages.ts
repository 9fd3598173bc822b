import { parquetHeader } from 'hyparquet/src/column.js'
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js'
import { readPlain } from 'hyparquet/src/plain.js'
import type { ColumnDecoder, DecodedArray, PageHeader } from 'hyparquet/src/types.js'
import { CatalogError } from '../errors.ts'
import type { Value } from './bind.ts'
import { asValue } from './entry.ts'
import type { Chunk } from './table.ts'

/** Values of neighbouring rows of a column chunk, not yet converted. */
export interface Page {
  /** Within the row group. */
  firstRow: number
  /** Definition and repetition levels of its slots; null where all are the highest (the lowest). */
  definitions: ArrayLike<number> | null
  repetitions: ArrayLike<number> | null
  slots: number
  /** One for each slot of the highest definition level: values as stored, or numbers of `dictionary`. */
  values: ArrayLike<unknown>
  dictionary: readonly Value[] | null
}

/** Turns a stored value into what conditions compare. Whole numbers that doubles cannot hold are an error. */
export function converter({ column: { stored, type } }: Chunk): (value: unknown) => Value {
  if (stored === 'string') return (value) => value as Uint8Array
  if (type === 'string')
    return (value) => asValue(stored === 'integer' ? safe(value as number) : (value as number), type)!
  return stored === 'integer' ? (value) => safe(value as number | bigint) : (value) => Number(value)
}

function safe(value: number | bigint): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number))
    throw new CatalogError(
      'input',
      `The table holds ${value}, which is too large to be compared exactly: filters know whole numbers up to 2⁵³.`,
    )
  return number
}

export function decodeDictionary(chunk: Chunk, bytes: Uint8Array): Value[] {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
  const header = parquetHeader(reader)
  if (header.type !== 'DICTIONARY_PAGE') throw new Error('a dictionary is missing')
  return dictionaryValues(chunk, header, bytes.subarray(reader.offset, reader.offset + header.compressed_page_size))
}

function dictionaryValues(chunk: Chunk, header: PageHeader, compressed: Uint8Array): Value[] {
  const { type, element } = decoderOf(chunk)
  const page = decompressPage(compressed, header.uncompressed_page_size, chunk.codec, undefined)
  const reader = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 }
  const values = readPlain(reader, type, header.dictionary_page_header!.num_values, element.type_length)
  return Array.from(values as ArrayLike<unknown>, converter(chunk))
}

/** Decodes pages that follow each other; `firstRow` is that of the first. */
export function decodePages(
  chunk: Chunk,
  bytes: Uint8Array,
  firstRow: number,
  dictionary: readonly Value[] | null,
): Page[] {
  const pages: Page[] = []
  const decoder = decoderOf(chunk)
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
  let row = firstRow
  while (reader.offset < bytes.length) {
    const header = parquetHeader(reader)
    const compressed = bytes.subarray(reader.offset, reader.offset + header.compressed_page_size)
    reader.offset += header.compressed_page_size
    if (header.type === 'DICTIONARY_PAGE') {
      dictionary = dictionaryValues(chunk, header, compressed)
      continue
    }
    const { slots, encoding, definitions, repetitions, values } = decodePage(decoder, header, compressed)
    const isCoded = encoding.endsWith('_DICTIONARY')
    if (isCoded && dictionary === null) throw new Error('a dictionary is missing')
    const page = { definitions, repetitions, slots, values, dictionary: isCoded ? dictionary : null }
    // A row may go on in the next page: its slots then begin with a repetition.
    pages.push({ ...page, firstRow: repetitions !== null && repetitions[0] > 0 ? row - 1 : row })
    row += repetitions === null ? slots : count(repetitions, 0)
  }
  return pages
}

function decodePage(decoder: ColumnDecoder, header: PageHeader, compressed: Uint8Array) {
  const v2 = header.type === 'DATA_PAGE_V2' ? header.data_page_header_v2 : undefined
  const v1 = header.type === 'DATA_PAGE' ? header.data_page_header : undefined
  const stated = v2 ?? v1
  if (stated === undefined) throw new Error(`page type ${header.type} is not known`)
  const size = header.uncompressed_page_size
  const { definitionLevels, repetitionLevels, dataPage } =
    v1 === undefined
      ? readDataPageV2(compressed, header, decoder)
      : readDataPage(decompressPage(compressed, size, decoder.codec, undefined), v1, decoder)
  return {
    slots: stated.num_values,
    encoding: stated.encoding,
    definitions: definitionLevels?.length ? definitionLevels : null,
    repetitions: repetitionLevels.length > 0 ? repetitionLevels : null,
    values: dataPage as Exclude<DecodedArray, never>,
  }
}

function decoderOf({ column, codec }: Chunk): ColumnDecoder {
  const { element, path } = column.schemaPath.at(-1)!
  return {
    pathInSchema: path,
    type: element.type!,
    element,
    schemaPath: column.schemaPath,
    codec,
    parsers: {} as never,
  }
}

function count(values: ArrayLike<number>, wanted: number): number {
  let found = 0
  for (let i = 0; i < values.length; i++) if (values[i] === wanted) found++
  return found
}
