import { CatalogError, throwIfAborted } from '../../errors.ts'
import type { InputEntry } from '../../io/types.ts'
import { loadDigests } from '../../sequence/digest.ts'
import type { FileStore } from '../../source/types.ts'
import { openCatalog } from '../catalog.ts'
import type { OpenedCatalog } from '../catalog.ts'
import { ContentSum } from '../content-digest.ts'
import { textOfValue } from '../fields.ts'
import { checkParameters, copyParameters } from '../parameters.ts'
import type { OpenedSegment } from '../segment.ts'
import { ContentSummary } from '../summary.ts'
import type { CatalogParameters, Entry } from '../types.ts'
import { takeAll } from './build.ts'
import { Intake } from './intake.ts'
import type { BuildReport, BuildTarget, WriteOptions } from './options.ts'
import { makeManifest, publish } from './publish.ts'
import { writeSegments } from './write-segments.ts'

export interface CompactOptions extends WriteOptions {
  /** Finds parameters of indexes out anew, instead of taking over the catalog's. Answers may change. */
  retrain?: boolean
  /** Takes over another catalog's parameters instead; their files are copied from its store. Answers may change. */
  parameters?: { values: CatalogParameters; store: FileStore }
}

/** Residues of records that are read together. */
const BATCH_RESIDUES = 1 << 20

/**
 * Writes all segments of the catalog in `store` anew as one (or as few as have room for its residues), and publishes that
 * as the next version: the same entries, the same content digest, and, where the order of records is by id, the very
 * files that a build of all input at once makes.
 *
 * @throws CatalogError as `openCatalog`; `corrupt` where the content turns out to be another; `usage` without the indexes
 * that the catalog has.
 */
export async function compactSegments(
  store: FileStore,
  target: BuildTarget,
  options: CompactOptions,
): Promise<BuildReport> {
  const digests = await loadDigests()
  const catalog = await openCatalog(store, { ahead: ['checksums', 'blocks', 'entries'], signal: options.signal })
  const old = catalog.manifest
  if (options.parameters) checkParameters(options.parameters.values, old.alphabet)
  const fields = old.fields.map((field) => field.name)
  const intake = new Intake(digests, target.scratch, { ...options, alphabet: old.alphabet, fields })
  try {
    const rows = await takeAll(readAll(catalog, options.signal), intake, options)
    const totals = { summary: new ContentSummary(), sum: new ContentSum(digests) }
    const parameters = options.parameters?.values ?? (options.retrain ? null : old.parameters)
    if (options.parameters) await copyParameters(options.parameters.values, options.parameters.store, target.sink)
    const written = await writeSegments({ intake, rows, digests, target, kind: 'base', totals, parameters }, options)
    const strategy = options.sharding?.strategy ?? 'hash'
    const { segments } = written
    const manifest = makeManifest(digests, old, old.alphabet, totals, strategy, written.parameters, segments)
    if (manifest.digest !== old.digest) {
      const message = `${store.name} does not hold what its manifest says, so nothing was published. Verify it.`
      throw new CatalogError('corrupt', message, { found: manifest.digest, expected: old.digest })
    }
    throwIfAborted(options.signal)
    const published = await publish(target.sink, digests, manifest, written.ahead, options.published ?? new Date())
    const bytes = written.bytes + published.bytes
    return { manifest, version: published.version, bytes, rejected: 0, gaps: 0, metadata: null }
  } finally {
    await intake.remove()
  }
}

/** Every entry of a catalog as it came in. */
async function* readAll(catalog: OpenedCatalog, signal?: AbortSignal): AsyncGenerator<InputEntry[]> {
  for (const segment of catalog.segments) {
    const table = await segment.entryTable({ signal })
    for (let group = 0; group + 1 < table.groups.length; group++) {
      const entries = await table.read(table.groups[group], table.groups[group + 1], { signal })
      yield* readRecords(segment, entries, signal)
    }
  }
}

/** Entries, which follow each other, with their letters. */
async function* readRecords(
  segment: OpenedSegment,
  entries: readonly Entry[],
  signal?: AbortSignal,
): AsyncGenerator<InputEntry[]> {
  const first = entries[0].record - segment.firstRecord
  const end = entries[entries.length - 1].record - segment.firstRecord + 1
  const { lengths } = await segment.rows(first, end, { signal })
  let next = 0
  for (let from = first; from < end; ) {
    let to = from
    let residues = 0
    while (to < end && (to === from || residues + lengths[to - first] <= BATCH_RESIDUES)) residues += lengths[to++ - first]
    const letters = await segment.letters(from, to, { signal })
    const batch: InputEntry[] = []
    for (; next < entries.length && entries[next].record - segment.firstRecord < to; next++) {
      const entry = entries[next]
      batch.push(inputOf(entry, letters[entry.record - segment.firstRecord - from], segment))
    }
    yield batch
    from = to
  }
}

function inputOf(entry: Entry, letters: Uint8Array, segment: OpenedSegment): InputEntry {
  const { accession, description, lowerCase, quality, stop, index } = entry
  const metadata = Object.fromEntries(Object.entries(entry.metadata).map(([name, value]) => [name, textOfValue(value)]))
  const { path } = segment.segment.entryTable
  return { accession, description, letters, lowerCase, quality, stop, gaps: 0, metadata, file: path, line: index + 1 }
}
