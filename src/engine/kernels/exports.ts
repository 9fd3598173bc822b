import type { StatisticsExports } from './types.ts'

/** Arguments of one run of columns: see wasm/score.ts. */
type ScoreColumns = (
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
) => void

export interface ScoreExports {
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

export type WasmExports = ScoreExports & CodeExports & StatisticsExports
