// Trains what the built-in k-mer models ship with, on the shared data sets: the mean that a k-mer adds to each dimension
// (src/engine/index/embedding/kmer-means.ts), and lists and codebooks for small catalogs (shipped-*.ts beside it).
// node server/setup/train-kmer-models.ts
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { kmerSums } from '../../src/engine/kernels/embed-scalar.ts'
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
function meanOf(windows: readonly Uint8Array[], scheme: KmerScheme): number[] {
  const tables = kmerTables(scheme, new Float32Array(scheme.dimensions))
  const totals = new Float64Array(scheme.dimensions)
  let total = 0
  for (const codes of windows) {
    const { sums, kmers } = kmerSums(tables, codes)
    total += kmers
    sums.forEach((sum, d) => (totals[d] += sum))
  }
  return Array.from(totals, (sum) => Math.round((sum / total) * 2 ** 24))
}

const kernels = await loadKernels()

/** Lists and codebooks for catalogs of up to `TRAIN_FROM` windows, in bytes: value × 2^shift. */
async function trained(windows: readonly Uint8Array[], scheme: KmerScheme, mean: readonly number[]): Promise<string> {
  const { dimensions } = scheme
  const tables = kmerTables(
    scheme,
    Float32Array.from(mean, (value) => value / 2 ** 24),
  )
  const vectors = new Float32Array(windows.length * dimensions)
  let count = 0
  for (const codes of windows) {
    const vector = kernels.embedding.embedKmers(tables, codes, Uint32Array.of(0), Uint32Array.of(codes.length))
    if (vector.every((value) => value === 0)) continue
    vectors.set(vector, count++ * dimensions)
  }
  const options = kmerVectorOptions(SHIPPED_LISTS)
  const model = await trainVectors(vectors.subarray(0, count * dimensions), options, [
    new VectorCompute(kernels.vectors),
  ])
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
const nucleotideMean = meanOf(nucleotides, KMER_DNA)
const proteinMean = meanOf(proteins, KMER_PROTEIN)
await writeFile(
  path.join(folder, 'kmer-means.ts'),
  `// What a k-mer adds to each dimension on average, in units of 2^-24. Written by server/setup/train-kmer-models.ts.

export const KMER_DNA_MEAN =
  '${nucleotideMean.join(' ')}'

export const KMER_PROTEIN_MEAN =
  '${proteinMean.join(' ')}'

export function meanOf(text: string): Float32Array {
  return Float32Array.from(text.split(' '), (value) => Number(value) / 16777216)
}
`,
)
await writeFile(path.join(folder, 'shipped-kmer-dna.ts'), await trained(nucleotides, KMER_DNA, nucleotideMean))
await writeFile(path.join(folder, 'shipped-kmer-protein.ts'), await trained(proteins, KMER_PROTEIN, proteinMean))
console.log(`${nucleotides.length} windows of nucleotides, ${proteins.length} of proteins`)
