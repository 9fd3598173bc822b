import { execFileSync } from 'node:child_process'
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openInput } from '../../src/engine/io/decompress.ts'
import { readSequences } from '../../src/engine/io/sequences.ts'
import { detectAlphabet } from '../../src/engine/sequence/alphabet.ts'
import { loadDigests, toHex } from '../../src/engine/sequence/digest.ts'
import type { InputEntry } from '../../src/engine/io/types.ts'
import { textOf } from '../support/bytes.ts'
import { requiresShared, requiresTools, sharedPath } from '../support/requires.ts'

let scratch = ''
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'readers-'))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

async function* entriesOf(file: string): AsyncGenerator<InputEntry> {
  yield* readSequences(openInput(createReadStream(file), file), {
    file,
    onReject: ({ line, reason }) => {
      throw new Error(`${file}, line ${line}: ${reason}`)
    },
  })
}

const output = (tool: string, ...args: string[]) => execFileSync(tool, args, { maxBuffer: 1 << 28, encoding: 'utf8' })

const FASTA = {
  'data/genomes/bacterial_assembly.fasta.gz': 42,
  'data/genomes/human_mitochondrion.fasta': 1,
  'data/genomes/yeast_chrI.fasta.gz': 1,
  'data/demo/ncbi_rrna.fasta.gz': 1689,
}

describe.runIf(requiresTools('samtools', 'bgzip') && requiresShared(...Object.keys(FASTA)))('samtools dict', () => {
  it.each(Object.entries(FASTA))('finds the names, lengths and MD5 digests of %s', async (name, count) => {
    const digests = await loadDigests()
    const plainFile = join(scratch, 'plain.fa')
    const bytes = readFileSync(sharedPath(name))
    writeFileSync(plainFile, name.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    const expected = output('samtools', 'dict', plainFile)
      .split('\n')
      .filter((line) => line.startsWith('@SQ'))
      .map((line) => ['SN', 'LN', 'M5'].map((tag) => new RegExp(`\\t${tag}:([^\\t]*)`).exec(line)?.[1]))
    expect(expected).toHaveLength(count)
    const bgzipped = join(scratch, 'bgzipped.fa.gz')
    writeFileSync(bgzipped, execFileSync('bgzip', ['-c', plainFile], { maxBuffer: 1 << 28 }))
    for (const file of [sharedPath(name), bgzipped]) {
      const found = []
      for await (const { accession, letters } of entriesOf(file)) {
        found.push([accession, String(letters.length), toHex(digests.md5(letters))])
      }
      expect(found).toEqual(expected)
    }
  })
})

const READS = 'data/reads/lambda_illumina_1.fastq.gz'
describe.runIf(requiresTools('samtools') && requiresShared(READS))('samtools import', () => {
  it('finds the same reads and qualities', async () => {
    const expected = output('samtools', 'import', '-0', sharedPath(READS))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('@'))
      .map((line) => {
        const [id, , , , , , , , , residues, quality] = line.split('\t')
        return [id, residues, quality]
      })
    expect(expected).toHaveLength(10_000)
    const found = []
    for await (const { accession, letters, quality } of entriesOf(sharedPath(READS))) {
      found.push([accession, textOf(letters), quality])
    }
    expect(found).toEqual(expected)
  })
})

const SETS = {
  'data/demo/ncbi_rrna.fasta.gz': 'dna',
  'data/genes/resistance_and_virulence_genes.fasta.gz': 'dna',
  'data/genomes/bacterial_assembly.fasta.gz': 'dna',
  'data/markers/greengenes85_16S_taxonomy.fasta.gz': 'dna',
  'data/proteins/bacmet2_proteins.fasta.gz': 'protein',
  'data/proteins/scope35_dev.fasta.gz': 'protein',
  'data/proteins/uniprot_queries.fasta': 'protein',
  'data/reads/lambda_illumina_1.fastq.gz': 'dna',
} as const

describe.runIf(requiresTools('mmseqs') && requiresShared(...Object.keys(SETS)))('mmseqs createdb', () => {
  it.each(Object.entries(SETS))('sees the same alphabet in %s', async (name, alphabet) => {
    const letters: Uint8Array[] = []
    for await (const entry of entriesOf(sharedPath(name))) {
      if (letters.push(entry.letters) === 1000) break
    }
    expect(detectAlphabet(letters)).toBe(alphabet)
    const database = join(scratch, `db-${name.replaceAll('/', '-')}`)
    output('mmseqs', 'createdb', sharedPath(name), database, '-v', '0')
    const type = readFileSync(`${database}.dbtype`).readInt32LE(0) & 0x7fffffff
    expect(type).toBe(alphabet === 'protein' ? 0 : 1)
  })
})
