import { findField } from './fields.ts'
import { FALSE, NULL, TRUE } from './logic.ts'
import type { Truth } from './logic.ts'
import type { Comparison, Expression, Operand, ParsedFilter } from './parse.ts'
import { compareBytes, likePattern, startsWith, utf8 } from './text.ts'
import { filterError } from './tokens.ts'
import type { FieldType, FilterField, Span } from './types.ts'

/** A value as it is compared: text as UTF-8, everything else as a number (false 0, true 1). */
export type Value = Uint8Array | number

/** A question about one value of a field. */
export interface Test {
  kind: 'test'
  field: number
  /** Asked of each element of a list: true where any is. */
  list: boolean
  matches: (value: Value) => boolean
  /** What values from `low` to `high`, both not NULL, may come to: a set of TRUE and FALSE. */
  between: (low: Value, high: Value) => Truth
  /** Share of values that are expected to match, where nothing is known of them. */
  guess: number
}

/** A predicate whose names and types fit the fields. */
export type Condition =
  | { kind: 'and' | 'or'; terms: Condition[] }
  | { kind: 'not'; term: Condition }
  | { kind: 'constant'; truth: Truth }
  /** The field is not NULL. */
  | { kind: 'present'; field: number }
  /** Two fields of one value each, compared. */
  | { kind: 'fields'; left: number; right: number; holds: (left: Value, right: Value) => boolean }
  | Test

export interface BoundFilter {
  text: string
  fields: readonly FilterField[]
  condition: Condition
}

const NAMES: Record<FieldType, string> = {
  string: 'text',
  integer: 'whole numbers',
  number: 'numbers',
  boolean: 'true or false',
}

/**
 * Looks names up and checks types: a text is compared with texts, a number with numbers, true and false with each other,
 * nothing is converted.
 *
 * @throws CatalogError `usage`, with the position of what does not fit
 */
export function bindFilter({ text, expression }: ParsedFilter, fields: readonly FilterField[]): BoundFilter {
  return { text, fields, condition: new Binder(text, fields).bind(expression) }
}

class Binder {
  readonly #text: string
  readonly #fields: readonly FilterField[]

  constructor(text: string, fields: readonly FilterField[]) {
    this.#text = text
    this.#fields = fields
  }

  bind(expression: Expression): Condition {
    switch (expression.kind) {
      case 'and':
      case 'or':
        return { kind: expression.kind, terms: expression.terms.map((term) => this.bind(term)) }
      case 'not':
        return { kind: 'not', term: this.bind(expression.term) }
      case 'compare':
        return this.#compare(expression.operator, expression.left, expression.right, expression)
      case 'like':
        return this.#like(expression)
      case 'in':
        return this.#in(expression.operand, expression.values)
      case 'isNull':
        return { kind: 'not', term: { kind: 'present', field: this.#field(expression.operand) } }
      case 'contains':
        return this.#contains(expression.list, expression.value)
      case 'operand':
        return this.#truth(expression.operand)
    }
  }

  #compare(operator: Comparison, left: Operand, right: Operand, at: Span): Condition {
    if (left.kind === 'field' && right.kind === 'field') return this.#compareFields(operator, left, right)
    if (left.kind !== 'field' && right.kind !== 'field')
      throw this.#error(
        at,
        'two values are compared here. One side has to be a field; names are not put into quotes of text.',
      )
    const field = this.#single(left.kind === 'field' ? left : right)
    const value = left.kind === 'field' ? right : left
    const from = left.kind === 'field' ? operator : MIRRORED[operator]
    if (value.kind === 'null') return CONSTANT_NULL
    return comparison(field, from, this.#value(field, value), false)
  }

  #compareFields(operator: Comparison, left: Operand, right: Operand): Condition {
    const [a, b] = [this.#single(left), this.#single(right)]
    const [first, second] = [a, b].map((field) => this.#fields[field].type!)
    const isNumeric = (type: FieldType): boolean => type === 'integer' || type === 'number'
    if (first !== second && !(isNumeric(first) && isNumeric(second))) {
      const what = `${this.#named(a)} holds ${NAMES[first]} and ${this.#named(b)} ${NAMES[second]}`
      throw this.#error(right, `${what}: they cannot be compared.`)
    }
    const test = COMPARE[operator]
    return { kind: 'fields', left: a, right: b, holds: (x, y) => test(order(x, y)) }
  }

  #like({ operand, pattern, escape, ignoreCase }: Extract<Expression, { kind: 'like' }>): Condition {
    const field = this.#single(operand)
    if (this.#fields[field].type !== 'string')
      throw this.#error(
        operand,
        `LIKE is for texts, and ${this.#named(field)} holds ${NAMES[this.#fields[field].type!]}.`,
      )
    if (pattern.kind === 'null') return CONSTANT_NULL
    if (pattern.kind !== 'text') throw this.#error(pattern, "LIKE takes a text in quotes: LIKE 'Salmonella%'.")
    const like = likePattern(pattern.value, escape, ignoreCase)
    if (like === null)
      throw this.#error(pattern, 'the pattern ends with its ESCAPE character, which says nothing there.')
    const { prefix, isPrefix, isWhole } = like
    if (isWhole) return { ...comparison(field, '=', prefix, false), matches: like.matches as Test['matches'] }
    return {
      kind: 'test',
      field,
      list: false,
      matches: like.matches as Test['matches'],
      between: (low, high) => {
        const [first, last] = [low as Uint8Array, high as Uint8Array]
        if (isPrefix && startsWith(first, prefix) && startsWith(last, prefix)) return TRUE
        const before = compareBytes(last, prefix) < 0
        const after = compareBytes(first, prefix) > 0 && !startsWith(first, prefix)
        return before || after ? FALSE : TRUE | FALSE
      },
      guess: 0.1,
    }
  }

  #in(operand: Operand, values: Operand[]): Condition {
    if (operand.kind === 'null') return CONSTANT_NULL
    const field = this.#single(operand)
    const known = values.filter((value) => value.kind !== 'null').map((value) => this.#value(field, value))
    const found = oneOf(field, known)
    // x IN (a, NULL) is x = a OR NULL.
    return known.length === values.length ? found : { kind: 'or', terms: [found, CONSTANT_NULL] }
  }

  #contains(list: Operand, value: Operand): Condition {
    const field = this.#field(list)
    if (!this.#fields[field].list)
      throw this.#error(list, `list_contains takes a field of lists, and ${this.#named(field)} is none.`)
    this.#checkKnown(list, field)
    if (value.kind === 'null') return CONSTANT_NULL
    return comparison(field, '=', this.#value(field, value), true)
  }

  /** A field or a value where a condition is wanted. */
  #truth(operand: Operand): Condition {
    if (operand.kind === 'null') return CONSTANT_NULL
    if (operand.kind === 'boolean') return { kind: 'constant', truth: operand.value ? TRUE : FALSE }
    if (operand.kind !== 'field')
      throw this.#error(operand, 'this is a value, and a condition is wanted, such as year >= 2020.')
    const field = this.#single(operand)
    if (this.#fields[field].type !== 'boolean')
      throw this.#error(
        operand,
        `${this.#named(field)} alone is no condition. Compare it, as in ${this.#named(field)} = ….`,
      )
    return comparison(field, '=', 1, false)
  }

  #field(operand: Operand): number {
    if (operand.kind === 'field') return findField(this.#fields, operand.names, this.#text, operand)
    if (operand.kind === 'text')
      throw this.#error(operand, 'this is a text, and a field should be here. Names take double quotes, or none.')
    throw this.#error(operand, 'this is a value, and a field should be here.')
  }

  /** A field of one value of a known type. */
  #single(operand: Operand): number {
    const field = this.#field(operand)
    if (this.#fields[field].list)
      throw this.#error(
        operand,
        `${this.#named(field)} holds lists. Ask with list_contains(${this.#named(field)}, value).`,
      )
    this.#checkKnown(operand, field)
    return field
  }

  #checkKnown(operand: Operand, field: number): void {
    const { type, unknown } = this.#fields[field]
    if (type !== null) return
    throw this.#error(operand, `${this.#named(field)} ${unknown ?? 'is a structure'}: only IS NULL can be asked of it.`)
  }

  /** A literal as the values of a field are compared. */
  #value(field: number, value: Operand): Value {
    const type = this.#fields[field].type!
    if (value.kind === 'field')
      throw this.#error(value, 'a field cannot be here: only values in quotes, numbers, true and false.')
    if (type === 'string' && value.kind === 'text') return utf8(value.value)
    if (type === 'boolean' && value.kind === 'boolean') return value.value ? 1 : 0
    if ((type === 'integer' || type === 'number') && value.kind === 'number') return this.#number(value)
    const written = this.#text.slice(value.from, value.to)
    const advice = type === 'string' ? `Write it in quotes: '${written.replaceAll("'", '')}'.` : ADVICE[type]
    throw this.#error(value, `${this.#named(field)} holds ${NAMES[type]}, which ${written} is not. ${advice}`)
  }

  /** Numbers are read as DuckDB reads them, or refused where it would round them otherwise. */
  #number(operand: Extract<Operand, { kind: 'number' }>): number {
    const { written, value } = operand
    if (!Number.isFinite(value)) throw this.#error(operand, `${written} is too large a number.`)
    if (/[eE]/.test(written)) return value
    const [whole, decimals = ''] = written.replace(/^-/, '').split('.')
    const digits = (whole + decimals).replace(/^0+/, '').length
    if (decimals === '' ? digits <= 18 : digits <= 15 && decimals.length <= 22) return value
    throw this.#error(
      operand,
      `${written} has too many digits. Write it with an exponent, as in ${value.toExponential()}.`,
    )
  }

  #named(field: number): string {
    return `“${this.#fields[field].name}”`
  }

  #error(at: Span, what: string): Error {
    return filterError(this.#text, at, what)
  }
}

const ADVICE: Record<Exclude<FieldType, 'string'>, string> = {
  integer: 'Write a number without quotes.',
  number: 'Write a number without quotes.',
  boolean: 'Write true or false without quotes.',
}

const CONSTANT_NULL: Condition = { kind: 'constant', truth: NULL }

const MIRRORED: Record<Comparison, Comparison> = { '=': '=', '<>': '<>', '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

const COMPARE: Record<Comparison, (order: number) => boolean> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

const GUESS: Record<Comparison, number> = { '=': 0.05, '<>': 0.95, '<': 0.4, '<=': 0.4, '>': 0.4, '>=': 0.4 }

/** Order of two values of one type. NaN equals NaN and comes after every other number, as in DuckDB. */
export function order(a: Value, b: Value): number {
  if (typeof a !== 'number') return compareBytes(a, b as Uint8Array)
  const other = b as number
  if (a < other) return -1
  if (a > other) return 1
  if (a === other) return 0
  return Number(Number.isNaN(a)) - Number(Number.isNaN(other))
}

function comparison(field: number, operator: Comparison, wanted: Value, list: boolean): Test {
  const test = COMPARE[operator]
  const between = (low: Value, high: Value): Truth => {
    const [first, last] = [order(low, wanted), order(high, wanted)]
    // Between them the order passes through every sign from the first to the last.
    let truths = 0
    for (const sign of [-1, 0, 1])
      if (sign >= Math.sign(first) && sign <= Math.sign(last)) truths |= test(sign) ? TRUE : FALSE
    return truths
  }
  return { kind: 'test', field, list, matches: (value) => test(order(value, wanted)), between, guess: GUESS[operator] }
}

function oneOf(field: number, wanted: readonly Value[]): Test {
  const sorted = [...wanted].sort(order)
  const matches = (value: Value): boolean => {
    const at = lowerBound(sorted, value)
    return at < sorted.length && order(sorted[at], value) === 0
  }
  const between = (low: Value, high: Value): Truth => {
    if (order(low, high) === 0) return matches(low) ? TRUE : FALSE
    const at = lowerBound(sorted, low)
    return at < sorted.length && order(sorted[at], high) <= 0 ? TRUE | FALSE : FALSE
  }
  return { kind: 'test', field, list: false, matches, between, guess: Math.min(0.5, 0.05 * wanted.length) }
}

/** Index of the first value that does not come before `value`. */
function lowerBound(sorted: readonly Value[], value: Value): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (order(sorted[middle], value) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Indexes of the fields that a condition looks at, each once. */
export function fieldsOf(condition: Condition): number[] {
  const found = new Set<number>()
  const visit = (each: Condition): void => {
    if (each.kind === 'and' || each.kind === 'or') each.terms.forEach(visit)
    else if (each.kind === 'not') visit(each.term)
    else if (each.kind === 'fields') found.add(each.left).add(each.right)
    else if (each.kind === 'present' || each.kind === 'test') found.add(each.field)
  }
  visit(condition)
  return [...found]
}
