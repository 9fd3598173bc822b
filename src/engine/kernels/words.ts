import type { WordExports } from './exports.ts'
import type { KernelMemory } from './memory.ts'
import { CODES } from './types.ts'
import type { WordKernels, WordRequest, WordRun } from './words-types.ts'

/** Words of three of the twenty residues: see wasm/words.ts, also for the numbers below. */
const WORDS = 20 ** 3
const GRANULE = 32
const PADDING = 64
const PAD = 31
const WORK_BYTES = 640 + 2048
/** Residue codes of the twenty, in order of their letters. */
export const TWENTY = [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22]
/** Positions of a query that share a limit on the places of one word. */
export const QUERY_BLOCK = 1024
/** Work of one step: query residues, subject residues, and sets of 16 scores. */
const QUERY_STEP = 4096
const SUBJECT_STEP = 1 << 20
const MEETINGS_STEP = 100_000

/** Words of queries looked up among subjects' words: see `WordRun`. */
export function wordKernels(wasm: WordExports, memory: KernelMemory): WordKernels {
  return { find: (request) => new WasmWordRun(wasm, memory, request) }
}

class WasmWordRun implements WordRun {
  readonly #wasm: WordExports
  readonly #memory: KernelMemory
  readonly #owned: number[] = []
  readonly #request: WordRequest
  readonly #work: Generator<void, void>
  readonly #markBytes: number
  #marks: Uint8Array | null = null
  #done = 0

  constructor(wasm: WordExports, memory: KernelMemory, request: WordRequest) {
    this.#wasm = wasm
    this.#memory = memory
    this.#request = request
    this.#markBytes = Math.ceil(request.blocks.start.length / 8)
    this.#work = this.#run()
  }

  get done(): number {
    return this.#done
  }

  step(): boolean {
    return this.#work.next().done === true
  }

  found(query: number): number[] {
    const blocks: number[] = []
    const row = this.#marks!.subarray(query * this.#markBytes, (query + 1) * this.#markBytes)
    row.forEach((byte, i) => {
      for (let bits = byte; bits > 0; bits &= bits - 1) blocks.push(8 * i + 31 - Math.clz32(bits & -bits))
    })
    return blocks
  }

  dispose(): void {
    for (const address of this.#owned.splice(0)) this.#memory.release(address)
  }

  #own(bytes: number): number {
    const address = this.#memory.allocate(bytes)
    this.#owned.push(address)
    return address
  }

  #put(data: Uint8Array | Int8Array | Int32Array | Uint32Array): number {
    const address = this.#own(data.byteLength)
    this.#memory.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), address)
    return address
  }

  *#run(): Generator<void, void> {
    const { matrix, shapes, threshold, queries, blocks } = this.#request
    const wasm = this.#wasm
    if (queries.length === 0 || blocks.start.length === 0) {
      this.#marks = new Uint8Array(queries.length * this.#markBytes)
      this.#done = 1
      return
    }
    const rows = this.#put(paddedMatrix(matrix))
    const letters = this.#put(letterTable())
    const order = this.#put(orderTable(matrix))
    const query = this.#layQueries()
    const subject = this.#laySubjects()
    yield
    const padding = this.#put(new Uint8Array(2 * PADDING).fill(PAD)) + PADDING
    const [queryStarts, queryEnds, subjectStarts, subjectEnds] = [0, 0, 0, 0].map(() => this.#own(WORDS * 4))
    const wanted = this.#own(WORDS / 8)
    const work = this.#own(WORK_BYTES)
    const markBytes = this.#markBytes
    const marks = this.#own(queries.length * markBytes)
    this.#memory.bytes.fill(0, marks, marks + queries.length * markBytes)
    for (const [shape, [o1, o2]] of shapes.entries()) {
      let list = 0
      const lookUp = function* (): Generator<void, void> {
        for (const { from, to } of query.spans) {
          for (let at = from; at < to; at += QUERY_STEP) {
            const end = Math.min(to, at + QUERY_STEP)
            wasm.queryWords(query.codes, at, end, letters, o1, o2, order, threshold, queryStarts, queryEnds, list, query.blockOf) // prettier-ignore
            if (end - at === QUERY_STEP) yield
          }
        }
      }
      const sort = function* (): Generator<void, void> {
        for (const [first, end] of subject.steps) {
          wasm.subjectWords(subject.codes, subject.spans, first, end, letters, o1, o2, wanted, subjectStarts, subjectEnds, list, subject.blockOf) // prettier-ignore
          yield
        }
      }
      this.#memory.bytes.fill(0, queryEnds, queryEnds + WORDS * 4)
      this.#memory.bytes.fill(0, subjectEnds, subjectEnds + WORDS * 4)
      yield* lookUp()
      const queryList = this.#memory.allocate(wasm.wordStarts(queryStarts, queryEnds, wanted) * 4)
      let subjectList = 0
      try {
        list = queryList
        yield* lookUp()
        list = 0
        yield* sort()
        subjectList = list = this.#memory.allocate(wasm.wordStarts(subjectStarts, subjectEnds, 0) * 4)
        yield* sort()
        for (let key = 0; key < WORDS;) {
          this.#done = (shape + 0.2 + (0.8 * key) / WORDS) / shapes.length
          key = wasm.meetWords(key, MEETINGS_STEP, rows, query.codes, queryStarts, queryEnds, queryList, query.of, query.limits, subject.codes, subjectStarts, subjectEnds, subjectList, subject.blockOf, subject.limits, padding, work, marks, markBytes) // prettier-ignore
          yield
        }
      } finally {
        if (subjectList !== 0) this.#memory.release(subjectList)
        this.#memory.release(queryList)
      }
    }
    this.#done = 1
    this.#marks = this.#memory.bytes.slice(marks, marks + queries.length * markBytes)
    this.dispose()
  }

  /** Queries apart from each other, with tables by granule of their number and of their blocks. */
  #layQueries(): { codes: number; spans: { from: number; to: number }[]; of: number; blockOf: number; limits: number } {
    const { queries } = this.#request
    const lengths = queries.map(({ codes }) => codes.length)
    const { starts, size } = place(lengths)
    const laid = new Uint8Array(size).fill(PAD)
    const of = new Uint32Array(size / GRANULE)
    const blockOf = new Uint32Array(size / GRANULE)
    let block = 0
    queries.forEach(({ codes }, q) => {
      laid.set(codes, starts[q])
      const granules = Math.ceil(codes.length / GRANULE)
      of.fill(q, starts[q] / GRANULE, starts[q] / GRANULE + granules)
      for (let at = 0; at < codes.length; at += QUERY_BLOCK) {
        const first = (starts[q] + at) / GRANULE
        blockOf.fill(block++, first, first + QUERY_BLOCK / GRANULE)
      }
    })
    return {
      codes: this.#put(laid),
      spans: queries.map(({ codes }, q) => ({ from: starts[q], to: starts[q] + codes.length })),
      of: this.#put(of),
      blockOf: this.#put(blockOf),
      limits: this.#put(Uint8Array.from(queries, ({ limit }) => limit)),
    }
  }

  /** Blocks apart from each other, each with what its sequence has on both sides. */
  #laySubjects(): { codes: number; spans: number; steps: [number, number][]; blockOf: number; limits: number } {
    const { codes, start, end, sequenceStart, sequenceEnd, limit } = this.#request.blocks
    const { starts, size } = place(Array.from(start, (from, b) => end[b] - from))
    const laid = this.#own(size)
    const bytes = this.#memory.bytes.subarray(laid, laid + size).fill(PAD)
    const spans = new Uint32Array(2 * start.length)
    const blockOf = new Uint32Array(size / GRANULE)
    const steps: [number, number][] = []
    let residues = Infinity
    for (let b = 0; b < start.length; b++) {
      const from = Math.max(sequenceStart[b], start[b] - PADDING / 2)
      const to = Math.min(sequenceEnd[b], end[b] + PADDING / 2)
      bytes.set(codes.subarray(from, to), starts[b] - (start[b] - from))
      const length = end[b] - start[b]
      spans[2 * b] = starts[b]
      spans[2 * b + 1] = starts[b] + length
      blockOf.fill(b, starts[b] / GRANULE, Math.ceil((starts[b] + length) / GRANULE))
      if (residues + length > SUBJECT_STEP) {
        steps.push([b, b + 1])
        residues = length
      } else {
        steps[steps.length - 1][1] = b + 1
        residues += length
      }
    }
    return { codes: laid, spans: this.#put(spans), steps, blockOf: this.#put(blockOf), limits: this.#put(limit) }
  }
}

/** Aligned places for sequences of these lengths, with padding around each; `size` is a whole number of granules. */
function place(lengths: readonly number[]): { starts: number[]; size: number } {
  let at = PADDING
  const starts = lengths.map((length) => {
    const start = at
    at += Math.ceil((length + PADDING) / GRANULE) * GRANULE
    return start
  })
  return { starts, size: at }
}

/** Number of each code among the twenty, or WORDS, which makes the key of any word with it too large. */
function letterTable(): Int32Array {
  const letters = new Int32Array(CODES).fill(WORDS)
  TWENTY.forEach((code, letter) => (letters[code] = letter))
  return letters
}

/** Per letter all letters by falling score: (letter, score). */
function orderTable(matrix: Int8Array): Int8Array {
  const order = new Int8Array(TWENTY.length * TWENTY.length * 2)
  TWENTY.forEach((code, letter) => {
    const scores = TWENTY.map((other, i) => ({ letter: i, score: matrix[code * CODES + other] }))
    scores.sort((a, b) => b.score - a.score || a.letter - b.letter)
    scores.forEach((pair, i) => order.set([pair.letter, pair.score], (letter * TWENTY.length + i) * 2))
  })
  return order
}

/** The matrix with scores for padding that no sum survives. */
function paddedMatrix(matrix: Int8Array): Int8Array {
  const padded = matrix.slice()
  for (let code = 0; code < CODES; code++) padded[code * CODES + PAD] = padded[PAD * CODES + code] = -128
  return padded
}
