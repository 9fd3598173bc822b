// Compiles wasm/index.ts to wasm/build/kernels.wasm; does nothing where sources and compiler are unchanged.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const output = join(folder, 'build')
const flags = ['--runtime', 'stub', '--importMemory', '--noExportMemory', '-O3', '--noAssert', '--enable', 'simd']

function sourceHash() {
  const hash = createHash('sha256')
  const compiler = createRequire(import.meta.url).resolve('assemblyscript/package.json')
  hash.update(JSON.parse(readFileSync(compiler, 'utf8')).version)
  for (const name of readdirSync(folder).sort()) {
    if (/\.(ts|mjs)$/.test(name)) hash.update(`\0${name}\0`).update(readFileSync(join(folder, name)))
  }
  return hash.digest('hex')
}

function read(name) {
  try {
    return readFileSync(join(output, name))
  } catch {
    return null
  }
}

/** Returns true where something was compiled. */
export async function build() {
  const hash = sourceHash()
  if (read('kernels.wasm') && read('kernels.hash')?.toString() === hash) return false
  const asc = await import('assemblyscript/asc')
  mkdirSync(output, { recursive: true })
  const { error, stderr } = await asc.main([
    join(folder, 'index.ts'),
    '--outFile',
    join(output, 'kernels.wasm'),
    ...flags,
  ])
  if (error) throw new Error(`The kernels do not compile.\n${stderr.toString()}`)
  writeFileSync(join(output, 'kernels.hash'), hash)
  return true
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log((await build()) ? 'wasm/build/kernels.wasm compiled' : 'wasm/build/kernels.wasm is up to date')
}
