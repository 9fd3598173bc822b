import type { StatisticsExports } from './types.ts'
import type { VectorExports } from './vectors.ts'

/** Arguments of one run of columns: see wasm/score.ts. */
export type ScoreColumns = (
  offsets: number,
  length: number,
  scores: number,
  stride: number,
  blocks: number,
  state: number,
  best: number,
  openExtend: number,
  extend: number,
  rows: number,
  rowCount: number,
  codes: number,
  narrow: number,
  begin: number,
) => void

export interface ScoreExports {
  greatestCode(codes: number, count: number): number
  interleave(addresses: number, lengths: number, lanes: number, out: number, columns: number): void
  rows8(rows: number, rowCount: number, codes: number, blocks: number, narrow: number, out: number): void
  score8: ScoreColumns
  score16: ScoreColumns
  score32: ScoreColumns
}

/** wasm/codes.ts: `count` is of residues, `out` may not overlap the input. */
export interface CodeExports {
  packNucleotides(codes: number, count: number, out: number): void
  unpackNucleotides(packed: number, count: number, out: number): void
  packProtein(codes: number, count: number, out: number): void
  unpackProtein(packed: number, count: number, out: number): void
  reverseComplement(codes: number, count: number, out: number): void
  translate(codes: number, codons: number, table: number, out: number): void
}

export type AlignColumns = (
  profile: number,
  segments: number,
  subject: number,
  from: number,
  to: number,
  window: number,
  first: number,
  mask: number,
  e: number,
  openExtend: number,
  extend: number,
  tops: number,
  least: number,
  limit: number,
  heads: number,
  nodes: number,
  marks: number,
  touched: number,
) => number

export type GoBack = (
  walk: number,
  profile: number,
  segments: number,
  subject: number,
  window: number,
  first: number,
  open: number,
  extend: number,
  best: number,
  heads: number,
  nodes: number,
  runs: number,
) => number

/** See wasm/embed.ts. */
export interface EmbedExports {
  kmerSlots(
    codes: number,
    count: number,
    classes: number,
    offsets: number,
    weight: number,
    bits: number,
    table: number,
    none: number,
    out: number,
  ): void
  kmerVectors(
    slots: number,
    masks: number,
    stride: number,
    spans: number,
    starts: number,
    ends: number,
    windows: number,
    signs: number,
    mean: number,
    common: number,
    dimensions: number,
    layers: number,
    counts: number,
    out: number,
  ): void
  bestDots(
    rows: number,
    rowCount: number,
    columns: number,
    columnCount: number,
    dimensions: number,
    rowBest: number,
    columnBest: number,
  ): void
}

type FindPosition = (column: number, segments: number, length: number, score: number) => number

/** See wasm/align.ts. */
export interface AlignExports {
  stripe(rows: number, index: number, length: number, segments: number, lanes: number, out: number): void
  columns8: AlignColumns
  columns16: AlignColumns
  columns32: AlignColumns
  position8: FindPosition
  position16: FindPosition
  position32: FindPosition
  back8: GoBack
  back16: GoBack
  back32: GoBack
}

/** See wasm/banded.ts. */
export interface BandExports {
  bandRows(
    rows: number,
    index: number,
    subject: number,
    subjectLength: number,
    from: number,
    to: number,
    low: number,
    width: number,
    h: number,
    e: number,
    open: number,
    extend: number,
    directions: number,
    best: number,
  ): void
}

/** See wasm/seeds.ts, seed-hits.ts and seed-clusters.ts. */
export interface SeedExports {
  seedTerms(
    codes: number,
    count: number,
    span: number,
    kept: bigint,
    runs: number,
    runCount: number,
    bits: number,
    limit: number,
    hashes: number,
    places: number,
  ): number
  seedGroupTerms(
    codes: number,
    count: number,
    span: number,
    groups: number,
    groupCount: number,
    offsets: number,
    weight: number,
    bits: number,
    limit: number,
    hashes: number,
    places: number,
  ): number
  seedSort(keys: number, count: number, spare: number, histogram: number, low: number, high: number): number
  seedEncode(keys: number, count: number, low: number, oriented: number, out: number): number
  seedHits(
    list: number,
    count: number,
    oriented: number,
    turn: number,
    strand: number,
    plus: number,
    minus: number,
    tail: number,
    shift: number,
    heads: number,
    partitions: number,
    next: number,
  ): number
  seedNeighbours(heads: number, partitions: number, shift: number, least: number, table: number, out: number): number
  seedClusters(
    hits: number,
    count: number,
    span: number,
    band: number,
    gap: number,
    lookBack: number,
    threshold: number,
    least: number,
    gains: number,
    scores: number,
    out: number,
  ): number
}

/** See wasm/words.ts. */
export interface WordExports {
  queryWords(
    codes: number,
    from: number,
    to: number,
    letters: number,
    o1: number,
    o2: number,
    order: number,
    threshold: number,
    starts: number,
    ends: number,
    list: number,
    blockOf: number,
  ): void
  wordStarts(starts: number, ends: number, wanted: number): number
  subjectWords(
    codes: number,
    blocks: number,
    block: number,
    end: number,
    letters: number,
    o1: number,
    o2: number,
    wanted: number,
    starts: number,
    ends: number,
    list: number,
    blockOf: number,
  ): void
  meetWords(
    key: number,
    budget: number,
    rows: number,
    queries: number,
    queryStarts: number,
    queryEnds: number,
    queryList: number,
    queryOf: number,
    queryLimits: number,
    subjects: number,
    subjectStarts: number,
    subjectEnds: number,
    subjectList: number,
    blockOf: number,
    blockLimits: number,
    padding: number,
    work: number,
    marks: number,
    markBytes: number,
  ): number
}

export type WasmExports = BandExports &
  EmbedExports &
  AlignExports &
  ScoreExports &
  SeedExports &
  CodeExports &
  StatisticsExports &
  VectorExports &
  WordExports
