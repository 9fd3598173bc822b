import { availableParallelism, cpus } from 'node:os'
import path from 'node:path'
import { loadKernels } from '../server/search/kernels.ts'
import { peersPresent, readProteins, runKernels, runPeers } from './kernels/peers.ts'
import { option, outputFolder, shared } from './support.ts'

/**
 * Smith–Waterman scores of one protein of `--query=400` residues (or the next longer one) against 20,000, one thread:
 * ours, SSW and parasail, best of `--rounds=3` that take turns. All scores have to be equal.
 */
export async function run(args: string[]): Promise<void> {
  if (!peersPresent()) throw new Error('Install gcc, libssw-dev and libparasail-dev first.')
  const folder = outputFolder('kernels')
  const subjects = readProteins(path.join(shared, 'data/proteins/uniprot_20k.fasta.gz'))
  const length = Number(option(args, 'query', '400'))
  const longEnough = subjects.filter((subject) => subject.length >= length)
  const query = longEnough.reduce((best, subject) => (subject.length < best.length ? subject : best))
  const cells = query.length * subjects.reduce((sum, subject) => sum + subject.length, 0)
  const kernels = await loadKernels()
  runKernels(kernels, [query], subjects.slice(0, 1000))
  const best = new Map<string, number>()
  const note = (tool: string, seconds: number): void => {
    best.set(tool, Math.min(seconds, best.get(tool) ?? Infinity))
  }
  for (let round = 0; round < Number(option(args, 'rounds', '3')); round++) {
    const ours = runKernels(kernels, [query], subjects)
    const peers = runPeers(folder, [query], subjects)
    note('genomic-catalog (WebAssembly SIMD)', ours.seconds)
    for (const { tool, seconds } of peers.timings) note(tool, seconds)
    ours.scores.forEach((score, s) => {
      if (score !== peers.scores[s]) throw new Error(`Subject ${s} scores ${score}, with SSW ${peers.scores[s]}.`)
    })
  }
  const [own] = best.values()
  console.log(
    `${query.length} residues against ${subjects.length} proteins, ${(cells / 1e9).toFixed(2)} billion cells,`,
  )
  console.log(
    `one thread of ${availableParallelism()}, ${cpus()[0]?.model ?? 'unknown processor'}; all scores are equal.\n`,
  )
  for (const [tool, seconds] of best) {
    const speed = `${(cells / seconds / 1e9).toFixed(1)} GCUPS`.padStart(12)
    const ratio = seconds === own ? '' : `   ours is ${(seconds / own).toFixed(2)} × as fast`
    console.log(`${tool.padEnd(36)} ${seconds.toFixed(3)} s ${speed}${ratio}`)
  }
}
