/** wasm/vectors.ts and wasm/vector-scan.ts. */
export interface VectorExports {
  prepareVectors(
    raw: number,
    count: number,
    dimensions: number,
    mean: number,
    rotation: number,
    held: number,
    out: number,
  ): void
  subtractCentroids(
    rows: number,
    count: number,
    dimensions: number,
    centroids: number,
    lists: number,
    out: number,
  ): void
  nearestEntries(
    rows: number,
    stride: number,
    count: number,
    book: number,
    bias: number,
    groups: number,
    pairs: number,
    index: number,
    value: number,
  ): void
  nearestQuads(
    rows: number,
    stride: number,
    count: number,
    book: number,
    bias: number,
    groups: number,
    index: number,
    indexStride: number,
    value: number,
  ): void
  /** wasm/vector-assign.ts. */
  nearestGrouped(
    rows: number,
    stride: number,
    count: number,
    tops: number,
    topBias: number,
    topGroups: number,
    probes: number,
    firsts: number,
    book: number,
    bias: number,
    pairs: number,
    held: number,
    out: number,
  ): void
  dotEntries(x: number, book: number, groups: number, pairs: number, out: number): void
  dotRows(x: number, rows: number, stride: number, count: number, dimensions: number, out: number): void
  codeScales(
    codes: number,
    stride: number,
    count: number,
    parts: number,
    codebooks: number,
    entries: number,
    width: number,
    centroids: number,
    lists: number,
    out: number,
  ): void
  scanBytes(
    rows: number,
    rowBytes: number,
    count: number,
    parts: number,
    table: number,
    shift: number,
    base: number,
    limit: number,
    out: number,
  ): number
  transposeCodes(rows: number, rowBytes: number, count: number, bytes: number, out: number): void
  scanNibbles(
    codes: number,
    rows: number,
    rowBytes: number,
    count: number,
    bytes: number,
    table: number,
    shift: number,
    base: number,
    limit: number,
    sums: number,
    out: number,
  ): number
}
