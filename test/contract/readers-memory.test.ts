import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { requiresFull } from '../support/requires.ts'

const module = (path: string) => JSON.stringify(fileURLToPath(new URL(`../../src/engine/io/${path}`, import.meta.url)))

/** Reads generated FASTA in a process of its own; answers records, residues and the most memory it ever had, in MB. */
function read(records: number, lines: number, width: number) {
  const script = `
    import { readSequences } from ${module('sequences.ts')}
    const line = 'ACGTTGCAGTCA'.repeat(${width / 12} / 100)
    const part = new TextEncoder().encode(line)
    async function* file() {
      for (let record = 0; record < ${records}; record++) {
        yield new TextEncoder().encode('>record' + record + ' of a large file\\n')
        for (let i = 0; i < ${lines}; i++) {
          for (let n = 0; n < 100; n++) yield part
          yield new TextEncoder().encode('\\n')
        }
      }
    }
    let [count, residues] = [0, 0]
    for await (const { letters } of readSequences(file(), { file: 'generated', onReject: () => undefined })) {
      count++
      residues += letters.length
    }
    console.log(JSON.stringify([count, residues, process.resourceUsage().maxRSS / 1024]))`
  const options = ['--input-type=module-typescript', '--eval', script]
  return JSON.parse(execFileSync(process.execPath, options, { encoding: 'utf8' })) as [number, number, number]
}

describe('memory while reading', () => {
  it('is bounded by the longest record: 250 Mb in one line', () => {
    const [count, residues, megabytes] = read(1, 1, 249_999_600)
    expect([count, residues]).toEqual([1, 249_999_600])
    expect(megabytes).toBeLessThan(500)
  })

  it('does not grow with the number of records', () => {
    const [count, residues, megabytes] = read(40, 100, 60_000)
    expect([count, residues]).toEqual([40, 240_000_000])
    expect(megabytes).toBeLessThan(200)
  })

  it.runIf(requiresFull())('stays below 500 MB for 2 GB of records of 1 Mb', () => {
    const [count, residues, megabytes] = read(2000, 10, 100_800)
    expect([count, residues]).toEqual([2000, 2_016_000_000])
    expect(megabytes).toBeLessThan(500)
  })
})
