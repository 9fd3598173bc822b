import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { open, stat } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** What the server saw since it was last asked. */
export interface Traffic {
  requests: number
  /** Bytes of bodies. */
  bytes: number
  /** Longest chain of requests each of which came after the one before had been answered. */
  hops: number
}

export interface ThrottledServer {
  url: string
  /** Traffic since the last call. */
  traffic(): Promise<Traffic>
  close(): Promise<void>
}

export interface Throttle {
  /** Milliseconds before an answer begins. */
  latency: number
  /** Megabits per second, shared by all connections. */
  megabits: number
}

/** A static server in a process of its own, slowed down as a distant object store is, that counts what it sends. */
export async function throttledServer(directory: string, throttle: Throttle): Promise<ThrottledServer> {
  const file = fileURLToPath(import.meta.url)
  const child = fork(file, [directory, String(throttle.latency), String(throttle.megabits)])
  const [url] = (await once(child, 'message')) as [string]
  return {
    url,
    async traffic() {
      child.send('traffic')
      const [traffic] = (await once(child, 'message')) as [Traffic]
      return traffic
    },
    async close() {
      child.kill()
      if (child.exitCode === null && child.signalCode === null) await once(child as ChildProcess, 'exit')
    },
  }
}

class Counter {
  #traffic: Traffic = { requests: 0, bytes: 0, hops: 0 }
  #endedHops = 0

  begin(): number {
    this.#traffic.requests++
    const hop = this.#endedHops + 1
    this.#traffic.hops = Math.max(this.#traffic.hops, hop)
    return hop
  }

  end(hop: number, bytes: number): void {
    this.#traffic.bytes += bytes
    this.#endedHops = Math.max(this.#endedHops, hop)
  }

  take(): Traffic {
    const traffic = this.#traffic
    this.#traffic = { requests: 0, bytes: 0, hops: 0 }
    this.#endedHops = 0
    return traffic
  }
}

/** When the shared line is free again. */
let lineFree = 0

async function answer(
  directory: string,
  throttle: Throttle,
  counter: Counter,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const hop = counter.begin()
  const file = path.join(
    directory,
    path.normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname)),
  )
  const found = await stat(file).catch(() => null)
  if (found === null || !found.isFile()) {
    response.writeHead(404).end()
    return
  }
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
  const start = match === null ? 0 : Number(match[1])
  const end = match === null ? found.size : Math.min(found.size, Number(match[2]) + 1)
  const body = Buffer.alloc(end - start)
  const handle = await open(file)
  await handle.read(body, 0, body.length, start)
  await handle.close()
  const now = performance.now()
  lineFree = Math.max(now + throttle.latency, lineFree) + (body.length * 8) / (throttle.megabits * 1000)
  await pause(Math.max(0, lineFree - now))
  const headers = { 'Content-Length': body.length, 'Accept-Ranges': 'bytes' }
  if (match === null) response.writeHead(200, headers)
  else response.writeHead(206, { ...headers, 'Content-Range': `bytes ${start}-${end - 1}/${found.size}` })
  counter.end(hop, body.length)
  response.end(body)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory, latency, megabits] = process.argv.slice(2)
  const throttle = { latency: Number(latency), megabits: Number(megabits) }
  const counter = new Counter()
  const server = createServer((request, response) => {
    answer(directory, throttle, counter, request, response).catch(() => response.destroy())
  })
  process.on('message', () => process.send!(counter.take()))
  server.listen(0, '127.0.0.1', () => process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
}
