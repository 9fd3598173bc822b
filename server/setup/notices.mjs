// npm run notices: writes NOTICE from the packages whose code is shipped.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './node.mjs'

/** Packages that are only in devDependencies but whose code or files end up in the built app or the kernels. */
const BUNDLED = [
  '@fontsource-variable/inter',
  '@fontsource-variable/jetbrains-mono',
  '@sveltejs/kit',
  'assemblyscript',
  'clsx',
  'devalue',
  'esm-env',
  'svelte',
  'vite',
]

const HEAD = `Genomic Catalog
Copyright The Genomic Catalog authors

Licensed under the Apache License, Version 2.0 (see LICENSE).

Statistical parameters, scoring matrices and genetic codes are those of NCBI BLAST, and the demo sequences those of the NCBI
Toolkit: works of the United States Government, in the public domain.

The following third-party packages are shipped with this software, whole or in part. This list is written by
"npm run notices".
`

const json = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'))

/** Folders of shipped packages: production dependencies of the lock file that are installed everywhere, and BUNDLED. */
function shipped() {
  const production = Object.entries(json('package-lock.json').packages)
    .filter(([name, entry]) => name !== '' && !entry.dev && !entry.devOptional && !entry.optional)
    .map(([name]) => name)
  const bundled = BUNDLED.map((name) => `node_modules/${name}`)
  return [...new Set([...production, ...bundled])].sort()
}

/** The licence of a package: its file LICENSE, LICENCE or COPYING; the Apache licence stands in ours. */
function licenceText(folder, licence) {
  if (licence === 'Apache-2.0') return 'Apache License, Version 2.0: see LICENSE.'
  const file = readdirSync(path.join(root, folder)).find((name) => /^(licen[cs]e|copying)/i.test(name))
  if (!file) return `Licence: ${licence ?? 'not stated'}`
  const text = readFileSync(path.join(root, folder, file), 'utf8').replaceAll('\r\n', '\n')
  // Vite goes on to list what its own build tools bundle, none of which is shipped here.
  return text.split('\n# Licenses of bundled dependencies')[0].trim()
}

/** Text of NOTICE. Packages with the same licence text share it. */
export function notices() {
  const texts = new Map()
  for (const folder of shipped()) {
    if (!existsSync(path.join(root, folder))) throw new Error(`${folder} is not installed: run "npm run setup".`)
    const { name, version, license } = json(`${folder}/package.json`)
    const text = licenceText(folder, license)
    texts.set(text, (texts.get(text) ?? new Set()).add(`${name} ${version} (${license ?? 'not stated'})`))
  }
  const rule = '-'.repeat(80)
  return [HEAD, ...[...texts].map(([text, names]) => `${rule}\n${[...names].join('\n')}\n\n${text}\n`)].join('\n')
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  writeFileSync(path.join(root, 'NOTICE'), notices())
}
