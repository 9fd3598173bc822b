import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { peersPresent, readProteins, runKernels, runPeers } from '../../bench/kernels/peers.ts'
import { loadKernels } from '../../server/search/kernels.ts'
import { full, requires, requiresShared, sharedPath } from '../support/requires.ts'

const present = [
  requires('gcc, libssw-dev and libparasail-dev', peersPresent()),
  requiresShared('data/proteins/scope35_dev.fasta.gz', 'data/proteins/uniprot_20k.fasta.gz'),
]

describe.runIf(present.every(Boolean))('scores agree with SSW and parasail', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'peers-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([
    ['domains', 'scope35_dev.fasta.gz', full ? 200 : 40, full ? 9903 : 2000],
    ['whole proteins', 'uniprot_20k.fasta.gz', full ? 50 : 6, full ? 20_000 : 1500],
  ])('on %s', async (_, file, queryCount, subjectCount) => {
    const proteins = readProteins(sharedPath('data/proteins', file))
    const every = (count: number): string[] =>
      Array.from({ length: count }, (_, i) => proteins[Math.floor((i * proteins.length) / count)])
    const [queries, subjects] = [every(queryCount), every(subjectCount)]
    const peers = runPeers(folder, queries, subjects)
    const ours = runKernels(await loadKernels(), queries, subjects)
    expect(peers.timings.length).toBeGreaterThanOrEqual(2)
    expect(peers.scores.length).toBe(queryCount * subjectCount)
    expect(ours.scores.length).toBe(peers.scores.length)
    expect(ours.scores.findIndex((score, i) => score !== peers.scores[i])).toBe(-1)
    expect(peers.scores.filter((score) => score > 254).length).toBeGreaterThan(5)
  })
})
