import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import { defineConfig, globalIgnores } from 'eslint/config'
import globals from 'globals'
import ts from 'typescript-eslint'
import { importDirection } from './server/setup/eslint-imports.mjs'

const noSkippedTests = {
  selector:
    'CallExpression[callee.object.name=/^(it|test|describe)$/][callee.property.name=/^(skip|only|todo|fails)$/]',
  message: 'No skipped or focused tests: a missing tool or data set goes through test/support/requires.ts.',
}
const noWorkers = {
  selector: 'NewExpression[callee.name=/^(Shared)?Worker$/]',
  message: 'Only src/lib/client starts workers.',
}
const noPower = {
  selector: 'BinaryExpression[operator="**"]',
  message: 'Powers differ between JavaScript engines: compute them in wasm/statistics.ts.',
}
/** Math functions whose last digit differs between JavaScript engines. */
const inexact = ['exp', 'expm1', 'log', 'log10', 'log1p', 'log2', 'pow', 'sin', 'cos', 'tan', 'tanh', 'cbrt', 'hypot']

/** Rules that need types, and most of the time of a run; `npm run test:quick` leaves them out. */
const typed = {
  files: ['src/engine/**/*.ts', 'server/**/*.ts', 'workers/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
  ignores: ['test/support/fake-client.ts'],
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: {
    '@typescript-eslint/await-thenable': 'error',
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': 'error',
    '@typescript-eslint/only-throw-error': 'error',
  },
}
const quick = process.env.GENOMIC_CATALOG_LINT === 'quick'

export default defineConfig(
  globalIgnores(['build/', 'dist/', '.svelte-kit/', 'wasm/**/*.ts', 'wasm/build/', 'test/output/', 'bench/output/']),
  js.configs.recommended,
  ts.configs.strict,
  svelte.configs.recommended,
  {
    plugins: { local: { rules: { 'import-direction': importDirection } } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'local/import-direction': 'error',
      'max-lines': ['error', { max: 400 }],
      'no-undef': 'off',
      'no-restricted-syntax': ['error', noSkippedTests],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
    },
  },
  ...(quick ? [] : [typed]),
  { files: ['**/*.d.ts'], rules: { '@typescript-eslint/no-extraneous-class': 'off' } },
  { files: ['**/*.mjs', '**/*.js'], languageOptions: { globals: globals.node }, rules: { 'no-undef': 'error' } },
  { files: ['public/**/*.js'], languageOptions: { globals: globals.browser } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts', '**/*.svelte.js'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] } },
    // Routes live in the fragment: src/lib/search/urls.ts writes them.
    rules: { 'svelte/no-navigation-without-resolve': 'off' },
  },
  {
    files: ['src/**', 'workers/**'],
    rules: { 'no-restricted-syntax': ['error', noSkippedTests, noWorkers], 'no-console': 'error' },
  },
  { files: ['src/lib/client/**'], rules: { 'no-restricted-syntax': ['error', noSkippedTests] } },
  {
    files: ['src/engine/search/**'],
    rules: {
      'no-restricted-syntax': ['error', noSkippedTests, noWorkers, noPower],
      'no-restricted-properties': [
        'error',
        ...inexact.map((property) => ({
          object: 'Math',
          property,
          message: 'Its digits differ between JavaScript engines: compute it in wasm/statistics.ts.',
        })),
      ],
    },
  },
)
