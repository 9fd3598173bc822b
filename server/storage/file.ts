import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'
import { CatalogError, throwIfAborted } from '../../src/engine/errors.ts'
import { checkRange } from '../../src/engine/source/memory.ts'
import type {
  ByteSource,
  FileSink,
  FileStore,
  FileWriter,
  Scratch,
  ScratchFile,
} from '../../src/engine/source/types.ts'

/** A directory of this computer as a store. Files are opened at their first read and stay open until `close`. */
export class FileSystemStore implements FileStore {
  readonly name: string
  readonly #sources = new Map<string, FileSource>()

  constructor(directory: string) {
    this.name = directory
  }

  open(path: string): ByteSource {
    const known = this.#sources.get(path)
    if (known) return known
    const source = new FileSource(inside(this.name, path))
    this.#sources.set(path, source)
    return source
  }

  /** Closes the files read so far; a later read opens them again. */
  async close(): Promise<void> {
    await Promise.all([...this.#sources.values()].map((source) => source.close()))
  }
}

/** One file, read at any position by any number of readers at once. */
class FileSource implements ByteSource {
  readonly name: string
  #handle: Promise<FileHandle> | null = null

  constructor(path: string) {
    this.name = path
  }

  async read(offset: number, length: number, options?: { signal?: AbortSignal }): Promise<Uint8Array> {
    throwIfAborted(options?.signal)
    if (length === 0) return new Uint8Array(0)
    try {
      this.#handle ??= open(this.name)
      const handle = await this.#handle
      const bytes = await readExactly(handle, this.name, offset, length)
      throwIfAborted(options?.signal)
      return bytes
    } catch (error) {
      if (error instanceof CatalogError) throw error
      this.#handle = null
      throw fileError(error, this.name)
    }
  }

  async readAll(options?: { signal?: AbortSignal }): Promise<Uint8Array> {
    throwIfAborted(options?.signal)
    try {
      return new Uint8Array(await readFile(this.name))
    } catch (error) {
      throw fileError(error, this.name)
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = null
    await (await handle?.catch(() => null))?.close()
  }
}

async function readExactly(handle: FileHandle, name: string, offset: number, length: number): Promise<Uint8Array> {
  checkRange(name, (await handle.stat()).size, offset, length)
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done)
    if (bytesRead === 0) checkRange(name, offset + done, offset, length)
    done += bytesRead
  }
  return bytes
}

/** Writes files into a directory: under a temporary name, flushed to the disk, then renamed. */
export class DirectorySink implements FileSink {
  readonly name: string

  constructor(directory: string) {
    this.name = directory
  }

  async create(): Promise<FileWriter> {
    const directory = this.name
    const temporary = join(directory, `.${randomUUID()}.part`)
    const handle = await attempt(directory, async () => {
      await mkdir(directory, { recursive: true })
      return open(temporary, 'wx')
    })
    return {
      write: (bytes) => attempt(temporary, () => writeExactly(handle, bytes)),
      commit: (path) =>
        attempt(temporary, async () => {
          const target = inside(directory, path)
          await mkdir(dirname(target), { recursive: true })
          await handle.sync()
          await handle.close()
          await rename(temporary, target)
          await syncDirectory(dirname(target))
        }),
      discard: () =>
        attempt(temporary, async () => {
          await handle.close()
          await rm(temporary, { force: true })
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

/** Temporary files below `directory`, by default the system's. They have no name once created, where the system allows. */
export class DiskScratch implements Scratch {
  readonly #directory: string

  constructor(directory: string = tmpdir()) {
    this.#directory = directory
  }

  async create(): Promise<ScratchFile> {
    const path = join(this.#directory, `genomic-catalog-${randomUUID()}.tmp`)
    const handle = await attempt(path, async () => {
      await mkdir(this.#directory, { recursive: true })
      return open(path, 'wx+')
    })
    // An unlinked file is gone as soon as its process is, however that ends; Windows removes it with `remove`.
    if (process.platform !== 'win32') await rm(path)
    return {
      append: (bytes) => attempt(path, () => writeExactly(handle, bytes)),
      read: (offset, length) => attempt(path, () => readExactly(handle, path, offset, length)),
      remove: () =>
        attempt(path, async () => {
          await handle.close()
          await rm(path, { force: true })
        }),
    }
  }
}

async function writeExactly(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0
  while (done < bytes.length) done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten
}

/** Makes a rename last through a power cut, where directories can be flushed (not on Windows). */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(directory)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function inside(directory: string, path: string): string {
  const root = resolve(directory)
  const full = resolve(root, path)
  if (full.startsWith(root.endsWith(sep) ? root : root + sep)) return full
  throw new CatalogError('usage', `${path} lies outside ${directory}.`, { file: path })
}

async function attempt<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof CatalogError ? error : fileError(error, file)
  }
}

/** The CatalogError for what the file system said. */
export function fileError(error: unknown, file: string): CatalogError {
  const code = (error as NodeJS.ErrnoException).code
  const make = (tag: CatalogError['tag'], what: string) => new CatalogError(tag, `${file} ${what}.`, { file }, error)
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return make('not-found', 'does not exist')
    case 'EACCES':
    case 'EPERM':
      return make('not-found', 'may not be read or written by this user')
    case 'EISDIR':
      return make('not-found', 'is a directory, not a file')
    case 'ENOSPC':
    case 'EDQUOT':
      return make('too-large', 'could not be written: the disk is full')
    default:
      return make('network', `could not be read or written (${code ?? String(error)})`)
  }
}
