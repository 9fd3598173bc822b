import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { root } from './node.mjs'
import { packageCommand } from './run.mjs'
import { run, runNode } from './steps.mjs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const PLACES = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: ['C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'],
}

/** Path of a Chromium: $CHROMIUM_PATH, the system's, or the one Playwright installed; null where there is none. */
export function findChromium() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH
  const folders = process.platform === 'win32' ? [] : (process.env.PATH ?? '').split(path.delimiter)
  const candidates = folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name)))
  const found = [...candidates, ...(PLACES[process.platform] ?? [])].find((file) => existsSync(file))
  if (found) return found
  try {
    const require = createRequire(path.join(root, 'package.json'))
    const own = require('playwright-core').chromium.executablePath()
    return existsSync(own) ? own : null
  } catch {
    return null
  }
}

const isRoot = () => process.getuid?.() === 0

/** Installs Chromium where there is none: Debian's package where root, else Playwright's own. Its path, or null. */
export async function installChromium() {
  const found = findChromium()
  if (found) return found
  if (isRoot() && existsSync('/usr/bin/apt-get')) {
    process.stderr.write("Installing Debian's chromium …\n")
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    const options = { capture: true, env }
    await run('apt-get', ['update', '-qq'], options)
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options)
    if (findChromium()) return findChromium()
  }
  process.stderr.write("Installing Playwright's Chromium …\n")
  const { output } = await runNode([packageCommand('playwright-core'), 'install', 'chromium'], { capture: true })
  if (findChromium()) return findChromium()
  process.stderr.write(
    'No Chromium could be had, so tests in a browser are not run. Install it (Debian: "sudo apt-get install chromium") ' +
      `or name one in CHROMIUM_PATH. The last attempt said: ${output.trim().split('\n').at(-1) ?? 'nothing'}\n`,
  )
  return null
}
