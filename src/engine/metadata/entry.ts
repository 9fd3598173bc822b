import type { Entry } from '../format/types.ts'
import type { BoundFilter, Condition, Value } from './bind.ts'
import { AND_TABLE, FALSE, NULL, not, OR_TABLE, TRUE } from './logic.ts'
import type { Truth } from './logic.ts'
import { utf8 } from './text.ts'
import type { FieldType, FilterField } from './types.ts'

/** True where an entry passes; false and NULL do not. `length` is that of the entry's record, for predicates that name it. */
export function matchesEntry(filter: BoundFilter, entry: Entry, length: number | null = null): boolean {
  return truthOf(filter.condition, (field) => entryValue(filter.fields[field], entry, length)) === TRUE
}

/** What a condition comes to for values of its fields; null is NULL. */
export function truthOf(condition: Condition, valueOf: (field: number) => Value | Value[] | null): Truth {
  switch (condition.kind) {
    case 'and':
      return condition.terms.reduce((truth, term) => AND_TABLE[truth * 8 + truthOf(term, valueOf)], TRUE)
    case 'or':
      return condition.terms.reduce((truth, term) => OR_TABLE[truth * 8 + truthOf(term, valueOf)], FALSE)
    case 'not':
      return not(truthOf(condition.term, valueOf))
    case 'constant':
      return condition.truth
    case 'present':
      return valueOf(condition.field) === null ? FALSE : TRUE
    case 'fields': {
      const [left, right] = [valueOf(condition.left), valueOf(condition.right)]
      if (left === null || right === null) return NULL
      return condition.holds(left as Value, right as Value) ? TRUE : FALSE
    }
    case 'test': {
      const value = valueOf(condition.field)
      if (value === null) return NULL
      const found = Array.isArray(value) ? value.some(condition.matches) : condition.matches(value)
      return found ? TRUE : FALSE
    }
  }
}

function entryValue({ path, metadata, type }: FilterField, entry: Entry, length: number | null): Value | null {
  if (metadata !== undefined) return asValue(entry.metadata[metadata] ?? null, type!)
  if (path === null) return length
  return utf8(path[0] === 'accession' ? entry.accession : entry.description)
}

/** A value of a segment as the catalog's type of its field has it. */
export function asValue(value: string | number | bigint | boolean | null, type: FieldType): Value | null {
  if (value === null) return null
  return type === 'string' ? utf8(String(value)) : Number(value)
}
