import type { FieldSummary } from '../format/types.ts'
import { fieldColumns } from '../format/entries.ts'
import { filterError } from './tokens.ts'
import type { FilterField, Span } from './types.ts'

const MOST_NAMED = 20

/**
 * What predicates over a catalog may name: accession, description, its metadata fields (one that is called as those two are
 * has the name of its column), and the length of the sequence unless a field has that name.
 */
export function catalogFields(fields: readonly FieldSummary[]): FilterField[] {
  const columns = fieldColumns(fields.map((field) => field.name))
  const all: FilterField[] = [
    { name: 'accession', path: ['accession'], type: 'string', list: false },
    { name: 'description', path: ['description'], type: 'string', list: false },
    ...fields.map(({ name, type }, i): FilterField => {
      const taken = ['accession', 'description'].includes(name.toLowerCase())
      return { name: taken ? columns[i] : name, path: [columns[i]], type, list: false, metadata: name }
    }),
  ]
  if (!fields.some(({ name }) => name.toLowerCase() === 'length'))
    all.push({ name: 'length', path: null, type: 'integer', list: false })
  return all
}

/** Index of the field that a name means: as it is written, else without regard to case. */
export function findField(fields: readonly FilterField[], names: readonly string[], text: string, at: Span): number {
  const name = names.join('.')
  const exact = fields.findIndex((field) => field.name === name)
  if (exact >= 0) return exact
  const lower = name.toLowerCase()
  const found = fields.flatMap((field, i) => (field.name.toLowerCase() === lower ? [i] : []))
  if (found.length === 1) return found[0]
  if (found.length > 1) {
    const list = found.map((i) => `"${fields[i].name}"`).join(', ')
    throw filterError(text, at, `“${name}” may mean ${list}. Write it as it is written there.`)
  }
  const known = fields.slice(0, MOST_NAMED).map((field) => nameOf(field))
  const rest = fields.length > MOST_NAMED ? ` and ${fields.length - MOST_NAMED} more` : ''
  const advice = text[at.from] === '"' ? ' (Texts take single quotes.)' : ''
  throw filterError(text, at, `there is no field “${name}”.${advice} The fields are ${known.join(', ')}${rest}.`)
}

/** A field's name as a predicate has to write it. */
function nameOf({ name }: FilterField): string {
  return /^[\p{L}_][\p{L}\p{M}\p{N}_]*(\.[\p{L}_][\p{L}\p{M}\p{N}_]*)*$/u.test(name)
    ? name
    : `"${name.replaceAll('"', '""')}"`
}
