import { COMPLEMENT } from '../../sequence/alphabet.ts'
import { clusterHits, ClusterColumns, type SeedHit } from './clusters.ts'
import { schemeOf } from './scheme.ts'
import type { ClusterRule, Clusters, SeedParameters, SeedTerms } from './types.ts'

/** Plain twins of the seed kernels: oracles for its tests, and the definition of what it computes. */

/** A term's hash: its code of `bits` bits mixed one to one. */
export function mixTerm(code: number, bits: number): number {
  const mask = 2 ** bits - 1
  const half = (bits + 1) >> 1
  let x = code
  for (const factor of [0x9e3779b1, 0x85ebca6b]) x = (Math.imul(x ^ (x >>> half), factor) & mask) >>> 0
  return (x ^ (x >>> half)) >>> 0
}

/** Terms of `codes` by one mask whose hash is below `limit`: what `SeedKernels.terms` answers. */
export function scalarTerms(codes: Uint8Array, parameters: SeedParameters, mask: number, limit: number): SeedTerms {
  const scheme = schemeOf(parameters)
  const span = scheme.spans[mask]
  const hashes: number[] = []
  const places: number[] = []
  for (let at = 0; at + span <= codes.length; at++) {
    const seed = codes.subarray(at, at + span)
    const term = scheme.oriented
      ? nucleotideTerm(seed, scheme.offsets[mask])
      : proteinTerm(seed, scheme.offsets[mask], scheme.groupOfCode, parameters.groups!.length)
    if (term === null) continue
    const hash = mixTerm(term.code, scheme.bits)
    if (hash >= limit) continue
    hashes.push(hash)
    places.push(at * 4 + term.orientation)
  }
  return { count: hashes.length, hashes: Uint32Array.from(hashes), places: Uint32Array.from(places) }
}

interface Term {
  code: number
  orientation: number
}

/** The smaller code of both strands; none where a residue of the span is ambiguous. */
function nucleotideTerm(seed: Uint8Array, offsets: readonly number[]): Term | null {
  if (seed.some((code) => code > 3)) return null
  const codeOf = (residues: Uint8Array): number => offsets.reduce((code, offset) => code * 4 + residues[offset], 0)
  const plus = codeOf(seed)
  const minus = codeOf(seed.map((code) => COMPLEMENT[code]).reverse())
  return { code: Math.min(plus, minus), orientation: plus < minus ? 0 : plus > minus ? 1 : 2 }
}

/** None where a residue at a match position is in no group. */
function proteinTerm(
  seed: Uint8Array,
  offsets: readonly number[],
  groupOfCode: Uint8Array,
  groups: number,
): Term | null {
  const members = offsets.map((offset) => groupOfCode[seed[offset]])
  if (members.includes(255)) return null
  return { code: members.reduce((code, member) => code * groups + member, 0), orientation: 0 }
}

/** A piece of a sequence and where it lies. */
export interface PlacedCodes {
  position: number
  codes: Uint8Array
}

/** Clusters of `query` in records at their positions, by comparing every seed with every other. */
export function scalarClusters(
  query: Uint8Array,
  records: readonly PlacedCodes[],
  parameters: SeedParameters,
  limit: number,
  rule: ClusterRule,
): Clusters {
  const scheme = schemeOf(parameters)
  const hits: SeedHit[][] = [[], []]
  parameters.masks.forEach((_, mask) => {
    const wanted = scalarTerms(query, parameters, mask, limit)
    for (const { position, codes } of records) {
      const terms = scalarTerms(codes, parameters, mask, limit)
      for (let q = 0; q < wanted.count; q++) {
        for (let s = 0; s < terms.count; s++) {
          if (wanted.hashes[q] !== terms.hashes[s]) continue
          const hit = { query: wanted.places[q] >>> 2, subject: position + (terms.places[s] >>> 2), mask }
          const isBoth = (wanted.places[q] & 3) === 2
          const strand = (wanted.places[q] & 1) ^ (terms.places[s] & 1)
          for (const side of isBoth ? [0, 1] : [strand]) hits[side].push(hit)
        }
      }
    }
  })
  const columns = new ClusterColumns(scheme)
  hits.forEach((ofStrand, strand) => {
    for (const { score, hits: chained } of clusterHits(ofStrand, strand === 1, rule, scheme)) {
      columns.add(strand, score, chained)
    }
  })
  return columns.finish()
}
