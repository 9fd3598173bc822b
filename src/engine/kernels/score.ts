import type { KernelMemory } from './memory.ts'
import type { ScoreExports } from './exports.ts'
import { CODES } from './types.ts'
import type { GapCosts, Profile, ScoreRun, SequenceBatch } from './types.ts'
import { WIDTHS } from './widths.ts'
import type { Width } from './widths.ts'

const ROW_BYTES = 64
/** Row scores shared by all profiles are kept for a whole group while they stay below this. */
const SHARED_BYTES = 512 * 1024

interface Query {
  length: number
  offsets: number
  rows: number
  rowCount: number
}

/** One group of subjects, side by side, to be run against a list of profiles. */
interface Group {
  width: Width
  subjects: Uint32Array
  profiles: Uint32Array
  /** Columns of the longest, in fours; residues of all. */
  blocks: number
  residues: number
}

/** See `Kernels.score`. */
export class WasmScoreRun implements ScoreRun {
  readonly scores: Int32Array
  readonly total: number
  private readonly wasm: ScoreExports
  private readonly memory: KernelMemory
  private readonly owned: number[] = []
  private readonly queries: Query[] = []
  private readonly profileLengths: Uint32Array
  private readonly subjects: SequenceBatch
  private readonly codes: number
  private readonly narrow: boolean
  private readonly openExtend: number
  private readonly extend: number
  private readonly pending: Group[] = []
  /** Subjects whose score saturated, by profile, for the next width. */
  private saturated: number[][]
  private width: Width
  private readonly interleaved: number
  private readonly rowScores: number
  private readonly sharedRows: { rows: number; count: number } | null
  private readonly state: number
  private readonly best: number
  private readonly table: number
  private readonly maxBlocks: number
  /** Where the run stands: a group, a profile of it, a block of columns. */
  private group: Group | null = null
  private groupShared = false
  private at = 0
  private block = 0
  /** Cells of the subjects, without padding, that the first width has finished. */
  private finished = 0
  private readonly firstWidth: Width

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
    const count = subjects.starts.length
    this.scores = new Int32Array(profiles.length * count)
    this.openExtend = gaps ? gaps.open + gaps.extend : -1
    this.extend = gaps ? gaps.extend : 0
    this.width = WIDTHS.find((width) => this.openExtend <= width.cost)!
    this.firstWidth = this.width
    this.saturated = profiles.map(() => [])
    this.profileLengths = Uint32Array.from(profiles, (profile) => profile.length)
    let maxLength = 0
    let residues = 0
    for (let s = 0; s < count; s++) {
      maxLength = Math.max(maxLength, subjects.lengths[s])
      residues += subjects.lengths[s]
    }
    let positions = 0
    let maxQuery = 0
    for (const { length } of profiles) {
      positions += length
      maxQuery = Math.max(maxQuery, length)
    }
    this.total = residues * positions
    this.maxBlocks = Math.ceil(maxLength / 4)
    try {
      this.codes = this.own(subjects.codes.length)
      memory.bytes.set(subjects.codes, this.codes)
      this.narrow = subjects.codes.every((code) => code < 16)
      this.sharedRows = this.layProfiles(profiles)
      let maxRows = 0
      for (const query of this.queries) maxRows = Math.max(maxRows, query.rowCount)
      this.interleaved = this.own(this.maxBlocks * ROW_BYTES)
      this.rowScores = this.own(Math.max(maxRows * ROW_BYTES, this.sharedRows ? SHARED_BYTES : 0))
      this.state = this.own(maxQuery * 32)
      this.best = this.own(profiles.length * 16)
      this.table = this.own(16 * 8)
    } catch (error) {
      this.dispose()
      throw error
    }
    const everyProfile = Uint32Array.from(this.profileLengths.keys()).filter((p) => this.profileLengths[p] > 0)
    const order = Uint32Array.from(subjects.lengths.keys()).filter((s) => subjects.lengths[s] > 0)
    this.enqueue(order, everyProfile)
  }

  get done(): number {
    const { group } = this
    if (!group || group.width !== this.firstWidth) return this.finished
    const length = this.profileLengths[group.profiles[this.at]]
    return this.finished + Math.floor((length * group.residues * this.block) / group.blocks)
  }

  step(cells: number): boolean {
    let left = Math.max(1, cells)
    while (left > 0) {
      const group = this.group ?? this.nextGroup()
      if (!group) return true
      const p = group.profiles[this.at]
      const query = this.queries[p]
      const { width } = group
      const perBlock = query.length * 4 * width.lanes
      const blocks = Math.min(group.blocks - this.block, Math.max(1, Math.ceil(left / perBlock)))
      const best = this.best + this.at * 16
      const bytes = this.memory.bytes
      if (this.block === 0) this.clear(bytes, query, best, width)
      const run = width.bytes === 1 ? this.wasm.score8 : width.bytes === 2 ? this.wasm.score16 : this.wasm.score32
      const stride = this.groupShared ? this.sharedRows!.count * ROW_BYTES : 0
      run(
        query.offsets,
        query.length,
        this.rowScores + this.block * stride,
        stride,
        blocks,
        this.state,
        best,
        this.openExtend,
        this.extend,
        query.rows,
        query.rowCount,
        this.interleaved + this.block * ROW_BYTES,
        this.narrow ? 1 : 0,
      )
      left -= blocks * perBlock
      this.block += blocks
      if (this.block < group.blocks) continue
      this.block = 0
      this.at++
      if (width === this.firstWidth) this.finished += query.length * group.residues
      if (this.at < group.profiles.length) continue
      this.collect(group)
      this.group = null
    }
    return this.group === null && this.pending.length === 0 && this.saturated.every((list) => list.length === 0)
  }

  dispose(): void {
    for (const start of this.owned) this.memory.release(start)
    this.owned.length = 0
    this.pending.length = 0
    this.group = null
  }

  private own(bytes: number): number {
    const start = this.memory.allocate(bytes)
    this.owned.push(start)
    return start
  }

  /** Copies profiles into memory; rows that profiles have in common are merged where few are distinct. */
  private layProfiles(profiles: readonly Profile[]): { rows: number; count: number } | null {
    const merged = new Map<string, number>()
    let maps: Uint32Array[] | null = []
    for (const profile of profiles) {
      const rowCount = profile.rows.length / CODES
      if (merged.size + rowCount > 512) {
        maps = null
        break
      }
      const map = new Uint32Array(rowCount)
      for (let row = 0; row < rowCount; row++) {
        const key = String.fromCharCode(...new Uint8Array(profile.rows.slice(row * CODES, (row + 1) * CODES).buffer))
        if (!merged.has(key)) merged.set(key, merged.size)
        map[row] = merged.get(key)!
      }
      maps.push(map)
    }
    const shared = maps && { rows: this.own(merged.size * CODES), count: merged.size }
    if (shared) {
      const bytes = this.memory.bytes
      let at = shared.rows
      for (const key of merged.keys()) for (let c = 0; c < CODES; c++) bytes[at++] = key.charCodeAt(c)
    }
    profiles.forEach((profile, p) => {
      const offsets = this.own(profile.length * 4)
      const rows = shared ? shared.rows : this.own(profile.rows.length)
      const words = new Uint32Array(this.memory.memory.buffer, offsets, profile.length)
      const map = maps?.[p]
      for (let i = 0; i < profile.length; i++) {
        words[i] = (map ? map[profile.index[i]] : profile.index[i]) * ROW_BYTES
      }
      if (!shared)
        this.memory.bytes.set(new Uint8Array(profile.rows.buffer, profile.rows.byteOffset, profile.rows.length), rows)
      const rowCount = shared ? shared.count : profile.rows.length / CODES
      this.queries.push({ length: profile.length, offsets, rows, rowCount })
    })
    return shared
  }

  /** Cuts subjects, sorted by length, into groups of as many as there are lanes. */
  private enqueue(subjects: Uint32Array, profiles: Uint32Array): void {
    const { lengths } = this.subjects
    subjects.sort((a, b) => lengths[b] - lengths[a] || a - b)
    if (profiles.length === 0) return
    for (let first = 0; first < subjects.length; first += this.width.lanes) {
      const members = subjects.subarray(first, first + this.width.lanes)
      let residues = 0
      for (const s of members) residues += lengths[s]
      const blocks = Math.ceil(lengths[members[0]] / 4)
      this.pending.push({ width: this.width, subjects: members, profiles, blocks, residues })
    }
    this.pending.reverse()
  }

  private nextGroup(): Group | null {
    if (this.pending.length === 0) {
      const next = WIDTHS[WIDTHS.indexOf(this.width) + 1]
      if (!next) return null
      const lists = this.saturated
      this.saturated = lists.map(() => [])
      this.width = next
      for (let p = 0; p < lists.length; p++) {
        if (lists[p].length > 0) this.enqueue(Uint32Array.from(lists[p]), Uint32Array.of(p))
      }
      if (this.pending.length === 0) return null
    }
    const group = this.pending.pop()!
    const { starts, lengths } = this.subjects
    const table = new Uint32Array(this.memory.memory.buffer, this.table, 32)
    group.subjects.forEach((s, lane) => {
      table[lane] = this.codes + starts[s]
      table[16 + lane] = lengths[s]
    })
    const { lanes, bytes } = group.width
    const members = Math.min(lanes, group.subjects.length)
    this.wasm.interleave(this.table, this.table + 64, members, this.interleaved, group.blocks * 4)
    const shared = this.sharedRows
    this.groupShared = bytes === 1 && shared !== null && group.blocks * shared.count * ROW_BYTES <= SHARED_BYTES
    if (this.groupShared) {
      this.wasm.rows8(shared!.rows, shared!.count, this.interleaved, group.blocks, this.narrow ? 1 : 0, this.rowScores)
    }
    this.group = group
    this.at = 0
    return group
  }

  /** Sets state and best score to 0, as the lane stores it. */
  private clear(bytes: Uint8Array, query: Query, best: number, width: Width): void {
    const end = this.state + query.length * (this.openExtend < 0 ? 16 : 32)
    if (width.bytes === 2) {
      new Int16Array(bytes.buffer, this.state, (end - this.state) / 2).fill(-32768)
      new Int16Array(bytes.buffer, best, 8).fill(-32768)
    } else {
      bytes.fill(width.bytes === 1 ? 128 : 0, this.state, end)
      bytes.fill(width.bytes === 1 ? 128 : 0, best, best + 16)
    }
  }

  private collect(group: Group): void {
    const { width, subjects, profiles } = group
    const count = this.subjects.starts.length
    const { buffer } = this.memory.memory
    const lanes = profiles.length * width.lanes
    const best =
      width.bytes === 1
        ? new Int8Array(buffer, this.best, lanes)
        : width.bytes === 2
          ? new Int16Array(buffer, this.best, lanes)
          : new Int32Array(buffer, this.best, lanes)
    const zero = width.bytes === 1 ? 128 : width.bytes === 2 ? 32768 : 0
    for (let q = 0; q < profiles.length; q++) {
      const p = profiles[q]
      for (let lane = 0; lane < subjects.length; lane++) {
        const score = best[q * width.lanes + lane] + zero
        if (score === width.saturated) this.saturated[p].push(subjects[lane])
        else this.scores[p * count + subjects[lane]] = score
      }
    }
  }
}
