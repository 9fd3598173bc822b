// Runs a file, or the command of an installed package, with the project's Node: node server/setup/run.mjs <file|package> …
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './node.mjs'
import { SetupError, runNode, script } from './steps.mjs'

/** The file behind a package's command. */
export function packageCommand(name) {
  const home = path.join(root, 'node_modules', name)
  if (!existsSync(home)) throw new SetupError(`${name} is not installed: run "npm run setup".`)
  const { bin } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'))
  return path.join(home, typeof bin === 'string' ? bin : (bin[name] ?? Object.values(bin)[0]))
}

if (process.argv[1]?.endsWith('run.mjs')) {
  const [what, ...args] = process.argv.slice(2)
  await script(() => runNode([existsSync(path.join(root, what)) ? what : packageCommand(what), ...args]))
}
