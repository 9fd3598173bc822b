import { throwIfAborted } from '../errors.ts'
import type { Digests } from '../sequence/digest.ts'
import { ACCESSION_COLUMNS, accessionHash } from './accessions.ts'
import { openArrow } from './arrow.ts'
import { readChunk } from './chunk.ts'
import { ContentDigest } from './content-digest.ts'
import { openEntryTable } from './entries.ts'
import { lettersOf, unpackCodes } from './pack.ts'
import { wordsOf } from './records.ts'
import { residueRange } from './residues.ts'
import { ContentSummary } from './summary.ts'
import type { Catalog, Entry, RecordTable } from './types.ts'
import type { Problem, VerifyOptions } from './verify.ts'

const CHUNK_RESIDUES = 1 << 22
/** Problems of one kind that are told one by one. */
const MOST_ALIKE = 10

/** Checks what a catalog says, its files being whole. Answers how much was checked. */
export async function verifyContent(
  catalog: Catalog,
  digests: Digests,
  note: (problem: Problem) => void,
  options: VerifyOptions,
): Promise<{ records: number; entries: number }> {
  const { manifest } = catalog
  const [segment] = manifest.segments
  const summary = new ContentSummary()
  const records = await catalog.records({ signal: options.signal })
  for (const shard of segment.shards) {
    const range = await residueRange(await catalog.open(shard), shard.bytes, { signal: options.signal })
    if (range.offset !== shard.dataOffset || range.length !== shard.dataBytes) {
      note({ file: shard.path, message: `${shard.path} has its residues elsewhere than the manifest says.` })
    }
  }
  await verifyRecords(catalog, records, digests, summary, note, options)
  const { digest, filled } = await verifyEntries(catalog, records, digests, summary, note, options)
  const facts: [string, unknown, unknown][] = [
    ['records', summary.records, manifest.records],
    ['entries', summary.entries, manifest.entries],
    ['residues', summary.residues, manifest.residues],
    ['distinctResidues', summary.distinctResidues, manifest.distinctResidues],
    ['longest', summary.longest, manifest.longest],
    ['shortest', summary.shortest, manifest.shortest],
    ['digest', digest, manifest.digest],
    ['fields', filled.join(), manifest.fields.map((field) => field.filled).join()],
    ['lengthHistogram', JSON.stringify(summary.histogram()), JSON.stringify(manifest.lengthHistogram)],
  ]
  for (const [name, found, stated] of facts) {
    if (found === stated) continue
    const file = `versions/${catalog.summary.version}.json`
    note({ file, message: `The manifest states "${name}" as ${String(stated)}, but the files hold ${String(found)}.` })
  }
  return { records: summary.records, entries: summary.entries }
}

/** Each record's digests, taken again from its residues; ids in ascending order. */
async function verifyRecords(
  catalog: Catalog,
  records: RecordTable,
  digests: Digests,
  summary: ContentSummary,
  note: (problem: Problem) => void,
  options: VerifyOptions,
): Promise<void> {
  const { alphabet, segments, distinctResidues } = catalog.manifest
  const { path } = segments[0].recordTable
  const wrong = limited(note)
  const kernels = {
    unpackNucleotides: (packed: Uint8Array, length: number) => unpackCodes('dna', packed, 0, length),
    unpackProtein: (packed: Uint8Array, length: number) => unpackCodes('protein', packed, 0, length),
  }
  for (const chunk of await catalog.chunks(CHUNK_RESIDUES, { signal: options.signal })) {
    throwIfAborted(options.signal)
    const batch = await readChunk(catalog.store, chunk, kernels, { signal: options.signal })
    for (let i = 0; i < batch.lengths.length; i++) {
      const record = chunk.firstRecord + i
      const codes = batch.codes.subarray(batch.starts[i], batch.starts[i] + batch.lengths[i])
      const [first, last] = [chunk.exceptionStarts[i], chunk.exceptionStarts[i + 1]]
      const letters = lettersOf(alphabet, codes, 0, records.uracil[record] === 1, chunk.exceptions, first, last)
      const same =
        equal(digests.sha256(letters), records.ids, record * 32) &&
        equal(digests.sha512t24(letters), records.refget, record * 24) &&
        equal(digests.md5(letters), records.md5, record * 16)
      if (!same) wrong(path, `Record ${record} has other residues than its digests say.`)
      if (record > 0 && compare(records.ids, (record - 1) * 32, record * 32, 32) >= 0) {
        wrong(path, `Record ${record} is not in order of id.`)
      }
      summary.addRecord(letters.length)
    }
    options.onProgress?.({ stage: 'records', done: summary.distinctResidues, total: distinctResidues })
  }
}

async function verifyEntries(
  catalog: Catalog,
  records: RecordTable,
  digests: Digests,
  summary: ContentSummary,
  note: (problem: Problem) => void,
  options: VerifyOptions,
): Promise<{ digest: string; filled: number[] }> {
  const { manifest } = catalog
  const [segment] = manifest.segments
  const { path } = segment.entryTable
  const wrong = limited(note)
  const names = manifest.fields.map((field) => field.name)
  const filled = names.map(() => 0)
  const digest = await ContentDigest.create(names)
  const table = await openEntryTable(await catalog.open(segment.entryTable), segment.entryTable.bytes, manifest.fields)
  const keys = new BigUint64Array(table.rows)
  const words = new Uint32Array(keys.buffer)
  const encoder = new TextEncoder()
  let record = 0
  let previous: { accession: Uint8Array; description: Uint8Array } | null = null
  for (let group = 0; group + 1 < table.groups.length; group++) {
    throwIfAborted(options.signal)
    for (const entry of await table.read(table.groups[group], table.groups[group + 1])) {
      const { index } = entry
      while (record < records.count && index >= records.entryStarts[record + 1]) {
        record++
        previous = null
      }
      const length = records.lengths[record]
      const accession = encoder.encode(entry.accession)
      const description = encoder.encode(entry.description)
      const quality = entry.quality === null ? null : encoder.encode(entry.quality)
      if (entry.record !== record) wrong(path, `Entry ${index} names record ${entry.record} instead of ${record}.`)
      if (previous !== null && outOfOrder(previous, accession, description))
        wrong(path, `Entry ${index} is out of order.`)
      if (!runsFit(entry.lowerCase, length)) wrong(path, `Entry ${index} has lower case beyond its residues.`)
      if (quality !== null && quality.length !== length) wrong(path, `Entry ${index} has not one quality per residue.`)
      const id = records.ids.subarray(record * 32, record * 32 + 32)
      const values = names.map((name) => textOf(entry.metadata[name]))
      values.forEach((text, f) => (filled[f] += text === '' ? 0 : 1))
      digest.add(id, accession, description, entry.stop, entry.lowerCase, quality, values, names.length)
      words[2 * index] = index
      words[2 * index + 1] = accessionHash(digests, accession)
      summary.addEntry(length)
      previous = { accession, description }
    }
    options.onProgress?.({ stage: 'entries', done: summary.entries, total: manifest.entries })
  }
  await verifyAccessions(catalog, keys.sort(), note, options)
  return { digest: digest.finish(), filled }
}

async function verifyAccessions(
  catalog: Catalog,
  keys: BigUint64Array,
  note: (problem: Problem) => void,
  options: VerifyOptions,
): Promise<void> {
  const { accessions } = catalog.manifest.segments[0]
  const file = await openArrow(await catalog.open(accessions), accessions.bytes, ACCESSION_COLUMNS, options)
  const words = new Uint32Array(keys.buffer)
  const hashes = wordsOf(await file.read('hash', 0, file.rows, options))
  const entries = wordsOf(await file.read('entry', 0, file.rows, options))
  let same = file.rows === keys.length
  for (let i = 0; same && i < keys.length; i++) same = entries[i] === words[2 * i] && hashes[i] === words[2 * i + 1]
  if (!same)
    note({ file: accessions.path, message: `${accessions.path} does not list the entries by their accessions.` })
}

function limited(note: (problem: Problem) => void): (file: string, message: string) => void {
  let count = 0
  return (file, message) => {
    if (++count < MOST_ALIKE) note({ file, message })
    else if (count === MOST_ALIKE) note({ file, message: `${message} More of this kind are not listed.` })
  }
}

function outOfOrder(
  previous: { accession: Uint8Array; description: Uint8Array },
  accession: Uint8Array,
  description: Uint8Array,
): boolean {
  const order = compareBytes(previous.accession, accession)
  return order > 0 || (order === 0 && compareBytes(previous.description, description) > 0)
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i]
  return a.length - b.length
}

function compare(bytes: Uint8Array, a: number, b: number, length: number): number {
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return bytes[a + i] - bytes[b + i]
  return 0
}

function equal(digest: Uint8Array, bytes: Uint8Array, offset: number): boolean {
  return digest.every((byte, i) => bytes[offset + i] === byte)
}

function runsFit(runs: Uint32Array | null, length: number): boolean {
  let end = 0
  for (let i = 0; runs !== null && i < runs.length; i += 2) {
    if (runs[i] < end || runs[i + 1] === 0 || runs[i] + runs[i + 1] > length) return false
    end = runs[i] + runs[i + 1]
  }
  return runs === null || runs.length % 2 === 0
}

function textOf(value: Entry['metadata'][string]): string {
  return value === null ? '' : String(value)
}
