import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
// Files that exist only here belong to no TypeScript project, which the rules that need types ask for.
process.env.GENOMIC_CATALOG_LINT = 'quick'
const eslint = new ESLint({ cwd: root })

/** Rules that a file with this content would break. */
async function broken(file: string, code: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(code, { filePath: path.join(root, file) })
  return [...new Set(result.messages.map((message) => message.ruleId ?? message.message))]
}

const value = (from: string) => `import { a } from '${from}'\nexport const b = a\n`
const type = (from: string) => `import type { A } from '${from}'\nexport const b: A | null = null\n`
const direction = ['local/import-direction']

describe('imports go one way', () => {
  it.each([
    ['the engine and the server', 'src/engine/io/x.ts', value('../../../server/cli/main.ts')],
    ['the engine and the client', 'src/engine/io/x.ts', value('#lib/client/types.ts')],
    ['the engine and types of the client', 'src/engine/io/x.ts', type('../../lib/client/types.ts')],
    ['the engine and built kernels', 'src/engine/io/x.ts', value('../../../wasm/build/kernels.wasm')],
    ['the engine and Node', 'src/engine/io/x.ts', value('node:fs')],
    ['the engine and a package that is not on its list', 'src/engine/io/x.ts', value('comlink')],
    ['the engine and a module of such a package', 'src/engine/io/x.ts', value('svelte/store')],
    ['a route and the engine', 'src/routes/x.ts', value('#engine/search/search.ts')],
    ['a component and the engine', 'src/lib/components/x.ts', value('../../engine/search/search.ts')],
    ['a route and the engine, later', 'src/routes/x.ts', "export const load = () => import('#engine/errors.ts')\n"],
    ['a route and the engine, passed on', 'src/routes/x.ts', "export * from '#engine/errors.ts'\n"],
    [
      'a route and the engine, a type among values',
      'src/routes/x.ts',
      "export { type A, b } from '#engine/errors.ts'\n",
    ],
    ['a route and workers', 'src/routes/x.ts', value('../../workers/search.ts')],
    ['the client and the server', 'src/lib/client/x.ts', value('../../../server/search/pool.ts')],
    ['a worker and the server', 'workers/x.ts', value('../server/search/pool.ts')],
    ['a worker and the client', 'workers/x.ts', value('../src/lib/client/types.ts')],
    ['the server and a route', 'server/api/x.ts', value('../../src/lib/format.ts')],
    ['the server and tests', 'server/api/x.ts', value('../../test/support/requires.ts')],
  ])('refused: %s', async (_, file, code) => {
    expect(await broken(file, code)).toEqual(direction)
  })

  it.each([
    ['the engine and itself', 'src/engine/io/x.ts', value('../errors.ts')],
    ['the engine and a package on its list', 'src/engine/format/x.ts', value('hyparquet')],
    ['a route and types of the engine', 'src/routes/x.ts', type('#engine/search/types.ts')],
    ['a route and single types of the engine', 'src/routes/x.ts', "export { type A } from '#engine/search/types.ts'\n"],
    ['a route and the client', 'src/routes/x.ts', value('#lib/client/client.ts')],
    ['the client and the engine', 'src/lib/client/x.ts', value('#engine/io/fasta.ts')],
    ['the client and a worker', 'src/lib/client/x.ts', value('../../../workers/search.ts?worker')],
    ['a worker and the engine', 'workers/x.ts', value('../src/engine/errors.ts')],
    ['the server and the engine', 'server/api/x.ts', value('../../src/engine/errors.ts')],
    ['a test and the server', 'test/unit/x.ts', value('../../server/search/pool.ts')],
    ['a benchmark and the server', 'bench/x.ts', value('../server/search/pool.ts')],
  ])('allowed: %s', async (_, file, code) => {
    expect(await broken(file, code)).toEqual([])
  })

  it('holds in components too', async () => {
    const code = `<script lang="ts">\n  import { a } from '#engine/errors.ts'\n</script>\n\n<p>{a}</p>\n`
    expect(await broken('src/lib/components/X.svelte', code)).toEqual(direction)
  })
})

describe('digits are computed in wasm', () => {
  it.each(['Math.exp(1)', 'Math.log(2)', 'Math.pow(2, 3)', 'Math.log2(8)'])('%s is refused in search', async (call) => {
    expect(await broken('src/engine/search/x.ts', `export const a = ${call}\n`)).toEqual(['no-restricted-properties'])
  })

  it('the power operator is refused in search', async () => {
    expect(await broken('src/engine/search/x.ts', 'export const a = (b: number) => b ** 2\n')).toEqual([
      'no-restricted-syntax',
    ])
  })

  it('exact functions are allowed in search, and others elsewhere', async () => {
    expect(await broken('src/engine/search/x.ts', 'export const a = Math.floor(1.5)\n')).toEqual([])
    expect(await broken('src/engine/format/x.ts', 'export const a = Math.log2(8)\n')).toEqual([])
  })
})

describe('other rules', () => {
  const start = "export const w = new Worker('x.js')\n"

  it('only src/lib/client starts workers', async () => {
    expect(await broken('src/lib/state/x.ts', start)).toEqual(['no-restricted-syntax'])
    expect(await broken('src/lib/client/x.ts', start)).toEqual([])
  })

  it('files end at 400 lines', async () => {
    expect(await broken('server/api/x.ts', 'export {}\n'.repeat(401))).toEqual(['max-lines'])
    expect(await broken('server/api/x.ts', 'export {}\n'.repeat(400))).toEqual([])
  })

  it.each(['skip', 'only', 'todo'])('tests have no .%s', async (word) => {
    const code = `import { it } from 'vitest'\nit.${word}('a', () => undefined)\n`
    expect(await broken('test/unit/x.test.ts', code)).toEqual(['no-restricted-syntax'])
  })

  it('types are imported as types', async () => {
    const code = "import { A } from '../../src/engine/errors.ts'\nexport const b: A | null = null\n"
    expect(await broken('server/api/x.ts', code)).toEqual(['@typescript-eslint/consistent-type-imports'])
  })
})
