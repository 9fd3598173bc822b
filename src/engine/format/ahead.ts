import { CatalogError } from '../errors.ts'
import { loadDigests, toHex } from '../sequence/digest.ts'
import type { ByteSource, FileStore, ReadOptions } from '../source/types.ts'
import { wrapStore } from '../source/wrappers.ts'
import type { AheadRange, AheadUse } from './types.ts'

/** Bytes of files read before they were asked for. */
export class AheadBytes {
  readonly #held = new Map<string, { start: number; bytes: Uint8Array }[]>()

  /**
   * Reads the ranges for these uses, all at once, and checks them.
   * @throws CatalogError `corrupt` where one does not match its SHA-256.
   */
  async read(
    store: FileStore,
    ranges: readonly AheadRange[],
    uses: readonly AheadUse[],
    options?: ReadOptions,
  ): Promise<void> {
    const wanted = ranges.filter(({ use }) => uses.includes(use))
    const digests = await loadDigests()
    await Promise.all(
      wanted.map(async ({ path, start, bytes, sha256 }) => {
        const source = store.open(path)
        const read = await source.read(start, bytes, options)
        if (toHex(digests.sha256(read)) !== sha256) {
          throw new CatalogError(
            'corrupt',
            `${source.name} is damaged: bytes ${start} to ${start + bytes} do not match their checksum. ` +
              'Fetch the file again, or restore it from a copy.',
            { file: source.name, start, end: start + bytes },
          )
        }
        const held = this.#held.get(path) ?? []
        held.push({ start, bytes: read })
        this.#held.set(path, held)
      }),
    )
  }

  /** Bytes held at the end of a file of `bytes` bytes; 0 where there are none. */
  tail(path: string, bytes: number): number {
    const held = this.#held.get(path)?.find((range) => range.start + range.bytes.length === bytes)
    return held === undefined ? 0 : held.bytes.length
  }

  /** `store`, whose sources answer from what was read ahead where they can. */
  wrap(store: FileStore): FileStore {
    return wrapStore(store, (source, path) => this.#wrapSource(source, path))
  }

  #wrapSource(source: ByteSource, path: string): ByteSource {
    return {
      name: source.name,
      read: (offset, length, options) => {
        for (const { start, bytes } of this.#held.get(path) ?? []) {
          if (offset >= start && offset + length <= start + bytes.length) {
            return Promise.resolve(bytes.subarray(offset - start, offset - start + length))
          }
        }
        return source.read(offset, length, options)
      },
      readAll: (options) => source.readAll(options),
    }
  }
}
