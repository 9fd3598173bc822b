import type { FileReference, IndexedPiece, SegmentIndexer, Written } from '../../format/types.ts'
import type { FileSink, Scratch, ScratchFile } from '../../source/types.ts'
import type { VectorFiles, VectorModel, VectorWriter } from '../vectors/types.ts'
import type { EmbeddedVectorParameters, EmbeddingModel } from './types.ts'
import { overlapOf } from './types.ts'
import { windowEnds, windowStarts } from './windows.ts'

/** Residues, and windows, gathered before they are embedded. */
const RESIDUES = 1 << 16
const WINDOWS = 1024
/** How the vectors of a segment are listed, coded and written. */
export interface VectorCoding {
  /** What there is to code with; null where this segment's vectors are to be trained on. */
  model: VectorModel | null
  /** The catalog's parameters; null where it has none yet. */
  parameters: EmbeddedVectorParameters | null
  train(sample: Float32Array): Promise<VectorModel>
  createWriter(model: VectorModel): VectorWriter<Written<VectorFiles>>
  /** Where the writer will write. */
  setSink(sink: FileSink): void
  writeModel(model: VectorModel, sink: FileSink): Promise<FileReference>
  scratch: Scratch
  /** Windows of the segment, about. */
  windows: number
  /** Windows that lists and codebooks are trained on, at most. */
  sample: number
}

/** Windows and the residues that they are cut from. */
interface Batch {
  codes: Uint8Array
  starts: Uint32Array
  ends: Uint32Array
  /** Position of each window in the segment. */
  positions: Uint32Array
}

/** A vector of the training sample. */
interface Sampled {
  id: Uint8Array
  start: number
  vector: Float32Array
}

/** Embeds every window of a segment and writes the index of its vectors, in bounded memory. */
export class VectorIndexer implements SegmentIndexer<VectorFiles, EmbeddedVectorParameters> {
  readonly overlap: number
  readonly #embedding: EmbeddingModel
  readonly #coding: VectorCoding
  readonly #pending: PendingWindows
  /** Share of all ids below which a record's windows are sampled. */
  readonly #share: number
  #sample: Sampled[] = []
  #spool: WindowSpool | null = null
  #writer: VectorWriter<Written<VectorFiles>> | null = null
  #parameters: EmbeddedVectorParameters | null = null

  constructor(embedding: EmbeddingModel, coding: VectorCoding) {
    this.#embedding = embedding
    this.#coding = coding
    this.overlap = overlapOf(embedding.description)
    this.#share = (1.2 * coding.sample) / Math.max(1, coding.windows)
    this.#pending = new PendingWindows()
    if (coding.model) this.#writer = coding.createWriter(coding.model)
  }

  add(piece: IndexedPiece): void | Promise<void> {
    const { codes, start, length, position } = piece
    const { description } = this.#embedding
    const starts = windowStarts(length, description, start, start + codes.length)
    if (starts.length === 0) return
    const ends = windowEnds(starts, length, description)
    const own: Batch = {
      codes,
      starts: starts.map((each) => each - start),
      ends: ends.map((each) => each - start),
      positions: starts.map((each) => position + each - start),
    }
    if (this.#coding.model === null && shareOf(piece.id) < this.#share) {
      return this.#addSampled(own, piece.id.slice(), starts)
    }
    if (codes.length >= RESIDUES) return this.#addNow(own)
    if (this.#pending.add(own)) return this.#flush()
  }

  async #addSampled(batch: Batch, id: Uint8Array, starts: Uint32Array): Promise<void> {
    const { dimensions } = this.#embedding.description
    const vectors = await this.#embedding.embed(batch.codes, batch.starts, batch.ends)
    for (let i = 0; i < starts.length; i++) {
      const vector = vectors.slice(i * dimensions, (i + 1) * dimensions)
      if (vector.some((value) => value !== 0)) this.#sample.push({ id, start: starts[i], vector })
    }
    await this.#addNow(batch)
  }

  async #flush(): Promise<void> {
    const batch = this.#pending.take()
    if (batch.starts.length > 0) await this.#addNow(batch)
  }

  async #addNow(batch: Batch): Promise<void> {
    if (this.#writer) return this.#index(this.#writer, batch)
    this.#spool ??= new WindowSpool(await this.#coding.scratch.create())
    await this.#spool.append(batch)
  }

  async #index(writer: VectorWriter<Written<VectorFiles>>, batch: Batch): Promise<void> {
    const { dimensions } = this.#embedding.description
    const vectors = await this.#embedding.embed(batch.codes, batch.starts, batch.ends)
    let kept = 0
    for (let i = 0; i < batch.positions.length; i++) {
      const vector = vectors.subarray(i * dimensions, (i + 1) * dimensions)
      if (!vector.some((value) => value !== 0)) continue
      vectors.copyWithin(kept * dimensions, i * dimensions, (i + 1) * dimensions)
      batch.positions[kept++] = batch.positions[i]
    }
    if (kept > 0) await writer.add(vectors.subarray(0, kept * dimensions), batch.positions.subarray(0, kept))
  }

  /** The vectors of the lowest ids, at most `sample`; a vector of zeros where there are none at all. */
  #training(): Float32Array {
    const { dimensions } = this.#embedding.description
    this.#sample.sort((a, b) => compareBytes(a.id, b.id) || a.start - b.start)
    const chosen = this.#sample.slice(0, this.#coding.sample)
    this.#sample = []
    const vectors = new Float32Array(Math.max(1, chosen.length) * dimensions)
    chosen.forEach(({ vector }, i) => vectors.set(vector, i * dimensions))
    return vectors
  }

  async write(sink: FileSink): Promise<Written<VectorFiles>> {
    await this.#flush()
    const coding = this.#coding
    coding.setSink(sink)
    const model = coding.model ?? (await coding.train(this.#training()))
    if (!this.#writer) {
      const writer = (this.#writer = coding.createWriter(model))
      if (this.#spool) for await (const batch of this.#spool.read()) await this.#index(writer, batch)
    }
    this.#parameters = coding.parameters ?? {
      ...model.options,
      file: await coding.writeModel(model, sink),
      model: this.#embedding.description,
    }
    return this.#writer.write()
  }

  parameters(): EmbeddedVectorParameters {
    return this.#parameters!
  }

  async remove(): Promise<void> {
    await this.#writer?.remove()
    await this.#spool?.remove()
  }
}

/** Windows of short records, gathered. */
class PendingWindows {
  readonly #codes = new Uint8Array(2 * RESIDUES)
  #used = 0
  #starts: number[] = []
  #ends: number[] = []
  #positions: number[] = []

  /** Takes windows of fewer than `RESIDUES` residues; true where it is time to `take` them. */
  add({ codes, starts, ends, positions }: Batch): boolean {
    this.#codes.set(codes, this.#used)
    for (let i = 0; i < starts.length; i++) {
      this.#starts.push(this.#used + starts[i])
      this.#ends.push(this.#used + ends[i])
      this.#positions.push(positions[i])
    }
    this.#used += codes.length
    return this.#used >= RESIDUES || this.#starts.length >= WINDOWS
  }

  take(): Batch {
    const batch = {
      codes: this.#codes.slice(0, this.#used),
      starts: Uint32Array.from(this.#starts),
      ends: Uint32Array.from(this.#ends),
      positions: Uint32Array.from(this.#positions),
    }
    this.#used = 0
    this.#starts = []
    this.#ends = []
    this.#positions = []
    return batch
  }
}

/** Batches on disk, in order. */
class WindowSpool {
  readonly #file: ScratchFile
  readonly #sizes: { windows: number; residues: number }[] = []

  constructor(file: ScratchFile) {
    this.#file = file
  }

  async append({ codes, starts, ends, positions }: Batch): Promise<void> {
    this.#sizes.push({ windows: starts.length, residues: codes.length })
    for (const words of [starts, ends, positions]) await this.#file.append(new Uint8Array(words.buffer.slice(0)))
    await this.#file.append(codes.slice())
  }

  async *read(): AsyncGenerator<Batch> {
    let offset = 0
    for (const { windows, residues } of this.#sizes) {
      const bytes = (await this.#file.read(offset, windows * 12 + residues)).slice()
      const words = (i: number): Uint32Array => new Uint32Array(bytes.buffer, i * windows * 4, windows)
      yield { starts: words(0), ends: words(1), positions: words(2), codes: bytes.subarray(windows * 12) }
      offset += windows * 12 + residues
    }
  }

  remove(): Promise<void> {
    return this.#file.remove()
  }
}

/** Where an id stands among all, from 0 to 1. */
function shareOf(id: Uint8Array): number {
  return (((id[0] * 256 + id[1]) * 256 + id[2]) * 256 + id[3]) / 4294967296
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i]
  return 0
}
