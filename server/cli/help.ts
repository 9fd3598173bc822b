import { VERSION } from '../../src/engine/version.ts'
import { COMMANDS } from './commands.ts'
import type { Command, Option } from './types.ts'

const WIDTH = 90

/** Help on the whole program. */
export function programHelp(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length))
  const rows = COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`)
  return [
    `genomic-catalog ${VERSION}: search DNA and protein sequences from files on plain object storage.`,
    '',
    'Usage: genomic-catalog <command> …',
    '',
    ...rows,
    '',
    'genomic-catalog <command> --help tells more of one of them.',
    'Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.',
    '',
  ].join('\n')
}

/** Help on one command, made from its option table. */
export function commandHelp(command: Command): string {
  const lines = command.usage.map(
    (usage, i) => `${i === 0 ? 'Usage:' : '      '} genomic-catalog ${command.name} ${usage}`,
  )
  lines.push('', command.summary)
  for (const paragraph of command.details) lines.push('', ...wrap(paragraph, 0))
  for (const [group, options] of grouped(command.options)) {
    lines.push('', `${group}:`)
    for (const option of options) lines.push(`  ${spellings(option)}`, ...wrap(describe(option), 6))
  }
  lines.push('', 'Examples:', ...command.examples.map((example) => `  ${example}`), '')
  return lines.join('\n')
}

/** The commands and their options as Markdown, for docs/guide/command-line.md. */
export function markdownReference(): string {
  return COMMANDS.map((command) => {
    const lines = [`### ${command.name}`, '', command.summary, '', '```']
    lines.push(...command.usage.map((usage) => `genomic-catalog ${command.name} ${usage}`), '```', '')
    for (const paragraph of command.details) lines.push(paragraph, '')
    lines.push('| option | meaning | default |', '| --- | --- | --- |')
    for (const [group, options] of grouped(command.options)) {
      lines.push(`| **${group}** | | |`)
      for (const option of options) {
        const cells = [`\`${spellings(option)}\``, sentence(option), option.default ?? '']
        lines.push(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
      }
    }
    return [...lines, '', '```sh', ...command.examples, '```', ''].join('\n')
  }).join('\n')
}

function grouped(options: readonly Option[]): Map<string, Option[]> {
  const groups = new Map<string, Option[]>()
  for (const option of options) groups.set(option.group, [...(groups.get(option.group) ?? []), option])
  return groups
}

/** `-o, --out FILE` */
function spellings(option: Option): string {
  const short = (option.aliases ?? []).filter((alias) => alias.length === 1).map((alias) => `-${alias}`)
  const long = [option.name, ...(option.aliases ?? []).filter((alias) => alias.length > 1)].map((name) => `--${name}`)
  return [...short, ...long].join(', ') + valueOf(option)
}

function valueOf(option: Option): string {
  if (option.type === 'text' || option.type === 'number') return ` ${option.placeholder}`
  if (option.type === 'choice') return ` ${option.choices.join('|')}`
  return option.type === 'switch' ? ' yes|no' : ''
}

function sentence(option: Option): string {
  if (option.type !== 'refused') return option.help
  const pass = option.harmless && option.harmless.length > 0 ? ` (${option.harmless.join(', ')} pass)` : ''
  return `Refused${pass}: ${option.help}`
}

function describe(option: Option): string {
  return sentence(option) + (option.default === undefined ? '' : ` Default: ${option.default}.`)
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each)
}
