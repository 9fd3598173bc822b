import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'
import { promisify } from 'node:util'
import { CatalogError, throwIfAborted } from '../../src/engine/errors.ts'
import { checkRange } from '../../src/engine/source/memory.ts'
import type {
  ByteSource,
  FileSink,
  FileStore,
  FileWriter,
  ReadOptions,
  Scratch,
  ScratchFile,
} from '../../src/engine/source/types.ts'

/** A directory of this computer as a store. Each file is opened at its first read and closed when it is no longer used. */
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

  /** Closes the files read so far, once no read is under way; a later read opens them again. */
  async close(): Promise<void> {
    await Promise.all([...this.#sources.values()].map((source) => source.close()))
  }
}

interface OpenFile {
  descriptor: number
  /** Bytes of the file when it was opened. */
  size: number
}

/** Closes the files of sources that nobody holds any more. */
const forgotten = new FinalizationRegistry((descriptor: number) => {
  fs.close(descriptor, () => undefined)
})

/** One file, read at any position by any number of readers at once. */
class FileSource implements ByteSource {
  readonly name: string
  #file: Promise<OpenFile> | null = null

  constructor(path: string) {
    this.name = path
  }

  async read(offset: number, length: number, options?: ReadOptions): Promise<Uint8Array> {
    throwIfAborted(options?.signal)
    if (length === 0) return new Uint8Array(0)
    try {
      this.#file ??= this.#open()
      const { descriptor, size } = await this.#file
      checkRange(this.name, size, offset, length)
      const bytes = new Uint8Array(length)
      for (let done = 0; done < length;) {
        const { bytesRead } = await readFrom(descriptor, bytes, done, length - done, offset + done)
        if (bytesRead === 0) checkRange(this.name, offset + done, offset, length)
        done += bytesRead
      }
      throwIfAborted(options?.signal)
      return bytes
    } catch (error) {
      throw error instanceof CatalogError ? error : fileError(error, this.name)
    }
  }

  async readAll(options?: ReadOptions): Promise<Uint8Array> {
    throwIfAborted(options?.signal)
    try {
      return new Uint8Array(await readFile(this.name))
    } catch (error) {
      throw fileError(error, this.name)
    }
  }

  async close(): Promise<void> {
    const opened = await this.#file?.catch(() => null)
    this.#file = null
    if (!opened) return
    forgotten.unregister(this)
    await promisify(fs.close)(opened.descriptor)
  }

  async #open(): Promise<OpenFile> {
    try {
      const descriptor = await promisify(fs.open)(this.name, 'r')
      forgotten.register(this, descriptor, this)
      return { descriptor, size: (await promisify(fs.fstat)(descriptor)).size }
    } catch (error) {
      this.#file = null
      throw error
    }
  }
}

const readFrom = promisify(fs.read)

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
      read: (offset, length) => attempt(path, () => readExactly(handle, offset, length)),
      remove: () =>
        attempt(path, async () => {
          await handle.close()
          await rm(path, { force: true })
        }),
    }
  }
}

async function readExactly(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done)
    if (bytesRead === 0) checkRange('a temporary file', offset + done, offset, length)
    done += bytesRead
  }
  return bytes
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
