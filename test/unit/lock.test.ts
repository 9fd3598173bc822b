import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { asOnlyWriter, LOCK_FILE } from '../../server/storage/lock.ts'

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lock-'))
  folders.push(folder)
  return folder
}

describe('the lock of a folder', () => {
  it('lets one of several writers in, tells the others who it is, and leaves nothing', async () => {
    const above = temporaryFolder()
    const folder = path.join(above, 'new', 'below')
    const ran: number[] = []
    const attempts = Array.from({ length: 10 }, (_, i) =>
      asOnlyWriter(folder, async () => {
        ran.push(i)
        await new Promise((resolve) => setTimeout(resolve, 50))
        return i
      }),
    )
    const ended = await Promise.allSettled(attempts)
    expect(ran).toHaveLength(1)
    for (const each of ended) {
      if (each.status === 'fulfilled') expect([each.value]).toEqual(ran)
      else
        expect(each.reason).toMatchObject({
          tag: 'changed',
          message: expect.stringMatching(
            new RegExp(`^Process ${process.pid} on .* has been writing to .*since \\d{4}-`),
          ),
        })
    }
    expect(readdirSync(above)).toEqual([])
    expect(await asOnlyWriter(folder, async () => 'next')).toBe('next')
  })

  it('is let go where the work fails', async () => {
    const folder = temporaryFolder()
    await expect(asOnlyWriter(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(readdirSync(folder)).toEqual([])
  })

  it('never has two writers, however many find the lock of a process that has ended', async () => {
    const folder = temporaryFolder()
    const { pid } = spawnSync(process.execPath, ['--version'])
    for (let round = 0; round < 60; round++) {
      const gone = { pid, host: hostname(), since: '2026-01-01T00:00:00Z', key: `gone-${round}` }
      writeFileSync(path.join(folder, LOCK_FILE), JSON.stringify(gone))
      let inside = 0
      let most = 0
      const attempts = Array.from({ length: 12 }, async (_, i) => {
        await new Promise((resolve) => setTimeout(resolve, i % 4))
        return asOnlyWriter(folder, async () => {
          most = Math.max(most, ++inside)
          await new Promise((resolve) => setTimeout(resolve, 2))
          inside--
        }).catch(() => undefined)
      })
      await Promise.all(attempts)
      expect(most).toBe(1)
      expect(readdirSync(folder)).toEqual([])
    }
  }, 30_000)

  it('of a process that has ended is taken over, by one', async () => {
    const folder = temporaryFolder()
    const { pid } = spawnSync(process.execPath, ['--version'])
    const gone = { pid, host: hostname(), since: '2026-01-01T00:00:00Z', key: 'gone' }
    writeFileSync(path.join(folder, LOCK_FILE), JSON.stringify(gone))
    let inside = 0
    const attempts = Array.from({ length: 8 }, () =>
      asOnlyWriter(folder, async () => {
        expect(++inside).toBe(1)
        await new Promise((resolve) => setTimeout(resolve, 30))
        inside--
      }),
    )
    const ended = await Promise.allSettled(attempts)
    expect(ended.some(({ status }) => status === 'fulfilled')).toBe(true)
    for (const each of ended) if (each.status === 'rejected') expect(each.reason).toMatchObject({ tag: 'changed' })
    expect(readdirSync(folder)).toEqual([])
  })

  it('of an earlier process with the same number is taken over, as in a container that is started again', async () => {
    const folder = temporaryFolder()
    const before = { pid: process.pid, host: hostname(), since: '2026-01-01T00:00:00Z', key: 'before' }
    writeFileSync(path.join(folder, LOCK_FILE), JSON.stringify(before))
    expect(await asOnlyWriter(folder, async () => 'mine')).toBe('mine')
    expect(readdirSync(folder)).toEqual([])
  })

  it('of another computer is left alone, and so is one that cannot be read', async () => {
    const folder = temporaryFolder()
    const file = path.join(folder, LOCK_FILE)
    writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere', since: '2026-01-01T00:00:00Z', key: 'x' }))
    const work = () => Promise.resolve()
    await expect(asOnlyWriter(folder, work)).rejects.toThrow(/Process 1 on elsewhere.*or remove .*\.lock/)
    writeFileSync(file, 'nonsense')
    await expect(asOnlyWriter(file, work)).rejects.toThrow(/is a file: name a folder/)
    await expect(asOnlyWriter(folder, work)).rejects.toThrow(/^Another process has been writing/)
  })
})
