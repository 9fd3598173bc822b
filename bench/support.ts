import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')

/** Folder of the shared data sets and evaluation tools. */
export const shared = process.env.GENOMIC_CATALOG_SHARED ?? path.resolve(root, '../shared')

/** The command line under test. */
export const cli = path.join(root, 'server/cli/genomic-catalog.mjs')

/** An ignored folder for the files of one benchmark. */
export function outputFolder(name: string): string {
  const folder = path.join(root, 'bench/output', name)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Value of `--name=value`, else `fallback`. */
export function option(args: readonly string[], name: string, fallback: string): string {
  const prefix = `--${name}=`
  return args.find((arg) => arg.startsWith(prefix))?.slice(prefix.length) ?? fallback
}

/** Runs a command with its standard output in a file; the seconds it took. */
export async function timed(command: string, args: string[], file: string): Promise<number> {
  const started = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  child.stdout.pipe(createWriteStream(file))
  const [status] = (await once(child, 'close')) as [number | null]
  if (status !== 0) throw new Error(`${command} ended with status ${status}`)
  return (performance.now() - started) / 1000
}

export function isInstalled(command: string): boolean {
  try {
    execFileSync('which', [command], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Output of one of the shared evaluation scripts. */
export function evaluate(script: string, args: string[]): string {
  const options = { encoding: 'utf8', maxBuffer: 1 << 28 } as const
  return execFileSync(process.execPath, [path.join(shared, 'eval', script), ...args], options)
}

export interface Row {
  program: string
  seconds: number
  figures: string
}

export function printRows(rows: readonly Row[]): void {
  for (const { program, seconds, figures } of rows) {
    console.log(`${program.padEnd(22)} ${seconds.toFixed(1).padStart(8)} s  ${figures.trim()}`)
  }
}
