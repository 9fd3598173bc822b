/** Lets every answer still awaited fail when the worker that owes it has died: a message that never comes says nothing. */
export class Failure {
  readonly #waiting = new Set<(error: Error) => void>()
  #error: Error | null = null

  /** Fails everything that is or will be guarded. The first error counts. */
  fail(error: Error): void {
    this.#error ??= error
    for (const reject of this.#waiting) reject(this.#error)
    this.#waiting.clear()
  }

  /** The outcome of `answer`, or the failure where that comes first. */
  guard<T>(answer: PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#error !== null) {
        reject(this.#error)
        return
      }
      this.#waiting.add(reject)
      Promise.resolve(answer)
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(reject))
    })
  }
}
