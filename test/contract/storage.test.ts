import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MemoryScratch, MemoryStore } from '../../src/engine/source/memory.ts'
import type { FileSink, FileStore, Scratch } from '../../src/engine/source/types.ts'
import { DirectorySink, DiskScratch, FileSystemStore } from '../../server/storage/file.ts'
import { bytesOf, noise } from '../support/bytes.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'storage-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const everything = async () => (await readdir(directory, { recursive: true })).sort()

const sinks: Record<string, () => { sink: FileSink; store: FileStore }> = {
  memory: () => {
    const store = new MemoryStore()
    return { sink: store, store }
  },
  'a directory': () => ({ sink: new DirectorySink(directory), store: new FileSystemStore(directory) }),
}

describe.each(Object.entries(sinks))('a sink of %s', (_, make) => {
  it('makes files visible whole, under the path they are committed to', async () => {
    const { sink, store } = make()
    const content = noise(300_000)
    const writer = await sink.create()
    for (let at = 0; at < content.length; at += 70_000) await writer.write(content.subarray(at, at + 70_000))
    const source = store.open('data/deep/file.arrow')
    await expect(source.readAll()).rejects.toMatchObject({ tag: 'not-found' })
    await writer.commit('data/deep/file.arrow')
    expect(await source.readAll()).toEqual(content)
    expect(await source.read(69_990, 20)).toEqual(content.slice(69_990, 70_010))
  })

  it('keeps what was written when the caller uses its buffer again', async () => {
    const { sink, store } = make()
    const buffer = bytesOf('one ')
    const writer = await sink.create()
    await writer.write(buffer)
    buffer.set(bytesOf('two '))
    await writer.write(buffer)
    await writer.commit('file')
    await sink.put('small', buffer)
    buffer.fill(0)
    expect(await store.open('file').readAll()).toEqual(bytesOf('one two '))
    expect(await store.open('small').readAll()).toEqual(bytesOf('two '))
  })

  it('replaces a file of the same name, and leaves nothing of one that is discarded', async () => {
    const { sink, store } = make()
    await sink.put('catalog.json', bytesOf('a long first text'))
    await sink.put('catalog.json', bytesOf('second'))
    expect(await store.open('catalog.json').readAll()).toEqual(bytesOf('second'))
    const writer = await sink.create()
    await writer.write(bytesOf('x'))
    await writer.discard()
    if (sink instanceof DirectorySink) expect(await everything()).toEqual(['catalog.json'])
  })

  it('writes several files at once, and empty ones', async () => {
    const { sink, store } = make()
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const writer = await sink.create()
        for (let n = 0; n < i; n++) await writer.write(bytesOf(`${i} `))
        await writer.commit(`data/${i}`)
      }),
    )
    for (let i = 0; i < 20; i++) {
      expect(await store.open(`data/${i}`).readAll()).toEqual(bytesOf(`${i} `.repeat(i)))
    }
  })
})

describe('a directory', () => {
  it('is made where it does not exist', async () => {
    await new DirectorySink(join(directory, 'new', 'folder')).put('a', bytesOf('x'))
    expect(await everything()).toEqual(['new', 'new/folder', 'new/folder/a'])
  })

  it('does not let paths out', async () => {
    const writer = await new DirectorySink(directory).create()
    for (const path of ['../x', '/etc/x', 'a/../../x', '..', '']) {
      await expect(writer.commit(path)).rejects.toMatchObject({ tag: 'usage' })
      expect(() => new FileSystemStore(directory).open(path)).toThrow(/outside/)
    }
    await writer.discard()
  })

  it('says what is wrong with it', async () => {
    await writeFile(join(directory, 'file'), 'x')
    await mkdir(join(directory, 'folder'))
    const store = new FileSystemStore(directory)
    await expect(store.open('folder').readAll()).rejects.toMatchObject({
      tag: 'not-found',
      message: expect.stringContaining('is a directory'),
    })
    await expect(store.open('folder').read(0, 1)).rejects.toMatchObject({ tag: expect.any(String) })
    await expect(store.open('file/x').read(0, 1)).rejects.toMatchObject({ tag: 'not-found' })
    await expect(new DirectorySink(join(directory, 'file')).create()).rejects.toMatchObject({
      message: expect.stringContaining('file'),
    })
  })

  it('whose file is cut off while it is open gives a short read, not zeros', async () => {
    const file = join(directory, 'file')
    await writeFile(file, noise(10_000))
    const store = new FileSystemStore(directory)
    expect(await store.open('file').read(0, 10)).toEqual(noise(10))
    await truncate(file, 5000)
    await expect(store.open('file').read(4000, 2000)).rejects.toMatchObject({ tag: 'short-read' })
    await store.close()
    expect(await store.open('file').read(0, 10)).toEqual(noise(10))
    await store.close()
  })

  it('finds a file that was missing before', async () => {
    const source = new FileSystemStore(directory).open('late')
    await expect(source.read(0, 1)).rejects.toMatchObject({ tag: 'not-found' })
    await writeFile(join(directory, 'late'), 'x')
    expect(await source.read(0, 1)).toEqual(bytesOf('x'))
  })

  it('holds no part of a file whose writer was killed, and the last whole one', async () => {
    const script = `
      import { DirectorySink } from ${JSON.stringify(fileURLToPath(new URL('../../server/storage/file.ts', import.meta.url)))}
      const sink = new DirectorySink(${JSON.stringify(directory)})
      await sink.put('catalog.json', new TextEncoder().encode('whole'))
      const writer = await sink.create()
      await writer.write(new Uint8Array(1000))
      console.log('written')
      setInterval(() => undefined, 1000)`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script])
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'close')
    const files = await everything()
    expect(files.filter((name) => !name.endsWith('.part'))).toEqual(['catalog.json'])
    expect(files.filter((name) => name.startsWith('.'))).toHaveLength(1)
    expect(await readFile(join(directory, 'catalog.json'), 'utf8')).toBe('whole')
  })
})

const scratches: Record<string, () => Scratch> = {
  memory: () => new MemoryScratch(),
  'the disk': () => new DiskScratch(directory),
}

describe.each(Object.entries(scratches))('scratch space in %s', (_, make) => {
  it('is written front to back, read anywhere and removed', async () => {
    const scratch = make()
    const files = await Promise.all([scratch.create(), scratch.create()])
    const buffer = new Uint8Array(1000)
    for (let i = 0; i < 10; i++) {
      for (const [n, file] of files.entries()) {
        buffer.fill(10 * n + i)
        await file.append(buffer)
      }
    }
    for (const [n, file] of files.entries()) {
      const part = await file.read(2990, 20)
      expect([...part]).toEqual([...Array<number>(10).fill(10 * n + 2), ...Array<number>(10).fill(10 * n + 3)])
      await expect(file.read(9990, 20)).rejects.toMatchObject({ tag: 'short-read' })
      expect(await file.read(10_000, 0)).toHaveLength(0)
    }
    await files[0].append(buffer)
    expect(await files[0].read(10_000, 1000)).toEqual(buffer)
    for (const file of files) await file.remove()
    expect(await everything()).toEqual([])
  })
})
