import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requiresChromium } from '../support/browser.ts'
import { cli } from '../support/site.ts'
import { finished, hitRows, queryBox, rowTexts, searchButton, searchFor, startWeb } from '../support/web.ts'
import type { Web } from '../support/web.ts'

/** A record of the demo catalog, and part of it. */
let whole = ''
let part = ''

describe.runIf(requiresChromium())('searching in the page', () => {
  let web: Web

  beforeAll(async () => {
    web = await startWeb()
    whole = await cli('fetch', web.site.catalog, 'gi15896971')
    part = whole.split('\n').slice(3, 9).join('')
  })
  afterAll(() => web.close())

  it('gives hits for the example', async () => {
    const page = await web.open()
    await page.getByRole('button', { name: 'DNA, a 16S rRNA fragment' }).click()
    await page.getByText('DNA · 813 nt → blastn · 1,689 entries').waitFor()
    await searchButton(page).click()
    await finished(page)
    expect(await page.getByRole('heading', { name: /^Best: Sulfolobus solfataricus P2 16S/ }).textContent()).toMatch(
      /98\.8% identical over 100% of the query/,
    )
    expect((await rowTexts(page))[0]).toContain('gi15896971')
    expect(await queryBox(page).inputValue()).toContain('>isolate-7')
    await page.context().close()
  })

  it('takes a dropped file', async () => {
    const page = await web.open()
    const files = await page.evaluateHandle((text) => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([text], 'dropped.fasta'))
      return transfer
    }, whole)
    await page.getByRole('form', { name: 'Search' }).dispatchEvent('drop', { dataTransfer: files })
    await page.getByText('1,496 nt').waitFor()
    await searchButton(page).click()
    await finished(page)
    expect((await rowTexts(page))[0]).toMatch(/gi15896971/)
    await page.context().close()
  })

  it('takes a compressed file, and refuses a binary one in a sentence', async () => {
    const page = await web.open()
    const { gzipSync } = await import('node:zlib')
    const input = page.getByLabel('File of sequences')
    await input.setInputFiles({ name: 'q.fasta.gz', mimeType: 'application/gzip', buffer: gzipSync(whole) })
    await page.getByText('1,496 nt').waitFor()
    await input.setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from([137, 80, 0, 1, 2]) })
    await page.getByText('photo.png is a binary file, not text').waitFor()
    await page.context().close()
  })

  it('answers several records with one row each, none among them', async () => {
    const page = await web.open()
    await searchFor(
      page,
      `>known\n${part}\n>stranger\n${'ATATATATATAT'.repeat(6)}\n>part of it\n${part.slice(40, 200)}`,
    )
    await page.getByRole('heading', { name: '3 queries: 2 with hits, 1 without' }).waitFor()
    const rows = page.getByRole('table', { name: 'Queries and their best hits' }).getByRole('row')
    expect(await rows.count()).toBe(4)
    expect(await rows.nth(2).textContent()).toMatch(/stranger.*none/s)
    await page.getByRole('button', { name: 'part' }).click()
    expect((await rowTexts(page))[0]).toContain('gi15896971')
    await page.getByRole('button', { name: 'All queries' }).click()
    expect(await rows.count()).toBe(4)
    await page.context().close()
  })

  it('marks characters that no alphabet has where they stand, and does not search with them', async () => {
    const page = await web.open()
    await queryBox(page).fill(`>bad\n${part.slice(0, 30)}@${part.slice(30, 60)}#!`)
    const marks = page.locator('mark')
    await marks.first().waitFor()
    expect(await marks.allTextContents()).toEqual(['@', '#!'])
    expect(await page.getByRole('form').getByRole('status').textContent()).toMatch(/line 2, column 31/)
    expect(await searchButton(page).isDisabled()).toBe(true)
    await page.context().close()
  })

  it('cancels, and keeps the query', async () => {
    const page = await web.open()
    const long = `>long\n${part.repeat(120)}`
    await queryBox(page).fill(long)
    await page.getByText('→').waitFor()
    await searchButton(page).click()
    await page.getByRole('progressbar', { name: 'Scoring every record' }).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).first().click()
    await page.getByText('Cancelled. The query is still there.').waitFor()
    expect(await queryBox(page).inputValue()).toBe(long)
    // The workers are free again.
    await searchFor(page, part)
    expect((await rowTexts(page))[0]).toContain('gi15896971')
    await page.context().close()
  })

  it('obeys the options, and shows those that differ from the defaults', async () => {
    const page = await web.open()
    await searchFor(page, part)
    await page.getByText('500 hits', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Options' }).click()
    await page.getByLabel('Hits per query').fill('3')
    await page.getByLabel('Identity at least').fill('70')
    await page.getByLabel('Mask low complexity (DUST)').uncheck()
    await page.getByRole('button', { name: 'Options' }).click()
    expect(await page.getByLabel('Options that differ from the defaults').innerText()).toMatch(
      /max_target_seqs 3\s+perc_identity 70\s+dust no/,
    )
    await searchButton(page).click()
    await page.getByText('3 hits', { exact: true }).waitFor()
    expect(await hitRows(page).count()).toBe(3)
    await page.context().close()
  })

  it('filters by facet with counts, by words and by a part of the query', async () => {
    const page = await web.open()
    await searchFor(page, part)
    const filters = page.getByRole('complementary', { name: 'Filters' })
    const sixteen = filters.getByRole('checkbox', { name: /16S ribosomal RNA/ })
    const count = Number(
      await filters.locator('label', { hasText: '16S ribosomal RNA' }).locator('.number').textContent(),
    )
    await sixteen.check()
    await page.getByText(`${count} of 500 hits`).waitFor()
    await filters.getByLabel('Hits that mention').fill('pyrococcus')
    const few = Number(/^(\d+) of/.exec((await page.getByText(/of 500 hits/).textContent()) ?? '')?.[1])
    expect(few).toBeGreaterThan(0)
    expect(few).toBeLessThan(count)
    for (const row of await rowTexts(page)) expect(row).toMatch(/Pyrococcus/)
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await filters.getByLabel('To position').fill('10')
    await filters.getByLabel('To position').blur()
    await page.getByText(/of 500 hits/).waitFor()
    await page.context().close()
  })

  it('sorts by a column, both ways', async () => {
    const page = await web.open()
    await searchFor(page, part)
    const coverages = async () =>
      (await rowTexts(page)).map((row) => Number(/([\d.]+)% cov/.exec(row)?.[1])).slice(0, 8)
    const header = page.getByRole('columnheader', { name: 'Coverage' })
    await header.getByRole('button').click()
    expect(await header.getAttribute('aria-sort')).toBe('descending')
    const largest = await coverages()
    expect(largest).toEqual([...largest].sort((a, b) => b - a))
    await header.getByRole('button').click()
    expect(await header.getAttribute('aria-sort')).toBe('ascending')
    const smallest = await coverages()
    expect(smallest).toEqual([...smallest].sort((a, b) => a - b))
    expect(smallest[0]).toBeLessThan(largest[0])
    await page.context().close()
  })

  it('says what was searched where nothing is found, and widens the search', async () => {
    const page = await web.open()
    await page.getByRole('button', { name: 'Options' }).click()
    await page.getByLabel('E-value up to').fill('1e-30')
    await searchFor(page, 'ACGTTGCAAGGTCCATTGACCGATTACAGGCATTACGGATCCTAGGATCATT')
    await page.getByRole('heading', { name: 'No hits for Query_1' }).waitFor()
    await page.getByText(/among 1,689 entries \(2\.3 million residues\) of Demo/).waitFor()
    await page.getByText(/The nearest that was left out:/).waitFor()
    await page.getByRole('button', { name: /^E ≤ / }).click()
    await page.getByRole('heading', { name: /^Best: / }).waitFor()
    await page.context().close()
  })

  it.each([
    [
      'a program that cannot compare the two',
      'program=blastn&q=MKVLWEFPQIMKVLWEFPQI',
      /blastn needs nucleotide queries/,
    ],
    ['an E-value that is none', `evalue=-1&q=${'ACGTTGCA'.repeat(9)}`, /evalue has to be a number above 0, not -1/],
    ['gap costs without statistics', `gapopen=1&gapextend=1&q=${'ACGTTGCA'.repeat(9)}`, /gap costs|gapopen/i],
  ])('says in a sentence what is wrong with %s', async (_, parameters, sentence) => {
    const page = await web.open(`#/?catalog=catalog%2F&${parameters}`)
    const alert = page.getByRole('alert')
    await alert.getByText('These options do not fit together').waitFor()
    expect(await alert.innerText()).toMatch(sentence)
    await page.context().close()
  })

  it('says that a file is empty', async () => {
    const page = await web.open()
    const input = page.getByLabel('File of sequences')
    await input.setInputFiles({ name: 'empty.fasta', mimeType: 'text/plain', buffer: Buffer.from('') })
    await page.getByRole('alert').getByText('empty.fasta is empty.').waitFor()
    await page.context().close()
  })

  it('draws only the rows in view of many hits', async () => {
    const page = await web.open()
    await searchFor(page, part)
    const grid = page.getByRole('grid', { name: 'Hits' })
    expect(await grid.getAttribute('aria-rowcount')).toBe('501')
    expect(await hitRows(page).count()).toBeLessThan(80)
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
    await page.locator('[aria-rowindex="501"]').waitFor()
    expect(await hitRows(page).count()).toBeLessThan(80)
    await page.context().close()
  })
})
