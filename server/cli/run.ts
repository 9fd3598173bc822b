import { setImmediate as nextTurn } from 'node:timers/promises'
import { CatalogError } from '../../src/engine/errors.ts'
import { VERSION } from '../../src/engine/version.ts'
import { COMMANDS } from './commands.ts'
import { commandHelp, programHelp } from './help.ts'
import { nearest, parseArguments } from './parse.ts'
import type { Command, Context } from './types.ts'

/**
 * Runs one command line, given without the program's name. Data goes to `context.stdout`, everything else to
 * `context.stderr`.
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
 */
export async function runCommandLine(argv: readonly string[], context: Context): Promise<number> {
  const verbose = argv.some((argument) => /^--?(v|verbose)$/.test(argument))
  try {
    const [name, ...rest] = argv
    if (name === undefined) {
      context.stderr.write(programHelp())
      return 2
    }
    if (/^(--?(help|h))$/.test(name) || (name === 'help' && rest.length === 0)) {
      context.stdout.write(programHelp())
      return 0
    }
    if (/^(--?version|-V|version)$/.test(name)) {
      context.stdout.write(`genomic-catalog ${VERSION}\n`)
      return 0
    }
    if (name === 'help') {
      context.stdout.write(commandHelp(findCommand(rest[0])))
      return 0
    }
    return await runCommand(findCommand(name), rest, context)
  } catch (error) {
    return report(error, context, verbose)
  }
}

async function runCommand(command: Command, argv: readonly string[], context: Context): Promise<number> {
  // Help is given even where the rest of the line is wrong.
  if (argv.some((argument) => /^--?(help|h)$/.test(argument))) {
    context.stdout.write(commandHelp(command))
    return 0
  }
  const args = parseArguments(argv, command)
  if (args.values.version === true) {
    context.stdout.write(`genomic-catalog ${VERSION}\n`)
    return 0
  }
  const { run } = await command.load()
  const status = await run(args, context)
  // An error of standard output is told one turn after the write.
  await nextTurn()
  const { aborted, reason } = context.signal
  if (aborted && !(status === 0 && (reason as CatalogError).tag === 'aborted')) throw reason
  return status
}

function findCommand(name: string): Command {
  const found = COMMANDS.find((command) => command.name === name)
  if (found) return found
  const names = COMMANDS.map((command) => command.name)
  const near = nearest(name, names)
  const advice = near ? `Did you mean ${near}?` : `Commands are ${names.join(', ')}.`
  throw new CatalogError('usage', `There is no command “${name}”. ${advice}`)
}

function report(thrown: unknown, { stderr, signal }: Context, verbose: boolean): number {
  // Work that was stopped says so in many ways; the reason it was stopped is what counts.
  const error: unknown = signal.aborted ? signal.reason : thrown
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return 0
  if (!(error instanceof CatalogError)) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    const detail = verbose ? `\n${stack}` : ' Run it again with --verbose for details, and please report it.'
    stderr.write(`genomic-catalog: unexpected error: ${message}.${detail}\n`)
    return 1
  }
  stderr.write(`genomic-catalog: ${error.message}\n`)
  if (verbose) for (const line of causes(error)) stderr.write(`  because: ${line}\n`)
  if (error.tag === 'aborted') return 130
  return error.tag === 'usage' ? 2 : 1
}

function causes(error: Error): string[] {
  const lines: string[] = []
  for (let cause = error.cause; cause !== undefined; cause = (cause as Error).cause) {
    lines.push(cause instanceof Error ? cause.message : String(cause))
    if (!(cause instanceof Error)) break
  }
  return lines
}
