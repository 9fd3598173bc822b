// Writes the tables of columns and options in docs/guide/command-line.md anew: node server/cli/reference.ts
import { readFile, writeFile } from 'node:fs/promises'
import { COLUMNS } from '../../src/engine/io/write-columns.ts'
import { markdownReference } from './help.ts'

const GUIDE = new URL('../../docs/guide/command-line.md', import.meta.url)
const COLUMNS_PART = /(<!-- columns -->\n)[^]*(<!-- end of columns -->\n)/
const REFERENCE_PART = /(<!-- reference -->\n)[^]*$/

/** The guide with its tables of columns and options replaced. */
export function withReference(guide: string): string {
  const rows = COLUMNS.map(({ name, help }) => `| \`${name}\` | ${help} |\n`).join('')
  return guide
    .replace(COLUMNS_PART, (_, start: string, end: string) => `${start}\n| column | |\n| --- | --- |\n${rows}\n${end}`)
    .replace(REFERENCE_PART, (_, start: string) => `${start}\n${markdownReference()}`)
}

if (import.meta.main) await writeFile(GUIDE, withReference(await readFile(GUIDE, 'utf8')))
