import type { Condition, Test, Value } from './bind.ts'
import { AND_TABLE, FALSE, NULL, not, OR_TABLE, TRUE } from './logic.ts'
import type { Truth } from './logic.ts'
import { converter } from './pages.ts'
import type { Page } from './pages.ts'
import type { Chunk } from './table.ts'

/** The values of a field in a row group, as far as they were read. */
export type FieldRows =
  | { chunk: Chunk; pages: Page[] }
  /** One number per row; NaN where it was not read. */
  | { numbers: Float64Array }

/**
 * What a condition comes to in each row of a row group; 0 where a value it needs was not read, and perhaps where `wanted`
 * is 0. `rowsOf` gives null for fields that the file lacks.
 */
export function truths(
  condition: Condition,
  rows: number,
  rowsOf: (field: number) => FieldRows | null,
  wanted: Uint8Array,
): Uint8Array {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const table = condition.kind === 'and' ? AND_TABLE : OR_TABLE
      const [first, ...rest] = condition.terms
      const result = truths(first, rows, rowsOf, wanted)
      for (const term of rest) {
        const other = truths(term, rows, rowsOf, wanted)
        for (let i = 0; i < rows; i++) result[i] = table[result[i] * 8 + other[i]]
      }
      return result
    }
    case 'not': {
      const result = truths(condition.term, rows, rowsOf, wanted)
      for (let i = 0; i < rows; i++) result[i] = not(result[i])
      return result
    }
    case 'constant':
      return new Uint8Array(rows).fill(condition.truth)
    case 'present': {
      const field = rowsOf(condition.field)
      const result = new Uint8Array(rows)
      if (field === null) return result.fill(FALSE)
      if ('numbers' in field) return result.fill(TRUE)
      const { presentLevel } = field.chunk.column
      eachSlot(field.pages, (row, isFirst, definition) => {
        if (isFirst) result[row] = definition >= presentLevel ? TRUE : FALSE
      })
      return result
    }
    case 'fields': {
      const [left, right] = [condition.left, condition.right].map((field) => valuesOf(rowsOf(field), rows))
      const result = new Uint8Array(rows)
      for (let i = 0; i < rows; i++) {
        const [a, b] = [left[i], right[i]]
        if (a === undefined || b === undefined) continue
        result[i] = a === null || b === null ? NULL : condition.holds(a, b) ? TRUE : FALSE
      }
      return result
    }
    case 'test':
      return testRows(condition, rows, rowsOf(condition.field), wanted)
  }
}

function testRows(test: Test, rows: number, field: FieldRows | null, wanted: Uint8Array): Uint8Array {
  const result = new Uint8Array(rows)
  if (field === null) return result.fill(NULL)
  const { matches } = test
  if ('numbers' in field) {
    field.numbers.forEach((value, i) => {
      if (!Number.isNaN(value)) result[i] = matches(value) ? TRUE : FALSE
    })
    return result
  }
  const { valueLevel, presentLevel, list } = field.chunk.column
  const convert = converter(field.chunk)
  let dictionary: readonly Value[] | null = null
  let coded = new Uint8Array(0)
  for (const page of field.pages) {
    if (page.dictionary !== null && page.dictionary !== dictionary) {
      dictionary = page.dictionary
      coded = Uint8Array.from(dictionary, (value) => (matches(value) ? TRUE : FALSE))
    }
    const { values, definitions, firstRow, slots } = page
    const isCoded = page.dictionary !== null
    const truthAt = (v: number): Truth =>
      isCoded ? coded[values[v] as number] : matches(convert(values[v])) ? TRUE : FALSE
    let v = 0
    if (list) {
      eachSlot([page], (row, isFirst, definition) => {
        if (isFirst) result[row] = definition < presentLevel ? NULL : FALSE
        if ((definition === Infinity || definition === valueLevel) && truthAt(v++) === TRUE) result[row] = TRUE
      })
    } else {
      for (let slot = 0; slot < slots; slot++) {
        const row = firstRow + slot
        const isThere = definitions === null || definitions[slot] === valueLevel
        if (wanted[row] === 1) result[row] = isThere ? truthAt(v) : NULL
        if (isThere) v++
      }
    }
  }
  return result
}

/** Calls with every slot of pages: its row, whether it is the row's first, its definition level (Infinity: the highest). */
function eachSlot(pages: readonly Page[], call: (row: number, isFirst: boolean, definition: number) => void): void {
  for (const { firstRow, slots, definitions, repetitions } of pages) {
    let row = repetitions !== null && repetitions[0] > 0 ? firstRow : firstRow - 1
    for (let slot = 0; slot < slots; slot++) {
      const isFirst = repetitions === null || repetitions[slot] === 0
      if (isFirst) row++
      call(row, isFirst, definitions === null ? Infinity : definitions[slot])
    }
  }
}

/** One value per row of a field of single values; null for NULL, undefined where it was not read. */
export function valuesOf(field: FieldRows | null, rows: number): (Value | null | undefined)[] {
  if (field === null) return new Array<null>(rows).fill(null)
  if ('numbers' in field) return Array.from(field.numbers, (value) => (Number.isNaN(value) ? undefined : value))
  const result = new Array<Value | null | undefined>(rows).fill(undefined)
  const convert = converter(field.chunk)
  const { valueLevel } = field.chunk.column
  for (const { firstRow, slots, definitions, values, dictionary } of field.pages) {
    let v = 0
    for (let slot = 0; slot < slots; slot++) {
      if (definitions !== null && definitions[slot] !== valueLevel) {
        result[firstRow + slot] = null
        continue
      }
      const value = values[v++]
      result[firstRow + slot] = dictionary === null ? convert(value) : dictionary[value as number]
    }
  }
  return result
}
