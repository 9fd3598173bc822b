import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadKernels } from '../../server/search/kernels.ts'
import type { StatisticsExports } from '../../src/engine/kernels/types.ts'

/** Correctly rounded values (mpmath, 40 digits). */
const KNOWN = {
  exp: [
    [-745.0, 5e-324], [-708.4, 2.217119081664265e-308], [-100.5, 2.256340135917036e-44],
    [-20.025, 2.0102635581774318e-9], [-1.0, 0.36787944117144233], [-1e-9, 0.999999999], [0.0, 1.0],
    [0.1, 1.1051709180756477], [0.34657359, 1.4142135619771539], [1.0, 2.718281828459045],
    [50.3, 6.998620422451237e21], [709.5, 1.3549863193146328e308], [-800, 0], [800, Infinity], [-Infinity, 0],
  ],
  ln: [
    [5e-324, -744.4400719213812], [1e-310, -713.8013788281542], [1e-300, -690.7755278982137],
    [0.041, -3.1941832122778293], [0.7071067811865476, -0.3465735902799726], [0.999999, -1.000000500029089e-6],
    [1.0, 0.0], [1.0000001, 9.999999505838704e-8], [2.0, 0.6931471805599453], [10.0, 2.302585092994046],
    [98765.4321, 11.500502944984172], [1.7e308, 709.7268368932282], [0, -Infinity], [Infinity, Infinity],
  ],
  erfc: [
    [-30.0, 2.0], [-5.9, 2.0], [-1.5, 1.9661051464753108], [-0.46875, 1.492613473217938],
    [-1e-8, 1.0000000112837917], [0.0, 1.0], [0.3, 0.6713732405408726], [0.46875, 0.507386526782062],
    [0.5, 0.4795001221869535], [1.0, 0.15729920705028513], [2.996321832140531, 2.2608384387068173e-5],
    [4.0, 1.541725790028002e-8], [4.1, 6.700027654084918e-9], [10.0, 2.088487583762545e-45],
    [20.5, 8.450842369572458e-185], [26.5, 2.2109076642637343e-307], [40, 0], [-Infinity, 2],
  ],
} as const // prettier-ignore

/** SHA-256 of the results below as f64: the same on every host, and until the functions are changed on purpose. */
const DIGEST = '658177930fc1f746a14244553c02bdf7d74db5daabc3c5e7aaa73c11da910a4e'

let math: StatisticsExports
beforeAll(async () => {
  math = (await loadKernels()).statistics
})

describe('elementary functions', () => {
  it.each(['exp', 'ln', 'erfc'] as const)('%s has the known values', (name) => {
    for (const [x, value] of KNOWN[name]) {
      const found = math[name](x)
      if (!Number.isFinite(value) || Math.abs(value) < 1e-300) expect(found).toBe(value)
      else expect(Math.abs(found / value - 1) || found - value).toBeLessThan(1e-15)
    }
  })

  it('pass NaN on', () => {
    for (const name of ['exp', 'ln', 'erfc'] as const) expect(math[name](NaN)).toBeNaN()
    expect(math.ln(-1)).toBeNaN()
  })

  it('give the same digits everywhere', () => {
    const values = new Float64Array(3 * 4000)
    for (let i = 0; i < 4000; i++) {
      values[3 * i] = math.exp((i - 2000) * 0.3521)
      values[3 * i + 1] = math.ln((i + 1) * 0.001239)
      values[3 * i + 2] = math.erfc((i - 2000) * 0.00713)
    }
    expect(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex')).toBe(DIGEST)
  })
})

describe('E-values', () => {
  it('follow Karlin and Altschul', () => {
    expect(math.karlinEvalue(50, 0.267, 0.041, 1e8)).toBeCloseTo(1e8 * 0.041 * Math.exp(-13.35), 8)
    expect(math.bitScore(50, 0.267, 0.041)).toBeCloseTo((0.267 * 50 - Math.log(0.041)) / Math.LN2, 10)
  })

  it('approach the uncorrected ones for long sequences', () => {
    const length = 1e9
    const corrected = math.spougeEvalue(100, 0.267, 0.041, 1.9, 26.6, 42.6, -903, 43.6, -927, length, length, length)
    expect(corrected / math.karlinEvalue(100, 0.267, 0.041, length * length)).toBeCloseTo(1, 5)
  })
})
