import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = path.join(root, 'test/output/start')

interface Started {
  url: string
  /** All that was said until the address was printed. */
  said: string
  /** Interrupts it as Ctrl-C does; the exit status. */
  stop: () => Promise<number | null>
}

/** `npm start -- <args>` in the folder of this test, until it has printed its address. */
function start(...args: string[]): Promise<Started> {
  return new Promise((resolve, reject) => {
    const script = path.join(root, 'server/setup/start.mjs')
    const env = { ...process.env, INIT_CWD: folder }
    const child = spawn(process.execPath, [script, ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = new Promise<number | null>((done) => child.on('close', done))
    let said = ''
    const listen = (data: Buffer) => {
      said += data.toString()
      const url = /Open (http:\/\/localhost:\d+\/)/.exec(said)?.[1]
      if (url) resolve({ url, said, stop: () => (child.kill('SIGINT'), ended) })
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    void ended.then((status) => reject(new Error(`ended with ${status}: ${said}`)))
  })
}

const taken = createServer()
let port = 0

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'my.fasta'), `>a first ${Date.now()}\nACGTACGTACGTACGTTGCA\n>b\nACGTTTTT\n`)
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  port = (taken.address() as AddressInfo).port
})

afterAll(() => void taken.close())

it('npm start -- my.fasta builds and serves it beside the app, and a taken port moves on', async () => {
  const server = await start('my.fasta', '--port', String(port))
  try {
    expect(server.said).toContain('Building the catalog')
    expect(Number(new URL(server.url).port)).toBeGreaterThan(port)
    const page = await fetch(server.url)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')])
    const list = (await (await fetch(`${server.url}catalogs.json`)).json()) as { catalogs: { url: string }[] }
    expect(list.catalogs).toHaveLength(1)
    const catalog = await fetch(new URL(`${list.catalogs[0].url.replace(/\/?$/, '/')}catalog.json`, server.url))
    expect(await catalog.json()).toMatchObject({ format: 'genomic-catalog' })
  } finally {
    expect(await server.stop()).toBe(0)
  }
})

it('a second start builds nothing', async () => {
  const server = await start('my.fasta', '--port', String(port))
  expect(await server.stop()).toBe(0)
  expect(server.said).not.toMatch(/Building|Installing/)
})

it('a file that is not there is one sentence and status 1', async () => {
  await expect(start('none.fasta')).rejects.toThrow(/ended with 1: .*none\.fasta/s)
})

it('a port that is none is one sentence and status 1', async () => {
  await expect(start('my.fasta', '--port', 'x')).rejects.toThrow(/ended with 1: --port needs a number/)
})
