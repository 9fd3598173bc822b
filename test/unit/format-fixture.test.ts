import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import { verifyCatalog } from '../../src/engine/format/verify.ts'
import type { InputEntry } from '../../src/engine/io/types.ts'
import { readSequences } from '../../src/engine/io/sequences.ts'
import { readTable } from '../../src/engine/io/table.ts'
import { FileSystemStore } from '../../server/storage/file.ts'
import { chunked } from '../support/bytes.ts'
import { build, plainInput, readBack, sortPlain } from '../support/catalogs.ts'

const folder = fileURLToPath(new URL('../fixtures/format-0.2/', import.meta.url))

/** Content digests of the kept catalogs: they never change. */
const DIGESTS = {
  nucleotides: 'a7273ca4e4f28eae0a6645631d1d6a968d567928047acee11a82d3451929e4d5',
  proteins: 'c32bc3c53ae0fe5790c3751a3b752cb08893e6587c5d1aa590dbef52d6b4edb3',
}

async function inputsOf(files: string[]): Promise<InputEntry[]> {
  const entries: InputEntry[] = []
  for (const file of files) {
    const onReject = () => expect.unreachable()
    const bytes = chunked(new Uint8Array(readFileSync(folder + file)), 100)
    for await (const entry of readSequences(bytes, { file, onReject })) entries.push(entry)
  }
  return entries
}

const table = readTable(readFileSync(`${folder}metadata.tsv`, 'utf8'), {
  file: 'metadata.tsv',
  onReject: () => expect.unreachable(),
})

describe.each([
  ['nucleotides', ['nucleotides.fasta', 'nucleotides.fastq'], 'dna', table],
  ['proteins', ['proteins.fasta'], 'protein', undefined],
] as const)('the kept catalog of %s', (name, files, alphabet, metadata) => {
  const store = () => new FileSystemStore(folder + name)

  it('is whole', async () => {
    const { segments, strategy } = (await openCatalog(store())).manifest
    expect([segments.length, strategy]).toEqual(name === 'proteins' ? [1, 'similarity'] : [2, 'hash'])
    const { problems, entries } = await verifyCatalog(store())
    expect(problems).toEqual([])
    expect(entries).toBe(name === 'proteins' ? 4 : 9)
  })

  it('gives back what went in', async () => {
    const inputs = await inputsOf([...files])
    const expected = inputs.map((each) => {
      const values = metadata?.rows.get(each.accession) ?? []
      const filled = values.map((text, i) => [metadata!.fields[i], text]).filter(([, text]) => text !== '')
      return plainInput(each, Object.fromEntries(filled) as Record<string, string>)
    })
    expect(sortPlain(await readBack(await openCatalog(store())))).toEqual(sortPlain(expected))
  })

  it('has the content that the same input has now', async () => {
    const { digest } = (await openCatalog(store())).summary
    expect(digest).toBe(DIGESTS[name])
    const { report } = await build(await inputsOf([...files]), { alphabet, metadata, shards: 2 })
    expect(report.manifest.digest).toBe(digest)
  })
})

it('a catalog of format 0.1 is refused with a sentence', async () => {
  const old = fileURLToPath(new URL('../fixtures/format-0.1', import.meta.url))
  await expect(openCatalog(new FileSystemStore(old))).rejects.toMatchObject({
    tag: 'format-version',
    message: expect.stringMatching(
      /is in format version 0\.1, but this program reads only 0\.2\. Use a program of the same version, or build the catalog again\.$/,
    ) as string,
  })
})
