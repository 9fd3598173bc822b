import type { Entry } from './types.ts'

/**
 * The order of a record's entries whatever segments they come from and however those list their fields: accession,
 * description, metadata (field by field in order of their names, a missing value before any other, values as their texts),
 * case, quality, stop.
 */
export function compareEntries(a: Entry, b: Entry): number {
  return (
    compareTexts(a.accession, b.accession) ||
    compareTexts(a.description, b.description) ||
    compareMetadata(a.metadata, b.metadata) ||
    compareTexts((a.lowerCase ?? []).join(), (b.lowerCase ?? []).join()) ||
    compareTexts(a.quality ?? '', b.quality ?? '') ||
    Number(a.stop) - Number(b.stop)
  )
}

export function compareMetadata(a: Entry['metadata'], b: Entry['metadata']): number {
  for (const name of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort(compareTexts)) {
    const order = compareTexts(textOf(a[name]), textOf(b[name]))
    if (order !== 0) return order
  }
  return 0
}

function textOf(value: Entry['metadata'][string] | undefined): string {
  return value === null || value === undefined ? '' : String(value)
}

/** The order of texts by their bytes in UTF-8, which is that of their code points. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  let i = 0
  while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) i++
  // A surrogate pair lies above all that one unit of UTF-16 can say.
  const rank = (text: string): number => {
    const unit = i < text.length ? text.charCodeAt(i) : -1
    return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit
  }
  return rank(a) - rank(b)
}
