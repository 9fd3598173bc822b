import type { Entry, FieldSummary, Segment } from './types.ts'

export type Field = Omit<FieldSummary, 'filled'>
export type FieldType = FieldSummary['type']
export type FieldValue = Entry['metadata'][string]

/** The narrowest type that holds the values of both. */
export function generalType(a: FieldType, b: FieldType): FieldType {
  if (a === b) return a
  const numbers = (type: FieldType) => type === 'integer' || type === 'number'
  return numbers(a) && numbers(b) ? 'number' : 'string'
}

/** Fields of all segments in the order in which they appear, each with the most general type of those that fill it. */
export function uniteFields(segments: readonly Pick<Segment, 'fields'>[]): FieldSummary[] {
  const united = new Map<string, FieldSummary>()
  for (const { fields } of segments) {
    for (const field of fields) {
      const known = united.get(field.name)
      if (known === undefined) united.set(field.name, { ...field })
      else {
        if (known.filled === 0) known.type = field.type
        else if (field.filled > 0) known.type = generalType(known.type, field.type)
        known.filled += field.filled
      }
    }
  }
  return [...united.values()]
}

/** A value as the text it came as. */
export function textOfValue(value: FieldValue): string {
  return value === null ? '' : String(value)
}

/** A segment's value as the catalog's type of the field has it. */
export function convertValue(value: FieldValue, type: FieldType): FieldValue {
  return type === 'string' && value !== null ? String(value) : value
}
