import { Aligner } from '../../src/engine/kernels/align.ts'
import type { WasmExports } from '../../src/engine/kernels/exports.ts'
import { KernelMemory } from '../../src/engine/kernels/memory.ts'
import {
  CODES,
  OP_DELETE,
  OP_INSERT,
  OP_PAIR,
  type Alignment,
  type AlignRequest,
  type GapCosts,
  type Kernels,
  type Profile,
  type SequenceBatch,
} from '../../src/engine/kernels/types.ts'
import { loadKernelModule } from '../../server/search/kernels.ts'

/** Numbers below n, the same on every run: a linear congruential generator. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  below(n: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * n)
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0
  }

  codes(length: number, alphabet: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(alphabet))
  }

  /** Substitutions, deletions and insertions of up to 8 residues. */
  mutate(codes: Uint8Array, alphabet: number): Uint8Array {
    const out: number[] = []
    for (const code of codes) {
      const event = this.below(12)
      if (event === 0) continue
      if (event === 1) out.push(this.below(alphabet))
      else out.push(code)
      if (event === 2) out.push(...this.codes(this.below(8), alphabet))
    }
    return Uint8Array.from(out)
  }
}

export function batch(subjects: readonly Uint8Array[]): SequenceBatch {
  const lengths = Uint32Array.from(subjects, (subject) => subject.length)
  const starts = new Uint32Array(subjects.length)
  let end = 0
  subjects.forEach((subject, s) => {
    starts[s] = end
    end += subject.length
  })
  const codes = new Uint8Array(end)
  subjects.forEach((subject, s) => codes.set(subject, starts[s]))
  return { codes, starts, lengths }
}

/** Scores of all pairs, `cells` at a time. */
export function scoreAll(
  kernels: Kernels,
  profiles: readonly Profile[],
  subjects: readonly Uint8Array[],
  gaps: GapCosts,
  cells = 1e7,
): Int32Array {
  const run = kernels.score(profiles, batch(subjects), gaps)
  try {
    let before = 0
    while (!run.step(cells)) {
      if (run.done < before || run.done > run.total) throw new Error(`done went from ${before} to ${run.done}`)
      before = run.done
    }
    if (run.done !== run.total) throw new Error(`done is ${run.done} of ${run.total}`)
    return run.scores.slice()
  } finally {
    run.dispose()
  }
}

export function finish<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

/** The aligner that keeps checkpoints even for short pairs. */
export async function checkpointAligner(): Promise<{ aligner: Aligner; memory: KernelMemory }> {
  const memory = new KernelMemory()
  const instance = await WebAssembly.instantiate(await loadKernelModule(), { env: { memory: memory.memory } })
  return { aligner: new Aligner(instance.exports as unknown as WasmExports, memory, 0), memory }
}

/** What is wrong with alignments by the terms of `Kernels.align`, apart from which of equal ones are chosen; '' if nothing. */
export function fault(request: AlignRequest, alignments: readonly Alignment[]): string {
  const { profile, subject, gaps, minScore, limit } = request
  const pairs = new Set<number>()
  let before = Infinity
  if (alignments.length > limit) return 'more than the limit'
  for (const alignment of alignments) {
    let [i, j, score] = [alignment.queryStart, alignment.subjectStart, 0]
    let last = -1
    for (const run of alignment.operations) {
      const [length, op] = [run >>> 2, run & 3]
      if (length === 0 || op === last) return 'runs are not joined'
      last = op
      if (op === OP_PAIR) {
        for (let k = 0; k < length; k++, i++, j++) {
          score += profile.rows[profile.index[i] * CODES + subject[j]]
          if (pairs.has(i * subject.length + j)) return `pair ${i}, ${j} is used twice`
          pairs.add(i * subject.length + j)
          if (score <= 0) return `the first pairs up to ${i}, ${j} score ${score}`
        }
      } else {
        if (!gaps) return 'a gap where none is allowed'
        score -= gaps.open + length * gaps.extend
        if (op === OP_INSERT) i += length
        else if (op === OP_DELETE) j += length
        else return 'an unknown operation'
        if (score <= 0) return `the first columns up to ${i}, ${j} score ${score}`
      }
    }
    if (i !== alignment.queryEnd || j !== alignment.subjectEnd) return 'operations do not lead to the end'
    if (score !== alignment.score) return `operations score ${score}, not ${alignment.score}`
    if (score < minScore || score > before) return 'scores are not in order or below the limit'
    before = score
  }
  return ''
}
