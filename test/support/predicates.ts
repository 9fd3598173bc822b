export interface Choice {
  /** 0 ≤ value < 1. */
  next(): number
}

export interface PredicateField {
  /** As it is written in a predicate. */
  name: string
  type: 'string' | 'integer' | 'number' | 'boolean'
  list?: boolean
  /** Literals near the values that occur. */
  literals: readonly string[]
}

const COMPARISONS = ['=', '<>', '!=', '<', '<=', '>', '>=']
const PIECES = ['a', 'S', 'sal', 'Salmonella', 'é', 'ß', '😀', '%', '%', '_', '0', '-', ' ', 'É', 'İ', 'Σ', "''", 'x']

/** A predicate of at most `depth` levels. */
export function randomPredicate(
  random: Choice,
  fields: readonly PredicateField[],
  structures: readonly string[],
  depth: number,
): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]
  const again = (): string => randomPredicate(random, fields, structures, depth - 1)
  if (depth > 0 && random.next() < 0.6) {
    const shape = random.next()
    if (shape < 0.4) return `${again()} AND ${again()}`
    if (shape < 0.7) return `(${again()} or ${again()})`
    if (shape < 0.9) return `NOT (${again()})`
    return `(${again()})`
  }
  if (structures.length > 0 && random.next() < 0.04) return `${pick(structures)} IS ${pick(['', 'NOT '])}NULL`
  const field = pick(fields)
  const { name, type } = field
  const literal = (): string => (random.next() < 0.05 ? 'NULL' : pick(field.literals))
  const shape = random.next()
  if (shape < 0.1) return `${name} IS ${pick(['', 'NOT '])}NULL`
  if (field.list) return `list_contains(${name}, ${literal()})`
  const not = pick(['', 'NOT '])
  if (shape < 0.25)
    return `${name} ${not}IN (${Array.from({ length: 1 + Math.floor(random.next() * 4) }, literal).join(', ')})`
  if (shape < 0.35) return `${name} ${not}BETWEEN ${literal()} AND ${literal()}`
  if (type === 'boolean' && shape < 0.5) return pick([name, `NOT ${name}`])
  if (type === 'string' && shape < 0.65) {
    const pattern = Array.from({ length: Math.floor(random.next() * 5) }, () => pick(PIECES)).join('')
    const escape = random.next() < 0.2 ? pick([" ESCAPE '!'", " ESCAPE ''"]) : ''
    const escaped = escape === " ESCAPE '!'" ? pattern.replaceAll('_', '!_') : pattern
    return `${name} ${not}${pick(['LIKE', 'LIKE', 'ILIKE'])} '${escaped}'${escape}`
  }
  if (shape < 0.72) {
    const isNumeric = (each: PredicateField): boolean => each.type === 'integer' || each.type === 'number'
    const others = fields.filter((each) => !each.list && (each.type === type || (isNumeric(field) && isNumeric(each))))
    return `${name} ${pick(COMPARISONS)} ${pick(others).name}`
  }
  return random.next() < 0.2 ? `${literal()} ${pick(COMPARISONS)} ${name}` : `${name} ${pick(COMPARISONS)} ${literal()}`
}
