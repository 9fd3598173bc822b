import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { findTool } from './requires.ts'

/** What the tests compare with; none of it is ours. */
const PACKAGES = ['pyarrow', 'duckdb', 'numpy', 'xxhash']

const folder = fileURLToPath(new URL('../output/python', import.meta.url))
const own = path.join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')

/**
 * A Python that has pyarrow, DuckDB, NumPy and xxhash: that of GENOMIC_CATALOG_PYTHON, the system's, or one made for the
 * tests under test/output with pip. Null where none can be had.
 */
export function findPython(): string | null {
  const candidates = [process.env.GENOMIC_CATALOG_PYTHON, own, findTool('python3'), findTool('python')]
  for (const python of candidates) if (python && hasPackages(python)) return python
  const system = findTool('python3') ?? findTool('python')
  if (system === null) return null
  const made = existsSync(own) || spawnSync(system, ['-m', 'venv', folder], { timeout: 120_000 }).status === 0
  if (!made) return null
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES]
  spawnSync(own, pip, { timeout: 300_000 })
  return hasPackages(own) ? own : null
}

function hasPackages(python: string): boolean {
  return spawnSync(python, ['-c', `import ${PACKAGES.join(', ')}`], { timeout: 60_000 }).status === 0
}

/** Runs a script; it prints one JSON value. */
export function runPython(python: string, script: string, ...args: string[]): unknown {
  const output = execFileSync(python, ['-c', script, ...args], { maxBuffer: 1 << 28, encoding: 'utf8' })
  return JSON.parse(output)
}
