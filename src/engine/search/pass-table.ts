import type { Context } from './contexts.ts'

/**
 * Decides quickly which scores pass the E-value limit. E-values fall as scores rise for a subject of given length, so
 * each (context, length) remembers the highest score known to fail and the lowest known to pass.
 */
export class PassTable {
  readonly #limit: number
  /** Index of each record's length among the distinct lengths. */
  readonly #lengthClass: Uint32Array
  readonly #lengths: number[] = []
  #contexts: readonly Context[] = []
  #fails = new Int32Array(0)

  constructor(lengths: Uint32Array, limit: number) {
    this.#limit = limit
    this.#lengthClass = new Uint32Array(lengths.length)
    const classes = new Map<number, number>()
    lengths.forEach((length, record) => {
      let known = classes.get(length)
      if (known === undefined) {
        known = this.#lengths.length
        classes.set(length, known)
        this.#lengths.push(length)
      }
      this.#lengthClass[record] = known
    })
  }

  /** Forgets what was learnt and takes on the contexts of another query. */
  reset(contexts: readonly Context[]): void {
    const size = contexts.length * this.#lengths.length
    if (this.#fails.length !== size) this.#fails = new Int32Array(size)
    this.#contexts = contexts
    this.#fails.fill(-1)
  }

  /** The E-value of a raw score of one context against one record where it passes the limit, else −1. */
  evalue(context: number, record: number, score: number): number {
    const lengthClass = this.#lengthClass[record]
    const slot = context * this.#lengths.length + lengthClass
    if (score <= this.#fails[slot]) return -1
    const evalue = this.#contexts[context].statistics.evalue(score, this.#lengths[lengthClass])
    if (evalue <= this.#limit) return evalue
    this.#fails[slot] = score
    return -1
  }
}
