import { CatalogError } from '../../src/engine/errors.ts'
import type { Arguments, Command, Option, Value } from './types.ts'

/**
 * Reads the arguments of one command. Options may stand anywhere, with one dash or two, `_` or `-` between words, their
 * value after a space or `=`; `--` ends them.
 * @throws CatalogError `usage`, with the nearest name where an option is not known.
 */
export function parseArguments(argv: readonly string[], command: Command): Arguments {
  const names = optionNames(command.options)
  const values: Record<string, Value> = {}
  const positionals: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]
    if (argument === '--') {
      positionals.push(...argv.slice(i + 1))
      break
    }
    if (!argument.startsWith('-') || argument === '-') {
      positionals.push(argument)
      continue
    }
    const [spelling, attached] = splitOnce(argument, '=')
    const option = names.get(normalize(spelling))
    if (!option) throw unknownOption(spelling, command, names)
    const next = argv[i + 1]
    const takesNext = attached === undefined && takesArgument(option, next, names)
    const given = takesNext ? next : attached
    if (takesNext) i++
    const value = readValue(option, spelling, given)
    if (value === undefined) continue
    if (option.type === 'text' && option.many)
      values[option.name] = [...((values[option.name] ?? []) as string[]), value as string]
    else if (values[option.name] !== undefined) throw usage(`${spelling} is given twice.`)
    else values[option.name] = value
  }
  const [fewest, most] = command.positionals
  if (values.help !== true) {
    if (positionals.length > most) throw usage(`“${positionals[most]}” is one argument too many.`, command)
    if (positionals.length < fewest) throw usage(`${command.name} needs ${command.usage[0]}.`, command)
  }
  return { values, positionals }
}

/** All spellings of the options of a command, normalized. */
function optionNames(options: readonly Option[]): Map<string, Option> {
  const names = new Map<string, Option>()
  for (const option of options)
    for (const name of [option.name, ...(option.aliases ?? [])]) names.set(normalize(name), option)
  return names
}

function normalize(spelling: string): string {
  return spelling.replace(/^--?/, '').replaceAll('_', '-')
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

/** Whether `next` is the value of `option`: not where it is an option itself; −3 is a number, and `-` is a file. */
function takesArgument(option: Option, next: string | undefined, names: Map<string, Option>): boolean {
  if (next === undefined || option.type === 'flag') return false
  if (option.type === 'refused') return option.valued && !names.has(normalize(next))
  if (option.type === 'switch') return switchValue(option, next) !== undefined
  return next === '-' || !next.startsWith('-') || /^-[\d.]/.test(next)
}

function switchValue(option: Option & { type: 'switch' }, text: string): boolean | undefined {
  const value = text.toLowerCase()
  if (['yes', 'true', 'on', ...(option.yes ?? [])].includes(value)) return true
  if (['no', 'false', 'off', ...(option.no ?? [])].includes(value)) return false
  return undefined
}

function readValue(option: Option, spelling: string, text: string | undefined): Value | undefined {
  switch (option.type) {
    case 'flag':
      if (text !== undefined) throw usage(`${spelling} takes no value.`)
      return true
    case 'switch': {
      if (text === undefined) return true
      const value = switchValue(option, text)
      if (value === undefined) throw usage(`${spelling} is yes or no, not “${text}”.`)
      return value
    }
    case 'refused':
      if (text !== undefined && option.harmless?.includes(text)) return undefined
      throw usage(`${spelling}${text === undefined ? '' : ` ${text}`} cannot be followed: ${option.help}`)
    case 'text':
      if (text === undefined || text === '')
        throw usage(`${spelling} needs a value: ${spelling} ${option.placeholder}.`)
      return text
    case 'choice':
      if (text === undefined) throw usage(`${spelling} needs a value: ${option.choices.join(', ')}.`)
      if (!option.choices.includes(text))
        throw usage(`${spelling} is one of ${option.choices.join(', ')}, not “${text}”.`)
      return text
    case 'number':
      return readNumber(option, spelling, text)
  }
}

function readNumber(option: Option & { type: 'number' }, spelling: string, text: string | undefined): number {
  const kind = option.whole ? 'a whole number' : 'a number'
  if (text === undefined) throw usage(`${spelling} needs ${kind}.`)
  const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : NaN
  const fits = Number.isFinite(value) && (!option.whole || Number.isSafeInteger(value))
  if (!fits) throw usage(`${spelling} needs ${kind}, and “${text}” is none.`)
  const { least = -Infinity, most = Infinity, above = -Infinity } = option
  if (value < least || value > most || value <= above) {
    const bounds = [
      above > -Infinity ? `above ${above}` : '',
      least > -Infinity ? `of at least ${least}` : '',
      most < Infinity ? `of at most ${most}` : '',
    ].filter((bound) => bound !== '')
    throw usage(`${spelling} needs ${kind} ${bounds.join(' and ')}, and ${text} is not.`)
  }
  return value
}

function unknownOption(spelling: string, command: Command, names: Map<string, Option>): CatalogError {
  const known = nearest(normalize(spelling), [...names.keys()])
  const advice = known
    ? `Did you mean ${known.length === 1 ? '-' : '--'}${known}?`
    : `See genomic-catalog ${command.name} --help.`
  return new CatalogError('usage', `${command.name} has no option ${spelling}. ${advice}`, { option: spelling })
}

/** The name at the smallest edit distance, where that is small against its length. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const name of names) {
    if (name.length < 2) continue
    const distance = name.startsWith(word) && word.length > 2 ? 0 : editDistance(word, name)
    if (distance < least) [best, least] = [name, distance]
  }
  return best
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]
}

function usage(message: string, command?: Command): CatalogError {
  return new CatalogError('usage', command ? `${message} See genomic-catalog ${command.name} --help.` : message)
}
