import type { SearchOptions } from '#engine/search/types.ts'
import { optionFields } from './options.ts'

/** The command line that repeats a search whose query is saved as `file`. */
export function searchCommand(catalog: string, file: string, options: SearchOptions): string {
  const parts = ['genomic-catalog search', quoted(catalog), quoted(file)]
  for (const field of optionFields) {
    const value = options[field.key]
    if (value === undefined) continue
    const name = `--${field.blast.replaceAll('_', '-')}`
    if (field.key === 'compositionBias') {
      if (value === true) parts.push(name)
    } else parts.push(`${name} ${field.kind === 'switch' ? (value === true ? 'yes' : 'no') : quoted(String(value))}`)
  }
  return parts.join(' ')
}

/** A word of a POSIX shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
