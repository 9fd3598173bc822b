import { CatalogError, throwIfAborted } from '../errors.ts'
import { loadDigests, runningSha256, toHex } from '../sequence/digest.ts'
import type { Digests } from '../sequence/digest.ts'
import type { ByteSource, FileStore } from '../source/types.ts'
import { BLOCK_BYTES, blockCount } from './blocks.ts'
import { CATALOG_FILE, decodeCatalogFile } from './catalog-file.ts'
import { openCatalog } from './catalog.ts'
import { readChecksums } from './checksums.ts'
import { decodeManifest } from './manifest.ts'
import { dataFiles, wholeFiles } from './references.ts'
import type { AheadRange, AheadUse, DataFile, FileReference, Manifest } from './types.ts'
import { verifyContent } from './verify-content.ts'

export interface Problem {
  /** File concerned. */
  file: string
  /** A sentence. */
  message: string
}

export interface VerifyProgress {
  /** 'files': bytes read; 'records': residues digested; 'entries': entries checked. */
  stage: 'files' | 'records' | 'entries'
  done: number
  total: number
}

export interface VerifyOptions {
  onProgress?: (progress: VerifyProgress) => void
  /** Told of each problem as it is found. */
  onProblem?: (problem: Problem) => void
  signal?: AbortSignal
}

export interface VerifyReport {
  /** Empty where the catalog is whole. */
  problems: Problem[]
  /** Files and bytes read. */
  files: number
  bytes: number
  /** Records and entries whose content was checked; 0 where damaged files made that pointless. */
  records: number
  entries: number
}

const READ_BYTES = 1 << 20
const USES: readonly AheadUse[] = ['checksums', 'blocks', 'entries', 'seeds', 'vectors']

/**
 * Reads every byte of the current version and checks it: sizes, SHA-256 and block checksums of all files, then, where
 * all are whole, what they say: each record's digests recomputed from its residues, every order, reference and count.
 * Problems are collected, never thrown; only `aborted` and failures to reach the catalog at all (`network`, `timeout`)
 * end it early.
 */
export async function verifyCatalog(store: FileStore, options: VerifyOptions = {}): Promise<VerifyReport> {
  const report: VerifyReport = { problems: [], files: 0, bytes: 0, records: 0, entries: 0 }
  const note = (problem: Problem) => {
    report.problems.push(problem)
    options.onProblem?.(problem)
  }
  const head = await attempt(note, () => readHead(store, report, options))
  if (head === null) return report
  const { manifest, ahead } = head
  const whole = wholeFiles(manifest)
  const total = [...whole, ...manifest.segments.flatMap(dataFiles)].reduce((sum, file) => sum + file.bytes, 0)
  const base = report.bytes
  const onBytes = (bytes: number) => {
    report.bytes += bytes
    options.onProgress?.({ stage: 'files', done: report.bytes - base, total })
  }
  const digests = await loadDigests()
  for (const file of whole) {
    await verifyFile(store, file, null, digests, note, onBytes, options)
    report.files++
  }
  for (const segment of manifest.segments) {
    const checksums = await attempt(null, () =>
      readChecksums(store.open(segment.checksums.path), segment, { signal: options.signal }),
    )
    for (const file of dataFiles(segment)) {
      const own = checksums?.subarray(file.firstBlock, file.firstBlock + blockCount(file.bytes)) ?? null
      await verifyFile(store, file, own, digests, note, onBytes, options)
      report.files++
    }
  }
  if (report.problems.length > 0) return report
  await attempt(note, async () => {
    checkAhead(manifest, ahead)
    const catalog = await openCatalog(store, { ahead: USES, signal: options.signal })
    const counts = await verifyContent(catalog, digests, note, options)
    report.records = counts.records
    report.entries = counts.entries
  })
  return report
}

/** What is read ahead is the end of a file of this version. */
function checkAhead(manifest: Manifest, ahead: readonly AheadRange[]): void {
  const files = [...wholeFiles(manifest), ...manifest.segments.flatMap(dataFiles)]
  for (const { path, start, bytes } of ahead) {
    if (files.some((file) => file.path === path && file.bytes === start + bytes)) continue
    const message = `${CATALOG_FILE} says to read ${path} first, to byte ${start + bytes}: no file of this version ends there.`
    throw new CatalogError('corrupt', message, { file: CATALOG_FILE })
  }
}

async function readHead(
  store: FileStore,
  report: VerifyReport,
  options: VerifyOptions,
): Promise<{ manifest: Manifest; ahead: readonly AheadRange[] }> {
  const source = store.open(CATALOG_FILE)
  const bytes = await source.readAll({ signal: options.signal })
  report.files++
  report.bytes += bytes.length
  const { version, ahead } = await decodeCatalogFile(bytes, source.name)
  const manifestSource = store.open(version.path)
  const manifestBytes = await manifestSource.readAll({ signal: options.signal })
  report.files++
  report.bytes += manifestBytes.length
  const digests = await loadDigests()
  if (manifestBytes.length !== version.bytes || toHex(digests.sha256(manifestBytes)) !== version.sha256) {
    const message = `${manifestSource.name} is damaged: its content does not match its name.`
    throw new CatalogError('corrupt', message, { file: manifestSource.name })
  }
  return { manifest: decodeManifest(manifestBytes, manifestSource.name), ahead }
}

/** Reads one file whole. Everything wrong with it becomes problems. */
async function verifyFile(
  store: FileStore,
  file: FileReference | DataFile,
  checksums: BigUint64Array | null,
  digests: Digests,
  note: (problem: Problem) => void,
  onBytes: (bytes: number) => void,
  options: VerifyOptions,
): Promise<void> {
  const source = store.open(file.path)
  await attempt(note, async () => {
    const sha256 = await runningSha256()
    let badBlocks = 0
    let firstBad = -1
    for (let start = 0; start < file.bytes; start += READ_BYTES) {
      throwIfAborted(options.signal)
      const bytes = await source.read(start, Math.min(READ_BYTES, file.bytes - start), { signal: options.signal })
      sha256.update(bytes)
      for (let at = 0; checksums !== null && at < bytes.length; at += BLOCK_BYTES) {
        const block = (start + at) / BLOCK_BYTES
        if (digests.xxh64(bytes.subarray(at, at + BLOCK_BYTES)) === checksums[block]) continue
        if (badBlocks++ === 0) firstBad = block
      }
      onBytes(bytes.length)
    }
    if (badBlocks > 0) {
      const [from, to] = [firstBad * BLOCK_BYTES, Math.min(file.bytes, (firstBad + 1) * BLOCK_BYTES)]
      const more = badBlocks > 1 ? `, and ${badBlocks - 1} more blocks` : ''
      note({ file: source.name, message: `${source.name} is damaged: bytes ${from} to ${to}${more}.` })
    } else if (toHex(sha256.digest()) !== file.sha256) {
      note({ file: source.name, message: `${source.name} is damaged: its content does not match its name.` })
    }
    if (await isLonger(source, file.bytes, options.signal)) {
      note({ file: source.name, message: `${source.name} is longer than the ${file.bytes} bytes it should have.` })
    }
  })
}

async function isLonger(source: ByteSource, bytes: number, signal?: AbortSignal): Promise<boolean> {
  try {
    await source.read(bytes, 1, { signal })
    return true
  } catch (error) {
    if (error instanceof CatalogError && error.tag === 'short-read') return false
    throw error
  }
}

/** Runs `work`; what it throws becomes a problem (or nothing, where that was told already), unless it has to end all. */
async function attempt<T>(note: ((problem: Problem) => void) | null, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error
    if (error.tag === 'aborted' || error.tag === 'network' || error.tag === 'timeout') throw error
    note?.({ file: error.fields.file ?? '', message: error.message })
    return null
  }
}
