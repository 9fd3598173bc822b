import { openCatalog } from '../../src/engine/format/catalog.ts'
import { referencesIn } from '../../src/engine/format/references.ts'
import type { CatalogSummary, Manifest, Segment } from '../../src/engine/format/types.ts'
import { schemeOf } from '../../src/engine/index/seeds/scheme.ts'
import { openStore } from '../storage/open.ts'
import { counted, formatBytes } from './reporter.ts'
import type { Arguments, Context } from './types.ts'

/** Bytes of one kind of file, in all segments. */
export interface FileSize {
  kind: string
  bytes: number
  /** Bytes for each residue of the distinct sequences. */
  perResidue: number
}

/** What each property of a segment is called. */
const KINDS: [kind: string, files: (keyof Segment)[]][] = [
  ['residues', ['shards', 'exceptions']],
  ['record table', ['recordTable', 'blocks', 'digestTable']],
  ['entries', ['entryTable', 'accessions']],
  ['checksums', ['checksums']],
  ['seeds', ['seeds']],
  ['vectors', ['vectors']],
]

export async function run({ positionals: [location], values }: Arguments, context: Context): Promise<number> {
  const { summary, manifest } = await openCatalog(openStore(location), { signal: context.signal })
  const sizes = fileSizes(manifest)
  const segments = manifest.segments.map(({ kind, records, entries, shards }) => {
    return { kind, records, entries, shards: shards.length }
  })
  const json = () => JSON.stringify({ ...summary, segments, sizes }, null, 2) + '\n'
  context.stdout.write(values.json === true ? json() : describe(summary, manifest, sizes))
  return 0
}

/** Bytes of a version's files by kind; kinds without any are left out. */
export function fileSizes({ segments, parameters, distinctResidues }: Manifest): FileSize[] {
  const sizeOf = (value: unknown) => referencesIn(value).reduce((sum, file) => sum + file.bytes, 0)
  const sizes = KINDS.map(([kind, names]) => ({
    kind,
    bytes: sizeOf(segments.map((segment) => names.map((name) => segment[name]))),
  }))
  sizes.push({ kind: 'parameters', bytes: sizeOf(parameters) })
  return sizes
    .filter(({ bytes }) => bytes > 0)
    .map(({ kind, bytes }) => ({ kind, bytes, perResidue: bytes / distinctResidues }))
}

function describe(summary: CatalogSummary, manifest: Manifest, sizes: FileSize[]): string {
  const unit = summary.alphabet === 'protein' ? 'aa' : 'nt'
  const hot = manifest.segments.filter(({ kind }) => kind === 'hot').length
  const inSegments = `${counted(manifest.segments.length, 'segment')}${hot > 0 ? ` (${hot} hot)` : ''}`
  const rows: [string, string | undefined][] = [
    ['Title', summary.title],
    ['Description', summary.description],
    ['Source', summary.source],
    ['Licence', summary.licence],
    ['Citation', summary.citation],
    ['Alphabet', summary.alphabet],
    ['Entries', count(summary.entries)],
    ['Records', `${count(summary.records)} distinct sequences`],
    ['Residues', `${count(summary.residues)}, of which ${count(summary.distinctResidues)} in distinct sequences`],
    ['Lengths', `${count(summary.shortest)} to ${count(summary.longest)} ${unit}`],
    ['Size', `${formatBytes(summary.bytes)} in ${inSegments} with ${counted(summary.shards, 'shard')}`],
    ['Layout', `by ${summary.strategy}`],
    ['Seeds', describeSeeds(manifest)],
    ['Vectors', manifest.parameters.vectors.map(describeVectors).join('; ') || 'none'],
    ['Parameters', manifest.parameters.digest],
    ['Published', summary.published],
    ['Version', summary.version],
    ['Content', summary.digest],
    ['Format', `${summary.formatVersion}, written by ${summary.writer}`],
    ['Location', summary.url],
  ]
  let text = ''
  for (const [label, value] of rows) if (value !== undefined) text += `${label.padEnd(12)} ${value}\n`
  text += 'Files\n'
  const width = Math.max(...sizes.map(({ kind }) => kind.length))
  for (const { kind, bytes, perResidue } of sizes)
    text += `  ${kind.padEnd(width)}  ${formatBytes(bytes).padStart(9)}  ${perResidue.toFixed(3)} bytes per residue\n`
  if (summary.fields.length > 0) {
    const width = Math.max(...summary.fields.map((field) => field.name.length))
    text += 'Metadata\n'
    for (const { name, type, filled } of summary.fields)
      text += `  ${name.padEnd(width)}  ${type.padEnd(7)}  ${count(filled)} filled\n`
  }
  return text
}

function describeSeeds({ parameters: { seeds } }: Manifest): string {
  if (seeds === null) return 'none'
  const { bits } = schemeOf(seeds)
  const share = (limit: number) => `${((100 * limit) / 2 ** bits).toFixed(0)}%`
  const stops = seeds.stopTerms?.reduce((sum, terms) => sum + terms.length, 0) ?? 0
  const sampled = `${share(seeds.sampling)} of terms, fast ${share(seeds.fastSampling)}`
  return `${counted(seeds.masks.length, 'mask')} ${seeds.masks.join(' ')}, ${sampled}, ${count(stops)} too frequent`
}

function describeVectors({ model, lists, subvectors, bits }: Manifest['parameters']['vectors'][number]): string {
  const codes = `${subvectors} × ${bits} bits`
  return `${model.name} ${model.version}: ${count(model.dimensions)} dimensions in ${counted(lists, 'list')}, ${codes}`
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
