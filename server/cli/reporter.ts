import type { Context, Values } from './types.ts'

const REDRAW_MS = 100
const BAR = 24

/** What a command says besides its data, on standard error. */
export class Reporter {
  readonly #stderr: Context['stderr']
  readonly #quiet: boolean
  /** A person is watching. */
  readonly interactive: boolean
  #shown = false
  #drawn = 0

  constructor(context: Context, values: Values) {
    this.#stderr = context.stderr
    this.#quiet = values.quiet === true
    this.interactive = context.stderr.isTTY === true && !this.#quiet
  }

  /** One line, redrawn, on a terminal; nothing elsewhere. `share` of the work is done, or it is not known how much. */
  progress(label: string, share: number | null): void {
    if (!this.interactive) return
    const now = performance.now()
    if (this.#shown && now - this.#drawn < REDRAW_MS) return
    this.#drawn = now
    const filled = Math.floor((share ?? 0) * BAR)
    const bar = share === null ? '' : `[${'='.repeat(filled).padEnd(BAR)}] ${Math.floor(100 * share)}%  `
    const width = (this.#stderr.columns || 80) - 1
    this.#stderr.write(`\r\x1b[2K${(bar + label).slice(0, width)}`)
    this.#shown = true
  }

  /** Removes the progress line. */
  clear(): void {
    if (this.#shown) this.#stderr.write('\r\x1b[2K')
    this.#shown = false
  }

  /** Worth knowing; left out with --quiet. */
  note(line: string): void {
    if (this.#quiet) return
    this.clear()
    this.#stderr.write(`${line}\n`)
  }

  /** Something is not as it was meant to be. */
  warn(line: string): void {
    this.clear()
    this.#stderr.write(`genomic-catalog: ${line}\n`)
  }
}

/** 1 entry, 1,689 entries. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}

/** 3.0 MB */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  let value = bytes
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
