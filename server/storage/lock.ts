import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { CatalogError } from '../../src/engine/errors.ts'
import { fileError } from './file.ts'

/** Stands in a catalog's folder while a process writes to it. */
export const LOCK_FILE = '.genomic-catalog.lock'

/** Milliseconds by which clocks may be wrong. */
const CLOCK = 1000

interface Holder {
  pid: number
  host: string
  /** ISO 8601. */
  since: string
  /** Tells apart holders with the same process number. */
  key: string
}

/**
 * Runs `work` as the only writer to `directory`, which is made where it is missing. A process that ended without letting
 * go does not count as a writer, if it ran on this computer.
 *
 * @throws CatalogError `changed` at once where another process is writing there.
 */
export async function asOnlyWriter<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const file = join(directory, LOCK_FILE)
  const mine = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    key: randomUUID(),
  } satisfies Holder)
  let made: string | undefined
  try {
    made = await mkdir(directory, { recursive: true })
    for (let attempt = 0; !(await take(file, mine)); attempt++) {
      const text = await readFile(file, 'utf8').catch(() => null)
      if (text === null) continue
      const holder = parse(text)
      if (attempt > 20 || holder === null || isAlive(holder)) throw busy(directory, file, holder)
      await takeAway(file, text, holder)
    }
  } catch (error) {
    if ((await stat(directory).catch(() => null))?.isFile())
      throw new CatalogError('usage', `${directory} is a file: name a folder.`, { file: directory }, error)
    throw error instanceof CatalogError ? error : fileError(error, directory)
  }
  try {
    return await work()
  } finally {
    if ((await readFile(file, 'utf8').catch(() => null)) === mine) await rm(file)
    if (made !== undefined) await removeEmpty(directory, made)
  }
}

/** Removes a folder and those above it, up to `top`, as long as nothing is in them. */
async function removeEmpty(directory: string, top: string): Promise<void> {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    )
    if (!removed || folder === resolve(top)) return
  }
}

/** Makes the lock file with all of its text at once; false where there is one. */
async function take(file: string, text: string): Promise<boolean> {
  const own = `${file}.${randomUUID()}`
  const handle = await open(own, 'wx')
  try {
    await handle.writeFile(text)
    await handle.close()
    await link(own, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error
      // Some file systems have no links; there another process may find the file before its text.
      return writeFile(file, text, { flag: 'wx' })
    })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(own, { force: true })
  }
}

/**
 * Removes the lock of a holder that has ended. One process at a time may, and looks again before it does: so it never takes
 * away what another has put there since.
 */
async function takeAway(file: string, text: string, { key }: Holder): Promise<void> {
  const leave = `${file}.${key}`
  try {
    await writeFile(leave, '', { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    await new Promise((resolve) => setTimeout(resolve, 5))
    return
  }
  try {
    if ((await readFile(file, 'utf8').catch(() => null)) === text) await rm(file)
  } finally {
    await rm(leave)
  }
}

function parse(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Holder
    return /^[\w-]+$/.test(holder.key) ? holder : null
  } catch {
    return null
  }
}

function isAlive({ pid, host, since }: Holder): boolean {
  if (host !== hostname()) return true
  // A container that is started again gives its processes the numbers they had before.
  if (pid === process.pid) return !(Date.parse(since) < Date.now() - process.uptime() * 1000 - CLOCK)
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function busy(directory: string, file: string, holder: Holder | null): CatalogError {
  const who = holder === null ? 'Another process' : `Process ${holder.pid} on ${holder.host}`
  const since = holder === null ? '' : ` since ${holder.since}`
  return new CatalogError(
    'changed',
    `${who} has been writing to ${directory}${since}: try again when it has finished, or remove ${file} if it has not ` +
      `ended properly.`,
    { file },
  )
}
