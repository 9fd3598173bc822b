import { accessSync, appendFileSync, constants, existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/**
 * States that tests need something from outside the repository: `describe.runIf(requires('BLAST+', …))`. What is not
 * present is 'not run': `npm test` counts and names it, and fails where CI=true.
 */
export function requires(name: string, present: boolean): boolean {
  const record = process.env.GENOMIC_CATALOG_REQUIREMENTS
  if (record) appendFileSync(record, `${JSON.stringify({ name, present })}\n`)
  else if (!present && process.env.CI === 'true') throw new Error(`${name} is missing, and CI=true.`)
  return present
}

/** Path of a program on PATH, or null. */
export function findTool(name: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const suffix of process.platform === 'win32' ? ['.exe', '.cmd'] : ['']) {
      const file = path.join(folder, name + suffix)
      try {
        accessSync(file, constants.X_OK)
        return file
      } catch {
        // not in this folder
      }
    }
  }
  return null
}

/** `requires` for programs on PATH. */
export function requiresTools(...names: string[]): boolean {
  return names.map((name) => requires(name, findTool(name) !== null)).every(Boolean)
}

/** Path of a file of the shared data sets, which are not part of the repository. */
export function sharedPath(...parts: string[]): string {
  return path.join(process.env.GENOMIC_CATALOG_SHARED ?? path.join(root, '../shared'), ...parts)
}

/** `requires` for files of the shared data sets, such as `data/proteins/scope35_dev.fasta.gz`. */
export function requiresShared(...files: string[]): boolean {
  return files.map((file) => requires(`shared/${file}`, existsSync(sharedPath(file)))).every(Boolean)
}

/** True in `npm run test:full`, which asks for the long versions of tests. */
export const full = process.env.GENOMIC_CATALOG_FULL === '1'

/** `describe.runIf(requiresFull())`: tests that belong to `npm run test:full` alone; elsewhere they are 'not run', also in CI. */
export function requiresFull(): boolean {
  const record = process.env.GENOMIC_CATALOG_REQUIREMENTS
  if (record)
    appendFileSync(record, `${JSON.stringify({ name: 'npm run test:full', present: full, optional: true })}\n`)
  return full
}
