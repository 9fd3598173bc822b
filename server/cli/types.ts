import type { Readable, Writable } from 'node:stream'

interface OptionBase {
  /** Long name, in kebab case; every spelling with one or two dashes, and `_` for `-`, means it too. */
  name: string
  /** Further names: letters, BLAST's own where they differ. */
  aliases?: readonly string[]
  /** One or two sentences for help and documentation. */
  help: string
  group: string
  /** What happens without it, in words. */
  default?: string
}

export interface FlagOption extends OptionBase {
  /** `--name` */
  type: 'flag'
}

export interface SwitchOption extends OptionBase {
  /** `--name yes`, `--name no`, and `--name` alone for yes. */
  type: 'switch'
  /** Further spellings of yes and no. */
  yes?: readonly string[]
  no?: readonly string[]
}

export interface TextOption extends OptionBase {
  type: 'text'
  placeholder: string
  /** May be given several times. */
  many?: boolean
}

export interface ChoiceOption extends OptionBase {
  type: 'choice'
  choices: readonly string[]
}

export interface NumberOption extends OptionBase {
  type: 'number'
  placeholder: string
  whole?: boolean
  /** Smallest value allowed. */
  least?: number
  most?: number
  /** Values have to be above this. */
  above?: number
}

/** An option of BLAST that is understood and refused, with the reason. */
export interface RefusedOption extends OptionBase {
  type: 'refused'
  /** Values that change nothing and are let pass. */
  harmless?: readonly string[]
  /** It takes a value. */
  valued: boolean
}

export type Option = FlagOption | SwitchOption | TextOption | ChoiceOption | NumberOption | RefusedOption

export type Value = string | number | boolean | string[]

/** Values by option name; absent where not given. */
export type Values = Readonly<Record<string, Value | undefined>>

export interface Arguments {
  values: Values
  positionals: string[]
}

/** What a command works with. */
export interface Context {
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable
  stderr: Writable & { isTTY?: boolean; columns?: number }
  /** Fires at SIGINT, SIGTERM and where the reader of standard output is gone. */
  signal: AbortSignal
}

export interface Command {
  name: string
  summary: string
  /** Everything after the command's name, one line per way to use it. */
  usage: readonly string[]
  /** Paragraphs after the usage. */
  details: readonly string[]
  options: readonly Option[]
  examples: readonly string[]
  /** Fewest and most positional arguments. */
  positionals: readonly [number, number]
  load: () => Promise<{ run: (args: Arguments, context: Context) => Promise<number> }>
}
