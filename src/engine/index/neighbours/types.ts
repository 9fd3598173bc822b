import type { ReadOptions } from '../../source/types.ts'

/** A record near another. */
export interface Neighbour {
  /** Its rank: place in the order of ids. */
  rank: number
  /** See likeness.ts; at most 1 but for rounding. */
  similarity: number
}

export interface NearestOptions extends ReadOptions {
  /** Records that may be answered, by rank. */
  accepts?: (rank: number) => boolean
  /** A record that may not: the one asked about. */
  exclude?: number
}

export interface NeighbourProgress {
  done: number
  total: number
}

export interface NeighbourControl extends ReadOptions {
  onProgress?: (progress: NeighbourProgress) => void
}

/** Neighbours of one record. */
export interface NeighbourList {
  rank: number
  neighbours: Neighbour[]
}

export interface Cluster {
  /** Rank of the representative: the longest of the cluster, of equal ones that with the lowest id. */
  representative: number
  /** All members in order of rank, the representative too (similarity 1). */
  members: Neighbour[]
}

export interface Pair {
  /** Ranks in the first and the second catalog. */
  first: number
  second: number
  similarity: number
}
