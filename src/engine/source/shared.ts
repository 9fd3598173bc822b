import { CatalogError } from '../errors.ts'

/** One piece of work that several callers wait for. It is cancelled when the last of them has given up. */
export class SharedWork<T> {
  readonly #controller = new AbortController()
  readonly #result: Promise<T>
  #waiting = 0

  constructor(start: (signal: AbortSignal) => Promise<T>) {
    this.#result = Promise.resolve().then(() => start(this.#controller.signal))
    // Callers that gave up no longer listen; their failure is not the process's.
    this.#result.catch(() => undefined)
  }

  /** No caller is left, and the work was cancelled. */
  get abandoned(): boolean {
    return this.#controller.signal.aborted
  }

  /** Waits for the result, or until `signal` fires. */
  join(name: string, signal?: AbortSignal): Promise<T> {
    const aborted = () => new CatalogError('aborted', `Reading ${name} was cancelled.`, { file: name }, signal?.reason)
    if (signal?.aborted) return Promise.reject(aborted())
    this.#waiting++
    if (signal === undefined) return this.#result
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        reject(aborted())
        if (--this.#waiting === 0) this.#controller.abort()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#result.finally(() => signal.removeEventListener('abort', onAbort)).then(resolve, reject)
    })
  }
}
