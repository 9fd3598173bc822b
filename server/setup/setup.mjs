import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { findNode, isRecent, pinnedPackage, root } from './node.mjs'
import { packageCommand } from './run.mjs'
import { SetupError, contentHash, run, runNode, script, step } from './steps.mjs'

const say = (text) => process.stderr.write(`${text}\n`)
const json = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'))

/** Packages of package-lock.json that are missing from node_modules or there in another version. */
export function stalePackages(lock, installed, pinned) {
  return Object.entries(lock.packages).flatMap(([name, wanted]) => {
    if (name === '') return []
    const found = installed.packages[name]
    if (!found) return wanted.optional && name !== `node_modules/${pinned}` ? [] : [name]
    return found.version === wanted.version ? [] : [name]
  })
}

/** Whether `npm ci` has to run. */
function needsInstall() {
  const hidden = 'node_modules/.package-lock.json'
  if (!existsSync(path.join(root, hidden))) return true
  // A user's own recent Node does as well as the pinned one.
  const pinned = isRecent(process.versions.node) ? null : pinnedPackage()
  return stalePackages(json('package-lock.json'), json(hidden), pinned).length > 0
}

async function install() {
  if (!needsInstall()) return
  say('Installing npm packages …')
  const npm = process.env.npm_execpath
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const status = npm?.endsWith('.js')
    ? await run(process.execPath, [npm, ...args])
    : await run('npm', args, { shell: process.platform === 'win32' })
  if (status !== 0) throw new SetupError('npm ci failed; its messages are above.')
}

/** Makes `npx genomic-catalog` find the checkout's own command. */
function linkCommand() {
  const folder = path.join(root, 'node_modules/.bin')
  const link = path.join(folder, 'genomic-catalog')
  if (existsSync(link)) return
  mkdirSync(folder, { recursive: true })
  if (process.platform === 'win32') {
    writeFileSync(`${link}.cmd`, '@node "%~dp0\\..\\..\\server\\cli\\genomic-catalog.mjs" %*\r\n')
    return
  }
  if (lstatSync(link, { throwIfNoEntry: false })) rmSync(link)
  symlinkSync('../../server/cli/genomic-catalog.mjs', link)
}

async function buildKernels() {
  const { build } = await import('../../wasm/build.mjs')
  try {
    if (await build()) say('Built the kernels.')
  } catch (error) {
    throw new SetupError(error.message)
  }
}

async function buildApp() {
  const inputs = ['src', 'workers', 'public', 'wasm/build', 'vite.config.ts', 'package.json', 'package-lock.json']
  await step({
    name: 'app',
    key: contentHash(inputs, ['public/demo/']),
    outputs: ['build/index.html'],
    work: async () => {
      say('Building the app …')
      const { status, output } = await runNode([packageCommand('vite'), 'build'], { capture: true })
      if (status !== 0) throw new SetupError(`The app does not build.\n${output}`)
      // An app built for other catalogs has no use for the demo's sequences.
      rmSync(path.join(root, 'build/demo'), { recursive: true, force: true })
    },
  })
}

/** Installs what is missing and builds what is stale. With `app: false` the web app is left as it is. */
export async function setup({ app = true } = {}) {
  await install()
  try {
    findNode()
  } catch (error) {
    throw new SetupError(error.message)
  }
  linkCommand()
  await buildKernels()
  if (app) await buildApp()
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await script(async () => {
    await setup()
    say('Ready: npm start, npm test, npx genomic-catalog --help.')
  })
}
