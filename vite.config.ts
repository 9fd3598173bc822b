import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import adapter from '@sveltejs/adapter-static'
import type { Adapter } from '@sveltejs/kit'
import { sveltekit } from '@sveltejs/kit/vite'
import { defineConfig } from 'vite'
import project from './package.json' with { type: 'json' }

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/**
 * The static adapter, with the page's own addresses made relative: Kit writes them from the root of the host, and the
 * app has to run from any folder.
 */
function anyFolder(): Adapter {
  const inner = adapter({ pages: 'build' })
  return {
    ...inner,
    async adapt(builder) {
      await inner.adapt(builder)
      const page = path('build/index.html')
      const html = await readFile(page, 'utf8')
      await writeFile(page, html.replaceAll(/(?<=")\/(?=app\/|icon\.svg|appearance\.js)/g, './'))
    },
  }
}

export default defineConfig({
  plugins: [
    sveltekit({
      adapter: anyFolder(),
      // Some hosts (GitHub Pages with Jekyll) leave out folders that start with an underscore.
      appDir: 'app',
      files: { assets: 'public' },
      router: { type: 'hash' },
      output: { bundleStrategy: 'single' },
      version: { name: project.version, pollInterval: 0 },
    }),
  ],
  define: { __VERSION__: JSON.stringify(project.version) },
  worker: { format: 'es' },
  build: { target: ['chrome126', 'firefox128', 'safari18'] },
})
