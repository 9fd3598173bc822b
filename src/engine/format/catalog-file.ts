import { CatalogError } from '../errors.ts'
import { loadDigests, toHex } from '../sequence/digest.ts'
import { BLOCK_BYTES } from './blocks.ts'
import { FORMAT_VERSION } from './types.ts'
import type { AheadRange, CatalogFile, FileReference } from './types.ts'

export const CATALOG_FILE = 'catalog.json'
/** Larger than any catalog.json or manifest can sensibly be. */
const MAX_JSON_BYTES = 64 << 20

/** `catalog.json`, its own checksum included. */
export async function encodeCatalogFile(catalog: Omit<CatalogFile, 'sha256'>): Promise<Uint8Array> {
  const sha256 = await checksumOf(catalog)
  return jsonBytes({ ...catalog, sha256 })
}

/**
 * @throws CatalogError `format-version` for another version of the format, `corrupt` for anything but the exact bytes
 * that `encodeCatalogFile` writes, `not-found` where the file is something else altogether.
 */
export async function decodeCatalogFile(bytes: Uint8Array, name: string): Promise<CatalogFile> {
  const catalog = parseJson(bytes, name) as Partial<CatalogFile>
  if (catalog.format !== 'genomic-catalog') {
    throw new CatalogError('corrupt', `${name} is not the catalog.json of a catalog. Check the address.`, {
      file: name,
    })
  }
  checkFormatVersion(catalog.formatVersion, name)
  const { sha256, ...rest } = catalog as CatalogFile
  const canonical = jsonBytes({ ...rest, sha256: await checksumOf(rest) })
  if (sha256 === undefined || !sameBytes(canonical, bytes)) {
    throw new CatalogError(
      'corrupt',
      `${name} is damaged: it does not match its own checksum. Fetch it again, or publish the catalog again.`,
      { file: name },
    )
  }
  checkReference(catalog.version, name)
  checkAhead((catalog as CatalogFile).ahead, name)
  return catalog as CatalogFile
}

function checkAhead(ahead: readonly AheadRange[], name: string): void {
  const good =
    Array.isArray(ahead) &&
    ahead.every(
      ({ path, start, bytes, sha256 }) =>
        isDataPath(path) &&
        isCount(start) &&
        start % BLOCK_BYTES === 0 &&
        isCount(bytes) &&
        /^[0-9a-f]{64}$/.test(sha256),
    )
  if (good) return
  throw new CatalogError('corrupt', `${name} says in a way that makes no sense what to read first. Publish it again.`, {
    file: name,
  })
}

function isDataPath(path: unknown): boolean {
  return typeof path === 'string' && /^(data|versions)\/[0-9a-z.-]+$/.test(path)
}

/** @throws CatalogError `format-version` unless this code reads that version. */
export function checkFormatVersion(version: unknown, name: string): void {
  if (version === FORMAT_VERSION) return
  throw new CatalogError(
    'format-version',
    `${name} is in format version ${String(version)}, but this program reads only ${FORMAT_VERSION}. ` +
      'Use a program of the same version, or build the catalog again.',
    { file: name, found: String(version), expected: FORMAT_VERSION },
  )
}

/** A reference of the kind that paths, sizes and hashes of a catalog are: plain, relative, inside the catalog. */
export function checkReference(reference: FileReference | undefined, name: string): void {
  const good =
    typeof reference === 'object' &&
    reference !== null &&
    isDataPath(reference.path) &&
    /^[0-9a-f]{64}$/.test(reference.sha256) &&
    reference.path.includes(reference.sha256) &&
    isCount(reference.bytes)
  if (!good) {
    throw new CatalogError('corrupt', `${name} names a file in a way that makes no sense. Publish the catalog again.`, {
      file: name,
    })
  }
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

export function parseJson(bytes: Uint8Array, name: string): object {
  let value: unknown
  try {
    if (bytes.length > MAX_JSON_BYTES) throw new Error('too long')
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (cause) {
    throw new CatalogError(
      'corrupt',
      `${name} is not readable as JSON. Check the address, or fetch the file again.`,
      {
        file: name,
      },
      cause,
    )
  }
  if (typeof value !== 'object' || value === null) {
    throw new CatalogError('corrupt', `${name} does not hold a JSON object.`, { file: name })
  }
  return value
}

export function jsonBytes(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value, null, 2) + '\n')
}

async function checksumOf(catalog: object): Promise<string> {
  return toHex((await loadDigests()).sha256(jsonBytes(catalog)))
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
