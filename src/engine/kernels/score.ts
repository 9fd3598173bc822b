import type { ScoreColumns, ScoreExports } from './exports.ts'
import type { KernelMemory } from './memory.ts'
import { layProfiles, ROW_BYTES } from './profiles.ts'
import type { LaidProfiles } from './profiles.ts'
import type { GapCosts, Profile, ScoreRun, SequenceBatch } from './types.ts'
import { WIDTHS } from './widths.ts'
import type { Width } from './widths.ts'

/** Row scores shared by all profiles are kept for a whole group while they stay below this. */
const SHARED_BYTES = 512 * 1024
/** Groups that a profile takes at the next width without trying, after one in which most subjects saturated. */
const SKIPPED = 7

/** Subjects side by side, to be run against a list of profiles. */
interface Group {
  subjects: Uint32Array
  profiles: Uint32Array
  /** Columns of the longest, in fours. */
  blocks: number
}

/**
 * See `Kernels.score`. Subjects, sorted by length, make groups of as many as there are lanes. Each group is laid out once
 * and run against every profile, in the narrowest lanes; what saturates there is grouped anew, by profile, for the next.
 */
export class WasmScoreRun implements ScoreRun {
  readonly scores: Int32Array
  readonly total: number
  private readonly wasm: ScoreExports
  private readonly memory: KernelMemory
  private readonly owned: number[] = []
  private readonly laid: LaidProfiles
  private readonly subjects: SequenceBatch
  private readonly codes: number
  /** 1 where all codes are below 16. */
  private readonly narrow: number
  private readonly openExtend: number
  private readonly extend: number
  private width: Width
  /** Groups still to do at this width, last first. */
  private pending: Group[] = []
  /** Subjects that saturated, by profile, for the next width. */
  private saturated: number[][]
  private readonly skip: Uint8Array
  private readonly interleaved: number
  private readonly rowScores: number
  private readonly state: number
  private readonly best: number
  private readonly lanes = new Int32Array(16)
  private readonly table: number
  /** Where the run stands: a group, a profile of it, a block of columns. */
  private group: Group | null = null
  private groupShares = false
  private at = 0
  private block = 0
  private finished = 0
  private reported = 0

  constructor(
    wasm: ScoreExports,
    memory: KernelMemory,
    profiles: readonly Profile[],
    subjects: SequenceBatch,
    gaps: GapCosts,
  ) {
    this.wasm = wasm
    this.memory = memory
    this.subjects = subjects
    const { codes, lengths } = subjects
    this.scores = new Int32Array(profiles.length * lengths.length)
    this.openExtend = gaps ? gaps.open + gaps.extend : -1
    this.extend = gaps ? gaps.extend : 0
    this.width = WIDTHS.find((width) => this.openExtend <= width.cost)!
    this.saturated = profiles.map(() => [])
    this.skip = new Uint8Array(profiles.length)
    let longest = 0
    let residues = 0
    for (const length of lengths) {
      longest = Math.max(longest, length)
      residues += length
    }
    let positions = 0
    let longestQuery = 0
    let mostRows = 0
    for (const { length, rows } of profiles) {
      positions += length
      longestQuery = Math.max(longestQuery, length)
      mostRows = Math.max(mostRows, rows.length / 32)
    }
    this.total = residues * positions
    try {
      this.codes = this.own(codes.length)
      memory.bytes.set(codes, this.codes)
      this.narrow = wasm.greatestCode(this.codes, codes.length) < 16 ? 1 : 0
      this.laid = layProfiles(memory, (bytes) => this.own(bytes), profiles)
      this.interleaved = this.own(Math.ceil(longest / 4) * ROW_BYTES)
      this.rowScores = this.own(Math.max(mostRows * ROW_BYTES, this.laid.shared ? SHARED_BYTES : 0))
      this.state = this.own(longestQuery * 32)
      this.best = this.own(16)
      this.table = this.own(128)
    } catch (error) {
      this.dispose()
      throw error
    }
    const everyProfile = Uint32Array.from(profiles.keys()).filter((p) => profiles[p].length > 0)
    if (everyProfile.length > 0) this.enqueue(Uint32Array.from(lengths.keys()), everyProfile)
    this.pending.reverse()
  }

  /** A pair is done when its score is known for good. */
  get done(): number {
    if (this.group) {
      const { length } = this.laid.profiles[this.group.profiles[this.at]]
      let residues = 0
      for (const s of this.group.subjects) residues += this.subjects.lengths[s]
      const part = Math.floor((length * residues * this.block) / this.group.blocks)
      this.reported = Math.max(this.reported, this.finished + part)
    } else this.reported = Math.max(this.reported, this.finished)
    return this.reported
  }

  step(cells: number): boolean {
    for (let left = Math.max(1, cells); left > 0;) {
      this.group ??= this.nextGroup()
      if (!this.group) return true
      left -= this.runProfile(this.group, left)
    }
    return this.finished === this.total
  }

  dispose(): void {
    for (const start of this.owned) this.memory.release(start)
    this.owned.length = 0
    this.pending = []
    this.group = null
  }

  private own(bytes: number): number {
    const start = this.memory.allocate(bytes)
    this.owned.push(start)
    return start
  }

  private enqueue(subjects: Uint32Array, profiles: Uint32Array): void {
    const { lengths } = this.subjects
    const order = subjects.filter((s) => lengths[s] > 0).sort((a, b) => lengths[b] - lengths[a] || a - b)
    for (let first = 0; first < order.length; first += this.width.lanes) {
      const members = order.subarray(first, first + this.width.lanes)
      this.pending.push({ subjects: members, profiles, blocks: Math.ceil(lengths[members[0]] / 4) })
    }
  }

  private nextGroup(): Group | null {
    if (this.pending.length === 0) {
      const next = WIDTHS[WIDTHS.indexOf(this.width) + 1]
      if (!next) return null
      const lists = this.saturated
      this.saturated = lists.map(() => [])
      this.width = next
      lists.forEach((list, p) => this.enqueue(Uint32Array.from(list), Uint32Array.of(p)))
      this.pending.reverse()
    }
    const group = this.pending.pop()
    if (!group) return null
    const { starts, lengths } = this.subjects
    const table = new Uint32Array(this.memory.memory.buffer, this.table, 32)
    group.subjects.forEach((s, lane) => {
      table[lane] = this.codes + starts[s]
      table[16 + lane] = lengths[s]
    })
    this.wasm.interleave(this.table, this.table + 64, group.subjects.length, this.interleaved, group.blocks * 4)
    const { shared } = this.laid
    this.groupShares =
      shared !== null &&
      this.width === WIDTHS[0] &&
      group.profiles.length > 1 &&
      group.blocks * shared.count * ROW_BYTES <= SHARED_BYTES
    if (this.groupShares) {
      const { start, count } = shared!
      this.wasm.rows8(start, count, this.interleaved, group.blocks, this.narrow, this.rowScores)
    }
    this.at = 0
    this.block = 0
    return group
  }

  /** Runs the current profile against its group, for about `cells`; returns the cells done, as 16 lanes count them. */
  private runProfile(group: Group, cells: number): number {
    const p = group.profiles[this.at]
    const profile = this.laid.profiles[p]
    if (this.block === 0 && this.skip[p] > 0 && this.width === WIDTHS[0]) {
      this.skip[p]--
      for (const s of group.subjects) this.saturated[p].push(s)
      this.nextProfile(group)
      return 1
    }
    const blockCells = profile.length * 64
    const blocks = Math.min(group.blocks - this.block, Math.max(1, Math.ceil(cells / blockCells)))
    const shared = this.groupShares ? this.laid.shared : null
    const stride = shared ? shared.count * ROW_BYTES : 0
    this.scoreColumns()(
      shared ? profile.sharedOffsets : profile.offsets,
      profile.length,
      this.rowScores + this.block * stride,
      stride,
      blocks,
      this.state,
      this.best,
      this.openExtend,
      this.extend,
      profile.own.start,
      profile.own.count,
      this.interleaved + this.block * ROW_BYTES,
      this.narrow,
      this.block === 0 ? 1 : 0,
    )
    this.block += blocks
    if (this.block === group.blocks || this.allSaturated(group)) {
      this.collect(group, p)
      this.nextProfile(group)
    }
    return blocks * blockCells
  }

  private scoreColumns(): ScoreColumns {
    const { bytes } = this.width
    return bytes === 1 ? this.wasm.score8 : bytes === 2 ? this.wasm.score16 : this.wasm.score32
  }

  private nextProfile(group: Group): void {
    this.block = 0
    this.at++
    if (this.at === group.profiles.length) this.group = null
  }

  /** Best scores of the lanes in memory. */
  private laneScores(): Int32Array {
    const { bytes } = this.memory
    const scores = this.lanes
    if (this.width.bytes === 1) {
      for (let lane = 0; lane < 16; lane++) scores[lane] = bytes[this.best + lane] ^ 128
    } else if (this.width.bytes === 2) {
      const words = new Uint16Array(bytes.buffer, this.best, 8)
      for (let lane = 0; lane < 8; lane++) scores[lane] = words[lane] ^ 32768
    } else scores.set(new Int32Array(bytes.buffer, this.best, 4))
    return scores
  }

  private allSaturated(group: Group): boolean {
    const scores = this.laneScores()
    return group.subjects.every((_, lane) => scores[lane] === this.width.saturated)
  }

  private collect(group: Group, p: number): void {
    const { lengths } = this.subjects
    const { length } = this.laid.profiles[p]
    const row = p * lengths.length
    const list = this.saturated[p]
    const before = list.length
    const scores = this.laneScores()
    for (let lane = 0; lane < group.subjects.length; lane++) {
      const s = group.subjects[lane]
      if (scores[lane] === this.width.saturated) {
        list.push(s)
      } else {
        this.scores[row + s] = scores[lane]
        this.finished += length * lengths[s]
      }
    }
    if ((list.length - before) * 2 > group.subjects.length) this.skip[p] = SKIPPED
  }
}
