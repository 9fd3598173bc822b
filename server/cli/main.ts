import { constants } from 'node:os'
import { CatalogError } from '../../src/engine/errors.ts'
import { fileError } from '../storage/file.ts'
import { runCommandLine } from './run.ts'

/** A second signal that comes later than this after the first ends the program at once. */
const PATIENCE_MS = 1000

const controller = new AbortController()
let signalled: { name: NodeJS.Signals; at: number } | undefined
let readerGone = false

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    // A terminal sends the same signal twice: to this process and to the one that passes it on.
    if (signalled && Date.now() - signalled.at > PATIENCE_MS) process.exit(128 + constants.signals[name])
    signalled ??= { name, at: Date.now() }
    controller.abort(new CatalogError('aborted', 'Interrupted.'))
  })
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `… | head` has read enough.
  readerGone ||= error.code === 'EPIPE'
  controller.abort(readerGone ? error : fileError(error, 'Standard output'))
})
process.stderr.on('error', () => {
  // Nobody reads messages.
})

// Waiting for input ends too.
controller.signal.addEventListener('abort', () => process.stdin.destroy(), { once: true })

const status = await runCommandLine(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: controller.signal,
})
await new Promise<void>((resolve) => {
  if (process.stdout.writableNeedDrain && !readerGone) process.stdout.write('', () => resolve())
  else resolve()
})
if (signalled && status !== 0) process.exit(128 + constants.signals[signalled.name])
process.exit(readerGone ? 0 : status)
