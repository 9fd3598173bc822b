import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { serve } from '../../server/serve/static.ts'

export interface RunningHost {
  /** URL of the served directory, with a final slash. */
  url: string
  close(): Promise<void>
}

/** A row of docs/hosting.md. */
export interface Host {
  /** As the row's first cell names it. */
  name: string
  /** What a page of another origin gets: everything, or an error with this tag. */
  result: 'works' | 'range-ignored' | 'network'
  /** Programs that have to be there to run it. */
  tools: string[]
  start(directory: string): Promise<RunningHost>
}

interface Imitation {
  /** Folder of the site that the directory is served from. */
  folder: string
  headers: (request: IncomingMessage, content: Buffer, name: string) => OutgoingHttpHeaders
  /** Compresses whole files of these extensions for readers that take gzip. */
  compresses: string[]
  missing: { status: number; type: string; body: string }
}

/** A server that answers as a host is known to, ranges included. */
async function imitate(directory: string, host: Imitation): Promise<RunningHost> {
  const server = createServer((request, response) => {
    void (async () => {
      const path = decodeURIComponent(new URL(request.url ?? '', 'http://host').pathname)
      const name = path.startsWith(host.folder) ? path.slice(host.folder.length) : null
      const content = name === null ? null : await readFile(join(directory, name)).catch(() => null)
      if (name === null || content === null) {
        const { status, type, body } = host.missing
        response.writeHead(status, { 'Content-Type': type, ...host.headers(request, Buffer.from(body), 'missing') })
        response.end(body)
        return
      }
      const headers: OutgoingHttpHeaders = { 'Accept-Ranges': 'bytes', ...host.headers(request, content, name) }
      const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
      const zipped = /\bgzip\b/.test(String(request.headers['accept-encoding']))
      if (range === null && zipped && host.compresses.includes(extname(name))) {
        const ETag = headers.ETag === undefined ? undefined : `W/${String(headers.ETag)}`
        const answer = { ...headers, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding', ...(ETag && { ETag }) }
        response.writeHead(200, answer).end(gzipSync(content))
      } else if (range === null) {
        response.writeHead(200, { ...headers, 'Content-Length': content.length }).end(content)
      } else if (Number(range[1]) >= content.length) {
        response.writeHead(416, { ...headers, 'Content-Range': `bytes */${content.length}` }).end()
      } else {
        const start = Number(range[1])
        const end = Math.min(range[2] === '' ? Infinity : Number(range[2]) + 1, content.length)
        const rangeHeaders = {
          'Content-Range': `bytes ${start}-${end - 1}/${content.length}`,
          'Content-Length': end - start,
        }
        response.writeHead(206, { ...headers, ...rangeHeaders }).end(content.subarray(start, end))
      }
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${host.folder}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const md5 = (content: Buffer) => `"${createHash('md5').update(content).digest('hex')}"`
const page = (title: string) => `<!DOCTYPE html><title>${title}</title><h1>${title}</h1>`

const s3 = (cors: boolean): Imitation => ({
  folder: '/bucket/path/',
  compresses: [],
  missing: {
    status: 403,
    type: 'application/xml',
    body: '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
  },
  headers: (request, content) => ({
    Server: 'AmazonS3',
    'x-amz-request-id': '0123456789ABCDEF',
    ETag: md5(content),
    'Content-Type': 'binary/octet-stream',
    // The rule of docs/hosting.md; S3 sends it only to requests that have an Origin.
    ...(cors &&
      request.headers.origin !== undefined && {
        'Access-Control-Allow-Origin': '*',
        'Access-Control-Allow-Methods': 'GET, HEAD',
        'Access-Control-Expose-Headers': 'ETag, Content-Range',
        Vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
      }),
  }),
})

export const hosts: Host[] = [
  {
    name: 'genomic-catalog serve',
    result: 'works',
    tools: [],
    start: (directory) => serve({ mounts: [{ prefix: '/', directory }], port: 0 }),
  },
  {
    name: 'GitHub Pages',
    result: 'works',
    tools: [],
    start: (directory) =>
      imitate(directory, {
        folder: '/repository/',
        compresses: ['.html', '.js', '.css', '.json', '.svg', '.wasm'],
        missing: { status: 404, type: 'text/html; charset=utf-8', body: page('File not found') },
        headers: (_, content, name) => ({
          Server: 'GitHub.com',
          'Content-Type': name.endsWith('.json') ? 'application/json; charset=utf-8' : 'application/octet-stream',
          'Access-Control-Allow-Origin': '*',
          ETag: md5(content),
          'Cache-Control': 'max-age=600',
          Via: '1.1 varnish',
          Age: '0',
        }),
      }),
  },
  { name: 'Amazon S3', result: 'works', tools: [], start: (directory) => imitate(directory, s3(true)) },
  {
    name: 'Amazon S3 without a CORS rule',
    result: 'network',
    tools: [],
    start: (directory) => imitate(directory, s3(false)),
  },
  {
    name: 'CDN',
    result: 'works',
    tools: [],
    start: (directory) => {
      let answers = 0
      return imitate(directory, {
        folder: '/',
        compresses: ['.json', '.js', '.css'],
        missing: { status: 404, type: 'text/html', body: page('404') },
        headers: (_, content) => ({
          Server: 'CloudFront',
          'Content-Type': 'application/octet-stream',
          'Access-Control-Allow-Origin': '*',
          ETag: md5(content),
          'X-Cache': answers++ % 2 === 0 ? 'Miss from cloudfront' : 'Hit from cloudfront',
          Age: String(answers),
        }),
      })
    },
  },
  { name: 'nginx', result: 'works', tools: ['nginx'], start: startNginx },
  { name: 'python -m http.server', result: 'range-ignored', tools: ['python3'], start: startPython },
]

/** nginx itself, with the configuration that docs/hosting.md gives. */
async function startNginx(directory: string): Promise<RunningHost> {
  const guide = await readFile(new URL('../../docs/hosting.md', import.meta.url), 'utf8')
  const location = /```nginx\n(.*?)```/s.exec(guide)![1].replaceAll('/srv/catalogs', directory)
  const port = await freePort()
  const home = await mkdtemp(join(tmpdir(), 'nginx-'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${home}/${name};`,
  )
  const configuration = `daemon off; worker_processes 1; pid ${home}/pid; error_log ${home}/error.log;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 64; }
http { access_log off; ${temporary.join(' ')}
server { listen 127.0.0.1:${port}; ${location} } }`
  await writeFile(join(home, 'nginx.conf'), configuration)
  return startProgram('nginx', ['-p', home, '-c', join(home, 'nginx.conf'), '-e', join(home, 'error.log')], port, () =>
    rm(home, { recursive: true, force: true }),
  )
}

async function startPython(directory: string): Promise<RunningHost> {
  const port = await freePort()
  return startProgram(
    'python3',
    ['-m', 'http.server', String(port), '--bind', '127.0.0.1', '--directory', directory],
    port,
  )
}

async function startProgram(
  program: string,
  options: string[],
  port: number,
  cleanUp: () => Promise<void> = async () => undefined,
): Promise<RunningHost> {
  const child = spawn(program, options, { stdio: ['ignore', 'ignore', 'pipe'] })
  let message = ''
  child.stderr.on('data', (text: Buffer) => {
    message += text.toString()
  })
  const ended = once(child, 'close')
  for (let attempt = 0; !(await answers(port)); attempt++) {
    if (attempt === 200 || child.exitCode !== null) throw new Error(`${program} did not start: ${message}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      child.kill('SIGTERM')
      await ended
      await cleanUp()
    },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
