import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { findNode, nodeArguments, root } from './node.mjs'

/** Where stamps and the demo catalog live: ignored by git, gone with node_modules. */
export const cache = path.join(root, 'node_modules/.cache/genomic-catalog')

/** A fault whose message is a sentence for the user; anything else that is thrown is a bug and shows its stack. */
export class SetupError extends Error {}

/**
 * Runs a command in the repository; its exit status. With `capture`, `{ status, output }`, the output held back.
 * @param {string} command
 * @param {string[]} args
 * @param {{ capture?: boolean, env?: Record<string, string>, shell?: boolean, cwd?: string }} [options]
 */
export function run(command, args, { capture = false, env = {}, shell = false, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = capture ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit']
    const child = spawn(command, args, { cwd, stdio, shell, env: { ...process.env, ...env } })
    const output = []
    child.stdout?.on('data', (data) => output.push(data))
    child.stderr?.on('data', (data) => output.push(data))
    // What stops this stops the child, which then ends in its own way.
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    const pass = (signal) => child.kill(signal)
    for (const signal of signals) process.on(signal, pass)
    child.on('error', reject)
    child.on('close', (code) => {
      for (const signal of signals) process.off(signal, pass)
      const status = code ?? 1
      resolve(capture ? { status, output: Buffer.concat(output).toString() } : status)
    })
  })
}

/** Environment in which `node` is the project's Node, for tools that start others. */
export function nodeEnvironment() {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  return { [name]: `${path.dirname(findNode())}${path.delimiter}${process.env[name] ?? ''}` }
}

/** `run` with the project's Node. */
export function runNode(args, options = {}) {
  return run(findNode(), [...nodeArguments, ...args], { ...options, env: { ...nodeEnvironment(), ...options.env } })
}

function* files(entry) {
  const stats = statSync(entry)
  if (!stats.isDirectory()) {
    yield entry
    return
  }
  for (const name of readdirSync(entry).sort()) {
    if (name !== 'node_modules' && name !== '.DS_Store') yield* files(path.join(entry, name))
  }
}

/** SHA-256 over the names and contents of files and folders (relative to the repository), leaving out `except`. */
export function contentHash(inputs, except = []) {
  const hash = createHash('sha256')
  for (const input of inputs) {
    const entry = path.resolve(root, input)
    if (!existsSync(entry)) continue
    for (const file of files(entry)) {
      const name = path.relative(root, file).split(path.sep).join('/')
      if (except.some((folder) => name.startsWith(folder))) continue
      hash.update(`${name}\0`).update(readFileSync(file)).update('\0')
    }
  }
  return hash.digest('hex')
}

/**
 * Does `work` unless `outputs` exist and the stamp of the last time equals `key`.
 * @param {{ name: string, key: string, outputs: string[], work: () => Promise<void> }} step
 * @returns {Promise<boolean>} whether there was work to do
 */
export async function step({ name, key, outputs, work }) {
  const stamp = path.join(cache, `${name}.stamp`)
  const fresh = outputs.every((output) => existsSync(path.resolve(root, output)))
  if (fresh && existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return false
  await work()
  const missing = outputs.find((output) => !existsSync(path.resolve(root, output)))
  if (missing) throw new SetupError(`Step "${name}" ended well but did not write ${missing}.`)
  mkdirSync(cache, { recursive: true })
  writeFileSync(stamp, key)
  return true
}

/** Runs `main` of a script and turns a SetupError into one line and exit status 1. */
export async function script(main) {
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
