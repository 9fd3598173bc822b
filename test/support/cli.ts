import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../server/cli/genomic-catalog.mjs', import.meta.url))

export interface CliResult {
  status: number | null
  stdout: string
  stderr: string
}

export interface CliOptions {
  cwd?: string
  /** Standard input; default: empty. */
  input?: string | Uint8Array
  /** Reads no more of standard output once it has this many characters, as `head` does. */
  readAtMost?: number
  /** Sent once `when` holds. */
  signal?: { name: NodeJS.Signals; when: (soFar: { stdout: string; stderr: string }) => boolean }
}

/** Runs `genomic-catalog` as a user does: the file that `bin` names. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: options.cwd, stdio: 'pipe' })
    const output = { stdout: '', stderr: '' }
    const { signal } = options
    const waiting =
      signal &&
      setInterval(() => {
        if (!signal.when(output)) return
        clearInterval(waiting)
        child.kill(signal.name)
      }, 50)
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
        if (name === 'stdout' && output.stdout.length > (options.readAtMost ?? Infinity)) child.stdout.destroy()
      })
    }
    child.stdin.on('error', () => {
      // It did not read to the end.
    })
    child.stdin.end(options.input ?? '')
    child.on('error', reject)
    child.on('close', (status) => {
      clearInterval(waiting)
      resolve({ status, ...output })
    })
  })
}
