import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { clusterRecords } from '../../src/engine/index/neighbours/cluster.ts'
import { writeClusterTable } from '../../src/engine/index/neighbours/write.ts'
import { textOf as lettersOf } from '../support/bytes.ts'
import { requiresShared, requiresTools, sharedPath } from '../support/requires.ts'
import { temporaryFolder } from '../support/search.ts'
import { buildWithVectors, readEntries, spaceOf, textOf } from '../support/vectors.ts'

const file = 'data/genes/resistance_and_virulence_genes.fasta.gz'

/** Cluster of each member. */
function readClusters(table: string): Map<string, string> {
  const rows = table.trim().split('\n')
  return new Map(rows.map((row) => row.split('\t')).map(([representative, member]) => [member, representative]))
}

/** Pairs in the same cluster: of each clustering, and of both. */
function countPairs(ours: Map<string, string>, theirs: Map<string, string>): [number, number, number] {
  const counts = [ours, theirs].map(() => 0)
  let both = 0
  const members = [...ours.keys()]
  for (let i = 0; i < members.length; i++) {
    for (let j = 0; j < i; j++) {
      const same = [ours, theirs].map((clusters) => clusters.get(members[i]) === clusters.get(members[j]))
      same.forEach((each, side) => (counts[side] += each ? 1 : 0))
      if (same[0] && same[1]) both++
    }
  }
  return [counts[0], counts[1], both]
}

describe.runIf([requiresTools('mmseqs'), requiresShared(file)].every(Boolean))('clusters of genes and MMseqs2', () => {
  it('hold the pairs of genes that 80% of identity joins, and few that 60% does not', async () => {
    const seen = new Set<string>()
    const entries = readEntries(sharedPath(file), 60).filter((each) => {
      const letters = lettersOf(each.letters)
      if (seen.has(letters) || seen.has(each.accession) || letters.length < 60) return false
      seen.add(letters).add(each.accession)
      return true
    })
    const folder = temporaryFolder()
    const fasta = path.join(folder, 'genes.fasta')
    writeFileSync(fasta, entries.map(({ accession, letters }) => `>${accession}\n${lettersOf(letters)}\n`).join(''))
    const mmseqs = (identity: string): Map<string, string> => {
      const out = path.join(folder, `clusters${identity}`)
      const options = ['--min-seq-id', identity, '-c', '0.8', '--threads', '1', '-v', '1']
      execFileSync('mmseqs', ['easy-linclust', fasta, out, path.join(folder, 'tmp'), ...options], { stdio: 'ignore' })
      return readClusters(readFileSync(`${out}_cluster.tsv`, 'utf8'))
    }
    const space = await spaceOf(await buildWithVectors([entries]))
    const clusters = await clusterRecords(space, { threshold: 0.5, method: 'greedy' })
    const ours = readClusters(await textOf(writeClusterTable(space.records, clusters)))
    expect(ours.size).toBe(entries.length)
    const [, close, found] = countPairs(ours, mmseqs('0.8'))
    expect(close).toBeGreaterThan(30)
    expect(found / close).toBeGreaterThanOrEqual(0.9)
    const [all, , far] = countPairs(ours, mmseqs('0.6'))
    expect(far / all).toBeGreaterThanOrEqual(0.8)
  }, 120_000)
})
