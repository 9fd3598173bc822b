import { CatalogError } from '../../errors.ts'
import type { VectorOptions } from './types.ts'

/** Bytes of a row before its code: position and length. */
export const ROW_HEAD = 6

/** Entries of each part's codebook. */
export function entriesOf({ bits }: VectorOptions): number {
  return 2 ** bits
}

/** Bytes of a code. */
export function codeBytes({ bits, subvectors }: VectorOptions): number {
  return (subvectors * bits) / 8
}

/** Bytes of a row of a list. */
export function rowBytes(options: VectorOptions): number {
  return ROW_HEAD + codeBytes(options)
}

/** Throws `usage` where options do not fit together. */
export function checkVectorOptions(options: VectorOptions): void {
  const { dimensions, lists, subvectors, bits, nprobe, refine, rounds } = options
  const refuse = (what: string): never => {
    throw new CatalogError('usage', `Vectors cannot be indexed like this: ${what}.`)
  }
  const whole = (name: string, value: number, least: number, most: number): void => {
    if (!Number.isInteger(value) || value < least || value > most) {
      refuse(`${name} has to be a whole number from ${least} to ${most}, and is ${value}`)
    }
  }
  whole('dimensions', dimensions, 8, 4096)
  if (dimensions % 8 !== 0) refuse(`the number of dimensions has to be a multiple of 8, and is ${dimensions}`)
  whole('lists', lists, 1, 65536)
  if (bits !== 8 && bits !== 4) refuse(`codes have 8 or 4 bits a part, not ${String(bits)}`)
  whole('subvectors', subvectors, 8, dimensions / 2)
  if (subvectors % 8 !== 0 || dimensions % subvectors !== 0 || (dimensions / subvectors) % 2 !== 0) {
    refuse(
      `${dimensions} dimensions cannot be cut into ${subvectors} parts (a multiple of 8, of an even number of values each)`,
    )
  }
  whole('nprobe', nprobe, 1, lists)
  whole('refine', refine, 0, 1000)
  whole('rounds', rounds, 1, 1000)
  whole('seed', options.seed, 0, 2 ** 32 - 1)
}
