import { describe, expect, it } from 'vitest'
import { CatalogError } from '../../src/engine/errors.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import { verifyCatalog } from '../../src/engine/format/verify.ts'
import type { InputEntry, MetadataTable, Rejection } from '../../src/engine/io/types.ts'
import { MemoryScratch, MemoryStore } from '../../src/engine/source/memory.ts'
import { buildCatalog } from '../../src/engine/format/build/build.ts'
import { noise, textOf } from '../support/bytes.ts'
import { build, buildInto, entry, plainInput, readBack, sortPlain } from '../support/catalogs.ts'

async function failure(work: Promise<unknown>): Promise<CatalogError> {
  const error = await work.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof CatalogError)) throw error
  return error
}

/** Nucleotides that look random. */
function bases(length: number, seed: number): string {
  return textOf(noise(length, seed).map((byte) => 'ACGT'.charCodeAt(byte >> 6)))
}

function table(fields: string[], rows: Record<string, string[]>): MetadataTable {
  return { fields, rows: new Map(Object.entries(rows)) }
}

describe('records that cannot be kept', () => {
  const inputs = [
    entry('good', 'ACGT', { line: 1 }),
    entry('wrong', 'ACGEFT', { line: 3 }),
    entry('empty', '', { line: 5 }),
    entry('also', 'GGGG', { line: 6 }),
  ]

  it('are reported by file, line and reason, and the rest go on', async () => {
    const rejections: Rejection[] = []
    const { report, catalog } = await build(inputs, { alphabet: 'dna', onReject: (each) => rejections.push(each) })
    expect(rejections).toEqual([
      { file: 'test.fa', line: 3, accession: 'wrong', reason: "'E' at residue 4 is not a letter of DNA" },
      { file: 'test.fa', line: 5, accession: 'empty', reason: 'has no residues' },
    ])
    expect(report.rejected).toBe(2)
    expect((await readBack(catalog)).map(({ accession }) => accession).sort()).toEqual(['also', 'good'])
  })

  it('make a strict build fail, once all are told, with nothing published', async () => {
    const store = new MemoryStore()
    const rejections: Rejection[] = []
    const onReject = (each: Rejection) => rejections.push(each)
    const error = await failure(buildInto(store, inputs, { alphabet: 'dna', strict: true, onReject }))
    expect([error.tag, error.message]).toEqual([
      'input',
      '2 records cannot be kept, so nothing was published (strict).',
    ])
    expect(rejections).toHaveLength(2)
    expect(store.files.size).toBe(0)
  })

  it('may be all there are', async () => {
    const error = await failure(build([entry('a', 'ACGT!')], { alphabet: 'dna' }))
    expect(error.message).toBe('No record could be kept, so there is nothing to build a catalog from.')
  })
})

it('says where there is nothing to build from', async () => {
  const error = await failure(build([]))
  expect([error.tag, error.message]).toEqual([
    'input',
    'No sequences were found, so there is nothing to build a catalog from.',
  ])
})

describe('the alphabet', () => {
  it.each([
    ['dna', ['ACGTNNRYACGT', 'GGATCC']],
    ['rna', ['ACGUACGU', 'GGAUCC']],
    ['protein', ['MKVLAAGIVG', 'GEEEKL']],
  ])('%s is detected', async (alphabet, sequences) => {
    const { report } = await build(sequences.map((letters, i) => entry(`s${i}`, letters)))
    expect(report.manifest.alphabet).toBe(alphabet)
  })

  it('can be given', async () => {
    const { report } = await build([entry('s', 'ACGTACGT')], { alphabet: 'protein' })
    expect(report.manifest.alphabet).toBe('protein')
  })
})

it('keeps identical sequences once, with several entries', async () => {
  const inputs = [entry('b', 'ACGT'), entry('a', 'ACGT'), entry('c', 'ACGU'), entry('d', 'ACGTT')]
  const { report, catalog } = await build(inputs)
  const { records, entries, residues, distinctResidues, longest, shortest, lengthHistogram } = report.manifest
  expect({ records, entries, residues, distinctResidues, longest, shortest }).toEqual({
    records: 3,
    entries: 4,
    residues: 17,
    distinctResidues: 13,
    longest: 5,
    shortest: 4,
  })
  expect(lengthHistogram).toEqual({ edges: [4, 5, 6], counts: [3, 1] })
  const [first, second] = await catalog
    .find('a')
    .then(([found]) => catalog.entriesOf([found.record]).then((all) => all[0]))
  expect([first.accession, second.accession]).toEqual(['a', 'b'])
})

it('gives back sequences that mix T and U, and ambiguity codes', async () => {
  const inputs = [
    entry('more T', 'ACGTTTUUACGTN'),
    entry('more U', 'UUUTTACGN'),
    entry('even', 'TUTU'),
    entry('all', 'ACGTRYMKWSBDHVN'),
    entry('rna', 'ACGURYNNNN'),
  ]
  const { catalog } = await build(inputs, { alphabet: 'dna' })
  expect(sortPlain(await readBack(catalog))).toEqual(sortPlain(inputs.map((each) => plainInput(each))))
})

describe('long sequences', () => {
  /** Longer than the slices they are packed in, with runs across the slices' borders. */
  const length = (1 << 20) + 54_321
  const long = bases(length, 3)
  const marked = `${long.slice(0, (1 << 20) - 5)}NNNNNNNNNN${long.slice((1 << 20) + 5)}`
  const inputs = [
    entry('plain', long),
    entry('marked', marked, {
      description: 'with frills',
      lowerCase: Uint32Array.of(0, 10, 70_000, 12, length - 3, 3),
      quality: 'FGH'.repeat(length).slice(0, length),
    }),
    entry('again', marked),
    entry('short', 'ACGT'),
  ]

  it.each([undefined, 1000])('are kept whole (sorting memory %s)', async (sortMemory) => {
    const { catalog, store } = await build(inputs, { sortMemory, shards: 3 })
    expect(catalog.manifest.segments[0].shards).toHaveLength(2)
    expect(sortPlain(await readBack(catalog))).toEqual(sortPlain(inputs.map((each) => plainInput(each))))
    expect((await verifyCatalog(store)).problems).toEqual([])
  })

  it('are rejected for one wrong letter, however late', async () => {
    const rejections: string[] = []
    const late = entry('late', `${long}Q`)
    await build([...inputs, late], { alphabet: 'dna', onReject: ({ reason }) => rejections.push(reason) })
    expect(rejections).toEqual([`'Q' at residue ${length + 1} is not a letter of DNA`])
  })
})

describe('metadata', () => {
  const inputs = ['a', 'b', 'c'].map((accession, i) => entry(accession, 'ACGT'.repeat(i + 1)))
  const fields = ['whole', 'real', 'text', 'yes', 'padded', 'sparse', 'none', 'large', 'record', 'Record_']
  const rows = {
    a: ['1', '1.5', 'x', 'true', '01', '7', '', '9007199254740993', 'r', 's'],
    b: ['-20', '2', '3', 'false', '2', '', '', '1', 't', 'u'],
    other: ['x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x'],
  }

  it('has the narrowest type that gives every text back', async () => {
    const { report, catalog } = await build(inputs, { metadata: table(fields, rows) })
    expect(report.manifest.fields).toEqual([
      { name: 'whole', type: 'integer', filled: 2 },
      { name: 'real', type: 'number', filled: 2 },
      { name: 'text', type: 'string', filled: 2 },
      { name: 'yes', type: 'boolean', filled: 2 },
      { name: 'padded', type: 'string', filled: 2 },
      { name: 'sparse', type: 'integer', filled: 1 },
      { name: 'none', type: 'string', filled: 0 },
      { name: 'large', type: 'string', filled: 2 },
      { name: 'record', type: 'string', filled: 2 },
      { name: 'Record_', type: 'string', filled: 2 },
    ])
    expect((await catalog.find('b'))[0].metadata).toEqual({
      whole: -20,
      real: 2,
      text: '3',
      yes: false,
      padded: '2',
      sparse: null,
      none: null,
      large: '1',
      record: 't',
      Record_: 'u',
    })
    const expected = inputs.map((each) => {
      const values = rows[each.accession as 'a' | 'b'] ?? []
      const filled = fields.map((field, i) => [field, values[i] ?? '']).filter(([, text]) => text !== '')
      return plainInput(each, Object.fromEntries(filled) as Record<string, string>)
    })
    expect(sortPlain(await readBack(catalog))).toEqual(sortPlain(expected))
  })

  it('counts what does not match', async () => {
    const { report } = await build(inputs, { metadata: table(fields, rows) })
    expect(report.metadata).toEqual({ matched: 2, entriesWithoutRow: 1, rowsWithoutEntry: 1 })
  })

  it('is part of the content digest', async () => {
    const digest = async (value: string) =>
      (await build(inputs, { metadata: table(['f'], { a: [value] }) })).report.manifest.digest
    expect(await digest('1')).toBe(await digest('1'))
    expect(await digest('1')).not.toBe(await digest('2'))
  })
})

describe('publishing', () => {
  /** Fails at the given operation, and from then on, as a host that is killed there would. */
  class FailingStore extends MemoryStore {
    left: number
    constructor(operations: number, files: Iterable<[string, Uint8Array]>) {
      super('catalog', files)
      this.left = operations
    }
    #step(): void {
      if (this.left-- <= 0) throw new CatalogError('too-large', 'The disk is full.')
    }
    override async put(path: string, bytes: Uint8Array): Promise<void> {
      this.#step()
      await super.put(path, bytes)
    }
    override async create() {
      this.#step()
      const writer = await super.create()
      return {
        write: async (bytes: Uint8Array) => {
          this.#step()
          await writer.write(bytes)
        },
        commit: async (path: string) => {
          this.#step()
          await writer.commit(path)
        },
        discard: () => writer.discard(),
      }
    }
  }

  it('leaves the last version whole wherever it stops', async () => {
    const before = await build([entry('old', 'ACGTACGT')])
    const inputs = [entry('new', 'GGGGCCCC'), entry('newer', 'TTTTN')]
    let stops = 0
    for (;;) {
      const store = new FailingStore(stops, before.store.files)
      const done = await buildInto(store, inputs, { shards: 2 }).then(
        () => true,
        () => false,
      )
      const catalog = await openCatalog(store)
      expect((await verifyCatalog(store)).problems).toEqual([])
      expect(catalog.manifest.entries).toBe(done ? 2 : 1)
      if (done) break
      stops++
    }
    expect(stops).toBeGreaterThan(20)
  })

  it('keeps the files of earlier versions', async () => {
    const { store } = await build([entry('old', 'ACGTACGT')])
    const before = [...store.files.keys()]
    await buildInto(store, [entry('new', 'GGGG')])
    expect([...store.files.keys()]).toEqual(expect.arrayContaining(before))
    expect((await openCatalog(store)).manifest.entries).toBe(1)
  })

  it('puts nothing in the manifest that depends on when or where', async () => {
    const inputs = [entry('a', 'ACGT')]
    const one = await build(inputs, { published: new Date(0) })
    const two = await build(inputs, { published: new Date(1e12) })
    expect(two.report.version).toBe(one.report.version)
    expect([...two.store.files.keys()]).toEqual([...one.store.files.keys()])
    expect(two.catalog.summary.published).toBe('2001-09-09T01:46:40.000Z')
  })
})

it('stops when it is told to, and publishes nothing', async () => {
  const store = new MemoryStore()
  const controller = new AbortController()
  const inputs = async function* (): AsyncGenerator<InputEntry> {
    for (let i = 0; ; i++) {
      if (i === 100) controller.abort()
      yield entry(`s${i}`, bases(50, i))
    }
  }
  const target = { sink: store, scratch: new MemoryScratch() }
  const error = await failure(buildCatalog(inputs(), target, { title: 't', signal: controller.signal }))
  expect(error.tag).toBe('aborted')
  expect(store.files.size).toBe(0)
})
