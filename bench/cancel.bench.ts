import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { openCatalog } from '../src/engine/format/catalog.ts'
import { parseQueries } from '../src/engine/io/query.ts'
import { search } from '../src/engine/search/search.ts'
import { buildFromFiles } from '../server/publish/build.ts'
import { loadKernels } from '../server/search/kernels.ts'
import { createNodePool } from '../server/search/pool.ts'
import { openStore } from '../server/storage/open.ts'
import { option, outputFolder } from './support.ts'

/** Milliseconds from `abort()` to the end of a search, in the midst of scoring and of aligning. `--rounds=20`. */
export async function run(args: string[]): Promise<void> {
  const output = outputFolder('cancel')
  const rounds = Number(option(args, 'rounds', '20'))
  const genome = letters(200_000)
  const fasta = path.join(output, 'genome.fasta')
  writeFileSync(fasta, `>genome\n${genome}\n`)
  const location = path.join(output, 'catalog')
  await buildFromFiles([fasta], location, { title: 'cancel' })
  const catalog = await openCatalog(openStore(location))
  const pool = await createNodePool()
  const kernels = await loadKernels()
  for (const stage of ['scoring', 'aligning'] as const) {
    // Long and divergent for scoring; long and identical, so that there is much to align.
    const text = stage === 'scoring' ? letters(30_000, 99) : genome.slice(100_000, 110_000)
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      const controller = new AbortController()
      let aborted = 0
      const onProgress = (progress: { stage: string }): void => {
        if (progress.stage !== stage || aborted > 0) return
        aborted = Infinity
        setTimeout(() => {
          aborted = performance.now()
          controller.abort()
        }, 7 * round)
      }
      try {
        const found = await search(
          catalog,
          parseQueries(text).queries,
          { task: 'blastn' },
          { kernels, pool },
          { signal: controller.signal, onProgress },
        )
        for await (const result of found.results) if (result.hits.length < 0) break
      } catch {
        times.push(performance.now() - aborted)
      }
    }
    times.sort((a, b) => a - b)
    const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] ?? NaN).toFixed(1)
    console.log(`${stage.padEnd(9)} ${times.length} of ${rounds} cancelled: median ${at(0.5)} ms, longest ${at(1)} ms`)
  }
  await pool.close()
}

function letters(length: number, seed = 1): string {
  let state = seed
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return 'ACGT'[(state >>> 16) & 3]
  }).join('')
}
