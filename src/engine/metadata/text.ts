const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Texts are compared as their UTF-8 bytes, which is also the order of their code points. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Below, at or above 0 as `a` comes before `b`, equals it or comes after it. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i]
  return a.length - b.length
}

export function startsWith(text: Uint8Array, prefix: Uint8Array): boolean {
  if (text.length < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (text[i] !== prefix[i]) return false
  return true
}

/** Lower case letter by letter, by Unicode's simple mapping: no letter becomes two, and none depends on its neighbours. */
export function foldCase(text: string): string {
  let folded = ''
  for (const letter of text) {
    const lower = letter.toLowerCase()
    folded += letter === 'İ' ? 'i' : lower
  }
  return folded
}

/** A LIKE pattern, made ready. */
export interface LikePattern {
  matches: (text: Uint8Array) => boolean
  /** What every match begins with; empty where case is ignored. */
  prefix: Uint8Array
  /** Every text that begins with `prefix` matches. */
  isPrefix: boolean
  /** Only `prefix` itself matches. */
  isWhole: boolean
}

/** One character of any kind, and any number of them. */
const ONE = -1
const ANY = -2

/**
 * A pattern of LIKE as SQL has it: `%` any characters, `_` one, and after `escape` (where not '') each character itself.
 * Null where the pattern ends with the escape character, which SQL does not allow.
 */
export function likePattern(pattern: string, escape: string, ignoreCase: boolean): LikePattern | null {
  const parts: number[] = []
  for (let i = 0; i < pattern.length;) {
    let letter = String.fromCodePoint(pattern.codePointAt(i)!)
    i += letter.length
    if (letter === escape) {
      if (i === pattern.length) return null
      letter = String.fromCodePoint(pattern.codePointAt(i)!)
      i += letter.length
      parts.push(...utf8(ignoreCase ? foldCase(letter) : letter))
    } else if (letter === '%') {
      if (parts.at(-1) !== ANY) parts.push(ANY)
    } else if (letter === '_') {
      parts.push(ONE)
    } else {
      parts.push(...utf8(ignoreCase ? foldCase(letter) : letter))
    }
  }
  const first = parts.findIndex((part) => part < 0)
  const isWhole = first < 0 && !ignoreCase
  const prefix = ignoreCase ? new Uint8Array(0) : Uint8Array.from(first < 0 ? parts : parts.slice(0, first))
  const isPrefix = !ignoreCase && first === parts.length - 1 && parts[first] === ANY
  if (ignoreCase) {
    const matches = (text: Uint8Array): boolean => matchParts(parts, utf8(foldCase(decoder.decode(text))))
    return { matches, prefix, isPrefix, isWhole }
  }
  if (isWhole) return { matches: (text) => compareBytes(text, prefix) === 0, prefix, isPrefix, isWhole }
  if (isPrefix) return { matches: (text) => startsWith(text, prefix), prefix, isPrefix, isWhole }
  return { matches: (text) => matchParts(parts, text), prefix, isPrefix, isWhole }
}

/** Time is at most the product of the lengths: only the last ANY is ever tried again. */
function matchParts(parts: readonly number[], text: Uint8Array): boolean {
  let part = 0
  let at = 0
  let retryPart = -1
  let retryAt = 0
  while (at < text.length) {
    const wanted = parts[part]
    if (wanted === ANY) {
      retryPart = ++part
      retryAt = at
    } else if (wanted === ONE) {
      part++
      at = nextCharacter(text, at)
    } else if (wanted === text[at]) {
      part++
      at++
    } else if (retryPart >= 0) {
      part = retryPart
      retryAt = nextCharacter(text, retryAt)
      // No byte but a letter's first is equal to a letter's first: so this stays between letters.
      const first = parts[part]
      if (first >= 0) while (retryAt < text.length && text[retryAt] !== first) retryAt++
      at = retryAt
    } else {
      return false
    }
  }
  while (parts[part] === ANY) part++
  return part === parts.length
}

function nextCharacter(text: Uint8Array, at: number): number {
  do at++
  while ((text[at] & 0xc0) === 0x80)
  return at
}
