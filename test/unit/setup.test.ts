import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findNode, isRecent, pinnedPackage } from '../../server/setup/node.mjs'
import { notices } from '../../server/setup/notices.mjs'
import { stalePackages } from '../../server/setup/setup.mjs'
import { contentHash, step } from '../../server/setup/steps.mjs'
import { Tally } from '../../server/setup/test.mjs'
import { VERSION } from '../../src/engine/version.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

interface Lock {
  packages: Record<string, { version?: string; integrity?: string; optionalDependencies?: Record<string, string> }>
}

describe('the pinned Node', () => {
  const platforms: [NodeJS.Platform, NodeJS.Architecture][] = [
    ['linux', 'x64'],
    ['linux', 'arm64'],
    ['darwin', 'x64'],
    ['darwin', 'arm64'],
    ['win32', 'x64'],
  ]

  it.each(platforms)('is listed for %s %s, with an integrity hash', (platform, arch) => {
    const name = pinnedPackage(platform, arch)
    const project = JSON.parse(read('package.json')) as { optionalDependencies: Record<string, string> }
    const lock = JSON.parse(read('package-lock.json')) as Lock
    expect(project.optionalDependencies[name]).toMatch(/^24\.\d+\.\d+$/)
    expect(lock.packages[`node_modules/${name}`].version).toBe(project.optionalDependencies[name])
    expect(lock.packages[`node_modules/${name}`].integrity).toMatch(/^sha512-/)
  })

  it('is needed where the running Node does not run TypeScript', () => {
    expect(['20.20.2', '22.17.1', '22.18.0', '23.0.0', '24.0.0'].map(isRecent)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ])
  })

  it('is found', () => {
    expect(findNode()).toMatch(/node(\.exe)?$/)
  })
})

describe('the lock file', () => {
  const lock = JSON.parse(read('package-lock.json')) as Lock

  it('holds no download addresses', () => {
    expect(read('package-lock.json')).not.toContain('"resolved": "http')
  })

  it('lists native packages of every platform', () => {
    const names = new Set(Object.keys(lock.packages).map((name) => name.replace(/^.*node_modules\//, '')))
    const wanted = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
    expect(wanted.length).toBeGreaterThan(20)
    expect(wanted.filter((name) => !names.has(name))).toEqual([])
  })

  it('gives an integrity hash for every package', () => {
    const without = Object.entries(lock.packages).filter(([name, entry]) => name !== '' && !entry.integrity)
    expect(without).toEqual([])
  })
})

describe('installing', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b-win32': { version: '1.0.0', optional: true },
      'node_modules/node-x': { version: '24.0.0', optional: true },
    },
  }
  const installed = (versions: Record<string, string>) => ({
    packages: Object.fromEntries(
      Object.entries(versions).map(([name, version]) => [`node_modules/${name}`, { version }]),
    ),
  })

  it('is passed over where every package is there', () => {
    expect(stalePackages(lock, installed({ a: '1.0.0', 'node-x': '24.0.0' }), 'node-x')).toEqual([])
  })

  it('passes over packages of other platforms, but not the Node it needs', () => {
    expect(stalePackages(lock, installed({ a: '1.0.0' }), null)).toEqual([])
    expect(stalePackages(lock, installed({ a: '1.0.0' }), 'node-x')).toEqual(['node_modules/node-x'])
  })

  it('is needed for a missing package and for another version', () => {
    expect(stalePackages(lock, installed({}), null)).toEqual(['node_modules/a'])
    expect(stalePackages(lock, installed({ a: '1.0.1' }), null)).toEqual(['node_modules/a'])
  })
})

describe('steps', () => {
  let folder = ''
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'setup-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  it('are done again only when their inputs change or their outputs are gone', async () => {
    const output = path.join(folder, 'output')
    const name = `test-${path.basename(folder)}`
    const work = async () => writeFileSync(output, 'x')
    const once = (key: string) => step({ name, key, outputs: [output], work })
    expect(await once('1')).toBe(true)
    expect(await once('1')).toBe(false)
    expect(await once('2')).toBe(true)
    rmSync(output)
    expect(await once('2')).toBe(true)
  })

  it('that do not write what they promise are a fault', async () => {
    const promise = step({ name: 'none', key: '', outputs: [path.join(folder, 'none')], work: async () => undefined })
    await expect(promise).rejects.toThrow('did not write')
  })

  it('see changed content and names, and leave out what is excepted', () => {
    mkdirSync(path.join(folder, 'in/demo'), { recursive: true })
    const file = path.join(folder, 'in/a.ts')
    writeFileSync(file, 'a')
    const except = path.relative(root, path.join(folder, 'in/demo'))
    const hash = () => contentHash([path.join(folder, 'in')], [except.split(path.sep).join('/')])
    const first = hash()
    writeFileSync(path.join(folder, 'in/demo/b'), 'b')
    expect(hash()).toBe(first)
    writeFileSync(file, 'b')
    expect(hash()).not.toBe(first)
    writeFileSync(file, 'a')
    expect(hash()).toBe(first)
    writeFileSync(path.join(folder, 'in/c.ts'), '')
    expect(hash()).not.toBe(first)
  })
})

describe('the count of tests', () => {
  const report = (changes: object) => ({
    numPassedTests: 3,
    numFailedTests: 0,
    success: true,
    testResults: [],
    ...changes,
  })
  const file = (status: string, ...tests: string[]) => ({
    name: path.join(root, 'test/unit/x.test.ts'),
    status,
    assertionResults: tests.map((test) => ({ status: test })),
  })
  const skipping = (count: number) => report({ testResults: [file('passed', ...Array<string>(count).fill('skipped'))] })

  it('adds reports', () => {
    const tally = new Tally()
    tally.addReport(report({}), 'unit')
    tally.addReport(
      report({ numFailedTests: 2, success: false, testResults: [file('failed', 'failed', 'failed')] }),
      'e2e',
    )
    expect([tally.passed, tally.failed]).toEqual([6, 2])
  })

  it('counts files that cannot be run, tests that are not reached, and errors outside tests', () => {
    const title = path.join('test', 'unit', 'x.test.ts')
    const tally = new Tally()
    tally.addReport(report({ success: false, testResults: [file('failed')] }), 'unit')
    tally.addReport(report({ success: false, testResults: [file('failed', 'skipped', 'pending')] }), 'unit')
    tally.addReport(report({ success: false }), 'unit')
    expect([tally.failed, tally.skipped]).toEqual([4, 0])
    expect(tally.failures).toEqual([
      `${title} could not be run`,
      `2 tests of ${title} were not reached`,
      'errors outside unit tests',
    ])
  })

  const missing = '{"name":"samtools","present":false}\n{"name":"BLAST+","present":true}\n'

  it('names what is not run, and fails for it where CI=true', () => {
    const tally = new Tally()
    tally.addReport(skipping(4), 'unit')
    expect(tally.addRequirements(missing, false)).toEqual(['not run: 4 tests, for want of 1:', '  samtools'])
    expect(tally.failed).toBe(0)
    tally.addRequirements(missing, true)
    expect(tally.failed).toBe(1)
  })

  it('does not ask CI for the long versions', () => {
    const tally = new Tally()
    tally.addRequirements('{"name":"npm run test:full","present":false,"optional":true}\n', true)
    expect(tally.failed).toBe(0)
  })

  it('counts tests that are skipped for no stated reason as failed', () => {
    const tally = new Tally()
    tally.addReport(skipping(2), 'unit')
    tally.addRequirements('{"name":"BLAST+","present":true}\n', false)
    expect(tally.failed).toBe(2)
  })
})

it('the engine states the version of package.json', () => {
  expect(VERSION).toBe((JSON.parse(read('package.json')) as { version: string }).version)
})

it('NOTICE names the packages that are shipped now', () => {
  expect(read('NOTICE'), 'run "npm run notices"').toBe(notices())
})
