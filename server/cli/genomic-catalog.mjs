#!/usr/bin/env node
// Plain JavaScript that any Node from 18 on can read: finds a Node that runs the rest, and passes everything on to it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compileCache, findNode, isRightNode, nodeArguments } from '../setup/node.mjs'

/** TypeScript in a checkout; what the package was built into where it is installed. */
const main = [new URL('main.ts', import.meta.url), new URL('../../dist/server/cli/main.js', import.meta.url)]
  .map((url) => fileURLToPath(url))
  .find((file) => existsSync(file))

let node
try {
  node = findNode()
} catch (error) {
  process.stderr.write(`genomic-catalog: ${error.message}\n`)
  process.exit(1)
}

// Code is kept compiled where the folder for it may be written: to compile it takes longer than most searches.
if (isRightNode()) {
  module.enableCompileCache(compileCache)
  await import(pathToFileURL(main).href)
} else {
  pass()
}

/** Runs the command line by the other Node. */
function pass() {
  const env = { NODE_COMPILE_CACHE: compileCache, ...process.env }
  const child = spawn(node, [...nodeArguments, main, ...process.argv.slice(2)], { stdio: 'inherit', env })

  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  // A Windows console tells every process of Ctrl-C itself, and `kill` would end the child at once.
  for (const signal of signals) process.on(signal, () => process.platform !== 'win32' && child.kill(signal))

  child.on('error', (error) => {
    process.stderr.write(`genomic-catalog: ${node} does not start: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    process.exit(signal ? 128 + constants.signals[signal] : code)
  })
}
