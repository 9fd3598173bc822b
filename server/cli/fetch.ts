import { CatalogError } from '../../src/engine/errors.ts'
import { openCatalog, recordLength } from '../../src/engine/format/catalog.ts'
import type { Catalog, Entry } from '../../src/engine/format/types.ts'
import { openStore } from '../storage/open.ts'
import { inputName, readText } from './input.ts'
import { entryLetters, reverseComplement } from './letters.ts'
import { writeOutput } from './output.ts'
import { Reporter } from './reporter.ts'
import type { Arguments, Context } from './types.ts'

/** Residues read at a time. */
const PIECE = 1 << 20

/** What to print: 0-based, half open; `end` null for the sequence's end. */
interface Region {
  entry: Entry
  start: number
  end: number
  /** Name of a part; null where the whole is wanted. */
  name: string | null
}

export async function run({ positionals, values }: Arguments, context: Context): Promise<number> {
  const [location, ...names] = positionals
  const list = values['region-file'] as string | undefined
  if (list !== undefined) {
    const lines = (await readText(list, context)).split(/\r?\n|\r/).map((line) => line.trim())
    names.push(...lines.filter((line) => line !== ''))
    if (names.length === 0)
      throw new CatalogError('input', `${inputName(list)} is empty: it should hold one name per line.`)
  }
  if (names.length === 0) throw new CatalogError('usage', 'What is to be fetched? Name an accession or a digest.')
  const reporter = new Reporter(context, values)
  const catalog = await openCatalog(openStore(location), {
    ahead: ['checksums', 'blocks', 'entries'],
    signal: context.signal,
  })
  const missing: string[] = []
  const pieces = fasta(catalog, names, missing, reporter, {
    width: (values.width as number | undefined) ?? 60,
    reverse: values['reverse-complement'] === true,
    signal: context.signal,
  })
  await writeOutput(pieces, values.out as string | undefined, context)
  if (missing.length === 0) return 0
  const [name] = missing
  const parent = regionOf(name)?.[1]
  const none = parent === undefined ? `“${name}”` : `“${name}”, and none “${parent}” of which that is a part`
  const others = missing.length > 1 ? `, nor ${missing.length - 1} other of the names given` : ''
  throw new CatalogError('not-found', `${location} has no entry ${none}${others}.`, { accession: name })
}

interface Layout {
  width: number
  reverse: boolean
  signal: AbortSignal
}

async function* fasta(
  catalog: Catalog,
  names: string[],
  missing: string[],
  reporter: Reporter,
  layout: Layout,
): AsyncGenerator<string> {
  if (layout.reverse && catalog.summary.alphabet === 'protein')
    throw new CatalogError('usage', 'Proteins have no reverse complement: leave --reverse-complement out.')
  for (const name of names) {
    const regions = await find(catalog, name, reporter, layout.signal)
    if (regions.length === 0) missing.push(name)
    for (const region of regions) yield* record(catalog, region, layout)
  }
}

/** Sequence, start, dash and end of a name that is written as a region: `id:start-end`; else null. */
function regionOf(name: string): RegExpExecArray | null {
  const parts = /^(.+):([\d,]+)?(-)?([\d,]+)?$/.exec(name)
  return parts !== null && (parts[2] !== undefined || parts[4] !== undefined) ? parts : null
}

/** The regions that a name means. A name that is an accession as a whole is one, whatever colons it has. */
async function find(catalog: Catalog, name: string, reporter: Reporter, signal: AbortSignal): Promise<Region[]> {
  const parts = regionOf(name)
  // Both at once: a region costs no more hops than a whole entry.
  const [whole, parents] = await Promise.all([
    catalog.find(name, { signal }),
    parts ? catalog.find(parts[1], { signal }) : [],
  ])
  const lengthOf = ({ record }: Entry) => recordLength(catalog, record, { signal })
  const regions: Region[] = []
  if (whole.length > 0) {
    for (const entry of whole) regions.push({ entry, start: 0, end: await lengthOf(entry), name: null })
    return regions
  }
  if (!parts) return []
  const [, , from, dash, to] = parts
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text.replaceAll(',', '')))
  const start = number(from) ?? 1
  const end = dash === undefined ? undefined : number(to)
  if (start < 1) throw new CatalogError('usage', `${name}: positions begin at 1.`)
  if (end !== undefined && end < start)
    throw new CatalogError('usage', `${name} ends before it begins: --reverse-complement gives the other strand.`)
  for (const entry of parents) {
    const length = await lengthOf(entry)
    if (start > length) {
      const message = `${name} begins after the end of ${entry.accession}, which has ${length} residues.`
      throw new CatalogError('input', message)
    }
    if (end !== undefined && end > length) reporter.warn(`${name} is cut at the sequence's end, ${length}.`)
    regions.push({ entry, start: start - 1, end: Math.min(end ?? length, length), name })
  }
  return regions
}

async function* record(
  catalog: Catalog,
  { entry, start, end, name }: Region,
  { width, reverse, signal }: Layout,
): AsyncGenerator<string> {
  const title = name ?? entry.accession
  const description = name === null && entry.description !== '' ? ` ${entry.description}` : ''
  yield `>${title}${reverse ? '/rc' : ''}${description}\n`
  const line = width === 0 ? Infinity : width
  let waiting = ''
  for (let at = 0; at < end - start; at += PIECE) {
    const size = Math.min(PIECE, end - start - at)
    const from = reverse ? end - at - size : start + at
    const letters = await entryLetters(catalog, entry, from, from + size, { signal })
    waiting += reverse ? reverseComplement(letters, catalog.summary.alphabet) : letters
    let text = ''
    let used = 0
    for (; waiting.length - used >= line; used += line) text += waiting.slice(used, used + line) + '\n'
    waiting = waiting.slice(used)
    if (text !== '') yield text
  }
  if (name === null && entry.stop && !reverse) waiting += '*'
  if (waiting !== '') yield `${waiting}\n`
}
