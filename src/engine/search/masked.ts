import { CODES, OP_INSERT, OP_PAIR, type Alignment } from '../kernels/types.ts'
import type { Context } from './contexts.ts'
import type { Scoring } from './scoring.ts'

/** Code of X, which masked residues count as. */
const UNKNOWN = 21

/**
 * Whether an alignment that touches masked query positions still has a run of `word` exact matches on unmasked ones: what
 * a seed would have needed. Alignments that touch no mask pass.
 */
export function hasUnmaskedWord(
  alignment: Alignment,
  query: Uint8Array,
  subject: Uint8Array,
  masks: Uint32Array,
  word: number,
): boolean {
  const masked = maskedPositions(masks, query.length)
  if (!masked.subarray(alignment.queryStart, alignment.queryEnd).includes(1)) return true
  let q = alignment.queryStart
  let s = alignment.subjectStart
  for (const run of alignment.operations) {
    const op = run & 3
    const count = run >>> 2
    if (op === OP_PAIR) {
      let matches = 0
      for (let i = 0; i < count; i++, q++, s++) {
        matches = query[q] === subject[s] && query[q] < 4 && masked[q] === 0 ? matches + 1 : 0
        if (matches === word) return true
      }
    } else if (op === OP_INSERT) q += count
    else s += count
  }
  return false
}

/**
 * Kernel score of the best part of an alignment when masked query residues count as X: whether it would be significant
 * without them.
 */
export function unmaskedScore(alignment: Alignment, context: Context, subject: Uint8Array, scoring: Scoring): number {
  const { profile } = context
  const masked = maskedPositions(context.masks, profile.length)
  let q = alignment.queryStart
  let s = alignment.subjectStart
  let score = 0
  let best = 0
  for (const run of alignment.operations) {
    const op = run & 3
    const count = run >>> 2
    if (op === OP_PAIR) {
      for (let i = 0; i < count; i++, q++, s++) {
        const row = profile.index[q] * CODES
        score += masked[q] === 1 ? scoring.matrix[UNKNOWN * CODES + subject[s]] : profile.rows[row + subject[s]]
        if (score < 0) score = 0
        else if (score > best) best = score
      }
      continue
    }
    if (scoring.gaps !== null) score = Math.max(0, score - scoring.gaps.open - count * scoring.gaps.extend)
    if (op === OP_INSERT) q += count
    else s += count
  }
  return best
}

/** Positions of queries that were looked at last: a long query has many alignments. */
const positions = new WeakMap<Uint32Array, Uint8Array>()

function maskedPositions(masks: Uint32Array, length: number): Uint8Array {
  const known = positions.get(masks)
  if (known?.length === length) return known
  const masked = new Uint8Array(length)
  positions.set(masks, masked)
  for (let i = 0; i < masks.length; i += 2) masked.fill(1, masks[i], masks[i + 1])
  return masked
}
