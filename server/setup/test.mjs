// npm test [quick|full]: everything that guards the repository. The last line is "N passed, N failed".
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { installChromium } from './chromium.mjs'
import { root } from './node.mjs'
import { packageCommand } from './run.mjs'
import { setup } from './setup.mjs'
import { SetupError, runNode } from './steps.mjs'

const output = path.join(root, 'test/output')
const requirements = path.join(output, 'requirements.ndjson')
const seconds = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`

/** What a run has counted so far. */
export class Tally {
  passed = 0
  failed = 0
  skipped = 0
  /** One line per failure outside vitest's own report. */
  failures = []

  fail(line, count = 1) {
    this.failed += count
    this.failures.push(line)
  }

  /**
   * Adds a vitest JSON report. Files that fail as a whole, and errors outside any test, count as one failure each; tests
   * that a failure in their file kept from running count as failed.
   */
  addReport(report, name) {
    this.passed += report.numPassedTests
    this.failed += report.numFailedTests
    for (const { name: file, status, assertionResults } of report.testResults) {
      const skipped = assertionResults.filter((test) => test.status !== 'passed' && test.status !== 'failed').length
      if (status !== 'failed') {
        this.skipped += skipped
        continue
      }
      const title = path.relative(root, file)
      const failing = assertionResults.some((test) => test.status === 'failed')
      if (skipped > 0) this.fail(`${skipped} tests of ${title} were not reached`, skipped)
      else if (!failing) this.fail(`${title} could not be run`)
    }
    if (!report.success && report.testResults.every((file) => file.status !== 'failed'))
      this.fail(`errors outside ${name} tests`)
  }

  /** Adds what tests said they need, and returns lines that name what was not run. */
  addRequirements(text, ci) {
    const records = text.split('\n').filter(Boolean)
    const all = records.map((line) => JSON.parse(line))
    const missing = [...new Set(all.filter(({ present }) => !present).map(({ name }) => name))].sort()
    const needed = missing.filter((name) => all.some((record) => record.name === name && !record.optional))
    if (missing.length === 0) {
      if (this.skipped > 0) this.fail(`${this.skipped} tests were skipped for no stated reason`, this.skipped)
      return []
    }
    if (ci && needed.length > 0) this.fail(`CI=true and not run for want of ${needed.join(', ')}`, needed.length)
    return [`not run: ${this.skipped} tests, for want of ${missing.length}:`, ...missing.map((name) => `  ${name}`)]
  }
}

async function check(tally, name, work) {
  const start = performance.now()
  const { status, output: text } = await work()
  if (status === 0) tally.passed++
  else tally.fail(name)
  if (status !== 0) process.stdout.write(`${text}\n`)
  process.stdout.write(`${status === 0 ? 'passed' : 'FAILED'}: ${name} (${seconds(start)})\n`)
}

const tool = (name, args, env = {}) =>
  runNode([packageCommand(name), ...args], { capture: true, env: { NO_COLOR: '1', ...env } })

async function vitest(tally, projects, env) {
  const report = path.join(output, `${projects[0]}.json`)
  rmSync(report, { force: true })
  const args = ['run', '--config', 'test/vitest.config.ts', ...projects.flatMap((name) => ['--project', name])]
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  await runNode([packageCommand('vitest'), ...args, ...reporters], { env })
  if (existsSync(report)) tally.addReport(JSON.parse(readFileSync(report, 'utf8')), projects.join(', '))
  else tally.fail(`vitest wrote no report for ${projects.join(', ')}`)
}

async function main(mode) {
  const quick = mode === 'quick'
  const start = performance.now()
  const tally = new Tally()
  try {
    await setup({ app: !quick })
    tally.passed++
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    tally.fail(`set-up: ${error.message}`)
    return tally
  }
  rmSync(requirements, { force: true })
  mkdirSync(output, { recursive: true })
  const chromium = quick ? null : await installChromium()

  const lint = { GENOMIC_CATALOG_LINT: mode }
  await check(tally, 'lint', () => tool('eslint', ['.', '--max-warnings', '0'], lint))
  await check(tally, 'format', () => tool('prettier', ['--check', '--cache', '--log-level', 'warn', '.']))
  await check(tally, 'types of the engine', () => tool('typescript', ['-p', 'src/engine/tsconfig.json']))
  if (!quick) {
    const app = ['--tsconfig', 'src/tsconfig.json', '--output', 'human', '--fail-on-warnings']
    await check(tally, 'types of server and tests', () => tool('typescript', ['-p', 'tsconfig.json']))
    await check(tally, 'types of the app', () => tool('svelte-check', app))
  }

  const env = {
    GENOMIC_CATALOG_REQUIREMENTS: requirements,
    ...(chromium ? { CHROMIUM_PATH: chromium } : {}),
    ...(mode === 'full' ? { GENOMIC_CATALOG_FULL: '1' } : {}),
  }
  if (quick) await vitest(tally, ['unit', 'property'], env)
  else {
    await vitest(tally, ['unit', 'property', 'contract', 'agreement'], env)
    await vitest(tally, ['e2e'], env)
  }
  const text = existsSync(requirements) ? readFileSync(requirements, 'utf8') : ''
  const notRun = tally.addRequirements(text, process.env.CI === 'true')
  process.stdout.write(`${[`${mode} run in ${seconds(start)}`, ...notRun].join('\n')}\n`)
  return tally
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const mode = process.argv[2] ?? 'standard'
  if (!['standard', 'quick', 'full'].includes(mode)) {
    process.stderr.write(`Unknown kind of run "${mode}": quick and full are known.\n`)
    process.exit(2)
  }
  const tally = await main(mode)
  for (const line of tally.failures) process.stdout.write(`failed: ${line}\n`)
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`)
  process.exitCode = tally.failed > 0 ? 1 : 0
}
