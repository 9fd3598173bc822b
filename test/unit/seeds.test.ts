import { beforeAll, describe, expect, it } from 'vitest'
import { loadKernels } from '../../server/search/kernels.ts'
import { clusterRule } from '../../src/engine/index/seeds/clusters.ts'
import { bucketRanges, readSeedDirectory } from '../../src/engine/index/seeds/directory.ts'
import { locateLists } from '../../src/engine/index/seeds/lists.ts'
import { keepOccurrences, PIECE, PIECE_OVERLAP, planLookups } from '../../src/engine/index/seeds/lookups.ts'
import { chooseSeedParameters, schemeOf } from '../../src/engine/index/seeds/scheme.ts'
import type { SeedParameters } from '../../src/engine/index/seeds/types.ts'
import type { Kernels } from '../../src/engine/kernels/types.ts'
import { buildSeeds, clustersOf, lookUp } from '../support/seeds.ts'
import { Random } from '../property/kernels.ts'

let kernels: Kernels
beforeAll(async () => {
  kernels = await loadKernels()
})

const dna = chooseSeedParameters('dna', 1e6)
/** Every term of weight 4. */
const dense: SeedParameters = { ...dna, masks: ['110011'], sampling: 256, fastSampling: 64 }

describe('seed parameters', () => {
  it('grow in weight with the catalog, and keep fast’s part below the whole', () => {
    const weights = [1e5, 1e7, 1e9, 1e10].map((residues) => schemeOf(chooseSeedParameters('dna', residues)).weight)
    expect(weights).toEqual([7, 8, 9, 10])
    for (const alphabet of ['dna', 'rna', 'protein'] as const) {
      for (const residues of [0, 1e5, 1e7, 1e9, 1e11]) {
        const parameters = chooseSeedParameters(alphabet, residues, { masks: 2 })
        expect(schemeOf(parameters).offsets).toHaveLength(2)
        expect(parameters.fastSampling).toBeLessThanOrEqual(parameters.sampling)
        expect(JSON.parse(JSON.stringify(parameters))).toEqual(parameters)
      }
    }
  })

  it.each([
    ['two weights', { masks: ['1101011', '11011'] }],
    ['a mask that is not the same backwards', { masks: ['1101001'] }],
    ['no mask', { masks: [] }],
    ['letters in a mask', { masks: ['1x1'] }],
    ['more terms for fast than there are', { fastSampling: dna.sampling + 1 }],
    ['a sampling beyond all hashes', { sampling: 2 ** 14 + 1 }],
    ['groups for nucleotides', { groups: ['A', 'C'] }],
  ])('are refused with %s', (_, change) => {
    expect(() => schemeOf({ ...dna, ...change })).toThrow(expect.objectContaining({ tag: 'corrupt' }))
  })

  it('are refused where they are of a later version', () => {
    const later = { ...dna, version: 2 } as unknown as SeedParameters
    expect(() => schemeOf(later)).toThrow(expect.objectContaining({ tag: 'format-version' }))
  })
})

describe('lookups', () => {
  it('cut long queries into pieces that overlap', () => {
    const codes = new Random(1).codes(3000, 4)
    const lookups = planLookups(
      kernels,
      [
        { codes, masks: null },
        { codes: codes.slice(0, 10), masks: null },
      ],
      dna,
      'sensitive',
    )
    const step = PIECE - PIECE_OVERLAP
    expect([...lookups.pieceStarts]).toEqual([0, step, 2 * step, 3 * step, 0])
    expect([...lookups.pieceEnds]).toEqual([PIECE, step + PIECE, 2 * step + PIECE, 3000, 10])
    expect([...lookups.pieceQueries]).toEqual([0, 0, 0, 0, 1])
    const span = dna.masks[0].length
    for (let piece = 0; piece < 4; piece++) {
      for (let i = lookups.occurrenceStarts[piece]; i < lookups.occurrenceStarts[piece + 1]; i++) {
        const at = lookups.occurrencePlaces[i] >>> 2
        expect(at).toBeGreaterThanOrEqual(lookups.pieceStarts[piece])
        expect(at + span).toBeLessThanOrEqual(lookups.pieceEnds[piece])
      }
    }
    const all = kernels.seeds.terms(codes, dna, 0, dna.sampling)
    expect(new Set(lookups.occurrencePlaces)).toEqual(new Set(all.places))
  })

  it('leave out seeds that touch a mask, and stop terms', () => {
    const codes = new Random(2).codes(200, 4)
    const masks = Uint32Array.of(50, 60, 100, 130)
    const span = dense.masks[0].length
    const places = (parameters: SeedParameters) =>
      [...planLookups(kernels, [{ codes, masks }], parameters, 'sensitive').occurrencePlaces].map(
        (place) => place >>> 2,
      )
    const expected = Array.from({ length: 195 }, (_, at) => at).filter(
      (at) => (at + span <= 50 || at >= 60) && (at + span <= 100 || at >= 130),
    )
    expect(places(dense)).toEqual(expected)
    const { hashes } = kernels.seeds.terms(codes, dense, 0, 256)
    const stopped = { ...dense, stopTerms: [[hashes[0]]] }
    expect(places(stopped)).toEqual(expected.filter((at) => hashes[at] !== hashes[0]))
  })

  it('look up in fast a part of what sensitive does', () => {
    const codes = new Random(3).codes(500, 4)
    const [fast, sensitive] = (['fast', 'sensitive'] as const).map((mode) =>
      planLookups(kernels, [{ codes, masks: null }], dense, mode),
    )
    expect(Math.max(...fast.termHashes)).toBeLessThan(64)
    expect([...fast.termHashes]).toEqual([...sensitive.termHashes].filter((hash) => hash < 64))
  })

  it('leave the longest lists out where the hits of a piece pass the cap', () => {
    const codes = new Random(4).codes(100, 4)
    const lookups = planLookups(kernels, [{ codes, masks: null }], dense, 'sensitive')
    const counts = Float64Array.from(lookups.termHashes, (_, term) => 100 + term)
    const all = keepOccurrences(lookups, counts, Infinity)
    expect(all).toEqual(new Uint8Array(95).fill(1))
    const some = keepOccurrences(lookups, counts, 5000)
    const hits = (i: number) => counts[lookups.occurrenceTerms[i]] * ((lookups.occurrencePlaces[i] & 3) === 2 ? 2 : 1)
    const kept = [...some.keys()].filter((i) => some[i] === 1)
    const left = [...some.keys()].filter((i) => some[i] === 0)
    expect(kept.reduce((sum, i) => sum + hits(i), 0)).toBeLessThanOrEqual(5000)
    const longestKept = Math.max(...kept.map((i) => lookups.occurrenceTerms[i]))
    const shortestLeft = Math.min(...left.map((i) => lookups.occurrenceTerms[i]))
    expect(longestKept).toBeLessThan(shortestLeft)
  })
})

describe('a seed index', () => {
  const random = new Random(5)
  const records = Array.from({ length: 40 }, (_, r) => ({ position: r * 2000, codes: random.codes(1990, 4) }))

  it('takes no more bytes per residue than it may, and its buckets hold about a page', async () => {
    const many = Array.from({ length: 60 }, (_, r) => ({ position: r * 50_000, codes: random.codes(50_000, 4) }))
    const built = await buildSeeds(kernels, chooseSeedParameters('dna', 3e6), many)
    expect((built.files.postings.bytes + built.files.directory.bytes) / 3e6).toBeLessThan(1)
    const two = await buildSeeds(kernels, chooseSeedParameters('dna', 3e6, { masks: 2 }), many)
    expect((two.files.postings.bytes + two.files.directory.bytes) / 3e6).toBeLessThan(2)
    const { ranges } = await lookUp(kernels, built, [many[7].codes.slice(100, 325)])
    const mean = ranges.reduce((sum, { bytes }) => sum + bytes, 0) / ranges.length
    expect(mean).toBeGreaterThan(2048)
    expect(mean).toBeLessThan(12_288)
  })

  it('has the same bytes whatever pieces its records come in', async () => {
    const [whole, pieces] = [await buildSeeds(kernels, dna, records), await buildSeeds(kernels, dna, records, 333)]
    expect(pieces.files).toEqual(whole.files)
  })

  it('does not hold terms that are far too frequent, and says which', async () => {
    const unit = random.codes(7, 4)
    const repeat = Uint8Array.from({ length: 20_000 }, (_, i) => unit[i % 7])
    const built = await buildSeeds(kernels, dna, [...records, { position: 80_000, codes: repeat }])
    const stopped = built.parameters.stopTerms![0]
    expect(stopped.length).toBeGreaterThan(0)
    expect(stopped.length).toBeLessThanOrEqual(7)
    expect(stopped).toEqual([...stopped].sort((a, b) => a - b))
    const found = await lookUp(kernels, built, [repeat.slice(0, 100)])
    expect(found.lookups.termHashes.some((hash) => stopped.includes(hash))).toBe(false)
    const next = await buildSeeds(kernels, built.parameters, records)
    expect(next.parameters.stopTerms).toEqual(built.parameters.stopTerms)
  })

  it('is empty where there are no seeds', async () => {
    const built = await buildSeeds(kernels, dna, [{ position: 0, codes: new Uint8Array(50).fill(14) }])
    expect(built.files.postingCount).toBe(0)
    const found = await lookUp(kernels, built, [random.codes(300, 4)])
    expect(found.ranges).toEqual([])
    const rule = clusterRule(dna, 300, 50, 'sensitive')
    expect(clustersOf(kernels, found, rule).map(({ count }) => count)).toEqual([0])
  })

  it('joins ranges that lie near each other, and reads what is in them', async () => {
    const built = await buildSeeds(kernels, { ...dna, stopTerms: [[]] }, records)
    const query = records[3].codes.slice(500, 560)
    const apart = await lookUp(kernels, built, [query], 'sensitive', { gap: 0, bytes: 1 << 20 })
    const joined = await lookUp(kernels, built, [query], 'sensitive', { gap: 1 << 20, bytes: 1 << 20 })
    const small = await lookUp(kernels, built, [query], 'sensitive', { gap: 1 << 20, bytes: 10_000 })
    expect(joined.ranges).toHaveLength(1)
    expect(apart.ranges.length).toBeGreaterThan(2)
    expect(Math.max(...small.ranges.map(({ bytes }) => bytes))).toBeLessThanOrEqual(10_000)
    expect(joined.lists.counts).toEqual(apart.lists.counts)
    expect(small.lists.counts).toEqual(apart.lists.counts)
    const rule = clusterRule(dna, 60, 80_000, 'sensitive')
    const [clusters] = clustersOf(kernels, joined, rule)
    expect(clusters.subjectStarts[0]).toBeGreaterThanOrEqual(6500)
    expect(clusters.subjectEnds[0]).toBeLessThanOrEqual(6560)
    expect([clusters.diagonalLows[0], clusters.diagonalHighs[0]]).toEqual([6500, 6500])
  })

  it('is refused where its directory is damaged', async () => {
    const { store, files, parameters } = await buildSeeds(kernels, dna, records)
    const bytes = await store.open(files.directory.path).readAll()
    const damaged = bytes.slice()
    damaged[files.directoryOffset + 3] = 255
    const corrupt = expect.objectContaining({ tag: 'corrupt' }) as Error
    expect(() => readSeedDirectory(files, damaged, parameters)).toThrow(corrupt)
    expect(() => readSeedDirectory(files, bytes.slice(0, files.directoryOffset + 8), parameters)).toThrow(corrupt)
    expect(() => readSeedDirectory({ ...files, dataBytes: files.dataBytes + 1 }, bytes, parameters)).toThrow(corrupt)
  })

  it('is refused where a list does not fit its bucket', async () => {
    const { store, files, parameters } = await buildSeeds(kernels, dna, records)
    const directory = readSeedDirectory(files, await store.open(files.directory.path).readAll(), parameters)
    const query = { codes: records[0].codes.slice(0, 300), masks: null }
    const lookups = planLookups(kernels, [query], parameters, 'sensitive')
    const ranges = bucketRanges(directory, lookups, { gap: 0, bytes: 1 << 20 })
    // A list of 2,097,151 bytes.
    const wrong = ranges.map(({ bytes }) => {
      const read = new Uint8Array(bytes)
      read.set([0, 1, 255, 255, 127])
      return read
    })
    expect(() => locateLists(directory, lookups, ranges, wrong)).toThrow(expect.objectContaining({ tag: 'corrupt' }))
  })
})
