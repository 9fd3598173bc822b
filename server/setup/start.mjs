// npm start: sets up, builds the demo catalog, or one of the files given, and serves it together with the app.
import { createHash } from 'node:crypto'
import { renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './node.mjs'
import { setup } from './setup.mjs'
import { SetupError, cache, contentHash, run, runNode, script, step } from './steps.mjs'

const FIRST_PORT = 8080
const DEMO = [
  path.join(root, 'public/demo/ncbi_rrna.fasta.gz'),
  `--metadata=${path.join(root, 'public/demo/ncbi_rrna_metadata.tsv')}`,
  '--title=Ribosomal RNA (demo)',
  '--description=16S rRNAs of sequenced bacteria and archaea, and mitochondrial small-subunit rRNAs.',
  '--source=NCBI Toolkit data (Debian package ncbi-data)',
  '--licence=Public domain',
]

/** `--port N` is ours; everything else is for `genomic-catalog build`. */
export function readArguments(argv) {
  const build = [...argv]
  let port = FIRST_PORT
  const at = build.findIndex((argument) => /^--?port(=|$)/.test(argument))
  if (at >= 0) {
    const [option, attached] = build[at].split('=')
    const value = attached ?? build[at + 1]
    if (!/^\d+$/.test(value ?? '') || Number(value) > 65_535) {
      throw new SetupError(`${option} needs a number between 0 and 65535, and "${value ?? ''}" is none.`)
    }
    port = Number(value)
    build.splice(at, attached === undefined ? 2 : 1)
  }
  return { port, build: build.length > 0 ? build : DEMO }
}

/** A key that changes with the files that the arguments name and with the code that builds. */
function siteKey(build, folder) {
  const hash = createHash('sha256')
  for (const argument of build) {
    const stats = statSync(path.resolve(folder, argument.replace(/^--?[\w-]+=/, '')), { throwIfNoEntry: false })
    if (stats?.isFile()) hash.update(`${argument} ${stats.size} ${stats.mtimeMs}\0`)
  }
  const code = ['src/engine', 'server', 'wasm/build/kernels.wasm', 'build']
  return hash.update(contentHash(code, ['server/setup/'])).digest('hex')
}

/** Builds app and catalog into one folder of the cache, unless it is there and current. Its path. */
async function buildSite(build, folder) {
  const name = `site-${createHash('sha256')
    .update(JSON.stringify([folder, build]))
    .digest('hex')
    .slice(0, 12)}`
  const site = path.join(cache, name)
  const work = async () => {
    process.stderr.write(`Building the ${build === DEMO ? 'demo catalog' : 'catalog'} …\n`)
    const unfinished = `${site}.unfinished`
    rmSync(unfinished, { recursive: true, force: true })
    const command = path.join(root, 'server/cli/genomic-catalog.mjs')
    const status = await run(process.execPath, [command, 'build', ...build, '--site', '--out', unfinished], {
      cwd: folder,
    })
    if (status !== 0) throw new SetupError('The catalog was not built; the message is above.')
    rmSync(site, { recursive: true, force: true })
    renameSync(unfinished, site)
  }
  await step({ name, key: siteKey(build, folder), outputs: [site], work })
  return site
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await script(async () => {
    const { port, build } = readArguments(process.argv.slice(2))
    await setup()
    const site = await buildSite(build, process.env.INIT_CWD ?? process.cwd())
    return runNode(['server/setup/serve.ts', site, String(port)])
  })
}
