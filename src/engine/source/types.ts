export interface ReadOptions {
  signal?: AbortSignal
}

/**
 * Random access to the bytes of one immutable file. Behaviour (coalescing, cache, retry, verification) is stacked as
 * wrappers that implement this same interface.
 */
export interface ByteSource {
  /** URL or path, for messages. */
  readonly name: string
  /**
   * Exactly `length` bytes from `offset`, or a `CatalogError` (`short-read`, `range-ignored`, `network`, `not-found`,
   * `timeout`, `aborted`). The result is the caller's to keep but must not be written to.
   */
  read(offset: number, length: number, options?: ReadOptions): Promise<Uint8Array>
  /** The whole file, for files whose size is not known beforehand (`catalog.json`). */
  readAll(options?: ReadOptions): Promise<Uint8Array>
}

/** A folder of files: an HTTP prefix, a directory, memory, OPFS. */
export interface FileStore {
  /** Base URL or directory, for messages. */
  readonly name: string
  /** A source for `path` (relative, forward slashes). Opening makes no request. */
  open(path: string): ByteSource
}

/** Where a builder writes. Files appear whole or not at all. */
export interface FileSink {
  readonly name: string
  /** Starts a file under a temporary name. */
  create(): Promise<FileWriter>
  /** Writes a small file whole, replacing any file of that name in one step. */
  put(path: string, bytes: Uint8Array): Promise<void>
}

export interface FileWriter {
  write(bytes: Uint8Array): Promise<void>
  /** Makes the file visible under `path`. */
  commit(path: string): Promise<void>
  /** Removes what was written. */
  discard(): Promise<void>
}

/** Temporary files for external sorting: written once front to back, then read at random, then removed. */
export interface Scratch {
  create(): Promise<ScratchFile>
}

export interface ScratchFile {
  append(bytes: Uint8Array): Promise<void>
  read(offset: number, length: number): Promise<Uint8Array>
  remove(): Promise<void>
}
