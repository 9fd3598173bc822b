import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packedBytes, packLetters } from '../../src/engine/format/pack.ts'
import type { Alphabet } from '../../src/engine/format/types.ts'
import { planSharding } from '../../src/engine/index/sharding/plan.ts'
import { createSketcher, mix } from '../../src/engine/index/sharding/sketch.ts'
import { NO_GROUP, NO_WORD, SKETCH_WORDS } from '../../src/engine/index/sharding/types.ts'
import type { PlanOptions, PlanRecords, ShardingPlan } from '../../src/engine/index/sharding/types.ts'
import { bytesOf } from '../support/bytes.ts'

function pack(alphabet: Alphabet, letters: string): Uint8Array {
  const packed = new Uint8Array(packedBytes(alphabet, letters.length))
  packLetters(alphabet, bytesOf(letters), packed, 0)
  return packed
}

function sketch(alphabet: Alphabet, letters: string, piece = Infinity): number[] {
  const sketcher = createSketcher(alphabet)
  const out = new Uint32Array(SKETCH_WORDS)
  for (let at = 0; at < letters.length; at += piece) {
    const part = letters.slice(at, at + piece)
    sketcher.add(pack(alphabet, part), part.length)
  }
  sketcher.finish(out, 0)
  return [...out]
}

/** Random letters, the same for the same seed. */
function random(seed: number): (letters: string) => string {
  let state = seed
  return (letters) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return letters[Math.floor((state / 2 ** 32) * letters.length)]
  }
}

function sequence(seed: number, length: number, letters = 'ACGT'): string {
  const next = random(seed)
  return Array.from({ length }, () => next(letters)).join('')
}

/** Every `every`-th letter is another one. */
function change(letters: string, every: number, seed: number): string {
  const next = random(seed)
  return Array.from(letters, (letter) =>
    next('x'.padEnd(every, '.')) === 'x' ? next('ACGT'.replace(letter, '')) : letter,
  ).join('')
}

const complement: Record<string, string> = { A: 'T', C: 'G', G: 'C', T: 'A' }
const reverse = (letters: string) =>
  Array.from(letters, (letter) => complement[letter])
    .reverse()
    .join('')

interface Sample {
  letters: string
  group?: string
}

function planRecords(samples: readonly Sample[], alphabet: Alphabet = 'dna'): PlanRecords {
  const labels = [...new Set(samples.map(({ group }) => group).filter((group) => group !== undefined))].reverse()
  return {
    alphabet,
    count: samples.length,
    lengths: Uint32Array.from(samples, ({ letters }) => letters.length),
    sketches: Uint32Array.from(samples.flatMap(({ letters }) => sketch(alphabet, letters))),
    groups: Uint32Array.from(samples, ({ group }) => (group === undefined ? NO_GROUP : labels.indexOf(group))),
    labels,
  }
}

function shardsOf({ order, cuts }: ShardingPlan): number[][] {
  return Array.from({ length: cuts.length - 1 }, (_, i) => [...order.subarray(cuts[i], cuts[i + 1])])
}

describe('a sketch', () => {
  it('has the lowest hashes of all words of 16 nucleotides, of either strand, as a plain search finds them', () => {
    const letters = sequence(1, 400)
    const hashes = new Set<number>()
    for (let at = 0; at + 16 <= letters.length; at++) {
      const [forward, back] = [letters.slice(at, at + 16), reverse(letters.slice(at, at + 16))].map((word) =>
        [...word].reduce((value, letter) => (value << 2) | 'ACGT'.indexOf(letter), 0),
      )
      hashes.add((mix(Math.min(forward, back)) ^ 0x80000000) >>> 0)
    }
    expect(sketch('dna', letters)).toEqual([...hashes].sort((a, b) => a - b).slice(0, SKETCH_WORDS))
  })

  it('is the same for both strands, and however the record is cut into pieces', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('A', 'C', 'G', 'T'), maxLength: 300 }), (letters) => {
        const whole = sketch('dna', letters)
        expect(sketch('dna', reverse(letters))).toEqual(whole)
        expect(sketch('dna', letters, 28)).toEqual(whole)
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ACDEFGHIKLMNPQRSTVWYX*'), maxLength: 300 }), (letters) => {
        expect(sketch('protein', letters, 24)).toEqual(sketch('protein', letters))
      }),
    )
  })

  it('is ascending, and filled up where there are few words', () => {
    for (const letters of ['', 'ACGT', sequence(2, 16), sequence(2, 20), sequence(2, 5000)]) {
      const words = sketch('dna', letters)
      expect(words).toEqual(words.toSorted((a, b) => a - b))
      expect(words.filter((word) => word !== NO_WORD)).toHaveLength(
        Math.min(SKETCH_WORDS, Math.max(0, letters.length - 15)),
      )
    }
  })

  it('leaves out what repeats, and runs of ambiguity codes', () => {
    for (const letters of ['A'.repeat(50), 'ACG'.repeat(20), 'GT'.repeat(30), 'N'.repeat(60)])
      expect(new Set(sketch('dna', letters))).toEqual(new Set([NO_WORD]))
    expect(new Set(sketch('protein', 'QPQPQPQPAQPQPQPQP'))).toEqual(new Set([NO_WORD]))
  })

  it('shares words between relatives and not between strangers', () => {
    const shared = (a: string, b: string, alphabet: Alphabet = 'dna') =>
      sketch(alphabet, a).filter((word) => word !== NO_WORD && sketch(alphabet, b).includes(word)).length
    const gene = sequence(3, 1000)
    expect(shared(gene, change(gene, 50, 4))).toBeGreaterThan(3)
    expect(shared(gene, sequence(5, 1000))).toBe(0)
    const protein = sequence(6, 300, 'ACDEFGHIKLMNPQRSTVWY')
    expect(shared(protein, protein.replaceAll('I', 'V').replaceAll('D', 'E'), 'protein')).toBe(SKETCH_WORDS)
    expect(shared(protein, sequence(7, 300, 'ACDEFGHIKLMNPQRSTVWY'), 'protein')).toBe(0)
  })
})

const families = Array.from({ length: 30 }, (_, family) => {
  const founder = sequence(100 + family, 600)
  return Array.from({ length: 1 + (family % 7) }, (_, member) => ({
    letters: change(founder, 40, 1000 + 10 * family + member),
    family,
  }))
})
/** Members of all families, shuffled. */
const shuffled = families
  .flat()
  .map((sample, i) => ({ sample, key: mix(i + 1) }))
  .sort((a, b) => a.key - b.key)
  .map(({ sample }) => sample)

describe.each<PlanOptions>([
  { strategy: 'hash', shards: 1 },
  { strategy: 'hash', shards: 7 },
  { strategy: 'similarity', shards: 1 },
  { strategy: 'similarity', shards: 7 },
  { strategy: 'similarity', shards: 1000, capacity: 0 },
  { strategy: 'taxonomic', shards: 7 },
  { strategy: 'taxonomic', shards: 1000 },
  { strategy: 'similarity', maxShardBytes: 2000 },
])('every plan: %o', (options) => {
  it('has each record once, in shards of which none is empty, counted in its balance', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ letters: fc.string({ unit: fc.constantFrom(...'ACGT'), minLength: 1, maxLength: 80 }) }), {
          minLength: 1,
          maxLength: 40,
        }),
        (extra) => {
          const samples = [...shuffled, ...extra].map(({ letters }, i) => ({ letters, group: `t${i % 5}` }))
          const plan = planSharding(planRecords(samples), options)
          expect([...plan.order].sort((a, b) => a - b)).toEqual(samples.map((_, i) => i))
          expect(plan.cuts[0]).toBe(0)
          expect(plan.cuts.at(-1)).toBe(samples.length)
          const shards = shardsOf(plan)
          shards.forEach((shard, i) => {
            expect(shard.length).toBeGreaterThan(0)
            expect(plan.balance.shards[i]).toMatchObject({
              records: shard.length,
              residues: shard.reduce((sum, record) => sum + samples[record].letters.length, 0),
              bytes: shard.reduce((sum, record) => sum + Math.ceil(samples[record].letters.length / 4), 0),
            })
          })
          if (options.shards !== undefined) expect(shards.length).toBeLessThanOrEqual(options.shards)
        },
      ),
      { numRuns: 10 },
    )
  })
})

describe('similarity', () => {
  const records = planRecords(shuffled)
  const familyOf = ({ order }: ShardingPlan) => [...order].map((record) => shuffled[record].family)
  const runs = (values: readonly number[]) => values.filter((value, i) => value !== values[i - 1]).length

  it('puts relatives next to each other', () => {
    expect(runs(shuffled.map(({ family }) => family))).toBeGreaterThan(80)
    const plan = planSharding(records, { strategy: 'similarity', shards: 1 })
    expect(runs(familyOf(plan))).toBe(30)
    expect(plan.balance.groups).toBe(30)
  })

  it('cuts no family, and shards are nearly equal', () => {
    const { balance } = planSharding(records, { strategy: 'similarity', shards: 3 })
    expect(balance.groupsCut).toBe(0)
    expect(balance.largestToMean).toBeLessThan(1.25)
    expect(balance.shards).toHaveLength(3)
  })

  it('splits groups larger than the capacity, and keeps the parts next to each other', () => {
    const plan = planSharding(records, { strategy: 'similarity', shards: 1, capacity: 450 })
    expect(plan.balance.groups).toBeGreaterThan(40)
    expect(runs(familyOf(plan))).toBe(30)
  })

  it('is consistent: records added elsewhere part no relatives and move no group past another', () => {
    const alone = familyOf(planSharding(records, { strategy: 'similarity', shards: 1 }))
    const strangers = Array.from({ length: 50 }, (_, i) => ({ letters: sequence(5000 + i, 400), family: -1 }))
    const more = [...shuffled, ...strangers]
    const { order } = planSharding(planRecords(more), { strategy: 'similarity', shards: 1 })
    expect([...order].map((record) => more[record].family).filter((family) => family >= 0)).toEqual(alone)
  })
})

describe('taxonomic', () => {
  const taxa = Array.from({ length: 300 }, (_, i) => ({
    letters: sequence(i + 1, 50 + ((i * 37) % 500)),
    group: i % 50 === 0 ? undefined : `taxon ${String(i % 11).padStart(2, '0')}`,
  }))

  it('makes every shard a sample of all taxa', () => {
    const plan = planSharding(planRecords(taxa), { strategy: 'taxonomic', shards: 6 })
    const shards = shardsOf(plan)
    for (const { group } of taxa) {
      const members = shards.map((shard) => shard.filter((record) => taxa[record].group === group).length)
      expect(Math.max(...members) - Math.min(...members)).toBeLessThanOrEqual(1)
    }
    expect(plan.balance.largestToMean).toBeLessThan(1.03)
    expect(plan.balance).toMatchObject({ groups: 11, groupsCut: 11, remarks: [] })
    expect(plan.balance.shards.map(({ groups }) => groups)).toEqual(Array(6).fill(11))
  })

  it('sorts each shard by taxon, then by id, records without a taxon last', () => {
    for (const shard of shardsOf(planSharding(planRecords(taxa), { strategy: 'taxonomic', shards: 6 }))) {
      const keys = shard.map((record) => `${taxa[record].group ?? '~'} ${String(record).padStart(6, '0')}`)
      expect(keys).toEqual(keys.toSorted())
    }
  })

  it('has fewer shards where each needs more taxa, and says so', () => {
    const few = taxa.slice(0, 20)
    const { balance } = planSharding(planRecords(few), { strategy: 'taxonomic', shards: 10, minTaxa: 5 })
    expect(balance.shards.length).toBeLessThan(10)
    for (const { groups } of balance.shards) expect(groups).toBeGreaterThanOrEqual(5)
    expect(balance.remarks[0]).toMatch(/shards instead of 10, so that each has at least 5 taxa/)
    const none = planSharding(planRecords(few), { strategy: 'taxonomic', shards: 4, minTaxa: 50 }).balance
    expect(none.shards).toHaveLength(1)
    expect(none.remarks.join(' ')).toMatch(/There are 11 taxa in all, fewer than the 50/)
  })

  it('remarks upon shards that a long record makes unequal', () => {
    const samples = [...taxa, { letters: sequence(9, 60_000), group: 'giant' }]
    const { balance } = planSharding(planRecords(samples), { strategy: 'taxonomic', shards: 6, balance: 1.5 })
    expect(balance.remarks).toEqual([
      expect.stringMatching(/largest shard has \d\.\d\d times the mean, above 1.5: the longest record alone has 60000/),
    ])
  })

  it('needs a field', () => {
    const records = { ...planRecords(taxa), groups: null }
    expect(() => planSharding(records, { strategy: 'taxonomic' })).toThrow(/needs a metadata field.*--group-by/)
  })
})
