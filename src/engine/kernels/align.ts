import type { AlignExports } from './exports.ts'
import type { KernelMemory } from './memory.ts'
import { Pair } from './pair.ts'
import type { PairKernel, Workspace } from './pair.ts'
import { StripedProfiles } from './striped.ts'
import type { Alignment, AlignRequest, Profile } from './types.ts'
import { WIDTHS } from './widths.ts'
import type { Width } from './widths.ts'

/** Columns of H kept for a pair in one piece, up to this many bytes; longer pairs are kept as checkpoints. */
const WHOLE_BYTES = 4 * 2 ** 20

/** After so many pairs in a row whose score saturates bytes, a profile's next pair begins with wider lanes. */
const WIDE_STREAK = 3

export class Aligner {
  private readonly wasm: AlignExports
  private readonly memory: KernelMemory
  private readonly profiles: StripedProfiles
  private readonly idle: Workspace[] = []
  private readonly wholeBytes: number
  private readonly wide = new WeakMap<Profile, number>()

  constructor(wasm: AlignExports, memory: KernelMemory, wholeBytes = WHOLE_BYTES) {
    this.wholeBytes = wholeBytes
    this.wasm = wasm
    this.memory = memory
    this.profiles = new StripedProfiles(wasm, memory)
  }

  /** See `Kernels.align`. */
  *align(request: AlignRequest): Generator<void, Alignment[]> {
    const { profile, subject, limit } = request
    const minScore = Math.max(1, request.minScore)
    if (profile.length === 0 || subject.length === 0 || limit < 1) return []
    const streak = this.wide.get(profile) ?? 0
    let width = this.narrowest(request, minScore)
    if (width === WIDTHS[0] && streak >= WIDE_STREAK) width = WIDTHS[1]
    for (;;) {
      const found = yield* this.alignIn(width, request, minScore)
      if (found) {
        this.wide.set(profile, (found[0]?.score ?? 0) >= WIDTHS[0].saturated ? streak + 1 : 0)
        return found
      }
      width = WIDTHS[WIDTHS.indexOf(width) + 1]
    }
  }

  /** null where a score saturates. */
  private *alignIn(width: Width, request: AlignRequest, minScore: number): Generator<void, Alignment[] | null> {
    const found: Alignment[] = []
    let pair = this.open(width, request, minScore)
    try {
      if (!(yield* pair.fill(0))) return null
      let mayNarrow = width !== this.narrowest(request, minScore)
      for (;;) {
        const end = pair.best()
        if (end.score === 0) return found
        const alignment = yield* pair.trace(end.score, end.column)
        found.push(alignment)
        if (found.length >= request.limit) return found
        if (mayNarrow && pair.costOf(alignment.subjectStart) > 1) {
          // What is left is often small: narrow lanes hold it, and do the whole matrix in less time than wide ones a part.
          mayNarrow = false
          const narrow = this.open(this.narrowest(request, minScore), request, minScore)
          narrow.adopt(pair)
          let fits = false
          try {
            fits = yield* narrow.fill(0)
          } finally {
            const other = fits ? pair : narrow
            if (fits) pair = narrow
            other.disown()
            this.close(other)
          }
          if (fits) continue
        }
        yield* pair.fill(alignment.subjectStart, alignment.subjectEnd)
      }
    } finally {
      this.close(pair)
    }
  }

  /** The narrowest lanes that hold the gap costs and a score of `minScore`. */
  private narrowest({ gaps }: AlignRequest, minScore: number): Width {
    const cost = gaps ? gaps.open + gaps.extend : 0
    return WIDTHS.find((width) => minScore < width.saturated && cost <= width.cost)!
  }

  private open(width: Width, request: AlignRequest, minScore: number): Pair {
    const striped = this.profiles.take(request.profile, width)
    try {
      return new Pair(this.memory, this.kernel(width), request, striped, this.idle, this.wholeBytes, minScore)
    } catch (error) {
      this.profiles.give(striped)
      throw error
    }
  }

  private close(pair: Pair): void {
    pair.release()
    this.profiles.give(pair.striped)
  }

  private kernel(width: Width): PairKernel {
    const { wasm } = this
    if (width.bytes === 1) return { columns: wasm.columns8, position: wasm.position8, back: wasm.back8 }
    if (width.bytes === 2) return { columns: wasm.columns16, position: wasm.position16, back: wasm.back16 }
    return { columns: wasm.columns32, position: wasm.position32, back: wasm.back32 }
  }
}
