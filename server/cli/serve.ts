import { once } from 'node:events'
import { serve } from '../serve/static.ts'
import { Reporter } from './reporter.ts'
import type { Arguments, Context } from './types.ts'

export async function run({ positionals: [directory], values }: Arguments, context: Context): Promise<number> {
  const server = await serve({
    mounts: [{ prefix: '/', directory }],
    port: (values.port as number | undefined) ?? 8080,
    host: values.host as string | undefined,
  })
  context.stdout.write(`${server.url}\n`)
  new Reporter(context, values).note(`Serving ${directory}. Press Ctrl-C to stop.`)
  if (!context.signal.aborted) await once(context.signal, 'abort')
  await server.close()
  return 0
}
