/** Scalar twins of the wasm kernels: plain loops, no memory tricks. Tests hold the kernels to them. */
import { CODES, OP_DELETE, OP_INSERT, OP_PAIR } from './types.ts'
import type { Alignment, AlignRequest, BandRequest, GapCosts, Profile } from './types.ts'

/** H of every cell, (length + 1) × (subject + 1) by rows of the subject; `forbidden` marks cells that may not pair. */
function fill(
  profile: Profile,
  subject: Uint8Array,
  gaps: GapCosts,
  forbidden?: Uint8Array,
  band?: { low: number; high: number },
): Int32Array {
  const rows = profile.length
  const width = rows + 1
  const h = new Int32Array(width * (subject.length + 1))
  const e = new Int32Array(width).fill(-(2 ** 30))
  for (let j = 1; j <= subject.length; j++) {
    let f = -(2 ** 30)
    for (let i = 1; i <= rows; i++) {
      const at = j * width + i
      if (band && (j - i < band.low || j - i > band.high)) {
        e[i] = f = -(2 ** 30)
        continue
      }
      let best = 0
      if (!forbidden?.[at]) {
        best = Math.max(best, h[at - width - 1] + profile.rows[profile.index[i - 1] * CODES + subject[j - 1]])
      }
      if (gaps) {
        e[i] = Math.max(e[i], h[at - width] - gaps.open) - gaps.extend
        f = Math.max(f, h[at - 1] - gaps.open) - gaps.extend
        best = Math.max(best, e[i], f)
      }
      h[at] = best
    }
  }
  return h
}

/** Best local alignment score. */
export function score(profile: Profile, subject: Uint8Array, gaps: GapCosts): number {
  let best = 0
  for (const h of fill(profile, subject, gaps)) best = Math.max(best, h)
  return best
}

/** See `Kernels.align`. */
export function align(request: AlignRequest): Alignment[] {
  const { profile, subject, gaps, minScore, limit } = request
  const forbidden = new Uint8Array((profile.length + 1) * (subject.length + 1))
  const found: Alignment[] = []
  while (found.length < limit) {
    const alignment = best(request, fill(profile, subject, gaps, forbidden), forbidden)
    if (alignment.score < Math.max(1, minScore)) break
    found.push(alignment)
  }
  return found
}

/** See `Kernels.alignBanded`. */
export function alignBanded(request: BandRequest): Alignment | null {
  const { profile, subject, gaps, minScore } = request
  const forbidden = new Uint8Array((profile.length + 1) * (subject.length + 1))
  const alignment = best(request, fill(profile, subject, gaps, undefined, request), forbidden)
  return alignment.score < Math.max(1, minScore) ? null : alignment
}

/** The best alignment in a matrix; its pairs become forbidden. */
function best(
  request: Pick<AlignRequest, 'profile' | 'subject' | 'gaps'>,
  h: Int32Array,
  forbidden: Uint8Array,
): Alignment {
  const { profile, subject, gaps } = request
  const width = profile.length + 1
  let end = 0
  for (let at = 0; at < h.length; at++) if (h[at] > h[end]) end = at
  let i = end % width
  let j = (end - i) / width
  const ops: [number, number][] = []
  const step = (op: number, length: number): void => {
    if (ops.length > 0 && ops[ops.length - 1][0] === op) ops[ops.length - 1][1] += length
    else ops.push([op, length])
  }
  const [queryEnd, subjectEnd] = [i, j]
  while (h[j * width + i] > 0) {
    const at = j * width + i
    const pair = profile.rows[profile.index[i - 1] * CODES + subject[j - 1]]
    if (!forbidden[at] && h[at] === h[at - width - 1] + pair) {
      forbidden[at] = 1
      step(OP_PAIR, 1)
      i--
      j--
      continue
    }
    if (!gaps) throw new Error('no way back')
    // The shortest insert that explains H, else the shortest delete.
    const [from, opening] = [h[at], gaps.open]
    const length = (limit: number, stride: number): number => {
      for (let k = 1; k <= limit; k++) if (h[at - k * stride] === from + opening + k * gaps.extend) return k
      return 0
    }
    const inserted = length(i, 1)
    const deleted = inserted ? 0 : length(j, width)
    if (inserted) step(OP_INSERT, inserted)
    else if (deleted) step(OP_DELETE, deleted)
    else throw new Error('no way back')
    i -= inserted
    j -= deleted
  }
  return {
    score: h[end],
    queryStart: i,
    queryEnd,
    subjectStart: j,
    subjectEnd,
    operations: Uint32Array.from(ops.reverse(), ([op, length]) => (length << 2) | op),
  }
}

export function packNucleotides(codes: Uint8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil(codes.length / 4))
  for (let i = 0; i < codes.length; i++) packed[i >> 2] |= (codes[i] > 3 ? 0 : codes[i]) << ((i & 3) * 2)
  return packed
}

export function unpackNucleotides(packed: Uint8Array, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (packed[i >> 2] >> ((i & 3) * 2)) & 3)
}

export function packProtein(codes: Uint8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil((codes.length * 5) / 8))
  for (let bit = 0; bit < codes.length * 5; bit++) {
    packed[bit >> 3] |= ((codes[Math.floor(bit / 5)] >> (bit % 5)) & 1) << (bit & 7)
  }
  return packed
}

export function unpackProtein(packed: Uint8Array, length: number): Uint8Array {
  const codes = new Uint8Array(length)
  for (let bit = 0; bit < length * 5; bit++) {
    codes[Math.floor(bit / 5)] |= ((packed[bit >> 3] >> (bit & 7)) & 1) << (bit % 5)
  }
  return codes
}

/** Complement of each of A C G T R Y M K W S B D H V N; 15 has no meaning and stays. */
export const COMPLEMENT = Uint8Array.of(3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 13, 12, 11, 10, 14, 15)

export function reverseComplement(codes: Uint8Array): Uint8Array {
  return codes.map((_, i) => COMPLEMENT[codes[codes.length - 1 - i]])
}

export function translate(codes: Uint8Array, offset: number, table: Uint8Array): Uint8Array {
  const residues = new Uint8Array(Math.max(0, Math.floor((codes.length - offset) / 3)))
  for (let i = 0, at = offset; i < residues.length; i++, at += 3) {
    residues[i] = table[(codes[at] << 8) | (codes[at + 1] << 4) | codes[at + 2]]
  }
  return residues
}
