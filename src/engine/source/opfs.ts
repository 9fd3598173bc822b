import { CatalogError, throwIfAborted } from '../errors.ts'
import type { ErrorTag } from '../errors.ts'
import { checkRange } from './memory.ts'
import type { ByteSource, FileSink, FileStore, FileWriter, ReadOptions } from './types.ts'

/** What of a browser's `FileSystemDirectoryHandle` is used. */
export interface DirectoryHandle {
  getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<DirectoryHandle>
  getFileHandle(name: string, options?: { create?: boolean }): Promise<FileHandle>
  removeEntry(name: string): Promise<void>
}

/** What of a `FileSystemFileHandle` is used; the optional methods are not there everywhere. */
export interface FileHandle {
  getFile(): Promise<FileBlob>
  /** In dedicated workers. */
  createSyncAccessHandle?(options?: { mode?: 'readwrite' | 'read-only' }): Promise<SyncHandle>
  createWritable?(): Promise<{ write(bytes: Uint8Array<ArrayBuffer>): Promise<void>; close(): Promise<void> }>
  move?(parent: DirectoryHandle, name: string): Promise<void>
}

interface FileBlob {
  readonly size: number
  slice(start: number, end: number): FileBlob
  arrayBuffer(): Promise<ArrayBuffer>
}

interface SyncHandle {
  /** Absent where handles always lock their file. */
  readonly mode?: string
  read(bytes: Uint8Array, options: { at: number }): number
  write(bytes: Uint8Array, options: { at: number }): number
  getSize(): number
  flush(): void
  close(): void
}

/**
 * The files below a directory of the origin's private file system: `navigator.storage.getDirectory()` or one in it. Any
 * number of workers may read at once. `close` lets go of the files, once no read is under way.
 */
export class OpfsStore implements FileStore {
  readonly name: string
  readonly #root: DirectoryHandle
  readonly #sources = new Map<string, OpfsSource>()

  constructor(root: DirectoryHandle, name: string) {
    this.#root = root
    this.name = name
  }

  open(path: string): ByteSource {
    let source = this.#sources.get(path)
    if (source === undefined) {
      source = new OpfsSource(`${this.name}/${path}`, () => fileAt(this.#root, path))
      this.#sources.set(path, source)
    }
    return source
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sources.values()].map((source) => source.close()))
  }
}

interface Reader {
  size: number
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>
  close(): void
}

class OpfsSource implements ByteSource {
  readonly name: string
  readonly #find: () => Promise<FileHandle>
  #reader: Promise<Reader> | null = null

  constructor(name: string, find: () => Promise<FileHandle>) {
    this.name = name
    this.#find = find
  }

  async read(offset: number, length: number, options?: ReadOptions): Promise<Uint8Array> {
    throwIfAborted(options?.signal)
    if (length === 0) return new Uint8Array(0)
    const bytes = await attempt(this.name, async () => {
      this.#reader ??= this.#open()
      const reader = await this.#reader
      checkRange(this.name, reader.size, offset, length)
      const bytes = await reader.read(offset, length)
      checkRange(this.name, offset + bytes.length, offset, length)
      return bytes
    })
    throwIfAborted(options?.signal)
    return bytes
  }

  /** Always the file as it is now: `catalog.json` is replaced by each publish. */
  async readAll(options?: ReadOptions): Promise<Uint8Array> {
    throwIfAborted(options?.signal)
    const bytes = await attempt(
      this.name,
      async () => new Uint8Array(await (await (await this.#find()).getFile()).arrayBuffer()),
    )
    throwIfAborted(options?.signal)
    return bytes
  }

  async close(): Promise<void> {
    const reader = await this.#reader?.catch(() => null)
    this.#reader = null
    reader?.close()
  }

  async #open(): Promise<Reader> {
    try {
      const handle = await this.#find()
      return (await syncReader(handle)) ?? fileReader(await handle.getFile())
    } catch (error) {
      this.#reader = null
      throw error
    }
  }
}

/** The fastest reader, where the browser gives one that lets others read too. */
async function syncReader(handle: FileHandle): Promise<Reader | null> {
  if (handle.createSyncAccessHandle === undefined) return null
  let sync: SyncHandle
  try {
    sync = await handle.createSyncAccessHandle({ mode: 'read-only' })
  } catch {
    return null
  }
  if (sync.mode !== 'read-only') {
    sync.close()
    return null
  }
  return {
    size: sync.getSize(),
    read(offset, length) {
      const bytes = new Uint8Array(length)
      return bytes.subarray(0, sync.read(bytes, { at: offset }))
    },
    close: () => sync.close(),
  }
}

function fileReader(file: FileBlob): Reader {
  return {
    size: file.size,
    read: async (offset, length) => new Uint8Array(await file.slice(offset, offset + length).arrayBuffer()),
    close: () => undefined,
  }
}

/** Writes files into a directory of the origin's private file system: under a temporary name, then moved. */
export class OpfsSink implements FileSink {
  readonly name: string
  readonly #root: DirectoryHandle

  constructor(root: DirectoryHandle, name: string) {
    this.#root = root
    this.name = name
  }

  async create(): Promise<FileWriter> {
    const root = this.#root
    const temporary = `.${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}.part`
    const place = `${this.name}/${temporary}`
    const { handle, output } = await attempt(place, async () => {
      const handle = await root.getFileHandle(temporary, { create: true })
      return { handle, output: await openOutput(handle) }
    })
    return {
      write: (bytes) => attempt(place, async () => output.write(bytes)),
      commit: (path) =>
        attempt(place, async () => {
          await output.close()
          const names = path.split('/')
          const file = names.pop()!
          await handle.move!(await directoryAt(root, names, true), file)
        }),
      discard: () =>
        attempt(place, async () => {
          await output.close()
          await root.removeEntry(temporary)
        }),
    }
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    const writer = await this.create()
    try {
      await writer.write(bytes)
    } catch (error) {
      await writer.discard()
      throw error
    }
    await writer.commit(path)
  }
}

interface Output {
  write(bytes: Uint8Array): void | Promise<void>
  close(): void | Promise<void>
}

async function openOutput(handle: FileHandle): Promise<Output> {
  if (handle.createSyncAccessHandle === undefined) {
    const stream = await handle.createWritable!()
    // A view of shared or larger memory would be written whole.
    return { write: (bytes) => stream.write(bytes.slice()), close: () => stream.close() }
  }
  const sync = await handle.createSyncAccessHandle()
  let at = 0
  return {
    write(bytes) {
      for (let done = 0; done < bytes.length;) {
        const written = sync.write(bytes.subarray(done), { at })
        if (written === 0) throw new DiskFull()
        done += written
        at += written
      }
    },
    close() {
      sync.flush()
      sync.close()
    },
  }
}

class DiskFull extends Error {
  override readonly name = 'QuotaExceededError'
}

async function fileAt(root: DirectoryHandle, path: string): Promise<FileHandle> {
  const names = path.split('/')
  const file = names.pop()!
  return (await directoryAt(root, names, false)).getFileHandle(file)
}

async function directoryAt(root: DirectoryHandle, names: readonly string[], create: boolean): Promise<DirectoryHandle> {
  let directory = root
  for (const name of names) directory = await directory.getDirectoryHandle(name, { create })
  return directory
}

async function attempt<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof CatalogError ? error : storageError(error, file)
  }
}

/** The CatalogError for what the browser's file system said, by the name of its DOMException. */
function storageError(error: unknown, file: string): CatalogError {
  const { name } = error as { name?: string }
  const make = (tag: ErrorTag, what: string) => new CatalogError(tag, `${file} ${what}`, { file }, error)
  switch (name) {
    case 'NotFoundError':
    case 'TypeMismatchError':
      return make('not-found', 'does not exist in this browser’s storage.')
    case 'NotReadableError':
      return make('changed', 'changed while it was read. Open the catalog again.')
    case 'QuotaExceededError':
      return make(
        'too-large',
        'does not fit: this browser gives the site no more storage. Remove other catalogs first.',
      )
    case 'NoModificationAllowedError':
      return make('network', 'is being written by another tab. Try again when it has finished.')
    default:
      return make('network', `could not be read or written in this browser’s storage (${name ?? String(error)}).`)
  }
}
