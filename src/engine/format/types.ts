import type { EmbeddedVectorParameters } from '../index/embedding/types.ts'
import type { SeedFiles, SeedParameters } from '../index/seeds/types.ts'
import type { Strategy } from '../index/sharding/types.ts'
import type { VectorFiles } from '../index/vectors/types.ts'
import type { ByteSource, FileSink, FileStore, ReadOptions } from '../source/types.ts'

/** DNA and RNA share codes and kernels; a record of RNA is one whose letter 3 is U. */
export type Alphabet = 'dna' | 'rna' | 'protein'

/** Version of the published format that this code writes and reads (src/engine/format/SPEC.md). */
export const FORMAT_VERSION = '0.2'

/** `catalog.json`: the only file of a catalog that ever changes. */
export interface CatalogFile {
  format: 'genomic-catalog'
  formatVersion: string
  /** ISO 8601, when this version was published. */
  published: string
  version: FileReference
  /** What a reader may read together with the manifest, to save a hop. */
  ahead: AheadRange[]
  /** SHA-256, lower-case hex, of this file as it would be without this field. */
  sha256: string
}

/**
 * What an `AheadRange` is for: `checksums`, `blocks` (the record blocks), `entries` (the end of the entry table: page
 * indexes and footer), `seeds` and `vectors` (directories of the indexes, and the vectors' parameters).
 */
export type AheadUse = 'checksums' | 'blocks' | 'entries' | 'seeds' | 'vectors'

/** Bytes of a data file: from a multiple of 4,096 to the file's end. */
export interface AheadRange {
  use: AheadUse
  path: string
  start: number
  bytes: number
  /** SHA-256 of these bytes, lower-case hex. */
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

/** All that is learned or counted for the indexes. Belongs to the catalog: a later segment takes it over as it is. */
export interface CatalogParameters {
  /** SHA-256, lower-case hex, of the other fields as JSON without white space. */
  digest: string
  seeds: SeedParameters | null
  vectors: EmbeddedVectorParameters[]
}

export interface Segment {
  kind: 'base' | 'hot'
  records: number
  entries: number
  /** Metadata fields of these entries, typed by the values that they have here. */
  fields: FieldSummary[]
  /** Arrow: one row per record, in the order of the residues. */
  recordTable: DataFile
  /** Arrow: one row per block of the record table, and one for its end. */
  blocks: DataFile
  /** Arrow: records by the beginnings of their digests. */
  digestTable: DataFile
  /** Arrow: runs of residues that the packing cannot hold. */
  exceptions: DataFile
  /** Parquet: one row per entry, in order of (record, accession, description, the rest). */
  entryTable: DataFile
  /** Arrow: entry numbers by the XXH64 of their accessions. */
  accessions: DataFile
  /** Arrow: XXH64 of every 4 KiB block of every other file. Verified whole by its SHA-256. */
  checksums: FileReference
  shards: ShardFile[]
  seeds: SeedFiles | null
  /** One index for each model of the catalog's parameters, in their order. */
  vectors: VectorFiles[]
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
  /** Distinct sequences. A sequence that is in several segments is counted once. */
  records: number
  /** Inputs; statistics use these. */
  entries: number
  /** Residues counted once per entry: the database size of the statistics. */
  residues: number
  /** Residues counted once per record. */
  distinctResidues: number
  longest: number
  shortest: number
  /** SHA-256, lower-case hex, that names the content: alphabet and entries. The same for every layout of them. */
  digest: string
  /** Sum modulo 2^512 of the SHA-512 of each entry, 128 hexadecimal digits: what `digest` is made of. */
  contentSum: string
  /** Fields of all segments, each with the most general of its types. */
  fields: FieldSummary[]
  /** Records by length: `counts[i]` entries have `edges[i] <= length < edges[i+1]`. */
  lengthHistogram: { edges: number[]; counts: number[] }
  /** How the segments' records are ordered and dealt to shards. */
  strategy: Strategy
  parameters: CatalogParameters
  segments: Segment[]
}

/** Rows of the record table in columns. */
export interface RecordTable {
  count: number
  /** 32 bytes per record. */
  ids: Uint8Array
  lengths: Uint32Array
  /** Position of each record's first residue within its segment (see `SegmentReader`). */
  positions: Float64Array
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
  /** Catalog-wide number of the first record. */
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
  /** Catalog-wide record number. */
  record: number
  /** Catalog-wide entry number. */
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

export interface CatalogSummary extends Omit<Manifest, 'segments' | 'contentSum'> {
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
  /** `store`, which answers from what was read ahead where it can. */
  readonly files: FileStore
  readonly summary: CatalogSummary
  readonly manifest: Manifest
  /** In order: record and entry numbers of the catalog run through them. */
  readonly segments: readonly SegmentReader[]
  /** Ends of files that `catalog.json` names, read early or not. */
  readonly ahead: readonly AheadRange[]
  /** All rows, by catalog-wide number; entries and exceptions are numbered likewise, positions start anew in each segment. */
  records(options?: ReadOptions): Promise<RecordTable>
  exceptions(options?: ReadOptions): Promise<ExceptionTable>
  /** Splits the catalog into chunks of about `residues` residues; a chunk never crosses a shard. Records are not split. */
  chunks(residues: number, options?: ReadOptions): Promise<Chunk[]>
  /** Entries of each given record, in entry order. Reads only the row groups concerned. */
  entriesOf(records: readonly number[], options?: ReadOptions): Promise<Entry[][]>
  /** Number of the first record with a SHA-256 id, or -1. */
  findId(id: Uint8Array, options?: ReadOptions): Promise<number>
  /** Numbers of all records with a SHA-256 id: at most one in each segment. */
  findIds(id: Uint8Array, options?: ReadOptions): Promise<number[]>
  /** Entries whose accession is `accession`, else (where none) those of the records with that id, refget or MD5 digest. */
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

/** What is known of each block of `rowsPerBlock` records before any of them is read. */
export interface RecordBlocks {
  rowsPerBlock: number
  /** Blocks; the last may hold fewer records. */
  count: number
  /** First position of each block; `count + 1` values, the last is the end. */
  positions: Float64Array
  /** First entry of each block (segment's own numbers); `count + 1` values. */
  entries: Uint32Array
  /** First row of each block in the exceptions; `count + 1` values. */
  exceptions: Uint32Array
}

export interface RowOptions extends ReadOptions {
  /** Reads `refget` and `md5`, too; else they are empty. Default: true. */
  digests?: boolean
}

/** Residues of a segment from position `start` on, and the records there. */
export interface SegmentWindow {
  start: number
  /** One code per position; where no record is (the end of a packing group), the code is 0. */
  codes: Uint8Array
  /** Number, within the segment, of the first row of `records`. */
  firstRecord: number
  /** Rows of all records that the window touches (whole blocks, so others too), without `refget` and `md5`. */
  records: RecordTable
}

/**
 * One segment, read lazily. Its records, entries and positions are numbered from 0; a *position* is the place of a residue
 * in the packed data of the segment's shards, end to end: four to a byte for nucleotides, eight to five bytes for
 * proteins. Each record begins at a multiple of 4 (of 8), so positions between records may belong to none.
 */
export interface SegmentReader {
  readonly segment: Segment
  /** Catalog-wide numbers of the segment's first record and entry. */
  readonly firstRecord: number
  readonly firstEntry: number
  blocks(options?: ReadOptions): Promise<RecordBlocks>
  /** Rows [from, to) of the segment's own records; whole record blocks are read, neighbouring ones by one range. */
  rows(from: number, to: number, options?: RowOptions): Promise<RecordTable>
  /** Codes of positions [start, end) with exceptions applied, and the rows of the records there: read in one round. */
  window(start: number, end: number, options?: ReadOptions): Promise<SegmentWindow>
  /** Entries [from, to), by the segment's own numbers: only their pages are read. `Entry.record` is catalog-wide. */
  entries(from: number, to: number, options?: ReadOptions): Promise<Entry[]>
  /** A verified, cached source for a data file of the segment. */
  open(file: DataFile, options?: ReadOptions): Promise<ByteSource>
  /** A whole file, checked by its SHA-256, read once. */
  whole(file: FileReference, options?: ReadOptions): Promise<Uint8Array>
}

/** A run of a record's residues. */
export interface IndexedPiece {
  /** The segment's own record number. */
  record: number
  /** The record's id: 32 bytes, valid only during the call. */
  id: Uint8Array
  /** Position of the piece's first residue within the segment. */
  position: number
  /** 0-based residue of the record that the piece begins with. */
  start: number
  /** Residues of the whole record. */
  length: number
  /** Valid only during the call. Exceptions have their codes (4 and above for nucleotides). */
  codes: Uint8Array
  /** The record ends with this piece. */
  final: boolean
}

/**
 * Files of an index as its builder leaves them: each data file as `DataFileWriter.commit` or `writeArrow` answered it. The
 * segment writer finds the place of its checksums.
 */
export type Written<Files> = Files extends DataFile
  ? Omit<Files, 'firstBlock'> & { checksums: BigUint64Array }
  : Files extends object
    ? { [Name in keyof Files]: Written<Files[Name]> }
    : Files

/**
 * Builds an index while a segment is written: it is given every residue of the segment once, in order of position. A long
 * record comes in pieces, of which all but the last end with `overlap` residues that begin the next piece again.
 */
export interface SegmentIndexer<Files, Parameters> {
  /** Residues shown again at the start of a record's next piece. */
  readonly overlap: number
  /** A promise where there is something to wait for. */
  add(piece: IndexedPiece): void | Promise<void>
  /** Writes the files, after the last piece. */
  write(sink: FileSink): Promise<Written<Files>>
  /** What the index was built with: what was given, or what was found out. Asked for after `write`. */
  parameters(): Parameters
  /** Frees scratch space; called whatever happened. */
  remove(): Promise<void>
}
