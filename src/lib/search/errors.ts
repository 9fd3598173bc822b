import type { CatalogError, ErrorTag } from '#engine/errors.ts'

/** A failure as the page shows it. */
export interface PageError {
  tag: ErrorTag | 'unknown'
  /** What is wrong, in a few words. */
  title: string
  /** What happened, where, what to do. */
  message: string
  /** Section of the hosting guide that helps, if any. */
  help: string | null
}

const titles: Record<ErrorTag, string> = {
  usage: 'These options do not fit together',
  input: 'The query cannot be understood',
  'not-found': 'Not found',
  network: 'The host could not be reached',
  'range-ignored': 'This host ignores byte ranges',
  'short-read': 'The host sent too few or too many bytes',
  changed: 'The catalog changed while it was read',
  corrupt: 'The catalog is damaged',
  'format-version': 'Another version of the format',
  'too-large': 'Too large for this device',
  timeout: 'The host took too long',
  aborted: 'Cancelled',
}

const help: Partial<Record<ErrorTag, string>> = {
  network: 'cors',
  'range-ignored': 'byte-ranges',
  'short-read': 'compression',
}

/** Where the guide for people who host catalogs is read. */
export const HOSTING_GUIDE = '#/hosting'

/** Translates anything thrown. Errors that crossed a worker's boundary are told by their fields, not their class. */
export function describeError(error: unknown): PageError {
  const { tag, message } = (error ?? {}) as Partial<CatalogError>
  if (tag !== undefined && tag in titles) {
    return { tag, title: titles[tag], message: message ?? '', help: help[tag] ?? null }
  }
  return {
    tag: 'unknown',
    title: 'Something went wrong',
    message: message ?? String(error),
    help: null,
  }
}

/** Whether the failure is a person's own cancelling. */
export const isAbort = (error: unknown) => {
  const { tag, name } = (error ?? {}) as { tag?: string; name?: string }
  return tag === 'aborted' || name === 'AbortError'
}
