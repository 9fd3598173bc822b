import type { CatalogSummary } from '../../src/engine/format/types.ts'
import { openCatalog } from '../../src/engine/format/catalog.ts'
import { openStore } from '../storage/open.ts'
import { counted, formatBytes } from './reporter.ts'
import type { Arguments, Context } from './types.ts'

export async function run({ positionals: [location], values }: Arguments, context: Context): Promise<number> {
  const { summary } = await openCatalog(openStore(location), { signal: context.signal })
  context.stdout.write(values.json === true ? JSON.stringify(summary, null, 2) + '\n' : describe(summary))
  return 0
}

function describe(summary: CatalogSummary): string {
  const count = (value: number) => value.toLocaleString('en-US')
  const unit = summary.alphabet === 'protein' ? 'aa' : 'nt'
  const rows: [string, string | undefined][] = [
    ['Title', summary.title],
    ['Description', summary.description],
    ['Source', summary.source],
    ['Licence', summary.licence],
    ['Citation', summary.citation],
    ['Alphabet', summary.alphabet],
    ['Entries', count(summary.entries)],
    ['Records', `${count(summary.records)} distinct sequences`],
    ['Residues', `${count(summary.residues)}, of which ${count(summary.distinctResidues)} in distinct sequences`],
    ['Lengths', `${count(summary.shortest)} to ${count(summary.longest)} ${unit}`],
    ['Size', `${formatBytes(summary.bytes)} in ${counted(summary.shards, 'shard')}`],
    ['Published', summary.published],
    ['Version', summary.version],
    ['Content', summary.digest],
    ['Format', `${summary.formatVersion}, written by ${summary.writer}`],
    ['Location', summary.url],
  ]
  let text = ''
  for (const [label, value] of rows) if (value !== undefined) text += `${label.padEnd(12)} ${value}\n`
  if (summary.fields.length > 0) {
    const width = Math.max(...summary.fields.map((field) => field.name.length))
    text += 'Metadata\n'
    for (const { name, type, filled } of summary.fields)
      text += `  ${name.padEnd(width)}  ${type.padEnd(7)}  ${count(filled)} filled\n`
  }
  return text
}
