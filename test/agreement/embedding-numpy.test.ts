import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { DNA_TRAINING } from '../../src/engine/index/embedding/kmer-training.ts'
import { nearestRecords } from '../../src/engine/index/neighbours/nearest.ts'
import { nameOf } from '../../src/engine/index/neighbours/records.ts'
import type { InputEntry } from '../../src/engine/io/types.ts'
import { textOf } from '../support/bytes.ts'
import { findPython, runPython } from '../support/python.ts'
import { requires, requiresShared, sharedPath } from '../support/requires.ts'
import { temporaryFolder } from '../support/search.ts'
import { buildWithVectors, readEntries, spaceOf } from '../support/vectors.ts'

const file = 'data/genes/resistance_and_virulence_genes.fasta.gz'
const python = findPython()

/** The model and the similarity of records as docs/guide/vectors.md describes them, in NumPy and double precision. */
const SCRIPT = `
import json, sys
import numpy as np
given = json.load(open(sys.argv[1]))
masks, dimensions, window, step = ['1010101', '101101', '110011'], 384, 300, 150
mean, common = (np.array([int(x) for x in given[k].split()]) / 2**24 for k in ('mean', 'common'))

def mix(h):
    h ^= h >> 16; h = h * 0x85ebca6b & 0xffffffff
    h ^= h >> 13; h = h * 0xc2b2ae35 & 0xffffffff
    return h ^ h >> 16

def reverse(code):
    return sum((3 - (code >> 2 * i & 3)) << 2 * (3 - i) for i in range(4))

canonical = [min(code, reverse(code)) for code in range(256)]
features = sorted((mix(m << 8 | code), m, code) for m in range(3) for code in range(256) if canonical[code] == code)
place = {(m, code): (i % dimensions, 1 if h & 1 else -1) for i, (h, m, code) in enumerate(features)}

def embed(letters):
    codes = ['ACGT'.find(letter) for letter in letters]
    counts, kmers = {}, 0
    for m, mask in enumerate(masks):
        for start in range(len(codes) - len(mask) + 1):
            four = [codes[start + i] for i, each in enumerate(mask) if each == '1']
            if min(four) < 0: continue
            code = canonical[four[0] << 6 | four[1] << 4 | four[2] << 2 | four[3]]
            counts[m, code] = counts.get((m, code), 0) + 1
            kmers += 1
    v = -mean * kmers
    for key, count in counts.items():
        d, sign = place[key]
        v[d] += sign * np.sqrt(count)
    v -= v.dot(common) * common
    return v / np.linalg.norm(v)

def windows(letters):
    room = len(letters) - window
    if room <= 0: return [letters]
    last = -(-room // step)
    middle = (room + 1) // 2 if room % 2 and last % 2 == 0 else -1
    starts = [i * room // last if 2 * i < last else room - (last - i) * room // last for i in range(last + 1)]
    return [letters[s:s + window - (s == middle)] for s in starts]

vectors = [np.array([embed(w) for w in windows(letters)]) for letters in given['sequences']]
similarities = []
for a in vectors:
    row = []
    for b in vectors:
        dots = a @ b.T
        row.append((dots.max(1).sum() + dots.max(0).sum()) / sum(dots.shape))
    similarities.append(row)
print(json.dumps(similarities))
`

describe.runIf([requires('Python with NumPy', python !== null), requiresShared(file)].every(Boolean))(
  'k-mer vectors and NumPy',
  () => {
    let entries: InputEntry[]
    let similarities: number[][]
    beforeAll(() => {
      entries = readEntries(sharedPath(file), 260)
      const given = path.join(temporaryFolder(), 'given.json')
      const sequences = entries.map(({ letters }) => textOf(letters))
      writeFileSync(given, JSON.stringify({ ...DNA_TRAINING, sequences }))
      similarities = runPython(python!, SCRIPT, given) as number[][]
    }, 120_000)

    it('agree on the similarity of every pair that is listed, and on the nearest record', async () => {
      const space = await spaceOf(await buildWithVectors([entries]))
      const numbers = new Map(entries.map(({ accession }, i) => [accession, i]))
      let [pairs, lists, same] = [0, 0, 0]
      for await (const { rank, neighbours } of nearestRecords(space, 5)) {
        const own = numbers.get(nameOf(space.records, rank))!
        for (const each of neighbours) {
          const other = numbers.get(nameOf(space.records, each.rank))!
          expect(Math.abs(each.similarity - similarities[own][other])).toBeLessThan(1e-5)
          pairs++
        }
        const best = Math.max(...similarities[own].filter((_, i) => i !== own))
        if (best < 0.4) continue
        lists++
        if (Math.abs(neighbours[0].similarity - best) < 1e-5) same++
      }
      expect(pairs).toBe(5 * space.records.count)
      expect(lists).toBeGreaterThan(15)
      expect(same / lists).toBeGreaterThanOrEqual(0.95)
    }, 60_000)
  },
)
