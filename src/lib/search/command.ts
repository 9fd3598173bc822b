import type { SearchOptions } from '#engine/search/types.ts'
import { optionFields } from './options.ts'

/** The command line that repeats a search whose query is saved as `file`. */
export function searchCommand(catalog: string, file: string, options: SearchOptions): string {
  const parts = ['genomic-catalog search', quoted(catalog), quoted(file)]
  for (const field of optionFields) {
    const value = options[field.key]
    if (value === undefined) continue
    const text = field.kind === 'switch' ? (value === true ? 'yes' : 'no') : quoted(String(value))
    parts.push(`--${field.blast.replaceAll('_', '-')} ${text}`)
  }
  return parts.join(' ')
}

/** A word of a POSIX shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
