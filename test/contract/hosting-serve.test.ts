import { mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve } from '../../server/serve/static.ts'
import { noise } from '../support/bytes.ts'

let base = ''
let server: Awaited<ReturnType<typeof serve>>
const content = noise(10_000)

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'serve-'))
  const root = join(base, 'root')
  await mkdir(join(root, 'sub'), { recursive: true })
  await mkdir(join(base, 'other'))
  await mkdir(join(base, 'root-beside'))
  await writeFile(join(base, 'secret'), 'secret')
  await writeFile(join(base, 'root-beside', 'secret'), 'secret')
  await writeFile(join(base, 'other', 'catalog.json'), '{}')
  await writeFile(join(root, 'index.html'), '<p>root')
  await writeFile(join(root, 'sub', 'index.html'), '<p>sub')
  await writeFile(join(root, 'a b%.bin'), content)
  await writeFile(join(root, 'empty.txt'), '')
  await writeFile(join(root, '.hidden'), 'secret')
  await writeFile(join(root, '0123456789abcdef.arrow'), 'x')
  await writeFile(join(root, 'app.wasm'), 'x')
  await symlink(join(base, 'secret'), join(root, 'link'))
  await symlink(base, join(root, 'folder-link'))
  await symlink(join(root, 'app.wasm'), join(root, 'inner-link.wasm'))
  await symlink('loop', join(root, 'loop'))
  const mounts = [
    { prefix: '/', directory: root },
    { prefix: '/catalogs/demo', directory: join(base, 'other') },
  ]
  server = await serve({ mounts, port: 0 })
})
afterAll(async () => {
  await server.close()
  await rm(base, { recursive: true, force: true })
})

/** One request with the path exactly as given, which `fetch` would tidy up. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET', url = server.url) {
  const { hostname, port } = new URL(url)
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(pieces) }),
      )
    })
    sent.on('error', reject)
    sent.end()
  })
}

describe('the static server', () => {
  it('gives whole files with length, type, ETag and leave for every origin', async () => {
    const { status, headers, body } = await ask('/a%20b%25.bin')
    expect(status).toBe(200)
    expect(Buffer.compare(body, content)).toBe(0)
    expect(headers).toMatchObject({
      'content-length': '10000',
      'content-type': 'application/octet-stream',
      'access-control-allow-origin': '*',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
      etag: expect.stringMatching(/^"[0-9a-f]+-[0-9a-f]+"$/),
    })
  })

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=100-199', 100, 200],
    ['bytes=9999-20000', 9999, 10_000],
    ['bytes=9000-', 9000, 10_000],
    ['bytes=-500', 9500, 10_000],
    ['bytes=-20000', 0, 10_000],
  ])('answers %s with 206 and exactly those bytes', async (range, start, end) => {
    const { status, headers, body } = await ask('/a%20b%25.bin', { range })
    expect(status).toBe(206)
    expect(headers['content-range']).toBe(`bytes ${start}-${end - 1}/10000`)
    expect(Buffer.compare(body, content.slice(start, end))).toBe(0)
  })

  it.each(['bytes=10000-10001', 'bytes=-0', 'bytes=99999-'])('answers %s with 416 and the length', async (range) => {
    const { status, headers } = await ask('/a%20b%25.bin', { range })
    expect([status, headers['content-range']]).toEqual([416, 'bytes */10000'])
  })

  it.each(['bytes=5-1', 'bytes=a-b', 'lines=1-2', 'bytes=-', 'bytes=0-1,4-5', 'bytes = 0-1'])(
    'answers %s, which is no single range, with the whole file',
    async (range) => expect((await ask('/a%20b%25.bin', { range })).status).toBe(200),
  )

  it('answers HEAD with the headers alone', async () => {
    const { status, headers, body } = await ask('/a%20b%25.bin', { range: 'bytes=0-9' }, 'HEAD')
    expect([status, headers['content-length'], body.length]).toEqual([206, '10', 0])
  })

  it('answers 304 to who has the file, and gives it anew once it has changed', async () => {
    const file = join(base, 'root', 'changing.txt')
    await writeFile(file, 'one')
    const first = await ask('/changing.txt')
    const etag = String(first.headers.etag)
    expect((await ask('/changing.txt', { 'if-none-match': etag })).status).toBe(304)
    expect((await ask('/changing.txt', { 'if-none-match': `"x", W/${etag}` })).status).toBe(304)
    expect((await ask('/changing.txt', { 'if-range': etag, range: 'bytes=0-0' })).status).toBe(206)
    await writeFile(file, 'two')
    await utimes(file, new Date(), new Date(Date.now() + 5000))
    expect((await ask('/changing.txt', { 'if-none-match': etag })).body.toString()).toBe('two')
    expect((await ask('/changing.txt', { 'if-range': etag, range: 'bytes=0-0' })).status).toBe(200)
  })

  it('keeps for ever only what is named by its content', async () => {
    expect((await ask('/0123456789abcdef.arrow')).headers['cache-control']).toMatch(/immutable/)
    expect((await ask('/app.wasm')).headers['cache-control']).toBe('no-cache')
  })

  it('knows types, folders and mounts', async () => {
    expect((await ask('/app.wasm')).headers['content-type']).toBe('application/wasm')
    expect((await ask('/')).body.toString()).toBe('<p>root')
    expect((await ask('/?x=1')).headers['content-type']).toBe('text/html; charset=utf-8')
    expect((await ask('/sub/')).body.toString()).toBe('<p>sub')
    const redirect = await ask('/sub?x=1')
    expect([redirect.status, redirect.headers.location]).toEqual([301, 'sub/?x=1'])
    expect((await ask('/catalogs/demo/catalog.json')).body.toString()).toBe('{}')
    expect((await ask('/catalogs/demo')).headers.location).toBe('demo/')
    expect((await ask('/catalogs/demo/index.html')).status).toBe(404)
    expect(await ask('/empty.txt')).toMatchObject({ status: 200, headers: { 'content-length': '0' } })
    expect((await ask('/empty.txt', { range: 'bytes=0-0' })).status).toBe(416)
  })

  it('follows links that stay inside', async () => {
    expect((await ask('/inner-link.wasm')).status).toBe(200)
  })

  it.each([
    '/../secret',
    '/%2e%2e/secret',
    '/..%2fsecret',
    '/sub/../../secret',
    '/sub/%2e%2e/%2E%2E/secret',
    '/..\\secret',
    '/%5c..%5csecret',
    '/%252e%252e/secret',
    '//secret',
    '/../root-beside/secret',
    '/link',
    '/folder-link/secret',
    '/loop',
    '/.hidden',
    '/sub/./index.html',
    '/catalogs/demo/../../index.html',
    '/catalogs/demo/%2e%2e/root/index.html',
    '/a%00b',
    '/%00',
    '/%',
    '/%ff',
    '/none',
    '/app.wasm/',
    '/app.wasm/x',
    `/${'x'.repeat(5000)}`,
    '*',
    'http://other/secret',
    '/C:/secret',
  ])('does not give %s', async (path) => {
    const { status, body } = await ask(path)
    expect([400, 404]).toContain(status)
    expect(body.toString()).not.toContain('secret')
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s', async (method) => {
    const { status, headers } = await ask('/', {}, method)
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
  })

  it('listens on this computer only, and moves on to the next port where one is taken', async () => {
    const first = new URL(server.url)
    expect(first.hostname).toBe('127.0.0.1')
    const next = await serve({ mounts: [{ prefix: '/', directory: base }], port: Number(first.port) })
    expect(Number(new URL(next.url).port)).toBeGreaterThan(Number(first.port))
    expect((await ask('/secret', {}, 'GET', next.url)).status).toBe(200)
    await next.close()
  })

  it('says which directory does not exist', async () => {
    const missing = join(base, 'missing')
    const starting = serve({ mounts: [{ prefix: '/', directory: missing }], port: 0 })
    await expect(starting).rejects.toMatchObject({ tag: 'not-found', message: `${missing} does not exist.` })
  })

  it('breaks the connection where a file is cut off while it is sent, rather than end it as if whole', async () => {
    const file = join(base, 'root', 'shrinking')
    await writeFile(file, new Uint8Array(64 << 20))
    const { hostname, port } = new URL(server.url)
    const received = await new Promise<number>((resolve) => {
      let bytes = 0
      const socket = connect(Number(port), hostname, () => {
        socket.write('GET /shrinking HTTP/1.1\r\nHost: x\r\n\r\n')
      })
      socket.once('data', () => {
        socket.pause()
        void truncate(file, 1000).then(() => socket.resume())
      })
      socket.on('data', (piece) => {
        bytes += piece.length
      })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve(bytes))
    })
    expect(received).toBeLessThan(64 << 20)
  })

  it('goes on after a reader went away in the middle', async () => {
    await writeFile(join(base, 'root', 'big'), new Uint8Array(32 << 20))
    const { hostname, port } = new URL(server.url)
    for (let i = 0; i < 5; i++) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.write('GET /big HTTP/1.1\r\nHost: x\r\n\r\n'))
        socket.once('data', () => socket.destroy())
        socket.once('close', () => resolve())
      })
    }
    expect((await ask('/app.wasm')).status).toBe(200)
  })
})
