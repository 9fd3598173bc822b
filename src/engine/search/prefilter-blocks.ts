import type { Part } from './tasks.ts'
import type { Strip } from './windows.ts'

/** Stretches of subjects in which seeds are looked for: columns. Places are in the shared codes. */
export interface Blocks {
  /** Index of the strip each is a stretch of. */
  strip: Uint32Array
  start: Uint32Array
  end: Uint32Array
  sequenceStart: Uint32Array
  sequenceEnd: Uint32Array
}

/** A stretch of a strip to be compared with a query. */
export interface Region {
  strip: number
  start: number
  end: number
}

/** Residues of a block; the last of a strip has up to twice as many. */
const BLOCK = 1024

/** Cuts strips into blocks, by nothing but their lengths. */
export function cutBlocks(strips: readonly Strip[]): Blocks {
  const strip: number[] = []
  const start: number[] = []
  const end: number[] = []
  strips.forEach((sequence, s) => {
    const count = Math.max(1, Math.floor(sequence.length / BLOCK))
    for (let b = 0; b < count; b++) {
      strip.push(s)
      start.push(sequence.start + b * BLOCK)
      end.push(sequence.start + (b === count - 1 ? sequence.length : (b + 1) * BLOCK))
    }
  })
  return {
    strip: Uint32Array.from(strip),
    start: Uint32Array.from(start),
    end: Uint32Array.from(end),
    sequenceStart: Uint32Array.from(strip, (s) => strips[s].start),
    sequenceEnd: Uint32Array.from(strip, (s) => strips[s].start + strips[s].length),
  }
}

/** The `index`th of `count` nearly equal parts. */
export function partOfBlocks(blocks: Blocks, { index, count }: Part): Blocks {
  if (count === 1) return blocks
  const total = blocks.start.length
  const first = Math.floor((index * total) / count)
  const end = Math.floor(((index + 1) * total) / count)
  return {
    strip: blocks.strip.subarray(first, end),
    start: blocks.start.subarray(first, end),
    end: blocks.end.subarray(first, end),
    sequenceStart: blocks.sequenceStart.subarray(first, end),
    sequenceEnd: blocks.sequenceEnd.subarray(first, end),
  }
}

/**
 * What a query of `length` residues is compared with for the blocks found: the cell of the block in a grid over its strip,
 * and on both sides as much as an alignment from there may reach. Cells are as long as that reach, whole blocks. Each
 * region stands for itself, so that the best score over regions is the same however blocks are shared out.
 */
export function regionsOf(
  strips: readonly Strip[],
  blocks: Blocks,
  found: readonly number[],
  length: number,
): Region[] {
  const reach = 2 * length + 64
  const cell = Math.ceil(reach / BLOCK) * BLOCK
  const regions: Region[] = []
  for (const b of found) {
    const strip = blocks.strip[b]
    const { start, length: residues } = strips[strip]
    const from = Math.floor((blocks.start[b] - start) / cell) * cell
    const region = {
      strip,
      start: start + Math.max(0, from - reach),
      end: start + Math.min(residues, Math.max(from + cell, blocks.end[b] - start) + reach),
    }
    const last = regions.at(-1)
    if (last === undefined || last.strip !== strip || last.start !== region.start || last.end < region.end) {
      regions.push(region)
    }
  }
  return regions
}
