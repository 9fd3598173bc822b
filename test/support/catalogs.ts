import { buildCatalog } from '../../src/engine/format/build/build.ts'
import type { BuildOptions, BuildReport } from '../../src/engine/format/build/build.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import type { Catalog } from '../../src/engine/format/types.ts'
import type { InputEntry } from '../../src/engine/io/types.ts'
import { MemoryScratch, MemoryStore } from '../../src/engine/source/memory.ts'
import { bytesOf, textOf } from './bytes.ts'

/** An input entry; what is not given is as a FASTA record `>` without frills has it. */
export function entry(accession: string, letters: string, more: Partial<InputEntry> = {}): InputEntry {
  return {
    accession,
    description: '',
    letters: bytesOf(letters),
    lowerCase: null,
    quality: null,
    stop: false,
    gaps: 0,
    file: 'test.fa',
    line: 1,
    ...more,
  }
}

export const PUBLISHED = new Date('2026-01-02T03:04:05Z')

export interface Built {
  store: MemoryStore
  report: BuildReport
  catalog: Catalog
}

/** Builds a catalog in memory and opens it. */
export async function build(entries: readonly InputEntry[], options: Partial<BuildOptions> = {}): Promise<Built> {
  const store = new MemoryStore('catalog')
  const report = await buildInto(store, entries, options)
  return { store, report, catalog: await openCatalog(store) }
}

export function buildInto(
  sink: MemoryStore,
  entries: readonly InputEntry[],
  options: Partial<BuildOptions> = {},
): Promise<BuildReport> {
  const inputs = async function* (): AsyncGenerator<InputEntry> {
    yield* entries
  }
  const target = { sink, scratch: new MemoryScratch() }
  return buildCatalog(inputs(), target, { title: 'test', published: PUBLISHED, ...options })
}

/** An entry as it came out of a catalog, in the shape of `InputEntry` and comparable with `plainInput`. */
export interface PlainOutput {
  accession: string
  description: string
  letters: string
  lowerCase: number[] | null
  quality: string | null
  stop: boolean
  metadata: Record<string, string>
}

export function plainInput(input: InputEntry, metadata?: Record<string, string>): PlainOutput {
  const { accession, description, quality, stop } = input
  metadata ??= Object.fromEntries(Object.entries(input.metadata ?? {}).filter(([, value]) => value !== ''))
  const lowerCase = input.lowerCase && [...input.lowerCase]
  return { accession, description, letters: textOf(input.letters), lowerCase, quality, stop, metadata }
}

/** Everything in a catalog, read record by record. */
export async function readBack(catalog: Catalog): Promise<PlainOutput[]> {
  const { count, lengths } = await catalog.records()
  const all: PlainOutput[] = []
  const groups = await catalog.entriesOf(Array.from({ length: count }, (_, record) => record))
  for (let record = 0; record < count; record++) {
    const letters = textOf(await catalog.letters(record, 0, lengths[record]))
    for (const { accession, description, lowerCase, quality, stop, metadata } of groups[record]) {
      const texts = Object.entries(metadata).filter(([, value]) => value !== null)
      all.push({
        accession,
        description,
        letters,
        lowerCase: lowerCase && [...lowerCase],
        quality,
        stop,
        metadata: Object.fromEntries(texts.map(([name, value]) => [name, String(value)])),
      })
    }
  }
  return all
}

/** Order in which lists of entries can be compared. */
export function sortPlain(entries: PlainOutput[]): PlainOutput[] {
  const keyed = entries.map((each) => ({ key: JSON.stringify(each), each }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ each }) => each)
}
