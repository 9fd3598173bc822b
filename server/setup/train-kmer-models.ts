// Trains what the built-in k-mer models ship with, on the shared data sets: the mean and the common direction of its
// vectors (src/engine/index/embedding/kmer-training.ts), and lists and codebooks for small catalogs (shipped-*.ts beside it).
// node server/setup/train-kmer-models.ts
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { kmerSums } from '../../src/engine/kernels/embed-scalar.ts'
import type { KmerTables } from '../../src/engine/kernels/embed-types.ts'
import { KMER_DNA, KMER_PROTEIN } from '../../src/engine/index/embedding/models.ts'
import { kmerTables, type KmerScheme } from '../../src/engine/index/embedding/kmer-model.ts'
import { kmerVectorOptions, SHIPPED_LISTS } from '../../src/engine/index/embedding/shipped.ts'
import { windowEnds, windowStarts } from '../../src/engine/index/embedding/windows.ts'
import { VectorCompute } from '../../src/engine/index/vectors/compute.ts'
import { trainVectors } from '../../src/engine/index/vectors/train.ts'
import { openInput } from '../../src/engine/io/decompress.ts'
import { readSequences } from '../../src/engine/io/sequences.ts'
import { encodeLetters } from '../../src/engine/sequence/alphabet.ts'
import { loadKernels } from '../search/kernels.ts'

const root = path.resolve(import.meta.dirname, '../..')
const shared = process.env.GENOMIC_CATALOG_SHARED ?? path.resolve(root, '../shared')
const folder = path.join(root, 'src/engine/index/embedding')

const kernels = await loadKernels()

/** Files, and how many windows of each group are taken. */
interface Source {
  files: string[]
  windows: number
}

const NUCLEOTIDES: Source[] = [
  { files: ['genes/resistance_and_virulence_genes.fasta.gz'], windows: 12000 },
  {
    files: [
      'genomes/GCF_000005845.2_ASM584v2_genomic.fna.gz',
      'genomes/GCF_000006945.1_ASM694v1_genomic.fna.gz',
      'genomes/GCF_000783305.1_ASM78330v1_genomic.fna.gz',
      'genomes/bacterial_assembly.fasta.gz',
      'genomes/yeast_chrI.fasta.gz',
      'genomes/lambda_virus.fasta',
    ],
    windows: 12000,
  },
  { files: ['markers/greengenes85_16S_taxonomy.fasta.gz', 'demo/ncbi_rrna.fasta.gz'], windows: 4000 },
  {
    files: ['viral/dengue_genomes.fasta.gz', 'viral/zika_sequences.fasta', 'viral/ncov_sequences.fasta.gz'],
    windows: 4000,
  },
]

const PROTEINS: Source[] = [
  { files: ['proteins/uniprot_20k.fasta.gz', 'proteins/bacmet2_proteins.fasta.gz'], windows: 16000 },
  { files: ['proteins/scope35_dev.fasta.gz'], windows: 8000 },
]

interface Sampled {
  hash: string
  codes: Uint8Array
}

/** The windows with the lowest SHA-256 of their residues, each once, in order of it. */
async function sample(sources: readonly Source[], scheme: KmerScheme): Promise<Uint8Array[]> {
  const chosen: Sampled[] = []
  for (const { files, windows } of sources) {
    let found = new Map<string, Uint8Array>()
    const keepLowest = () => {
      const lowest = Array.from(found).sort(([a], [b]) => (a < b ? -1 : 1))
      found = new Map(lowest.slice(0, windows))
    }
    for (const name of files) {
      const file = path.join(shared, 'data', name)
      const bytes = openInput(createReadStream(file), file)
      for await (const { letters } of readSequences(bytes, { file, onReject: () => undefined })) {
        const encoded = encodeLetters(letters, scheme.alphabet === 'protein' ? 'protein' : 'dna')
        if (!('codes' in encoded)) continue
        const starts = windowStarts(encoded.codes.length, scheme)
        windowEnds(starts, encoded.codes.length, scheme).forEach((end, i) => {
          const codes = encoded.codes.slice(starts[i], end)
          found.set(createHash('sha256').update(codes).digest('hex'), codes)
        })
        if (found.size > 20 * windows) keepLowest()
      }
    }
    keepLowest()
    for (const [hash, codes] of found) chosen.push({ hash, codes })
  }
  return chosen.sort((a, b) => (a.hash < b.hash ? -1 : 1)).map(({ codes }) => codes)
}

/** Whole numbers, in units of 2^-24. */
interface Training {
  mean: number[]
  common: number[]
}

const ROUNDS = 50
/** Share that is left of what vectors have along their common direction. */
const LEFT = 0.45

const scaled = (values: readonly number[]): Float32Array => Float32Array.from(values, (value) => value / 2 ** 24)
const whole = (values: Float64Array): number[] => Array.from(values, (value) => Math.round(value * 2 ** 24))

function tablesOf(scheme: KmerScheme, { mean, common }: Training): KmerTables {
  return kmerTables(scheme, { mean: scaled(mean), common: scaled(common) })
}

/** The mean of a k-mer, then the direction along which vectors vary most (by power iteration). */
function train(windows: readonly Uint8Array[], scheme: KmerScheme): Training {
  const { dimensions } = scheme
  const none = new Array<number>(dimensions).fill(0)
  const totals = new Float64Array(dimensions)
  let total = 0
  const tables = tablesOf(scheme, { mean: none, common: none })
  for (const codes of windows) {
    const { sums, kmers } = kmerSums(tables, codes)
    total += kmers
    sums.forEach((sum, d) => (totals[d] += sum))
  }
  const mean = whole(totals.map((sum) => sum / total))
  const vectors = embedAll(windows, tablesOf(scheme, { mean, common: none }))
  let direction = new Float64Array(dimensions).fill(1)
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(dimensions)
    for (let from = 0; from < vectors.length; from += dimensions) {
      let dot = 0
      for (let d = 0; d < dimensions; d++) dot += vectors[from + d] * direction[d]
      for (let d = 0; d < dimensions; d++) next[d] += dot * vectors[from + d]
    }
    const length = Math.sqrt(next.reduce((sum, value) => sum + value * value, 0))
    direction = next.map((value) => value / length)
  }
  return { mean, common: whole(direction.map((value) => value * Math.sqrt(1 - LEFT))) }
}

/** Vectors of whole windows; those that say nothing are left out. */
function embedAll(windows: readonly Uint8Array[], tables: KmerTables): Float32Array {
  const vectors = new Float32Array(windows.length * tables.dimensions)
  let end = 0
  for (const codes of windows) {
    const vector = kernels.embedding.embedKmers(tables, codes, Uint32Array.of(0), Uint32Array.of(codes.length))
    if (vector.every((value) => value === 0)) continue
    vectors.set(vector, end)
    end += vector.length
  }
  return vectors.subarray(0, end)
}

/** Lists and codebooks for catalogs of up to `TRAIN_FROM` windows, in bytes: value × 2^shift. */
async function trained(windows: readonly Uint8Array[], scheme: KmerScheme, training: Training): Promise<string> {
  const vectors = embedAll(windows, tablesOf(scheme, training))
  const options = kmerVectorOptions(SHIPPED_LISTS)
  const model = await trainVectors(vectors, options, [new VectorCompute(kernels.vectors)])
  const [centroids, codebooks] = [inBytes(model.centroids), inBytes(model.codebooks)]
  return `// Lists and codebooks of the model ${scheme.name} ${scheme.version}. Written by server/setup/train-kmer-models.ts.
import type { ShippedVectors } from './shipped.ts'

export const SHIPPED: ShippedVectors = {
  centroids: {
    shift: ${centroids.shift},
    bytes:
      '${centroids.base64}',
  },
  codebooks: {
    shift: ${codebooks.shift},
    bytes:
      '${codebooks.base64}',
  },
}
`
}

function inBytes(values: Int16Array): { shift: number; base64: string } {
  const greatest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  let shift = 0
  while (Math.round(greatest / 2 ** shift) > 127) shift++
  const bytes = Int8Array.from(values, (value) => Math.round(value / 2 ** shift))
  return { shift, base64: Buffer.from(bytes.buffer).toString('base64') }
}

const nucleotides = await sample(NUCLEOTIDES, KMER_DNA)
const proteins = await sample(PROTEINS, KMER_PROTEIN)
const nucleotideTraining = train(nucleotides, KMER_DNA)
const proteinTraining = train(proteins, KMER_PROTEIN)

const literal = ({ mean, common }: Training): string => `{
  mean: '${mean.join(' ')}',
  common: '${common.join(' ')}',
}`
await writeFile(
  path.join(folder, 'kmer-training.ts'),
  `// What the k-mer models have learned, in units of 2^-24. Written by server/setup/train-kmer-models.ts.
import type { KmerTraining } from './kmer-model.ts'

interface TrainingText {
  /** What a k-mer adds to each dimension on average. */
  mean: string
  /** See \`KmerTables\`. */
  common: string
}

export const DNA_TRAINING: TrainingText = ${literal(nucleotideTraining)}

export const PROTEIN_TRAINING: TrainingText = ${literal(proteinTraining)}

export function trainingOf({ mean, common }: TrainingText): KmerTraining {
  const values = (text: string) => Float32Array.from(text.split(' '), (value) => Number(value) / 16777216)
  return { mean: values(mean), common: values(common) }
}
`,
)
await writeFile(path.join(folder, 'shipped-kmer-dna.ts'), await trained(nucleotides, KMER_DNA, nucleotideTraining))
await writeFile(path.join(folder, 'shipped-kmer-protein.ts'), await trained(proteins, KMER_PROTEIN, proteinTraining))
console.log(`${nucleotides.length} windows of nucleotides, ${proteins.length} of proteins`)
