import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { lettersOfCodes } from '../../src/engine/sequence/alphabet.ts'
import type { InputEntry } from '../../src/engine/io/types.ts'
import { noise, textOf } from '../support/bytes.ts'
import { build, entry, type Built } from '../support/catalogs.ts'
import { findPython, runPython } from '../support/python.ts'
import { requires } from '../support/requires.ts'
import { temporaryFolder } from '../support/search.ts'

/** Reads every file of a catalog with pyarrow and DuckDB alone, as SPEC.md describes them; no code of ours. */
const READ = `
import duckdb, glob, hashlib, json, os, sys
import numpy as np, pyarrow as pa, pyarrow.ipc as ipc, pyarrow.parquet as pq, xxhash
root = sys.argv[1]
manifest = json.load(open(os.path.join(root, json.load(open(root + '/catalog.json'))['version']['path'])))
segment = manifest['segments'][0]
where = lambda file: os.path.join(root, file['path'])
maps = []
def arrow(file, rows=None):
    maps.append(pa.memory_map(where(file)))
    opened = ipc.open_file(maps[-1])
    table = opened.read_all()
    table.validate(full=True)
    if rows:
        sizes = [opened.get_batch(i).num_rows for i in range(opened.num_record_batches)]
        assert all(size == rows for size in sizes[:-1]) and 0 < sizes[-1] <= rows and len(sizes) > 1, sizes
    assert table.equals(ipc.open_stream(open(where(file), 'rb').read()[8:]).read_all())
    return table
records = arrow(segment['recordTable'], 128)
exceptions = arrow(segment['exceptions'])
accessions = arrow(segment['accessions'])
digests = arrow(segment['digestTable'], 448)
blocks = arrow(segment['blocks']).to_pylist()
checksums = arrow(segment['checksums'])
protein = manifest['alphabet'] == 'protein'
codes = []
first_position = 0
group = (8, 5) if protein else (4, 1)
for shard in segment['shards']:
    packed = arrow(shard).column('residues').chunk(0).to_numpy(zero_copy_only=True)
    assert packed.tobytes() == open(where(shard), 'rb').read()[shard['dataOffset']:][:shard['dataBytes']]
    bits = np.unpackbits(packed, bitorder='little')
    for i in range(shard['firstRecord'], shard['firstRecord'] + shard['records']):
        width, length = (5 if protein else 2), records['length'][i].as_py()
        start = (records['position'][i].as_py() - first_position) // group[0] * group[1] * 8
        part = bits[start:start + width * length].reshape(length, width)
        codes.append((part * (1 << np.arange(width))).sum(axis=1).tolist())
    first_position += shard['dataBytes'] // group[1] * group[0]
bad = 0
for file in [segment[k] for k in ('recordTable', 'blocks', 'digestTable', 'exceptions', 'entryTable', 'accessions')] + segment['shards']:
    data = open(where(file), 'rb').read()
    assert hashlib.sha256(data).hexdigest() == file['sha256'] and len(data) == file['bytes']
    for b in range(0, len(data), 4096):
        stated = checksums['xxh64'][file['firstBlock'] + b // 4096].as_py()
        bad += xxhash.xxh64_intdigest(data[b:b + 4096]) != stated
table = pq.read_table(where(segment['entryTable']))
name = where(segment['entryTable'])
duck = duckdb.sql(f"SELECT * FROM '{name}'").to_arrow_table()
rows = records.to_pylist()
ends = {'position': first_position, 'entry_start': segment['entries'], 'exception_start': exceptions.num_rows}
wanted = [{k: row[k] for k in ends} for row in rows[::128]] + [ends]
stated = [dict(zip(ends, block.values())) for block in blocks]
pairs = sorted((int.from_bytes(row[k][:4], 'big'), i) for i, row in enumerate(rows) for k in ('id', 'refget', 'md5'))
ahead = json.load(open(root + '/catalog.json'))['ahead']
for part in ahead:
    data = open(os.path.join(root, part['path']), 'rb').read()
    assert part['start'] % 4096 == 0 and part['start'] + part['bytes'] == len(data)
    bad += hashlib.sha256(data[part['start']:]).hexdigest() != part['sha256']
fields = sorted((f['name'] for f in manifest['fields']), key=lambda name: name.encode())
text = lambda value: str(value).lower() if isinstance(value, bool) else str(value)
word = lambda value: value.to_bytes(4, 'little')
string = lambda data: word(len(data)) + data
none = word(2**32 - 1)
total = 0
for entry in table.to_pylist():
    runs, quality = entry['lower_case'], entry['quality']
    data = rows[entry['record']]['id'] + string(entry['accession'].encode()) + string(entry['description'].encode())
    data += word(int(entry['stop']))
    data += none if runs is None else word(len(runs) // 2) + b''.join(word(run) for run in runs)
    data += none if quality is None else string(quality.encode())
    for field in fields:
        if entry[field] is not None: data += string(field.encode()) + string(text(entry[field]).encode())
    total += int.from_bytes(hashlib.sha512(data).digest(), 'big')
content = format(total % 2**512, '0128x')
summary = f"genomic-catalog content 2\\n{manifest['alphabet']}\\n{manifest['entries']}\\n{content}\\n"
hashes = [xxhash.xxh64_intdigest(a.encode()) >> 32 for a in table['accession'].to_pylist()]
print(json.dumps({
  'records': [{k: v.hex() if isinstance(v, bytes) else v for k, v in row.items()} for row in records.to_pylist()],
  'exceptions': exceptions.to_pylist(), 'codes': codes, 'bad': bad,
  'entries': table.to_pylist(), 'types': {f.name: str(f.type) for f in table.schema},
  'duck': duck.to_pylist() == table.to_pylist(),
  'blocks': wanted == stated,
  'digests': pairs == [tuple(r.values()) for r in digests.to_pylist()],
  'content': [content == manifest['contentSum'], hashlib.sha256(summary.encode()).hexdigest() == manifest['digest']],
  'ahead': [part['use'] for part in ahead],
  'lookup': sorted(zip(hashes, range(len(hashes)))) == [tuple(r.values()) for r in accessions.to_pylist()],
  'sum': duckdb.sql(f"SELECT sum(year) FROM '{name}' WHERE place = 'π'").fetchall()[0][0],
}))
`

interface Read {
  records: {
    id: string
    refget: string
    md5: string
    length: number
    position: number
    uracil: boolean
    entry_start: number
    exception_start: number
  }[]
  exceptions: { start: number; length: number; code: number }[]
  codes: number[][]
  bad: number
  entries: Record<string, unknown>[]
  types: Record<string, string>
  duck: boolean
  lookup: boolean
  blocks: boolean
  digests: boolean
  content: boolean[]
  ahead: string[]
  sum: number
}

const python = findPython()

const random = (length: number, seed: number, letters: string) =>
  textOf(noise(length, seed).map((byte) => letters.charCodeAt((byte * letters.length) >> 8)))

function inputsOf(letters: string, mixed: string[]): InputEntry[] {
  const many = Array.from({ length: 300 }, (_, i) => {
    const text = random(1 + ((i * 37) % 500), i + 1, letters)
    return entry(`acc${i}é`, text, {
      description: i % 3 === 0 ? '' : `the ${i}th, "quoted"`,
      lowerCase: i % 5 === 0 ? Uint32Array.of(0, 1) : null,
      quality: i % 7 === 0 ? '~'.repeat(text.length) : null,
      stop: i % 11 === 0,
    })
  })
  return [...many, entry('twin', textOf(many[3].letters)), ...mixed.map((text, i) => entry(`mixed${i}`, text))]
}

describe.runIf(requires('Python with pyarrow, DuckDB, NumPy and xxhash', python !== null))(
  'files of the format',
  () => {
    describe.each([
      ['dna', inputsOf('ACGT', ['ACGTNNNNRYKMSWBDHVACGT', 'UUACGTN', 'NNNN', 'UUTT'])],
      ['protein', inputsOf('ABCDEFGHIJKLMNOPQRSTUVWXYZ', ['MKV*LL', '*', 'AAAAAAAA', 'CCCCCCC'])],
    ] as const)('of %s', (alphabet, inputs) => {
      let built: Built
      let read: Read
      const years = new Map(
        inputs.map(({ accession }, i) => [accession, [i % 2 ? 'π' : 'x', String(1900 + i), `${i}.5`]]),
      )

      beforeAll(async () => {
        const metadata = { fields: ['place', 'year', 'ratio'], rows: years }
        built = await build(inputs, { alphabet, shards: 3, metadata })
        const folder = temporaryFolder()
        for (const [file, bytes] of built.store.files) {
          const target = path.join(folder, file)
          mkdirSync(path.dirname(target), { recursive: true })
          writeFileSync(target, bytes)
        }
        read = runPython(python!, READ, folder) as Read
      })

      it('hold what other readers find: digests, residues, exceptions', () => {
        const byId = new Map(inputs.map((each) => [createHash('sha256').update(each.letters).digest('hex'), each]))
        expect(read.records.map(({ id }) => id)).toEqual([...byId.keys()].sort())
        let compared = 0
        read.records.forEach((record, i) => {
          const { letters } = byId.get(record.id)!
          expect(record.md5).toBe(createHash('md5').update(letters).digest('hex'))
          expect(record.refget).toBe(createHash('sha512').update(letters).digest('hex').slice(0, 48))
          expect(record.length).toBe(letters.length)
          const table = lettersOfCodes(alphabet, record.uracil)
          const text = read.codes[i].map((code) => String.fromCharCode(table[code]))
          const end = read.records[i + 1]?.exception_start ?? read.exceptions.length
          for (const { start, length, code } of read.exceptions.slice(record.exception_start, end)) {
            const letter = code === 3 ? (record.uracil ? 'T' : 'U') : String.fromCharCode(table[code])
            for (let at = start; at < start + length; at++) text[at] = letter
          }
          expect(text.join('')).toBe(textOf(letters))
          compared++
        })
        expect(compared).toBe(304)
        expect(read.exceptions.length).toBe(alphabet === 'dna' ? 15 : 0)
      })

      it('have the checksums that other programs compute', () => {
        expect(read.bad).toBe(0)
        expect(read.lookup).toBe(true)
        expect(read.digests).toBe(true)
        expect(read.blocks).toBe(true)
        expect(read.ahead).toEqual(['checksums', 'blocks', 'entries'])
      })

      it('have the content digest that the specification describes', () => {
        expect(read.content).toEqual([true, true])
      })

      it('hold every entry, of the right types, for pyarrow and DuckDB alike', () => {
        expect(read.types).toEqual({
          accession: 'string',
          description: 'string',
          record: 'int32',
          stop: 'bool',
          lower_case: 'list<element: int32 not null>',
          quality: 'string',
          place: 'string',
          year: 'int64',
          ratio: 'double',
        })
        expect(read.duck).toBe(true)
        const ids = new Map(read.records.map(({ id }, i) => [id, i]))
        const expected = inputs.map((each) => {
          const [place, year, ratio] = years.get(each.accession)!
          return {
            accession: each.accession,
            description: each.description,
            record: ids.get(createHash('sha256').update(each.letters).digest('hex'))!,
            stop: each.stop,
            lower_case: each.lowerCase && [...each.lowerCase],
            quality: each.quality,
            place,
            year: Number(year),
            ratio: Number(ratio),
          }
        })
        expected.sort(
          (a, b) => a.record - b.record || Buffer.compare(Buffer.from(a.accession), Buffer.from(b.accession)),
        )
        expect(read.entries).toEqual(expected)
        const odd = expected.filter(({ place }) => place === 'π')
        expect(read.sum).toBe(odd.reduce((sum, { year }) => sum + year, 0))
      })
    })
  },
)
