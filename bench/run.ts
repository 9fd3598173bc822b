import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** `npm run bench [name …]`: runs `bench/<name>.bench.ts`, all of them by default. Each exports `run(args): Promise<void>`. */
const folder = fileURLToPath(new URL('.', import.meta.url))
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''))
  .sort()

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const unknown = wanted.find((name) => !existsSync(`${folder}${name}.bench.ts`))
if (unknown) {
  process.stderr.write(`There is no benchmark "${unknown}": ${names.join(', ')} are known.\n`)
  process.exit(2)
}
for (const name of wanted.length > 0 ? wanted : names) {
  process.stdout.write(`\n# ${name}\n\n`)
  const { run } = (await import(pathToFileURL(`${folder}${name}.bench.ts`).href)) as {
    run: (args: string[]) => Promise<void>
  }
  await run(process.argv.slice(2).filter((argument) => argument.startsWith('-')))
}
