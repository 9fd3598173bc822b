import { filterError, tokenize } from './tokens.ts'
import type { Token } from './tokens.ts'
import type { Span } from './types.ts'

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>='

/** A field or a literal. */
export type Operand = Span &
  (
    | { kind: 'field'; names: string[] }
    | { kind: 'text'; value: string }
    /** `written` without blanks and plus sign. */
    | { kind: 'number'; value: number; written: string }
    | { kind: 'boolean'; value: boolean }
    | { kind: 'null' }
  )

/** A predicate as it is written, with names not yet looked up. BETWEEN and negations are spelt out. */
export type Expression = Span &
  (
    | { kind: 'and' | 'or'; terms: Expression[] }
    | { kind: 'not'; term: Expression }
    | { kind: 'compare'; operator: Comparison; left: Operand; right: Operand }
    | { kind: 'like'; operand: Operand; pattern: Operand; escape: string; ignoreCase: boolean }
    | { kind: 'in'; operand: Operand; values: Operand[] }
    | { kind: 'isNull'; operand: Operand }
    | { kind: 'contains'; list: Operand; value: Operand }
    | { kind: 'operand'; operand: Operand }
  )

export interface ParsedFilter {
  text: string
  expression: Expression
}

/** Parentheses and NOTs inside each other. */
export const MOST_DEPTH = 100

/** Words of the grammar, and those that SQL reserves: as names they need double quotes. */
const OWN = ['and', 'or', 'not', 'in', 'like', 'ilike', 'between', 'is', 'null', 'true', 'false', 'escape']
const RESERVED = new Set([
  ...OWN,
  ...'all analyse analyze any array as asc asymmetric both case cast check collate column constraint create default'.split(
    ' ',
  ),
  ...'deferrable delete desc describe distinct do drop else end except exists fetch for foreign from group having'.split(
    ' ',
  ),
  ...'initially insert intersect into join lambda lateral leading limit offset on only order pivot placing primary'.split(
    ' ',
  ),
  ...'qualify references returning select show some summarize symmetric table then to trailing union unique'.split(' '),
  ...'unpivot update using variadic when where window with'.split(' '),
])
const QUERIES = new Set([
  'select',
  'from',
  'with',
  'exists',
  'values',
  'table',
  'show',
  'describe',
  'pivot',
  'summarize',
])

const COMPARISONS: Record<string, Comparison> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

/**
 * Parses a predicate. Nothing but the grammar of docs/guide/filters.md is understood.
 *
 * @throws CatalogError `usage`, with `position` and `end` in its fields
 */
export function parseFilter(text: string): ParsedFilter {
  return { text, expression: new Parser(text).parse() }
}

class Parser {
  readonly #text: string
  readonly #tokens: Token[]
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = tokenize(text)
  }

  parse(): Expression {
    if (this.#peek.kind === 'end')
      throw this.#error(this.#peek, 'it is empty. Write a condition, such as year >= 2020.')
    const expression = this.#or()
    const rest = this.#peek
    if (rest.kind === 'end') return expression
    if (this.#isSymbol(')'))
      throw this.#error(rest, 'this ) closes nothing. Take it out, or write the ( it belongs to.')
    throw this.#error(rest, `${shown(rest)} cannot follow here. Join conditions with AND or OR.`)
  }

  get #peek(): Token {
    const token = this.#tokens[this.#at]
    if (token.error !== undefined) throw token.error
    return token
  }

  #or(): Expression {
    return this.#joined('or', () => this.#joined('and', () => this.#not()))
  }

  #joined(kind: 'and' | 'or', next: () => Expression): Expression {
    const terms = [next()]
    while (this.#takeWord(kind)) terms.push(next())
    if (terms.length === 1) return terms[0]
    return { kind, terms, from: terms[0].from, to: terms.at(-1)!.to }
  }

  #not(): Expression {
    const start = this.#peek
    if (!this.#takeWord('not')) return this.#condition()
    const term = this.#deeper(start, () => this.#not())
    return { kind: 'not', term, from: start.from, to: term.to }
  }

  #deeper<T>(start: Span, work: () => T): T {
    if (++this.#depth > MOST_DEPTH)
      throw this.#error(start, `parentheses and NOTs lie more than ${MOST_DEPTH} deep. Write it more simply.`)
    const result = work()
    this.#depth--
    return result
  }

  #condition(): Expression {
    const start = this.#peek
    if (this.#isSymbol('(')) {
      this.#at++
      const inner = this.#deeper(start, () => this.#or())
      if (!this.#isSymbol(')')) throw this.#error(start, this.#unclosed())
      const to = this.#peek.to
      this.#at++
      // A field in parentheses is a field.
      return inner.kind === 'operand' ? this.#after({ ...inner.operand, from: start.from, to }) : inner
    }
    return this.#isCall() ? this.#call() : this.#after(this.#operand())
  }

  #unclosed(): string {
    const next = this.#peek
    if (next.kind === 'end') return 'this ( has no closing ).'
    return `this ( has no closing ) before ${shown(next)}. Join conditions with AND or OR.`
  }

  #isCall(): boolean {
    const next = this.#tokens[this.#at + 1]
    const named = this.#peek.kind === 'quoted' || (this.#peek.kind === 'word' && !isReserved(this.#peek))
    return named && next.kind === 'symbol' && next.text === '('
  }

  #call(): Expression {
    const name = this.#peek
    if (name.kind !== 'word' || name.text.toLowerCase() !== 'list_contains')
      throw this.#error(name, `${shown(name)} is a function, and list_contains(field, value) is the only one here.`)
    this.#at += 2
    const list = this.#operand()
    this.#expect(',', "list_contains takes a field and a value: list_contains(genes, 'mecA').")
    const value = this.#operand()
    const to = this.#peek.to
    this.#expect(')', 'list_contains takes a field and one value, and then comes ).')
    return { kind: 'contains', list, value, from: name.from, to }
  }

  /** What may follow an operand. */
  #after(left: Operand): Expression {
    const token = this.#peek
    if (token.kind === 'symbol' && token.text in COMPARISONS) {
      this.#at++
      const right = this.#operand()
      const next = this.#peek
      if (next.kind === 'symbol' && next.text in COMPARISONS)
        throw this.#error(next, 'comparisons cannot be chained. Join two with AND.')
      return { kind: 'compare', operator: COMPARISONS[token.text], left, right, from: left.from, to: right.to }
    }
    const negation = this.#takeWord('not')
    const found = this.#maybeNegated(left)
    if (found !== null) return negation ? { kind: 'not', term: found, from: found.from, to: found.to } : found
    if (negation) throw this.#error(this.#peek, 'after a field, NOT goes before LIKE, ILIKE, IN or BETWEEN.')
    if (this.#takeWord('is')) return this.#isNull(left)
    return { kind: 'operand', operand: left, from: left.from, to: left.to }
  }

  #maybeNegated(left: Operand): Expression | null {
    const word = this.#peek
    if (this.#takeWord('like') || this.#takeWord('ilike')) return this.#like(left, word.text.toLowerCase() === 'ilike')
    if (this.#takeWord('in')) return this.#in(left)
    if (this.#takeWord('between')) {
      const low = this.#operand()
      if (!this.#takeWord('and')) throw this.#error(this.#peek, 'BETWEEN takes two values joined by AND.')
      const high = this.#operand()
      const span = { from: left.from, to: high.to }
      const terms: Expression[] = [
        { kind: 'compare', operator: '>=', left, right: low, ...span },
        { kind: 'compare', operator: '<=', left, right: high, ...span },
      ]
      return { kind: 'and', terms, ...span }
    }
    return null
  }

  #like(operand: Operand, ignoreCase: boolean): Expression {
    const pattern = this.#operand()
    let to = pattern.to
    let escape = ''
    if (this.#takeWord('escape')) {
      const token = this.#peek
      if (token.kind !== 'text' || !/^[\x20-\x7e]?$/.test(token.text))
        throw this.#error(token, "ESCAPE takes one ASCII character in quotes: ESCAPE '\\'.")
      escape = token.text
      to = token.to
      this.#at++
    }
    return { kind: 'like', operand, pattern, escape, ignoreCase, from: operand.from, to }
  }

  #in(operand: Operand): Expression {
    this.#expect('(', "IN takes values in parentheses: IN ('a', 'b').")
    const values: Operand[] = []
    do values.push(this.#operand())
    while (this.#takeSymbol(','))
    const to = this.#peek.to
    this.#expect(')', 'the values of IN are separated by commas and end with ).')
    return { kind: 'in', operand, values, from: operand.from, to }
  }

  #isNull(operand: Operand): Expression {
    const negation = this.#takeWord('not')
    const token = this.#peek
    if (!this.#takeWord('null')) throw this.#error(token, 'after IS or IS NOT comes NULL, and nothing else is known.')
    const span = { from: operand.from, to: token.to }
    const isNull: Expression = { kind: 'isNull', operand, ...span }
    return negation ? { kind: 'not', term: isNull, ...span } : isNull
  }

  #operand(): Operand {
    const token = this.#peek
    const { from, to } = token
    if (token.kind === 'end') throw this.#error(token, 'it ends where a field or a value should be.')
    if (token.kind === 'text' || token.kind === 'number') {
      this.#at++
      if (token.kind === 'text') return { kind: 'text', value: token.text, from, to }
      return { kind: 'number', value: Number(token.text), written: token.text, from, to }
    }
    if (token.kind === 'symbol') return this.#signed(token)
    if (token.kind === 'word' && isReserved(token)) return this.#keyword(token)
    const names = [this.#name()]
    while (this.#takeSymbol('.')) names.push(this.#name())
    if (this.#isSymbol('(')) {
      const function_ = { from, to: this.#peek.to }
      throw this.#error(function_, 'functions are not known, other than list_contains(field, value).')
    }
    return { kind: 'field', names, from, to: this.#tokens[this.#at - 1].to }
  }

  #signed(sign: Token): Operand {
    const number = this.#tokens[this.#at + 1]
    if ((sign.text !== '-' && sign.text !== '+') || number?.kind !== 'number')
      throw this.#error(sign, `${shown(sign)} cannot be here: a field or a value should be.`)
    this.#at += 2
    const written = (sign.text === '-' ? '-' : '') + number.text
    return { kind: 'number', value: Number(written), written, from: sign.from, to: number.to }
  }

  #keyword(token: Token): Operand {
    const { from, to } = token
    const word = token.text.toLowerCase()
    if (word === 'null' || word === 'true' || word === 'false') {
      this.#at++
      return word === 'null' ? { kind: 'null', from, to } : { kind: 'boolean', value: word === 'true', from, to }
    }
    if (QUERIES.has(word)) throw this.#error(token, `${word.toUpperCase()} begins a query, and a filter holds none.`)
    throw this.#error(
      token,
      `${word.toUpperCase()} cannot be here: a field or a value should be. For a field of that name write "${token.text}".`,
    )
  }

  #name(): string {
    const token = this.#peek
    if (token.kind !== 'quoted' && (token.kind !== 'word' || isReserved(token)))
      throw this.#error(token, `${shown(token)} is not a name. Names that are words of SQL need double quotes.`)
    this.#at++
    return token.text
  }

  #isSymbol(symbol: string): boolean {
    return this.#peek.kind === 'symbol' && this.#peek.text === symbol
  }

  #takeSymbol(symbol: string): boolean {
    const taken = this.#isSymbol(symbol)
    if (taken) this.#at++
    return taken
  }

  #takeWord(word: string): boolean {
    const taken = this.#peek.kind === 'word' && this.#peek.text.toLowerCase() === word
    if (taken) this.#at++
    return taken
  }

  #expect(symbol: string, what: string): void {
    if (!this.#takeSymbol(symbol)) throw this.#error(this.#peek, what)
  }

  #error(at: Span, what: string): Error {
    return filterError(this.#text, at, what)
  }
}

function isReserved(token: Token): boolean {
  return RESERVED.has(token.text.toLowerCase())
}

function shown(token: Token): string {
  if (token.kind === 'end') return 'the end'
  if (token.kind === 'text') return `the text '${token.text.length > 20 ? `${token.text.slice(0, 20)}…` : token.text}'`
  return `“${token.text}”`
}
