import { CODES, type Kernels } from '../kernels/types.ts'

const QUERY = 256
const SUBJECTS = 64
const SUBJECT = 512

/** Matrix cells a second that one thread of this device scores, from a few milliseconds of real work. */
export function measureCellRate(kernels: Kernels): number {
  const codes = new Uint8Array(SUBJECTS * SUBJECT)
  for (let i = 0; i < codes.length; i++) codes[i] = 1 + ((i * 7) % 20)
  const rows = new Int8Array(4 * CODES).fill(-1)
  for (let row = 0; row < 4; row++) rows[row * CODES + 1 + row] = 5
  const profile = { length: QUERY, rows, index: Uint16Array.from({ length: QUERY }, (_, i) => i % 4) }
  const subjects = {
    codes,
    starts: Uint32Array.from({ length: SUBJECTS }, (_, i) => i * SUBJECT),
    lengths: new Uint32Array(SUBJECTS).fill(SUBJECT),
  }
  let rate = 1
  // The first rounds meet code that the engine has not yet compiled well.
  for (let round = 0; round < 3; round++) {
    const start = performance.now()
    const run = kernels.score([profile], subjects, { open: 11, extend: 1 })
    while (!run.step(Infinity));
    run.dispose()
    rate = Math.max(rate, (1000 * QUERY * codes.length) / Math.max(0.05, performance.now() - start))
  }
  return rate
}
