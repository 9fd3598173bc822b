import type { DataFile } from '../../format/types.ts'

/**
 * The seed scheme of a catalog: chosen at its first build, kept in the manifest's parameters, the same for every segment.
 * JSON. A *term* is a seed's residues at the mask's match positions, canonical for nucleotides (the smaller of both
 * strands' codes), mixed one to one to a hash of as many bits as the code: see SPEC-seeds.md.
 */
export interface SeedParameters {
  version: 1
  alphabet: 'nucleotide' | 'protein'
  /** One or two masks; `1` is a position that has to match. The same backwards, for nucleotides. */
  masks: string[]
  /** Protein only: groups of letters that count as the same; a letter in no group makes no seed. `null` for nucleotides. */
  groups: string[] | null
  /** Terms whose hash is below this are indexed. */
  sampling: number
  /** Mode `fast` looks up only terms whose hash is below this: at most `sampling`. */
  fastSampling: number
  /** Per mask: hashes, ascending, of terms too frequent to be indexed. `null` until the first build has counted them. */
  stopTerms: number[][] | null
}

/** The seed index of a segment. Positions are those of the segment: see the format's `RecordBlocks`. */
export interface SeedFiles {
  /** Arrow, column `end` (uint32): where each bucket of each mask ends, in units of `unit` bytes. Read whole in the second hop. */
  directory: DataFile
  /** Arrow, column `lists` (uint8). */
  postings: DataFile
  /** Byte offset within the directory's file of its first value. */
  directoryOffset: number
  /** Byte offset within the postings' file of its first bucket, and bytes of all buckets. */
  dataOffset: number
  dataBytes: number
  /** Hashes with the same `bucketBits` highest bits share a bucket. */
  bucketBits: number
  /** Buckets begin at multiples of this many bytes of the lists. */
  unit: number
  /** Postings of all masks. */
  postingCount: number
}

export type SeedMode = 'fast' | 'sensitive'

/** A query for lookups. */
export interface SeedQuery {
  /** Residue codes of the plus strand (or of one frame). */
  codes: Uint8Array
  /** Masked intervals: start, end, start, end … (0-based, half open). A seed that touches one is not looked up. */
  masks: Uint32Array | null
}

/**
 * What a batch of queries looks up: depends on queries and parameters alone. Long queries are cut into *pieces* that
 * overlap, each clustered by itself. Structured-cloneable.
 */
export interface Lookups {
  parameters: SeedParameters
  /** Distinct terms, by (mask, hash). */
  termMasks: Uint8Array
  termHashes: Uint32Array
  /** Query of each piece, ascending, and where the piece begins and ends in it. */
  pieceQueries: Uint32Array
  pieceStarts: Uint32Array
  pieceEnds: Uint32Array
  /** Occurrences of each piece: `pieces + 1` values. */
  occurrenceStarts: Uint32Array
  /** Term of each occurrence: index into `termHashes`. */
  occurrenceTerms: Uint32Array
  /** Place of each occurrence: query position × 4 + orientation (0 plus, 1 minus, 2 palindrome: both). */
  occurrencePlaces: Uint32Array
}

/** A run of whole buckets to read from a segment's postings file. */
export interface BucketRange {
  /** First bucket and the one after the last, numbered over all masks. */
  from: number
  to: number
  /** Offset in the postings file, and bytes. */
  offset: number
  bytes: number
}

/** The lists of one segment that a batch of lookups found. Structured-cloneable, transferable. */
export interface SeedLists {
  /** Bytes of all ranges read, end to end. */
  bytes: Uint8Array
  /** Per term of the lookups: where its list begins in `bytes`, and its postings (0: the segment has none). */
  offsets: Uint32Array
  counts: Uint32Array
}

/** What makes a cluster. All of it follows from the query's length and the catalog's parameters and residues. */
export interface ClusterRule {
  /** Hits whose diagonals differ by no more than this may be neighbours in a cluster. */
  band: number
  /** Neighbours along the diagonal are no further apart than this many residues of the query. */
  gap: number
  /** Lowest score of a cluster. */
  threshold: number
}

/**
 * Clusters of seed hits: stretches of a segment where a piece of a query matches along neighbouring diagonals. Parallel
 * columns. Coordinates are of residues: of the whole query's plus strand, and positions of the segment; half open.
 */
export interface Clusters {
  count: number
  /** 0 plus, 1 minus (the reverse complement of the query matches). */
  strands: Uint8Array
  /** Four for each matched position of the best chain, less what changes of diagonal and distances cost: see `chainHits` of clusters.ts. */
  scores: Uint32Array
  queryStarts: Uint32Array
  queryEnds: Uint32Array
  subjectStarts: Float64Array
  subjectEnds: Float64Array
  /** Lowest and highest diagonal of paired residues, both included: subject − query for plus, subject + query for minus. */
  diagonalLows: Float64Array
  diagonalHighs: Float64Array
  /** Hits of each cluster: `count + 1` values. */
  hitStarts: Uint32Array
  /** First residue of each hit's seed, in the query and in the segment. */
  hitQueries: Uint32Array
  hitSubjects: Float64Array
  hitMasks: Uint8Array
}

/** Clusters that lie within one record each. */
export interface RecordClusters extends Clusters {
  /** Index into the record starts given. */
  records: Uint32Array
}

/** The lists of a segment ready to be clustered: holds kernel memory until disposed. */
export interface SeedMatch {
  /**
   * Clusters of one piece that reach the rule's threshold, in order of (strand, lowest diagonal, query start). Occurrences
   * whose `keep` is 0 are left out.
   */
  clusters(piece: number, rule: ClusterRule, keep: Uint8Array): Clusters
  dispose(): void
}

/** A seed's term at a place of a sequence. */
export interface SeedTerms {
  count: number
  hashes: Uint32Array
  /** Position of the seed's first residue × 4 + orientation (0 plus, 1 minus, 2 palindrome). */
  places: Uint32Array
}

/** Sorts postings and writes them as lists: for builders. Holds kernel memory until disposed. */
export interface SeedListEncoder {
  /**
   * Takes keys of two words each (the low and the high one of hash × 2^33 + position × 2 + orientation), sorts them by the
   * lowest `bits` of the hash and answers them; equal hashes stay in order. The answer is valid until the next call.
   */
  sort(keys: readonly Uint8Array[], bits: number): Uint32Array
  /** The list of `count` sorted keys from number `from` on, of which `low` bits of each difference are kept apart. Valid until the next call. */
  encode(from: number, count: number, low: number, oriented: boolean): Uint8Array
  dispose(): void
}

/** Typed face of wasm/seeds.ts, seed-hits.ts and seed-clusters.ts. */
export interface SeedKernels {
  /** Terms of `codes` by one mask whose hash is below `limit`, in order of position. */
  terms(codes: Uint8Array, parameters: SeedParameters, mask: number, limit: number): SeedTerms
  /** Takes copies of the bytes it needs. */
  match(lookups: Lookups, lists: SeedLists): SeedMatch
  /** An encoder for at most `most` postings at a time. */
  encoder(most: number): SeedListEncoder
}

/*
 * Functions of this folder, in the order in which a search calls them:
 *
 * chooseSeedParameters(alphabet, residues, { masks?: 1 | 2 }): SeedParameters                              scheme.ts
 * planLookups(kernels, queries: readonly SeedQuery[], parameters, mode: SeedMode): Lookups                 lookups.ts
 * readSeedDirectory(files, bytes of the whole directory file, parameters): SeedDirectory                   directory.ts
 * bucketRanges(directory, lookups, join: { gap: number; bytes: number }): BucketRange[]                    directory.ts
 * locateLists(directory, lookups, ranges, read: readonly Uint8Array[]): SeedLists                          lists.ts
 * keepOccurrences(lookups, counts: sums of SeedLists.counts over all segments, cap?): Uint8Array           lookups.ts
 * clusterRule(parameters, pieceLength, residues of the catalog, mode): ClusterRule                         clusters.ts
 * kernels.seeds.match(lookups, lists).clusters(piece, rule, keep): Clusters
 * splitByRecord(clusters, starts: Float64Array of records, rule, parameters): RecordClusters               clusters.ts
 */
