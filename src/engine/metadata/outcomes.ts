import type { Condition, Value } from './bind.ts'
import { AND_TABLE, FALSE, NULL, not, OR_TABLE, TRUE } from './logic.ts'
import type { Truth } from './logic.ts'
import type { Verdict } from './types.ts'

/** What is known of the values of a field in some rows, without reading them. */
export interface Bounds {
  rows: number
  /** NULLs among them, or null where that is not known. */
  nulls: number | null
  /** No value is below `low` or above `high`; null where that is not known. They need not occur. */
  range: { low: Value; high: Value } | null
}

/**
 * The set of truths that a condition may come to in rows of which `boundsOf` tells what is known; null for a field that
 * has no values there.
 */
export function outcomes(condition: Condition, boundsOf: (field: number) => Bounds | null): Truth {
  switch (condition.kind) {
    case 'and':
      return condition.terms.reduce((set, term) => AND_TABLE[set * 8 + outcomes(term, boundsOf)], TRUE)
    case 'or':
      return condition.terms.reduce((set, term) => OR_TABLE[set * 8 + outcomes(term, boundsOf)], FALSE)
    case 'not':
      return not(outcomes(condition.term, boundsOf))
    case 'constant':
      return condition.truth
    case 'present': {
      const bounds = boundsOf(condition.field)
      if (bounds === null) return FALSE
      return (mayHold(bounds) ? TRUE : 0) | (mayLack(bounds) ? FALSE : 0)
    }
    case 'fields': {
      const [left, right] = [boundsOf(condition.left), boundsOf(condition.right)]
      if (left === null || right === null || !mayHold(left) || !mayHold(right)) return NULL
      return TRUE | FALSE | (mayLack(left) || mayLack(right) ? NULL : 0)
    }
    case 'test': {
      const bounds = boundsOf(condition.field)
      if (bounds === null) return NULL
      const { range } = bounds
      const found = range === null ? TRUE | FALSE : condition.between(range.low, range.high)
      if (condition.list) return (found & TRUE) | FALSE | NULL
      return (mayLack(bounds) ? NULL : 0) | (mayHold(bounds) ? found : 0)
    }
  }
}

function mayLack({ nulls }: Bounds): boolean {
  return nulls === null || nulls > 0
}

function mayHold({ nulls, rows }: Bounds): boolean {
  return nulls === null || nulls < rows
}

export function verdictOf(set: Truth): Verdict {
  if ((set & TRUE) === 0) return 'none'
  return set === TRUE ? 'all' : 'read'
}

/** Share of the rows expected to pass: from the bounds where they decide, from rules of thumb elsewhere. */
export function expectedShare(condition: Condition, boundsOf: (field: number) => Bounds | null): number {
  const verdict = verdictOf(outcomes(condition, boundsOf))
  if (verdict !== 'read') return verdict === 'all' ? 1 : 0
  const share = (term: Condition): number => expectedShare(term, boundsOf)
  switch (condition.kind) {
    case 'and':
      return condition.terms.reduce((product, term) => product * share(term), 1)
    case 'or':
      return 1 - condition.terms.reduce((product, term) => product * (1 - share(term)), 1)
    case 'not':
      return 1 - share(condition.term)
    case 'present':
    case 'test': {
      const { rows, nulls } = boundsOf(condition.field)!
      const present = nulls === null ? 0.9 : 1 - nulls / rows
      return condition.kind === 'test' ? present * condition.guess : present
    }
    case 'fields':
      return 0.4
    case 'constant':
      return 0
  }
}
