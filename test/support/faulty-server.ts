import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

export interface FaultyServer {
  /** Ends in a slash; the first part of a path names the fault. */
  url: string
  /** Bytes of body sent so far. */
  sent(): number
  requests: { path: string; range: string | undefined }[]
  /** Methods of all requests. */
  methods: Set<string>
  close(): Promise<void>
}

type Fault = (context: {
  response: ServerResponse
  request: IncomingMessage
  content: Uint8Array
  start: number
  end: number
  ranged: boolean
  /** How often this path was asked for before. */
  before: number
}) => void

const partial = (response: ServerResponse, start: number, end: number, size: number, headers = {}) =>
  response.writeHead(206, { 'Content-Range': `bytes ${start}-${end - 1}/${size}`, ...headers })

/** What a host can do wrong, by name. */
const FAULTS: Record<string, Fault> = {
  good({ response, content, start, end, ranged }) {
    if (ranged) partial(response, start, end, content.length)
    else response.writeHead(200)
    response.end(content.subarray(start, end))
  },
  /** 200 and the whole file, of known length. */
  whole({ response, content }) {
    response.writeHead(200, { 'Content-Length': content.length })
    response.end(content)
  },
  /** 200 and a body without end. */
  endless({ response, content }) {
    response.writeHead(200)
    const more = () => {
      while (!response.destroyed && response.write(content));
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  },
  /** 206 with fewer bytes than asked for, honestly declared. */
  short({ response, content, start, end }) {
    partial(response, start, end - 1, content.length)
    response.end(content.subarray(start, end - 1))
  },
  /** The connection breaks halfway. */
  cut({ response, content, start, end }) {
    partial(response, start, end, content.length, { 'Content-Length': end - start })
    response.write(content.subarray(start, start + ((end - start) >> 1)), () => response.destroy())
  },
  /** 206 with more bytes than asked for. */
  long({ response, content, start, end }) {
    response.writeHead(206)
    response.end(content.subarray(start, end + 1))
  },
  /** Another range than asked for, of the right length. */
  shifted({ response, content, start, end }) {
    partial(response, start + 1, end + 1, content.length)
    response.end(content.subarray(start + 1, end + 1))
  },
  unsatisfiable({ response, content }) {
    response.writeHead(416, { 'Content-Range': `bytes */${content.length}` })
    response.end()
  },
  /** Another ETag at every request. */
  changing({ response, content, start, end, before }) {
    partial(response, start, end, content.length, { ETag: `"${before}"` })
    response.end(content.subarray(start, end))
  },
  /** Headers and half the body, then nothing. */
  stall({ response, content, start, end, ranged }) {
    const headers = { 'Content-Length': end - start }
    if (ranged) partial(response, start, end, content.length, headers)
    else response.writeHead(200, headers)
    response.write(content.subarray(start, start + ((end - start) >> 1)))
  },
  /** No answer at all. */
  silent() {},
  reset({ request }) {
    request.socket.destroy()
  },
  /** A range of the compressed file. */
  gzip({ response, content, start, end }) {
    partial(response, start, end, content.length, { 'Content-Encoding': 'gzip' })
    response.end(gzipSync(content.subarray(start, end)))
  },
  /** No leave for other origins. */
  private(context) {
    context.response.removeHeader('Access-Control-Allow-Origin')
    FAULTS.good(context)
  },
  missing({ response }) {
    response.writeHead(404).end('no')
  },
  forbidden({ response }) {
    response.writeHead(403).end('no')
  },
  broken({ response }) {
    response.writeHead(500).end('no')
  },
  wrong({ response }) {
    response.writeHead(400).end('no')
  },
  /** Busy, then reset, then cut, then good. */
  flaky(context) {
    if (context.before === 0) context.response.writeHead(503).end()
    else if (context.before === 1) FAULTS.reset(context)
    else if (context.before === 2) FAULTS.cut(context)
    else FAULTS.good(context)
  },
}

/** A real server that misbehaves in the way that a path names: `/stall/file`. It answers every origin. */
export async function faultyServer(content: Uint8Array): Promise<FaultyServer> {
  const requests: FaultyServer['requests'] = []
  const methods = new Set<string>()
  let sent = 0
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
    const before = requests.filter((each) => each.path === path).length
    methods.add(request.method ?? '')
    requests.push({ path, range: request.headers.range })
    response.setHeader('Access-Control-Allow-Origin', '*')
    const { socket } = request
    response.on('close', () => {
      sent += socket.bytesWritten
    })
    const end = match ? Number(match[2]) + 1 : content.length
    const start = match ? Number(match[1]) : 0
    FAULTS[path.split('/')[1]]({ request, response, content, start, end, ranged: match !== null, before })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    sent: () => sent,
    requests,
    methods,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
