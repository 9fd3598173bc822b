/** Every failure the engine can name. Hosts translate tags into exit statuses and pages into help links. */
export type ErrorTag =
  | 'usage' // the caller asked for something that does not exist or does not fit together
  | 'input' // a sequence, metadata or query file cannot be understood
  | 'not-found' // no such catalog, file, record or accession
  | 'network' // the host could not be reached or answered with an error
  | 'range-ignored' // the host answered 200 to a Range request
  | 'short-read' // fewer or more bytes than asked for
  | 'changed' // the file changed while it was read
  | 'corrupt' // a checksum, a length or the structure of a file is wrong
  | 'format-version' // written for another version of the format
  | 'too-large' // more memory or space than this host has
  | 'timeout'
  | 'aborted'

export interface ErrorFields {
  /** File, URL or path concerned. */
  file?: string
  /** 1-based line of `file`. */
  line?: number
  /** Byte range concerned, half open. */
  start?: number
  end?: number
  /** Anything else worth keeping for code. */
  [key: string]: string | number | boolean | undefined
}

/** An error made for people: `message` says what happened, where and what to do; `tag` and `fields` are for code. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError'
  readonly tag: ErrorTag
  readonly fields: ErrorFields

  constructor(tag: ErrorTag, message: string, fields: ErrorFields = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.tag = tag
    this.fields = fields
  }
}

/** Throws the standard `aborted` error once `signal` has fired. */
export function throwIfAborted(signal?: AbortSignal): void {
  if (signal?.aborted) throw new CatalogError('aborted', 'The search was cancelled.', {}, signal.reason)
}
