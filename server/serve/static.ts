import { createReadStream } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CatalogError } from '../../src/engine/errors.ts'
import { contentType } from './content-types.ts'

export interface Mount {
  /** URL path that begins with a slash: `/` or `/catalogs/demo`. */
  prefix: string
  directory: string
}

export interface ServeOptions {
  /** Where several prefixes fit, the longest counts. */
  mounts: Mount[]
  /** The first port to try; 0 for any free one. */
  port: number
  /** Address to listen on; default 127.0.0.1, this computer only. */
  host?: string
}

export interface RunningServer {
  /** `http://127.0.0.1:8080/` */
  url: string
  close(): Promise<void>
}

/** Ports tried, one after the other, where the wanted one is taken. */
const PORTS_TRIED = 100

/** Serves directories over HTTP with byte ranges and CORS for everyone; nothing outside them, links included. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const host = options.host ?? '127.0.0.1'
  const mounts = await Promise.all(
    options.mounts.map(async ({ prefix, directory }) => {
      try {
        return { prefix: prefix.endsWith('/') ? prefix : `${prefix}/`, root: await realpath(directory) }
      } catch (error) {
        throw new CatalogError('not-found', `${directory} does not exist.`, { file: directory }, error)
      }
    }),
  )
  mounts.sort((a, b) => b.prefix.length - a.prefix.length)
  const server = createServer((request, response) => {
    answer(mounts, request, response).catch((error: unknown) => {
      // The reader went away, or the disk failed: the connection ends, so that nobody takes a part for the whole.
      response.destroy(error instanceof Error ? error : undefined)
    })
  })
  const port = await listen(server, host, options.port)
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${name}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function listen(server: Server, host: string, first: number): Promise<number> {
  const last = first === 0 ? 0 : Math.min(first + PORTS_TRIED - 1, 65_535)
  for (let port = first; port <= last; port++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve()
        })
      })
      return (server.address() as AddressInfo).port
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EADDRINUSE' && code !== 'EACCES') {
        throw new CatalogError('network', `The server cannot listen on ${host} (${code}).`, {}, error)
      }
    }
  }
  throw new CatalogError('network', `All ports from ${first} to ${last} on ${host} are taken. Name another.`, {})
}

interface ResolvedMount {
  prefix: string
  root: string
}

async function answer(mounts: ResolvedMount[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('Access-Control-Allow-Origin', '*')
  response.setHeader('Access-Control-Expose-Headers', 'Content-Range, ETag, Accept-Ranges')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    return refuse(response, 405, 'Only GET and HEAD are answered.')
  }
  const path = decodePath(request.url ?? '/')
  if (path === null) return refuse(response, 400, 'This address cannot be understood.')
  const file = await openBelow(mounts, path)
  if (file === null) return refuse(response, 404, 'There is no such file.')
  if (file === 'directory') {
    const search = /\?.*$/s.exec(request.url ?? '')?.[0] ?? ''
    response.setHeader('Location', `${encodeURIComponent(path.split('/').at(-1) ?? '')}/${search}`)
    return refuse(response, 301, 'This is a folder.')
  }
  try {
    await send(file, request, response)
  } finally {
    await file.handle.close()
  }
}

/** Path of a request, decoded once; null where it is malformed or tries to leave its folder. */
function decodePath(url: string): string | null {
  const raw = url.replace(/[?#].*$/s, '')
  let path
  try {
    path = decodeURIComponent(raw)
  } catch {
    return null
  }
  if (!path.startsWith('/') || path.includes('\0') || path.includes('\\')) return null
  return path.split('/').some((part) => part === '..' || part === '.') ? null : path
}

interface OpenFile {
  handle: FileHandle
  name: string
  size: number
  etag: string
  modified: Date
}

/** The file that `path` names; a path that ends in a slash names the `index.html` there. Hidden files are none. */
async function openBelow(mounts: ResolvedMount[], path: string): Promise<OpenFile | 'directory' | null> {
  if (path.split('/').some((part) => part.startsWith('.'))) return null
  for (const { prefix, root } of mounts) {
    if (`${path}/` === prefix) return 'directory'
    if (!path.startsWith(prefix)) continue
    const rest = path.slice(prefix.length)
    const name = rest === '' || rest.endsWith('/') ? `${rest}index.html` : rest
    // Windows reads `C:` as a drive and `a:b` as a stream of a file.
    if (process.platform === 'win32' && name.includes(':')) return null
    let handle: FileHandle | null = null
    try {
      const real = await realpath(join(root, name))
      if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)) return null
      handle = await open(real)
      const info = await handle.stat({ bigint: true })
      if (info.isDirectory()) {
        await handle.close()
        return 'directory'
      }
      if (!info.isFile()) {
        await handle.close()
        return null
      }
      const etag = `"${info.size.toString(16)}-${info.mtimeNs.toString(16)}"`
      return { handle, name: real, size: Number(info.size), etag, modified: info.mtime }
    } catch (error) {
      await handle?.close()
      if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG', 'EISDIR'].includes(codeOf(error))) return null
      throw error
    }
  }
  return null
}

async function send(file: OpenFile, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('Content-Type', contentType(file.name))
  response.setHeader('Accept-Ranges', 'bytes')
  response.setHeader('ETag', file.etag)
  response.setHeader('Last-Modified', file.modified.toUTCString())
  // Names with a content hash never change; all else is asked for again, and answered with 304 if it has not changed.
  const hashed = /[0-9a-f]{16,}/.test(file.name.split(sep).at(-1) ?? '') || /[\\/]immutable[\\/]/.test(file.name)
  response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
  if (matches(request.headers['if-none-match'], file.etag)) {
    response.writeHead(304).end()
    return
  }
  const ifRange = request.headers['if-range']
  const usable = ifRange === undefined || ifRange === file.etag || ifRange === file.modified.toUTCString()
  const range = usable ? parseRange(request.headers.range, file.size) : null
  if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${file.size}`)
    return refuse(response, 416, `This file has ${file.size} bytes.`)
  }
  const { start, end } = range ?? { start: 0, end: file.size }
  response.setHeader('Content-Length', end - start)
  if (range !== null) response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${file.size}`)
  response.writeHead(range === null ? 200 : 206)
  if (request.method === 'HEAD' || start === end) {
    response.end()
    return
  }
  const stream = createReadStream('', { fd: file.handle, start, end: end - 1, autoClose: false })
  await pipeline(stream, response)
  // A file that was cut off meanwhile: a reader must not wait for the rest, nor take this for the whole.
  if (stream.bytesRead < end - start) request.socket.destroy()
}

/** The one range asked for, half open; null where there is none, several, or one that is malformed (RFC 9110). */
function parseRange(header: string | undefined, size: number): { start: number; end: number } | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return null
  if (match[1] === '') {
    const length = Math.min(Number(match[2]), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size }
  }
  const start = Number(match[1])
  const last = match[2] === '' ? Infinity : Number(match[2])
  if (last < start) return null
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(last + 1, size) }
}

function matches(header: string | undefined, etag: string): boolean {
  return header?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*') ?? false
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.setHeader('Content-Length', message.length + 1)
  response.writeHead(status)
  response.end(`${message}\n`)
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}
