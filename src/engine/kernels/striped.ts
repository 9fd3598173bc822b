import type { AlignExports } from './exports.ts'
import type { KernelMemory } from './memory.ts'
import type { Profile } from './types.ts'
import type { Width } from './widths.ts'

/** A profile laid out for the alignment of single pairs. */
export interface StripedProfile {
  readonly profile: Profile
  readonly width: Width
  readonly start: number
  readonly bytes: number
  users: number
}

/** Profiles kept for the next subject. */
const KEPT = 16
const KEPT_BYTES = 16 * 2 ** 20

export class StripedProfiles {
  private readonly wasm: AlignExports
  private readonly memory: KernelMemory
  /** Most recently used first. */
  private kept: StripedProfile[] = []

  constructor(wasm: AlignExports, memory: KernelMemory) {
    this.wasm = wasm
    this.memory = memory
  }

  take(profile: Profile, width: Width): StripedProfile {
    const at = this.kept.findIndex((striped) => striped.profile === profile && striped.width === width)
    const striped = at < 0 ? this.make(profile, width) : this.kept[at]
    if (at > 0) this.kept.splice(at, 1)
    if (at !== 0) this.kept.unshift(striped)
    striped.users++
    return striped
  }

  give(striped: StripedProfile): void {
    striped.users--
    let bytes = 0
    this.kept = this.kept.filter((other, at) => {
      bytes += other.bytes
      if (other.users > 0 || at === 0 || (at < KEPT && bytes <= KEPT_BYTES)) return true
      this.memory.release(other.start)
      return false
    })
  }

  private make(profile: Profile, width: Width): StripedProfile {
    const { memory } = this
    const segments = Math.ceil(profile.length / width.lanes)
    const bytes = 32 * segments * width.lanes
    const start = memory.allocate(bytes)
    const { rows, index, length } = profile
    const input = memory.allocate(rows.length + length * 2 + 64)
    try {
      const indexStart = input + ((rows.length + 63) & ~63)
      memory.bytes.set(new Uint8Array(rows.buffer, rows.byteOffset, rows.length), input)
      new Uint16Array(memory.memory.buffer, indexStart, length).set(index.subarray(0, length))
      this.wasm.stripe(input, indexStart, length, segments, width.lanes, start)
    } finally {
      memory.release(input)
    }
    return { profile, width, start, bytes, users: 0 }
  }
}
