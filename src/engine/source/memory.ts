import { CatalogError, throwIfAborted } from '../errors.ts'
import type { ByteSource, FileSink, FileStore, FileWriter, Scratch, ScratchFile } from './types.ts'

/** A source over bytes in memory. */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    async read(offset, length, options) {
      throwIfAborted(options?.signal)
      checkRange(name, bytes.length, offset, length)
      return bytes.subarray(offset, offset + length)
    },
    async readAll(options) {
      throwIfAborted(options?.signal)
      return bytes
    },
  }
}

/** Throws `short-read` where a file of `size` bytes does not hold `length` bytes from `offset`. */
export function checkRange(name: string, size: number, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return
  throw new CatalogError('short-read', `${name} is shorter than the ${offset + length} bytes expected of it.`, {
    file: name,
    start: offset,
    end: offset + length,
  })
}

/** Files in memory, by path: a store and a sink at once. */
export class MemoryStore implements FileStore, FileSink {
  readonly name: string
  readonly files: Map<string, Uint8Array>

  constructor(name = 'memory', files: Iterable<[string, Uint8Array]> = []) {
    this.name = name
    this.files = new Map(files)
  }

  open(path: string): ByteSource {
    const name = `${this.name}/${path}`
    const source = () => {
      const bytes = this.files.get(path)
      if (bytes === undefined) throw new CatalogError('not-found', `${name} does not exist.`, { file: name })
      return memorySource(bytes, name)
    }
    return {
      name,
      read: async (offset, length, options) => source().read(offset, length, options),
      readAll: async (options) => source().readAll(options),
    }
  }

  async create(): Promise<FileWriter> {
    const pieces = new Pieces()
    return {
      write: async (bytes) => pieces.add(bytes),
      commit: async (path) => {
        this.files.set(path, pieces.join())
      },
      discard: async () => pieces.clear(),
    }
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    this.files.set(path, bytes.slice())
  }
}

/** Temporary files in memory. */
export class MemoryScratch implements Scratch {
  async create(): Promise<ScratchFile> {
    const pieces = new Pieces()
    return {
      append: async (bytes) => pieces.add(bytes),
      async read(offset, length) {
        const bytes = pieces.join()
        checkRange('a temporary file', bytes.length, offset, length)
        return bytes.subarray(offset, offset + length)
      },
      remove: async () => pieces.clear(),
    }
  }
}

/** Copies of bytes, joined when they are first looked at. */
class Pieces {
  #pieces: Uint8Array[] = []

  add(bytes: Uint8Array): void {
    this.#pieces.push(bytes.slice())
  }

  clear(): void {
    this.#pieces = []
  }

  join(): Uint8Array {
    if (this.#pieces.length === 1) return this.#pieces[0]
    const all = new Uint8Array(this.#pieces.reduce((sum, piece) => sum + piece.length, 0))
    let at = 0
    for (const piece of this.#pieces) {
      all.set(piece, at)
      at += piece.length
    }
    this.#pieces = [all]
    return all
  }
}
