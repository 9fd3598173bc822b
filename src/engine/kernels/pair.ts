import type { AlignColumns, GoBack } from './exports.ts'
import type { KernelMemory } from './memory.ts'
import type { Alignment, AlignRequest } from './types.ts'
import type { StripedProfile } from './striped.ts'
import type { Width } from './widths.ts'

/** Memory kept between alignments. */
const KEPT_BYTES = 64 * 2 ** 20
/** Cells between two yields: a few milliseconds. */
const SLICE = 2 ** 24
/** Numbers of a walk, see wasm/align.ts. */
const WALK_RUNS = 4
const WALK_NODES = 5
const NODE_BYTES = 16
/** Columns from one copy of E and H to the next. */
const MARK = 32

/** A column that is never reached. */
const NEVER = 2 ** 31 - 1

/** Functions of wasm/align.ts for one width. */
export interface PairKernel {
  columns: AlignColumns
  position(column: number, segments: number, length: number, score: number): number
  back: GoBack
}

/** Memory of one running alignment; kept for the next. */
export interface Workspace {
  start: number
  bytes: number
}

/**
 * The matrix of one pair. Where it is small all of H is kept. Otherwise the columns before each block (H and E) are kept,
 * and blocks are computed again from the last to the first while going back: memory grows with the square root of the
 * subject's length.
 */
export class Pair {
  private readonly memory: KernelMemory
  private readonly kernel: PairKernel
  readonly striped: StripedProfile
  private readonly width: Width
  private readonly request: AlignRequest
  private readonly idle: Workspace[]
  private readonly workspace: Workspace
  private readonly columnBytes: number
  private readonly segments: number
  private readonly blockColumns: number
  private readonly blocks: number
  private readonly minScore: number
  private readonly openExtend: number
  private readonly extend: number
  private readonly subject: number
  private readonly e: number
  private readonly tops: number
  private readonly heads: number
  private readonly runs: number
  private readonly walk: number
  private readonly window: number
  private readonly checkpoints: number
  private readonly marks: number
  /** Columns beyond this one have no score of `minScore`, and are not computed again. */
  private stop: number
  private nodes = 0
  private nodeCapacity = 0
  private nodeCount = 0
  private cells = 0

  constructor(
    memory: KernelMemory,
    kernel: PairKernel,
    request: AlignRequest,
    striped: StripedProfile,
    idle: Workspace[],
    wholeBytes: number,
    minScore: number,
  ) {
    this.memory = memory
    this.kernel = kernel
    const { width } = striped
    this.width = width
    this.request = request
    this.striped = striped
    this.idle = idle
    const { subject, gaps } = request
    const rows = request.profile.length
    this.minScore = minScore
    this.openExtend = gaps ? gaps.open + gaps.extend : -1
    this.extend = gaps ? gaps.extend : 0
    this.segments = Math.ceil(rows / width.lanes)
    this.columnBytes = this.segments * 16
    const columns = subject.length
    const whole = columns * this.columnBytes <= wholeBytes
    this.blockColumns = whole ? columns : Math.max(1, Math.ceil(Math.sqrt(2 * columns)))
    this.blocks = Math.ceil(columns / this.blockColumns)
    const sizes = {
      subject: columns,
      e: this.columnBytes,
      tops: columns * 4,
      heads: columns * 4,
      runs: (rows + columns) * 4,
      walk: 32,
      window: (this.blockColumns + 1) * this.columnBytes,
      marks: whole ? Math.ceil(columns / MARK) * 2 * this.columnBytes : 0,
      checkpoints: whole ? 0 : this.blocks * 2 * this.columnBytes,
    }
    let bytes = 0
    const at = {} as Record<keyof typeof sizes, number>
    for (const name of Object.keys(sizes) as (keyof typeof sizes)[]) {
      at[name] = bytes
      bytes += (sizes[name] + 63) & ~63
    }
    this.workspace = this.takeWorkspace(bytes)
    const { start } = this.workspace
    this.subject = start + at.subject
    this.e = start + at.e
    this.tops = start + at.tops
    this.heads = start + at.heads
    this.runs = start + at.runs
    this.walk = start + at.walk
    this.window = start + at.window
    this.checkpoints = start + at.checkpoints
    this.marks = whole ? start + at.marks : 0
    this.stop = columns
    const view = memory.bytes
    view.set(subject, this.subject)
    view.fill(0, this.heads, this.heads + columns * 4)
  }

  release(): void {
    this.memory.release(this.nodes)
    if (this.workspace.bytes > KEPT_BYTES || this.idle.length > 3) this.memory.release(this.workspace.start)
    else this.idle.push(this.workspace)
  }

  /** Takes over the forbidden pairs of another matrix of the same sequences; one of the two has to be disowned. */
  adopt(other: Pair): void {
    this.memory.bytes.copyWithin(this.heads, other.heads, other.heads + this.request.subject.length * 4)
    this.nodes = other.nodes
    this.nodeCapacity = other.nodeCapacity
    this.nodeCount = other.nodeCount
    this.stop = other.stop
  }

  disown(): void {
    this.nodes = 0
  }

  /** Cost of computing again from a subject position on, as a part of that of a whole matrix of bytes. */
  costOf(from: number): number {
    return ((this.stop - from) / this.request.subject.length) * this.width.bytes
  }

  /**
   * Computes the matrix from subject position `from` on, as far as it can differ from what is known; `touched`: the
   * positions below it have pairs that became forbidden. False where a score saturates.
   */
  *fill(from: number, touched = 0): Generator<void, boolean> {
    const { blockColumns, stop } = this
    if (this.blocks === 1) {
      const mark = Math.floor(from / MARK)
      const kept = this.marks + mark * 2 * this.columnBytes
      if (mark === 0) this.enter(0)
      else this.memory.bytes.copyWithin(this.e, kept, kept + this.columnBytes)
      return yield* this.compute(mark * MARK, stop, 0, true, touched)
    }
    const firstBlock = Math.floor(from / blockColumns)
    for (let block = firstBlock; block * blockColumns < stop; block++) {
      const first = block * blockColumns
      if (block === firstBlock) this.enter(block)
      else if (!this.save(block) && touched > 0 && first >= touched) return true
      if (!(yield* this.compute(first, Math.min(first + blockColumns, stop), first, false))) return false
    }
    return true
  }

  /** Best score and the first column (1-based) that has it; 0 where none reaches `minScore`. */
  best(): { score: number; column: number } {
    const tops = new Int32Array(this.memory.memory.buffer, this.tops, this.stop)
    let score = 0
    let column = 0
    let last = 0
    for (let j = 0; j < tops.length; j++) {
      if (tops[j] === 0) continue
      last = j + 1
      if (tops[j] > score) {
        score = tops[j]
        column = j + 1
      }
    }
    this.stop = last
    return { score, column }
  }

  *trace(score: number, column: number): Generator<void, Alignment> {
    const { profile, subject } = this.request
    this.reserveNodes(Math.min(profile.length, subject.length))
    let block = Math.floor((column - 1) / this.blockColumns)
    let row = 0
    for (let state = 1; state === 1; block--) {
      if (block < 0) throw new Error('The way back left the matrix.')
      const first = block * this.blockColumns
      const walk = this.numbers()
      if (this.blocks > 1) {
        this.enter(block)
        const last = row === 0 ? column : first + this.blockColumns
        yield* this.compute(first, last, first, true)
      }
      if (row === 0) {
        const top = this.window + (column - first) * this.columnBytes
        row = this.kernel.position(top, this.segments, profile.length, score) + 1
        walk.set([row, column, 0, 0, 0, this.nodeCount])
      }
      state = this.kernel.back(
        this.walk,
        this.striped.start,
        this.segments,
        this.subject,
        this.window,
        first,
        this.openExtend < 0 ? -1 : this.openExtend - this.extend,
        this.extend,
        score,
        this.heads,
        this.nodes,
        this.runs,
      )
      if (state < 0) throw new Error('The way back is lost.')
    }
    const walk = this.numbers()
    this.nodeCount = walk[WALK_NODES]
    const runs = new Uint32Array(this.memory.memory.buffer, this.runs, walk[WALK_RUNS])
    return {
      score,
      queryStart: walk[0],
      queryEnd: row,
      subjectStart: walk[1],
      subjectEnd: column,
      operations: runs.slice().reverse(),
    }
  }

  private numbers(): Int32Array {
    return new Int32Array(this.memory.memory.buffer, this.walk, 8)
  }

  /** Columns `from` … `to` − 1 of the block that begins at `first`; with `keep` all of their H stay in the window. */
  private *compute(from: number, to: number, first: number, keep: boolean, touched = 0): Generator<void, boolean> {
    const rows = this.segments * this.width.lanes
    const limit = Math.min(NEVER, this.width.saturated)
    for (let j = from; j < to;) {
      const next = Math.min(to, j + Math.max(1, Math.floor((SLICE - this.cells) / rows)))
      const reached = this.kernel.columns(
        this.striped.start,
        this.segments,
        this.subject,
        j,
        next,
        this.window,
        first,
        keep ? -1 : 1,
        this.e,
        this.openExtend,
        this.extend,
        this.tops,
        this.minScore,
        limit,
        this.heads,
        this.nodes,
        this.marks,
        touched || NEVER,
      )
      if (reached < 0) return true
      this.cells += (reached - j) * rows
      const top = new Int32Array(this.memory.memory.buffer, this.tops + (reached - 1) * 4, 1)[0]
      j = reached
      if (top >= limit) return false
      if (this.cells >= SLICE) {
        this.cells = 0
        yield
      }
    }
    if (!keep && (to - from) & 1) {
      const { bytes } = this.memory
      bytes.copyWithin(this.window, this.window + this.columnBytes, this.window + 2 * this.columnBytes)
    }
    return true
  }

  /** H and E before a block into the window's first slot. */
  private enter(block: number): void {
    const { bytes } = this.memory
    const { columnBytes } = this
    if (block === 0) {
      this.clear(this.window)
      this.clear(this.e)
      return
    }
    const kept = this.checkpoints + block * 2 * columnBytes
    bytes.copyWithin(this.window, kept, kept + columnBytes)
    bytes.copyWithin(this.e, kept + columnBytes, kept + 2 * columnBytes)
  }

  private clear(start: number): void {
    const { bytes } = this.memory
    if (this.width.bytes === 2) new Int16Array(bytes.buffer, start, this.columnBytes / 2).fill(-32768)
    else bytes.fill(this.width.bytes === 1 ? 128 : 0, start, start + this.columnBytes)
  }

  /** Keeps H and E before a block; false where they are as they were. */
  private save(block: number): boolean {
    const { bytes } = this.memory
    const { columnBytes } = this
    const kept = this.checkpoints + block * 2 * columnBytes
    const same = equal(bytes, kept, this.window, columnBytes) && equal(bytes, kept + columnBytes, this.e, columnBytes)
    if (same) return false
    bytes.copyWithin(kept, this.window, this.window + columnBytes)
    bytes.copyWithin(kept + columnBytes, this.e, this.e + columnBytes)
    return true
  }

  private reserveNodes(more: number): void {
    if (this.nodeCount + more <= this.nodeCapacity) return
    const capacity = Math.max(this.nodeCount + more, this.nodeCapacity * 2)
    const start = this.memory.allocate(capacity * NODE_BYTES)
    this.memory.bytes.copyWithin(start, this.nodes, this.nodes + this.nodeCount * NODE_BYTES)
    this.memory.release(this.nodes)
    this.nodes = start
    this.nodeCapacity = capacity
  }

  private takeWorkspace(bytes: number): Workspace {
    const idle = this.idle.pop()
    if (idle && idle.bytes >= bytes) return idle
    if (idle) this.memory.release(idle.start)
    const size = Math.max(2 ** 17, bytes)
    return { start: this.memory.allocate(size), bytes: size }
  }
}

function equal(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false
  return true
}
