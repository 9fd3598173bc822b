// npm pack and npm publish run this first: writes dist/, the package's JavaScript. Node does not strip types from packages.
import { cpSync, rmSync } from 'node:fs'
import path from 'node:path'
import { root } from './node.mjs'
import { packageCommand } from './run.mjs'
import { setup } from './setup.mjs'
import { SetupError, runNode, script } from './steps.mjs'

const dist = path.join(root, 'dist')

await script(async () => {
  await setup()
  rmSync(dist, { recursive: true, force: true })
  const { status, output } = await runNode([packageCommand('typescript'), '-p', 'tsconfig.dist.json'], {
    capture: true,
  })
  if (status !== 0) throw new SetupError(`The sources do not compile.\n${output}`)
  // Files that the code finds relative to itself.
  cpSync(path.join(root, 'wasm/build/kernels.wasm'), path.join(dist, 'wasm/build/kernels.wasm'))
  cpSync(path.join(root, 'build'), path.join(dist, 'build'), { recursive: true })
})
