import type { ByteSource, FileStore, ReadOptions } from '../source/types.ts'

/** DNA and RNA share codes and kernels; a record of RNA is one whose letter 3 is U. */
export type Alphabet = 'dna' | 'rna' | 'protein'

/** Version of the published format that this code writes and reads (src/engine/format/SPEC.md). */
export const FORMAT_VERSION = '0.1'

/** `catalog.json`: the only file of a catalog that ever changes. */
export interface CatalogFile {
  format: 'genomic-catalog'
  formatVersion: string
  /** ISO 8601, when this version was published. */
  published: string
  version: FileReference
  /** SHA-256, lower-case hex, of this file as it would be without this field. */
  sha256: string
}

/** A file of the catalog, named by content. */
export interface FileReference {
  path: string
  /** Bytes. */
  bytes: number
  /** SHA-256 of the whole file, lower-case hex; also part of `path`. */
  sha256: string
}

/** A data file whose 4 KiB blocks are listed in the segment's checksum file. */
export interface DataFile extends FileReference {
  /** Index of this file's first block in the checksum list. */
  firstBlock: number
}

export interface ShardFile extends DataFile {
  /** First record of the shard (segment-wide index) and their number. */
  firstRecord: number
  records: number
  /** Byte offset, inside the Arrow file, of the packed residues, and their length. */
  dataOffset: number
  dataBytes: number
}

export interface FieldSummary {
  name: string
  type: 'string' | 'integer' | 'number' | 'boolean'
  /** Entries that have a value. */
  filled: number
}

export interface Segment {
  kind: 'base' | 'hot'
  records: number
  entries: number
  /** Arrow: one row per record, in order of id. */
  recordTable: DataFile
  /** Arrow: runs of residues that the packing cannot hold. */
  exceptions: DataFile
  /** Parquet: one row per entry, in order of (record, accession, description, metadata). */
  entryTable: DataFile
  /** Arrow: entry numbers by the XXH64 of their accessions. */
  accessions: DataFile
  /** Arrow: XXH64 of every 4 KiB block of every other file. Verified whole by its SHA-256. */
  checksums: FileReference
  shards: ShardFile[]
}

/** `versions/<hash>.json`. Holds nothing that depends on when or where it was built. */
export interface Manifest {
  format: 'genomic-catalog'
  formatVersion: string
  /** "genomic-catalog 0.1.0". */
  writer: string
  title: string
  description?: string
  source?: string
  licence?: string
  citation?: string
  alphabet: Alphabet
  /** Distinct sequences. */
  records: number
  /** Inputs; statistics use these. */
  entries: number
  /** Residues counted once per entry: the database size of the statistics. */
  residues: number
  /** Residues counted once per record. */
  distinctResidues: number
  longest: number
  shortest: number
  /** Digest of the sorted entries; the same for every layout of the same content. Lower-case hex SHA-256. */
  digest: string
  fields: FieldSummary[]
  /** Records by length: `counts[i]` entries have `edges[i] <= length < edges[i+1]`. */
  lengthHistogram: { edges: number[]; counts: number[] }
  strategy: 'hash'
  segments: Segment[]
}

/** The record table in columns; index = segment-wide record number, in order of id. */
export interface RecordTable {
  count: number
  /** 32 bytes per record. */
  ids: Uint8Array
  lengths: Uint32Array
  /** Byte offset of each record's residues within its shard's packed data. */
  offsets: Float64Array
  /** 1 where letter 3 is U. */
  uracil: Uint8Array
  /** First entry of each record; `count + 1` values. */
  entryStarts: Uint32Array
  /** First exception run of each record; `count + 1` values. */
  exceptionStarts: Uint32Array
  /** 24 bytes per record: SHA-512 truncated (refget sha512t24u). */
  refget: Uint8Array
  /** 16 bytes per record. */
  md5: Uint8Array
}

/** Runs of residues outside the packing (ambiguity codes of DNA). */
export interface ExceptionTable {
  /** 0-based position in the record. */
  starts: Uint32Array
  lengths: Uint32Array
  /** Residue code. */
  codes: Uint8Array
}

/** All that a worker needs to read and decode a contiguous run of records, with no other file. Structured-cloneable. */
export interface Chunk {
  /** Unique within a catalog version; a cache key. */
  key: string
  alphabet: Alphabet
  /** Path of the shard file within the store. */
  path: string
  /** Range of the file to read: whole 4 KiB blocks (or the file's end). */
  readStart: number
  readLength: number
  /** XXH64 of those blocks. */
  checksums: BigUint64Array
  /** Offset within the read bytes where the first record's packed residues begin. */
  skip: number
  firstRecord: number
  lengths: Uint32Array
  /** CSR of the exceptions of these records: `lengths.length + 1` values, starting at 0. */
  exceptionStarts: Uint32Array
  exceptions: ExceptionTable
}

/** An input as it came: what the record does not hold. */
export interface Entry {
  accession: string
  /** The header after the accession. */
  description: string
  /** Segment-wide record number. */
  record: number
  /** Entry number. */
  index: number
  /** Values of the catalog's fields; null where missing. */
  metadata: Record<string, string | number | boolean | null>
  /** Lower-case runs: start, length, start, length … (0-based), or null. */
  lowerCase: Uint32Array | null
  /** FASTQ qualities as they came, or null. */
  quality: string | null
  /** The input ended in `*`. */
  stop: boolean
}

export interface CatalogSummary extends Omit<Manifest, 'segments'> {
  url: string
  /** SHA-256 of the manifest: names this version. */
  version: string
  published: string
  /** Bytes of all files. */
  bytes: number
  shards: number
}

/** An opened catalog: one version, read lazily through verified byte ranges. */
export interface Catalog {
  readonly store: FileStore
  readonly summary: CatalogSummary
  readonly manifest: Manifest
  records(options?: ReadOptions): Promise<RecordTable>
  exceptions(options?: ReadOptions): Promise<ExceptionTable>
  /** Splits the catalog into chunks of about `residues` residues; a chunk never crosses a shard. Records are not split. */
  chunks(residues: number, options?: ReadOptions): Promise<Chunk[]>
  /** Entries of each given record, in entry order. Reads only the row groups concerned. */
  entriesOf(records: readonly number[], options?: ReadOptions): Promise<Entry[][]>
  /** Record number of a SHA-256 id, or -1. */
  findId(id: Uint8Array, options?: ReadOptions): Promise<number>
  /** Entries whose accession is `accession`, else (where none) a record by id, refget or MD5 digest in text form. */
  find(accession: string, options?: ReadOptions): Promise<Entry[]>
  /** Residues of a record; read alone where the record table has not been read. */
  length(record: number, options?: ReadOptions): Promise<number>
  /** Residue codes [start, end) of a record, 0-based. Reads only the blocks concerned. */
  residues(record: number, start: number, end: number, options?: ReadOptions): Promise<Uint8Array>
  /** The same as ASCII letters in upper case, T and U told apart. */
  letters(record: number, start: number, end: number, options?: ReadOptions): Promise<Uint8Array>
  /** A verified source for any data file. */
  open(file: DataFile): Promise<ByteSource>
}
