import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import adapter from '@sveltejs/adapter-static'
import type { Adapter } from '@sveltejs/kit'
import { sveltekit } from '@sveltejs/kit/vite'
import { defineConfig } from 'vite'
import project from './package.json' with { type: 'json' }

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** Everything comes from the app's own folder but catalogs, which may be anywhere. */
const policy = (scripts: string[]) =>
  [
    "default-src 'self'",
    `script-src 'self' 'wasm-unsafe-eval' ${scripts.map((hash) => `'sha256-${hash}'`).join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    'connect-src *',
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')

/**
 * The static adapter, and then the page's own addresses made relative (Kit writes them from the root of the host, and
 * the app has to run from any folder) and a content security policy put in (Kit writes none for hash routes).
 */
function anyFolder(): Adapter {
  const inner = adapter({ pages: 'build' })
  return {
    ...inner,
    async adapt(builder) {
      await inner.adapt(builder)
      const page = path('build/index.html')
      const html = (await readFile(page, 'utf8')).replaceAll(/(?<=")\/(?=app\/|icon\.svg|appearance\.js)/g, './')
      const scripts = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(([, text]) =>
        createHash('sha256').update(text).digest('base64'),
      )
      const meta = `<meta http-equiv="content-security-policy" content="${policy(scripts)}" />`
      await writeFile(page, html.replace('<meta charset="utf-8" />', `$&\n    ${meta}`))
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
