import type { Manifest } from './types.ts'

type ContentCounts = Pick<
  Manifest,
  'records' | 'entries' | 'residues' | 'distinctResidues' | 'longest' | 'shortest' | 'lengthHistogram'
>

/** Counts of a catalog's content, gathered entry by entry; builder and verifier share it. */
export class ContentSummary {
  records = 0
  entries = 0
  residues = 0
  distinctResidues = 0
  longest = 0
  shortest = Infinity
  readonly #bins = new Float64Array(EDGES.length)

  /** Adds what another catalog holds. */
  addAll(counts: ContentCounts): void {
    this.records += counts.records
    this.entries += counts.entries
    this.residues += counts.residues
    this.distinctResidues += counts.distinctResidues
    if (counts.longest > this.longest) this.longest = counts.longest
    if (counts.shortest < this.shortest) this.shortest = counts.shortest
    const { edges, counts: bins } = counts.lengthHistogram
    bins.forEach((count, i) => (this.#bins[binOf(edges[i])] += count))
  }

  addRecord(length: number): void {
    this.records++
    this.distinctResidues += length
    if (length > this.longest) this.longest = length
    if (length < this.shortest) this.shortest = length
  }

  addEntry(length: number): void {
    this.entries++
    this.residues += length
    this.#bins[binOf(length)]++
  }

  /** Entries by length, in four bins per doubling, from the first to the last that is not empty. */
  histogram(): { edges: number[]; counts: number[] } {
    let first = 0
    let last = EDGES.length - 2
    while (first < last && this.#bins[first] === 0) first++
    while (last > first && this.#bins[last] === 0) last--
    return { edges: EDGES.slice(first, last + 2), counts: Array.from(this.#bins.subarray(first, last + 1)) }
  }
}

/** 1, 2, 3 … 7, then four per doubling up to 2³². */
const EDGES: number[] = [1, 2, 3, 4, 5, 6, 7]
for (let doubling = 3; doubling < 32; doubling++) {
  for (let quarter = 0; quarter < 4; quarter++) EDGES.push(2 ** doubling + quarter * 2 ** (doubling - 2))
}
EDGES.push(2 ** 32)

function binOf(length: number): number {
  if (length < 8) return length - 1
  const doubling = 31 - Math.clz32(length)
  return 7 + (doubling - 3) * 4 + ((length >>> (doubling - 2)) & 3)
}
