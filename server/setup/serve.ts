// The last step of npm start: serves a folder until it is told to stop. node serve.ts <directory> <first port>
import { CatalogError } from '../../src/engine/errors.ts'
import { serve } from '../serve/static.ts'

const [directory, port] = process.argv.slice(2)
try {
  const server = await serve({ mounts: [{ prefix: '/', directory }], port: Number(port) })
  process.stdout.write(`\n  Open http://localhost:${new URL(server.url).port}/   (Ctrl-C ends it)\n\n`)
  let closing = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!closing) void server.close()
      closing = true
    })
  }
} catch (error) {
  if (!(error instanceof CatalogError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
