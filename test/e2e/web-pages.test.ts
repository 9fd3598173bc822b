import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requiresChromium } from '../support/browser.ts'
import { cli, startHostWithoutRanges } from '../support/site.ts'
import { finished, queryBox, rowTexts, searchButton, startWeb } from '../support/web.ts'
import type { Web } from '../support/web.ts'

describe.runIf(requiresChromium())('pages', () => {
  let web: Web

  beforeAll(async () => {
    web = await startWeb()
  })
  afterAll(() => web.close())

  it('lists the catalogs of catalogs.json and leads to each', async () => {
    const page = await web.open('#/catalogs')
    await page.getByText('1,689 entries').waitFor()
    await page.getByRole('link', { name: 'Demo', exact: true }).click()
    await page.getByRole('heading', { name: 'Demo', level: 1 }).waitFor()
    await page.context().close()
  })

  it('describes a catalog as the command line does', async () => {
    const info = JSON.parse(await cli('info', web.site.catalog, '--json')) as Record<string, unknown>
    const page = await web.open('#/catalog?catalog=catalog%2F')
    await page.getByText(String(info.digest), { exact: true }).waitFor()
    for (const text of ['1,518 (89.8%)', '2,266,908', '513 to 3,056 nt']) await page.getByText(text).waitFor()
    for (const field of ['organism', 'genus', 'gene', 'length']) {
      expect(await page.getByRole('row', { name: new RegExp(`^${field} `) }).textContent()).toMatch(/1,689 ?100%/)
    }
    await page.getByRole('link', { name: 'Search this catalog' }).click()
    await queryBox(page).waitFor()
    await page.context().close()
  })

  it('changes the catalog beside the query, by URL, and searches in that one', async () => {
    const page = await web.open('#/?catalog=nowhere%2F')
    await page.getByRole('alert').getByText('does not exist').waitFor()
    await page.getByRole('button', { name: /^Catalog:/ }).click()
    await page.getByLabel('Open a catalog by URL').fill(`${web.site.url}catalog`)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: /^Catalog: Demo/ }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.getByRole('button', { name: 'DNA, a 16S rRNA fragment' }).click()
    await page.getByText('→').waitFor()
    await searchButton(page).click()
    await finished(page)
    expect(page.url()).toContain(encodeURIComponent(`${web.site.url}catalog/`))
    await page.context().close()
  })

  it('opens a catalog of another site by its URL', async () => {
    const page = await web.open('#/catalogs')
    await page.getByLabel('Open any catalog by URL').fill(`${web.site.url}catalog/catalog.json`)
    await page.getByRole('button', { name: 'Open', exact: true }).click()
    await page.getByRole('heading', { name: 'Demo', level: 1 }).waitFor()
    await page.context().close()
  })

  it('looks an accession up, shows its record, and searches with a part of it', async () => {
    const page = await web.open('', { acceptDownloads: true })
    await queryBox(page).fill('gi15896971')
    await page.getByText('look up in this catalog').waitFor()
    await page.getByRole('button', { name: 'Look up' }).click()
    await page.getByRole('heading', { name: 'Sulfolobus solfataricus P2 16S ribosomal RNA' }).waitFor()
    await page.getByText('0ab56466f8c14ad87923dec565135314c890ced2eaeddd99b07dbf5808e5d0e8').waitFor()
    await page.getByLabel('From').fill('101')
    await page.getByLabel('to', { exact: true }).fill('300')
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'FASTA', exact: true }).click()
    const fasta = await readFile(await (await saved).path(), 'utf8')
    const expected = await cli('fetch', web.site.catalog, 'gi15896971:101-300')
    expect(fasta.split('\n').slice(1).join('')).toBe(expected.split('\n').slice(1).join(''))
    await page.getByRole('button', { name: 'Search with this part' }).click()
    await page.getByText('DNA · 200 nt').waitFor()
    await searchButton(page).click()
    await finished(page)
    expect((await rowTexts(page))[0]).toMatch(/gi15896971/)
    await page.context().close()
  })

  it('says that there is no such accession', async () => {
    const page = await web.open()
    await queryBox(page).fill('NC_000000.1')
    await page.getByRole('button', { name: 'Look up' }).click()
    await page.getByRole('form').getByText('Demo has no entry or digest “NC_000000.1”').waitFor()
    await page.context().close()
  })

  it('says what is wrong with a host that ignores byte ranges, and leads to the guide', async () => {
    const host = await startHostWithoutRanges(web.site.catalog)
    const page = await web.open(`#/catalog?catalog=${encodeURIComponent(host.url)}`)
    const alert = page.getByRole('alert')
    await alert.getByText('This host ignores byte ranges', { exact: true }).waitFor()
    await alert.getByRole('link', { name: 'How to fix the hosting' }).click()
    await page.getByRole('heading', { name: 'Hosting a catalog' }).waitFor()
    await page.context().close()
    await host.close()
  })

  it('says what is wrong with a URL that leads nowhere', async () => {
    const page = await web.open('#/catalog?catalog=nowhere%2F')
    await page.getByRole('alert').getByText(`${web.site.url}nowhere/catalog.json does not exist`).waitFor()
    await page.context().close()
  })

  it('remembers theme and row height, before anything is drawn', async () => {
    const page = await web.open()
    await page.getByRole('button', { name: 'Colours: as the system' }).click()
    await page.getByRole('button', { name: 'Colours: light' }).click()
    await page.getByRole('button', { name: 'Row height: compact' }).click()
    await page.reload({ waitUntil: 'commit' })
    await page.getByRole('button', { name: 'Colours: dark' }).waitFor()
    expect(await page.evaluate(() => ({ ...document.documentElement.dataset }))).toEqual({
      theme: 'dark',
      density: 'comfortable',
    })
    await page.context().close()
  })
})
