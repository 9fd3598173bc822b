import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serve } from '../../server/serve/static.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/** What a host learns of one request. */
export interface SeenRequest {
  method: string
  url: string
  headers: string
  body: string
}

export interface Site {
  /** URL of the app, with a final slash. */
  url: string
  /** Folder of the demo catalog, for the command line. */
  catalog: string
  /** Everything that was sent to the host, the app's own files included. */
  seen: SeenRequest[]
  close(): Promise<void>
}

/** Runs the command line; its standard output. */
export async function cli(...args: string[]): Promise<string> {
  const program = path.join(root, 'server/cli/genomic-catalog.mjs')
  const { stdout } = await run(process.execPath, [program, ...args], { maxBuffer: 1 << 28 })
  return stdout
}

/**
 * The built app with the demo catalog, made as a user makes it (`build --site`) and served from a sub-folder of a host
 * that sets no header, behind a proxy that notes what it is sent.
 */
export async function startSite(): Promise<Site> {
  const directory = await mkdtemp(path.join(tmpdir(), 'genomic-catalog-site-'))
  const folder = path.join(directory, 'some', 'folder')
  const demo = path.join(root, 'public/demo')
  await cli(
    'build',
    path.join(demo, 'ncbi_rrna.fasta.gz'),
    '--metadata',
    path.join(demo, 'ncbi_rrna_metadata.tsv'),
    '--out',
    folder,
    '--site',
    '--title',
    'Demo',
  )
  const host = await serve({ mounts: [{ prefix: '/', directory }], port: 0 })
  const seen: SeenRequest[] = []
  const proxy = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      seen.push({ method, url, headers: JSON.stringify(headers), body: Buffer.concat(chunks).toString() })
      const onward = forward(new URL(url, host.url), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      onward.on('error', () => response.destroy())
      onward.end()
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/some/folder/`,
    catalog: path.join(folder, 'catalog'),
    seen,
    async close() {
      proxy.closeAllConnections()
      await new Promise((resolve) => proxy.close(resolve))
      await host.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** A host that answers every request with the whole file, as simple servers do, and lets other origins read. */
export async function startHostWithoutRanges(directory: string): Promise<{ url: string; close(): Promise<void> }> {
  const copy = await mkdtemp(path.join(tmpdir(), 'genomic-catalog-host-'))
  await cp(directory, copy, { recursive: true })
  const inner = await serve({ mounts: [{ prefix: '/', directory: copy }], port: 0 })
  const server = createServer((request, response) => {
    forward(new URL(request.url ?? '/', inner.url), (answer) => {
      response.writeHead(answer.statusCode ?? 502, { 'Access-Control-Allow-Origin': '*' })
      answer.pipe(response)
    }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await inner.close()
      await rm(copy, { recursive: true, force: true })
    },
  }
}
