import { throwIfAborted } from '../errors.ts'
import type { Digests } from '../sequence/digest.ts'
import type { OpenedCatalog } from './catalog.ts'
import { readChunk } from './chunk.ts'
import { contentDigest, ContentSum, digestFields } from './content-digest.ts'
import { textOfValue, uniteFields } from './fields.ts'
import { accessionHash, ACCESSION_LAYOUT, digestHash, DIGEST_LAYOUT, DIGESTS_PER_RECORD } from './hash-table.ts'
import { EXCEPTION_LAYOUT } from './exceptions.ts'
import { lettersOf, unpackCodes } from './pack.ts'
import { describeParameters } from './parameters.ts'
import { RECORD_LAYOUT } from './records.ts'
import { residueRange } from './residues.ts'
import type { OpenedSegment } from './segment.ts'
import { ContentSummary } from './summary.ts'
import { verifyBlocks, verifyHashTable } from './verify-layout.ts'
import type { Problem, VerifyOptions } from './verify.ts'
import { compareBytes } from './words.ts'

const CHUNK_RESIDUES = 1 << 22
/** Problems of one kind that are told one by one. */
const MOST_ALIKE = 10

/** What the verification of segments adds up. */
interface Verification {
  catalog: OpenedCatalog
  digests: Digests
  summary: ContentSummary
  sum: ContentSum
  /** Ids of the records seen so far, where there are several segments. */
  ids: Set<string>
  note: (problem: Problem) => void
  options: VerifyOptions
}

/** Checks what a catalog says, its files being whole. Answers how much was checked. */
export async function verifyContent(
  catalog: OpenedCatalog,
  digests: Digests,
  note: (problem: Problem) => void,
  options: VerifyOptions,
): Promise<{ records: number; entries: number }> {
  const { manifest } = catalog
  const summary = new ContentSummary()
  const work = { catalog, digests, summary, sum: new ContentSum(digests), ids: new Set<string>(), note, options }
  for (const segment of catalog.segments) await verifySegment(segment, work)
  const sum = work.sum.toHex()
  const facts: [string, unknown, unknown][] = [
    ['records', summary.records, manifest.records],
    ['entries', summary.entries, manifest.entries],
    ['residues', summary.residues, manifest.residues],
    ['distinctResidues', summary.distinctResidues, manifest.distinctResidues],
    ['longest', summary.longest, manifest.longest],
    ['shortest', summary.shortest, manifest.shortest],
    ['contentSum', sum, manifest.contentSum],
    ['digest', contentDigest(digests, sum, summary.entries, manifest.alphabet), manifest.digest],
    ['fields', JSON.stringify(uniteFields(manifest.segments)), JSON.stringify(manifest.fields)],
    ['lengthHistogram', JSON.stringify(summary.histogram()), JSON.stringify(manifest.lengthHistogram)],
    ['parameters', describeParameters(digests, manifest.parameters).digest, manifest.parameters.digest],
  ]
  for (const [name, found, stated] of facts) {
    if (found === stated) continue
    const file = `versions/${catalog.summary.version}.json`
    note({ file, message: `The manifest states "${name}" as ${String(stated)}, but the files hold ${String(found)}.` })
  }
  return { records: summary.records, entries: summary.entries }
}

async function verifySegment(reader: OpenedSegment, work: Verification): Promise<void> {
  const { segment } = reader
  const { manifest } = work.catalog
  const { signal } = work.options
  const records = await reader.allRows({ signal })
  const { exceptionStarts, count } = records
  const none: Record<string, string> = {}
  const files = [
    {
      file: segment.recordTable,
      layout: RECORD_LAYOUT,
      rows: count,
      metadata: { ...none, alphabet: manifest.alphabet },
    },
    { file: segment.exceptions, layout: EXCEPTION_LAYOUT, rows: exceptionStarts[count], metadata: none },
    { file: segment.digestTable, layout: DIGEST_LAYOUT, rows: count * DIGESTS_PER_RECORD, metadata: none },
    { file: segment.accessions, layout: ACCESSION_LAYOUT, rows: segment.entries, metadata: none },
  ]
  for (const { file, layout, rows, metadata } of files) {
    const wrong = await verifyBlocks(await reader.open(file), file.bytes, layout, rows, metadata, signal)
    if (wrong !== null) work.note({ file: file.path, message: `${file.path} ${wrong}.` })
  }
  for (const shard of segment.shards) {
    const range = await residueRange(await reader.open(shard), shard.bytes, { signal })
    if (range.offset !== shard.dataOffset || range.length !== shard.dataBytes) {
      work.note({ file: shard.path, message: `${shard.path} has its residues elsewhere than the manifest says.` })
    }
  }
  await verifyRecords(reader, work)
  await verifyEntries(reader, work)
}

/** Each record's digests, taken again from its residues, and the table that finds them. */
async function verifyRecords(reader: OpenedSegment, work: Verification): Promise<void> {
  const { catalog, digests, summary, options } = work
  const { alphabet, distinctResidues } = catalog.manifest
  const { segment } = reader
  const records = await reader.allRows()
  const wrong = limited(work.note)
  const keys = new BigUint64Array(records.count * DIGESTS_PER_RECORD)
  const words = new Uint32Array(keys.buffer)
  const seen = new Set<string>()
  for (const chunk of await reader.chunks(CHUNK_RESIDUES, { signal: options.signal })) {
    throwIfAborted(options.signal)
    const batch = await readChunk(catalog.store, chunk, SCALAR_KERNELS, { signal: options.signal })
    for (let i = 0; i < batch.lengths.length; i++) {
      const record = chunk.firstRecord - reader.firstRecord + i
      const codes = batch.codes.subarray(batch.starts[i], batch.starts[i] + batch.lengths[i])
      const [first, last] = [chunk.exceptionStarts[i], chunk.exceptionStarts[i + 1]]
      const letters = lettersOf(alphabet, codes, 0, records.uracil[record] === 1, chunk.exceptions, first, last)
      const found = [digests.sha256(letters), digests.sha512t24(letters), digests.md5(letters)]
      const same =
        equal(found[0], records.ids, record * 32) &&
        equal(found[1], records.refget, record * 24) &&
        equal(found[2], records.md5, record * 16)
      if (!same) wrong(segment.recordTable.path, `Record ${record} has other residues than its digests say.`)
      found.forEach((digest, d) => {
        words[2 * (record * DIGESTS_PER_RECORD + d)] = record
        words[2 * (record * DIGESTS_PER_RECORD + d) + 1] = digestHash(digest)
      })
      const id = String.fromCharCode(...found[0])
      if (seen.has(id)) wrong(segment.recordTable.path, `Record ${record} is there twice.`)
      seen.add(id)
      if (!work.ids.has(id)) summary.addRecord(letters.length)
    }
    options.onProgress?.({ stage: 'records', done: summary.distinctResidues, total: distinctResidues })
  }
  if (catalog.segments.length > 1) for (const id of seen) work.ids.add(id)
  const file = segment.digestTable
  if (!(await verifyHashTable(await reader.open(file), DIGEST_LAYOUT, keys.sort(), options.signal))) {
    work.note({ file: file.path, message: `${file.path} does not list the records by their digests.` })
  }
}

async function verifyEntries(reader: OpenedSegment, work: Verification): Promise<void> {
  const { catalog, digests, summary, sum, options } = work
  const { manifest } = catalog
  const { segment, firstEntry, firstRecord } = reader
  const { path } = segment.entryTable
  const wrong = limited(work.note)
  const names = segment.fields.map((field) => field.name)
  const filled = names.map(() => 0)
  const fields = digestFields(names)
  const records = await reader.allRows()
  const table = await reader.entryTable({ signal: options.signal })
  const keys = new BigUint64Array(table.rows)
  const words = new Uint32Array(keys.buffer)
  const encoder = new TextEncoder()
  let record = 0
  let previous: { accession: Uint8Array; description: Uint8Array } | null = null
  for (let group = 0; group + 1 < table.groups.length; group++) {
    throwIfAborted(options.signal)
    for (const entry of await table.read(table.groups[group], table.groups[group + 1])) {
      const index = entry.index - firstEntry
      while (record < records.count && index >= records.entryStarts[record + 1]) {
        record++
        previous = null
      }
      const length = records.lengths[record]
      const accession = encoder.encode(entry.accession)
      const description = encoder.encode(entry.description)
      const quality = entry.quality === null ? null : encoder.encode(entry.quality)
      if (entry.record - firstRecord !== record) {
        wrong(path, `Entry ${index} names record ${entry.record - firstRecord} instead of ${record}.`)
      }
      if (previous !== null && outOfOrder(previous, accession, description))
        wrong(path, `Entry ${index} is out of order.`)
      if (!runsFit(entry.lowerCase, length)) wrong(path, `Entry ${index} has lower case beyond its residues.`)
      if (quality !== null && quality.length !== length) wrong(path, `Entry ${index} has not one quality per residue.`)
      const id = records.ids.subarray(record * 32, record * 32 + 32)
      const values = names.map((name) => textOfValue(entry.metadata[name]))
      values.forEach((text, f) => (filled[f] += text === '' ? 0 : 1))
      sum.add(id, accession, description, entry.stop, entry.lowerCase, quality, values, fields)
      words[2 * index] = index
      words[2 * index + 1] = accessionHash(digests, accession)
      summary.addEntry(length)
      previous = { accession, description }
    }
    options.onProgress?.({ stage: 'entries', done: summary.entries, total: manifest.entries })
  }
  segment.fields.forEach((field, f) => {
    if (filled[f] === field.filled) return
    wrong(path, `The manifest states ${field.filled} values of "${field.name}", but there are ${filled[f]}.`)
  })
  const file = segment.accessions
  if (!(await verifyHashTable(await reader.open(file), ACCESSION_LAYOUT, keys.sort(), options.signal))) {
    work.note({ file: file.path, message: `${file.path} does not list the entries by their accessions.` })
  }
}

const SCALAR_KERNELS = {
  unpackNucleotides: (packed: Uint8Array, length: number) => unpackCodes('dna', packed, 0, length),
  unpackProtein: (packed: Uint8Array, length: number) => unpackCodes('protein', packed, 0, length),
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
