import { CatalogError } from '../errors.ts'
import { SharedWork } from '../source/shared.ts'
import type { ReadOptions } from '../source/types.ts'

/** Work that is done once, by name, and its results. */
export class Once {
  readonly #name: string
  readonly #works = new Map<string, SharedWork<unknown>>()

  /** `name`: what is read, for messages. */
  constructor(name: string) {
    this.#name = name
  }

  /** Does work once, for as long as anyone waits for it; after a failure the next caller tries again. */
  run<T>(key: string, options: ReadOptions | undefined, work: (options: ReadOptions) => Promise<T>): Promise<T> {
    let shared = this.#works.get(key) as SharedWork<T> | undefined
    if (shared === undefined || shared.abandoned) {
      shared = new SharedWork((signal) => work({ signal }))
      this.#works.set(key, shared)
    }
    const own = shared
    return own.join(this.#name, options?.signal).catch((error: unknown) => {
      const aborted = error instanceof CatalogError && error.tag === 'aborted'
      if (this.#works.get(key) === own && !aborted) this.#works.delete(key)
      throw error
    })
  }
}
