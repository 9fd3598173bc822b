import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

/** One project per folder of tests; timeouts are generous because machines differ. */
const project = (name: string, seconds: number, serial = false) => ({
  test: {
    name,
    root,
    include: [`test/${name}/**/*.test.ts`],
    environment: 'node' as const,
    testTimeout: seconds * 1000,
    hookTimeout: seconds * 1000,
    fileParallelism: !serial,
  },
})

export default defineConfig({
  test: {
    root,
    passWithNoTests: true,
    maxWorkers: '100%',
    projects: [
      project('unit', 30),
      project('property', 60),
      project('contract', 120),
      project('agreement', 600),
      project('e2e', 180, true),
    ],
  },
})
