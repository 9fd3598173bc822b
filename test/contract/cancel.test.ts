import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { searchCatalog, temporaryCatalog, temporaryFolder } from '../support/search.ts'

/** Letters that repeat nowhere, the same each time. */
function letters(length: number, seed: number): string {
  let state = seed
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return 'ACGT'[(state >>> 16) & 3]
  }).join('')
}

describe('cancelling a search', () => {
  it('stops the kernels long before the work is done, and says so', async () => {
    const file = path.join(temporaryFolder(), 'long.fasta')
    writeFileSync(file, `>long\n${letters(2_000_000, 1)}\n`)
    const catalog = await temporaryCatalog([file])
    const controller = new AbortController()
    let done = 0
    let total = 0
    const searching = searchCatalog(catalog, letters(20_000, 7), {}, 2, {
      signal: controller.signal,
      onProgress: (progress) => {
        if (progress.stage !== 'scoring' || progress.done === 0) return
        done = progress.done
        total = progress.total
        controller.abort()
      },
    })
    await expect(searching).rejects.toMatchObject({ tag: 'aborted' })
    expect(total).toBe(2 * 20_000 * 2_000_000)
    expect(done).toBeLessThan(total / 4)
  })

  it('does not begin once the signal has fired', async () => {
    const file = path.join(temporaryFolder(), 'short.fasta')
    writeFileSync(file, `>short\n${letters(200, 1)}\n`)
    const catalog = await temporaryCatalog([file])
    await expect(searchCatalog(catalog, letters(100, 1), {}, 1, { signal: AbortSignal.abort() })).rejects.toMatchObject(
      { tag: 'aborted' },
    )
  })
})
