import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/** npm packages that the engine may use: nothing that touches a host. */
export const ENGINE_PACKAGES = ['apache-arrow', 'hash-wasm', 'hyparquet', 'hyparquet-writer', 'pako']

/**
 * Who may import whom, by folder; the first row that holds a file decides. `values` are folders whose code may be used,
 * `types` those of which only types may be imported; `packages` limits npm packages (and `node:` modules) where given.
 * A folder named with a final slash holds everything below it.
 */
export const FOLDERS = [
  { from: 'src/engine/', values: ['src/engine/'], types: [], packages: ENGINE_PACKAGES },
  { from: 'src/lib/client/', values: ['src/lib/', 'src/engine/', 'workers/', 'wasm/build/'], types: [] },
  { from: 'src/', values: ['src/lib/', 'src/routes/', 'src/widget/'], types: ['src/engine/'] },
  { from: 'workers/', values: ['workers/', 'src/engine/', 'wasm/build/'], types: [] },
  { from: 'wasm/', values: ['wasm/'], types: [] },
  { from: 'server/setup/', values: ['server/', 'src/engine/', 'wasm/'], types: [] },
  { from: 'server/', values: ['server/', 'workers/', 'src/engine/', 'wasm/build/'], types: [] },
  { from: 'test/', values: ['test/', 'server/', 'workers/', 'src/', 'wasm/', 'bench/', ''], types: [] },
  { from: 'bench/', values: ['bench/', 'test/', 'server/', 'workers/', 'src/engine/', 'wasm/'], types: [] },
]

const inside = (file, folder) => (folder === '' ? !file.includes('/') : file.startsWith(folder))

/** The repository path that `specifier` in `file` names, or null for npm packages and Node's modules. */
function target(file, specifier) {
  const bare = specifier.replace(/\?.*$/, '')
  if (bare.startsWith('#engine/')) return `src/engine/${bare.slice(8)}`
  if (bare.startsWith('#lib/')) return `src/lib/${bare.slice(5)}`
  if (bare.startsWith('.')) return path.posix.normalize(path.posix.join(path.posix.dirname(file), bare))
  return null
}

const packageName = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

/** Every specifier is a type: `import type …`, or `import { type A, type B }`. */
function typeOnly(node) {
  if (node.importKind === 'type' || node.exportKind === 'type') return true
  const named = node.specifiers ?? []
  return named.length > 0 && named.every((part) => part.importKind === 'type' || part.exportKind === 'type')
}

/** ESLint rule: imports go one way between the repository's folders. */
export const importDirection = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      folder: '{{from}} must not import {{to}}: imports go one way (CONTRIBUTING.md).',
      typesOnly:
        '{{from}} may import only types of {{to}}: write `import type`, and reach the engine by src/lib/client.',
      package: 'src/engine must not import {{to}}: it uses no host and only the packages of ENGINE_PACKAGES.',
    },
  },
  create(context) {
    const file = path.relative(root, path.resolve(context.cwd, context.filename)).split(path.sep).join('/')
    const row = FOLDERS.find((entry) => file.startsWith(entry.from))
    if (!row) return {}
    const check = (node, source, isType) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return
      const to = target(file, source.value)
      if (to === null) {
        const name = packageName(source.value)
        if (row.packages && !row.packages.includes(name)) {
          context.report({ node: source, messageId: 'package', data: { to: name } })
        }
        return
      }
      if (row.values.some((folder) => inside(to, folder))) return
      const known = row.types.some((folder) => inside(to, folder))
      if (known && isType) return
      context.report({ node: source, messageId: known ? 'typesOnly' : 'folder', data: { from: row.from, to } })
    }
    return {
      ImportDeclaration: (node) => check(node, node.source, typeOnly(node)),
      ExportNamedDeclaration: (node) => check(node, node.source, typeOnly(node)),
      ExportAllDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ImportExpression: (node) => check(node, node.source, false),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal, true),
    }
  },
}
