import { CatalogError } from '../errors.ts'
import type { Span } from './types.ts'

/** Longest predicate, in UTF-16 units. */
export const MOST_CHARACTERS = 10_000

export type TokenKind = 'word' | 'quoted' | 'text' | 'number' | 'symbol' | 'end'

export interface Token extends Span {
  kind: TokenKind
  /** Word as written, content of quotes, number as written, or symbol; '' at the end. */
  text: string
  /** What cannot be cut into tokens from here on; the last token. */
  error?: CatalogError
}

/**
 * The error of a predicate that cannot be understood or does not fit the catalog. `fields.position` and `fields.end` are
 * the UTF-16 range concerned, from 0; the sentence counts characters from 1.
 */
export function filterError(predicate: string, at: Span, what: string): CatalogError {
  const character = Array.from(predicate.slice(0, at.from)).length + 1
  return new CatalogError('usage', `The filter cannot be used: character ${character}: ${what}`, {
    position: at.from,
    end: at.to,
  })
}

const SYMBOLS = ['<>', '!=', '<=', '>=', '=', '<', '>', '(', ')', ',', '.', '+', '-']
const WORD = /[\p{L}_][\p{L}\p{M}\p{N}_]*/uy
const NUMBER = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y
const SPACE = /[ \t\r\n]+/y

/** What people write that has no place here, and what to say of it. */
const REFUSED: [string, string][] = [
  ['--', '“--” begins a comment in SQL, and a filter has none. Take it out.'],
  ['/*', '“/*” begins a comment in SQL, and a filter has none. Take it out.'],
  [';', '“;” ends a statement in SQL; a filter is one condition and nothing else. Take it and what follows out.'],
  ['==', '“==” is not known. Write “=”.'],
  ['&&', '“&&” is not known. Write AND.'],
  ['||', '“||” is not known. Write OR for one condition or another; texts cannot be joined.'],
  ['!', '“!” is not known. Write NOT, or <> for “is not equal”.'],
  ['`', 'names are quoted with " and texts with \'.'],
  ['‘', "texts are quoted with the straight quote '."],
  ['’', "texts are quoted with the straight quote '."],
  ['“', 'names are quoted with the straight quote " and texts with \'.'],
  ['”', 'names are quoted with the straight quote " and texts with \'.'],
  ['$', "“$” is not known: there are no parameters, and texts are quoted with '."],
  ['*', '“*” is not known. In a text, LIKE takes % for any characters and _ for one.'],
  ['%', "“%” belongs inside a text: LIKE 'Salmonella%'."],
]

/** Cuts a predicate into tokens; the last one is of kind `end`, and holds the error where the text goes on but makes no sense. */
export function tokenize(text: string): Token[] {
  if (text.length > MOST_CHARACTERS) {
    const at = { from: MOST_CHARACTERS, to: text.length }
    throw filterError(text, at, `it is longer than ${MOST_CHARACTERS.toLocaleString('en-US')} characters. Shorten it.`)
  }
  const tokens: Token[] = []
  try {
    cut(text, tokens)
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error
    const { position, end } = error.fields as { position: number; end: number }
    tokens.push({ kind: 'end', text: '', from: position, to: end, error })
  }
  return tokens
}

function cut(text: string, tokens: Token[]): void {
  let from = 0
  const push = (kind: TokenKind, value: string, to: number): void => {
    tokens.push({ kind, text: value, from, to })
    from = to
  }
  while (from < text.length) {
    const space = match(SPACE, text, from)
    if (space !== '') {
      from += space.length
      continue
    }
    const refused = REFUSED.find(([start]) => text.startsWith(start, from) && !text.startsWith('!=', from))
    if (refused !== undefined) throw filterError(text, { from, to: from + refused[0].length }, refused[1])
    const number = match(NUMBER, text, from)
    const word = match(WORD, text, from)
    const symbol = SYMBOLS.find((each) => text.startsWith(each, from))
    if (text[from] === "'" || text[from] === '"') {
      const { value, to } = quoted(text, from)
      push(text[from] === "'" ? 'text' : 'quoted', value, to)
    } else if (number !== '') {
      const to = from + number.length
      const after = match(WORD, text, to)
      if (after !== '' || text[to] === '.')
        throw filterError(
          text,
          { from, to: to + Math.max(1, after.length) },
          `“${number}${after || '.'}” is no number.`,
        )
      push('number', number, to)
    } else if (word !== '') {
      push('word', word, from + word.length)
    } else if (symbol !== undefined) {
      push('symbol', symbol, from + symbol.length)
    } else {
      const character = String.fromCodePoint(text.codePointAt(from)!)
      throw filterError(text, { from, to: from + character.length }, `“${character}” is not known.`)
    }
  }
  tokens.push({ kind: 'end', text: '', from, to: from })
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

/** A text or name in quotes, in which a doubled quote stands for one. */
function quoted(text: string, from: number): { value: string; to: number } {
  const quote = text[from]
  let value = ''
  for (let at = from + 1; ;) {
    const next = text.indexOf(quote, at)
    if (next < 0) {
      const what = quote === "'" ? 'text' : 'name'
      throw filterError(text, { from, to: text.length }, `the ${what} that begins here has no closing ${quote}.`)
    }
    value += text.slice(at, next)
    if (text[next + 1] !== quote) {
      if (quote === '"' && value === '') throw filterError(text, { from, to: next + 1 }, 'a name cannot be empty.')
      return { value, to: next + 1 }
    }
    value += quote
    at = next + 2
  }
}
