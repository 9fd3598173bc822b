import { createHash } from 'node:crypto'
import { openSync, readSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { cachingBlocks, verifiedSource } from '../src/engine/format/blocks.ts'
import { EntryTableWriter } from '../src/engine/format/build/write-entries.ts'
import type { FieldSummary } from '../src/engine/format/types.ts'
import { prepareFilter } from '../src/engine/metadata/catalog.ts'
import { filterEntries } from '../src/engine/metadata/filter.ts'
import { openFilterTable } from '../src/engine/metadata/table.ts'
import type { FilterTable } from '../src/engine/metadata/table.ts'
import type { ByteSource } from '../src/engine/source/types.ts'
import { ByteCache, coalescing } from '../src/engine/source/wrappers.ts'
import { DirectorySink } from '../server/storage/file.ts'
import { findPython, runPython } from '../test/support/python.ts'
import { option, outputFolder } from './support.ts'
import { randomNumbers } from './synthetic.ts'

const FIELDS: FieldSummary[] = [
  { name: 'organism', type: 'string', filled: 1 },
  { name: 'year', type: 'integer', filled: 1 },
  { name: 'country', type: 'string', filled: 1 },
  { name: 'identity', type: 'number', filled: 1 },
  { name: 'mobile', type: 'boolean', filled: 1 },
]
const PREDICATES = [
  "organism LIKE 'Salmonella%'",
  "organism = 'Escherichia coli'",
  "organism LIKE '%aureus%'",
  "organism LIKE 'Salmonella%' AND year >= 2020",
  "organism LIKE 'Salmonella%' AND description LIKE '%99%'",
  'year >= 2020',
  "country IN ('Peru', 'Kenya') AND NOT mobile",
  'identity BETWEEN 10 AND 20',
  'country IS NULL',
  "description LIKE '%99%'",
]
const REPEATS = 9

/** DuckDB over the same file, one thread: rows found, and milliseconds of processor time of the median run. */
const DUCKDB = `
import duckdb, json, sys, time
connection, answers = duckdb.connect(), []
connection.execute('SET threads = 1; SET enable_object_cache = true')
for predicate in json.loads(sys.argv[2]):
    times = []
    for _ in range(${REPEATS}):
        started = time.process_time()
        rows = connection.execute(f"SELECT list(file_row_number) FROM read_parquet('{sys.argv[1]}', file_row_number=true) WHERE {predicate}").fetchnumpy()
        times.append((time.process_time() - started) * 1000)
    count = connection.execute(f"SELECT count(*) FROM '{sys.argv[1]}' WHERE {predicate}").fetchone()[0]
    answers.append([count, sorted(times)[${REPEATS >> 1}]])
print(json.dumps(answers))
`

/**
 * `npm run bench filter`: predicates over the entry table of 1 M entries (`--count`), sorted by organism and not. Cold:
 * requests and bytes of a first question, footer and checksum blocks included, after coalescing. Warm: the table is open
 * and its bytes are in memory; processor time, garbage collection included, which others on the machine change little. Counts are compared with DuckDB's, where there is one, before times are printed.
 */
export async function run(args: string[]): Promise<void> {
  const count = Number(option(args, 'count', '1000000'))
  for (const isSorted of [true, false]) {
    const { file, open } = await writeTable(count, isSorted)
    console.log(`${count.toLocaleString('en-US')} entries, ${isSorted ? 'sorted by organism' : 'in no order'}`)
    const duckdb = askDuckdb(file)
    console.log(`${'predicate'.padEnd(58)}  entries   warm ms  cold requests  cold kB  DuckDB ms`)
    for (const [i, predicate] of PREDICATES.entries()) {
      const filter = prepareFilter(predicate, FIELDS)
      const log = { requests: 0, bytes: 0 }
      const table = await open(log)
      const found = (await filterEntries(table, filter)).count
      if (duckdb !== null && found !== duckdb[i][0])
        throw new Error(`${predicate}: ${found} ≠ ${duckdb[i][0]} of DuckDB`)
      const times: number[] = []
      for (let n = 0; n < REPEATS; n++) {
        const started = process.cpuUsage()
        await filterEntries(table, filter)
        const { user, system } = process.cpuUsage(started)
        times.push((user + system) / 1000)
      }
      const warm = times.sort((a, b) => a - b)[REPEATS >> 1]
      const figures = [
        predicate.padEnd(58),
        String(found).padStart(8),
        warm.toFixed(1).padStart(9),
        String(log.requests).padStart(14),
        (log.bytes / 1000).toFixed(0).padStart(8),
        (duckdb?.[i][1].toFixed(1) ?? '–').padStart(10),
      ]
      console.log(figures.join(' '))
    }
    console.log()
  }
}

function askDuckdb(file: string): [number, number][] | null {
  const python = findPython()
  return python === null ? null : (runPython(python, DUCKDB, file, JSON.stringify(PREDICATES)) as [number, number][])
}

interface Log {
  requests: number
  bytes: number
}

async function writeTable(
  count: number,
  isSorted: boolean,
): Promise<{ file: string; open: (log: Log) => Promise<FilterTable> }> {
  const folder = path.join(outputFolder('filter'), isSorted ? 'sorted' : 'unsorted')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const random = randomNumbers(1)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]
  const organisms = Array.from({ length: 300 }, (_, i) => {
    const name = createHash('sha256')
      .update(String(i))
      .digest('hex')
      .replace(/[^a-f]/g, '')
    return `${name.slice(0, 1).toUpperCase()}${name.slice(1, 9)} ${name.slice(9, 17)}`
  })
  organisms.push('Salmonella enterica', 'Salmonella bongori', 'Salmonella enterica subsp. enterica serovar Typhimurium')
  organisms.push('Escherichia coli', 'Staphylococcus aureus', 'Klebsiella pneumoniae')
  organisms.sort()
  const writer = await EntryTableWriter.create(
    new DirectorySink(folder),
    { stop: false, lowerCase: false, quality: false },
    FIELDS,
  )
  const encoder = new TextEncoder()
  for (let i = 0; i < count; i++) {
    const organism = isSorted ? organisms[Math.floor((i / count) * organisms.length)] : pick(organisms)
    const accession = `ACC${String(Math.floor(random() * 1e9)).padStart(9, '0')}`
    const description = `gene product number ${Math.floor(random() * 1e6)}`
    const values = [
      organism,
      String(1990 + Math.floor(random() * 35)),
      pick(['Germany', 'Kenya', 'Peru', 'Japan', '']),
      String(Math.floor(random() * 1e5) / 1000),
      random() < 0.5 ? 'true' : 'false',
    ]
    writer.add(encoder.encode(accession), encoder.encode(description), i, false, null, null, values)
    if (writer.full) await writer.flush()
  }
  const { file, tail } = await writer.finish()
  const location = path.join(folder, file.path)
  const open = (log: Log): Promise<FilterTable> => {
    const counted = coalescing(countedSource(location, log))
    const source = cachingBlocks(
      verifiedSource(counted, file.bytes, file.checksums),
      file.bytes,
      new ByteCache(64 << 20),
    )
    return openFilterTable({ source, bytes: file.bytes, tail: tail.bytes }, true)
  }
  return { file: location, open }
}

function countedSource(file: string, log: Log): ByteSource {
  const descriptor = openSync(file, 'r')
  return {
    name: file,
    read(offset, length) {
      log.requests++
      log.bytes += length
      const bytes = new Uint8Array(length)
      readSync(descriptor, bytes, 0, length, offset)
      return Promise.resolve(bytes)
    },
    readAll: () => Promise.reject(new Error('the table is read by range')),
  }
}
