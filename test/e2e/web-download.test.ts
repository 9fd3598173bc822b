import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requiresChromium } from '../support/browser.ts'
import { cli } from '../support/site.ts'
import { searchFor, startWeb } from '../support/web.ts'
import type { Web } from '../support/web.ts'
import type { Page } from 'playwright-core'

async function download(page: Page, label: string): Promise<string> {
  await page.getByRole('button', { name: 'Download', exact: true }).click()
  const saved = page.waitForEvent('download')
  await page
    .getByRole('dialog', { name: 'Download' })
    .getByRole('button', { name: new RegExp(`^${label} (?!with)`) })
    .click()
  return readFile(await (await saved).path(), 'utf8')
}

describe.runIf(requiresChromium())('downloads', () => {
  let web: Web
  let directory = ''
  let text = ''
  let page: Page

  beforeAll(async () => {
    web = await startWeb()
    directory = await mkdtemp(path.join(tmpdir(), 'genomic-catalog-query-'))
    const letters = (await cli('fetch', web.site.catalog, 'gi15896971')).split('\n').slice(3, 9).join('')
    text = `>first of two\n${letters}\n>second, reversed\n${[...letters].reverse().join('')}\n`
    await writeFile(path.join(directory, 'query.fasta'), text)
    page = await web.open('', { acceptDownloads: true })
    await page.getByRole('button', { name: 'Options' }).click()
    await page.getByLabel('Hits per query').fill('20')
    await searchFor(page, text)
  })
  afterAll(async () => {
    await web.close()
    await rm(directory, { recursive: true, force: true })
  })

  it.each([
    ['Alignments', '0'],
    ['Table', '6'],
    ['Table with comments', '7'],
    ['JSON', 'json'],
  ])('%s has the bytes that the command line writes', async (label, outfmt) => {
    const query = path.join(directory, 'query.fasta')
    const expected = await cli('search', web.site.catalog, query, '--max-target-seqs', '20', '--outfmt', outfmt)
    expect(expected.length).toBeGreaterThan(1000)
    expect(await download(page, label)).toBe(expected)
  })

  it('CSV has one line per HSP, with metadata', async () => {
    const lines = (await download(page, 'CSV')).trimEnd().split('\r\n')
    expect(lines[0]).toMatch(/^query,accession,description,organism,genus,gene,length,percent_identity/)
    expect(lines[1]).toMatch(
      /^first,gi15896971,Sulfolobus solfataricus P2 16S ribosomal RNA,Sulfolobus solfataricus P2,/,
    )
    expect(lines.length).toBeGreaterThan(20)
  })

  it('takes only the selected hits, and FASTA holds what was aligned', async () => {
    await page.getByRole('button', { name: 'first' }).click()
    await page.getByRole('checkbox', { name: 'Select gi15896971' }).check()
    await page.getByText('1 selected').waitFor()
    const table = await download(page, 'Table')
    expect(
      table
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t')[1]),
    ).toEqual(['gi15896971'])
    const fasta = await download(page, 'FASTA')
    const [start, end] = (/^>gi15896971:(\d+)-(\d+) /.exec(fasta) ?? []).slice(1)
    const letters = fasta.split('\n').slice(1).join('')
    expect(letters).toBe(
      (await cli('fetch', web.site.catalog, `gi15896971:${start}-${end}`)).split('\n').slice(1).join(''),
    )
  })

  it('shows the same search as a command line that runs', async () => {
    await page.getByRole('button', { name: 'Command line' }).click()
    const dialog = page.getByRole('dialog', { name: 'The same search as a command line' })
    const words = (await dialog.locator('pre').innerText()).split(' ')
    expect(words.slice(0, 2)).toEqual(['genomic-catalog', 'search'])
    expect(words[2]).toBe(`${web.site.url}catalog/`)
    const query = path.join(directory, 'query.fasta')
    const arguments_ = words.slice(1).map((word) => (word === 'first.fasta' ? query : word))
    expect(arguments_).toContain(query)
    const repeated = await cli(...arguments_, '--outfmt', '6')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Clear selection' }).click()
    expect(await download(page, 'Table')).toBe(repeated)
  })
})
