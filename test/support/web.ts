import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { launchChromium } from './browser.ts'
import { startSite } from './site.ts'
import type { Site } from './site.ts'

/** A browser and a site, shared by the tests of one file. */
export interface Web {
  browser: Browser
  site: Site
  /** A page of a fresh profile that fails the test on any error of its scripts. */
  open(hash?: string, options?: BrowserContextOptions): Promise<Page>
  close(): Promise<void>
}

export async function startWeb(): Promise<Web> {
  const [browser, site] = await Promise.all([launchChromium(), startSite()])
  const faults: string[] = []
  return {
    browser,
    site,
    async open(hash = '', options = {}) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
      context.setDefaultTimeout(20_000)
      const page = await context.newPage()
      page.on('pageerror', (error) => faults.push(error.message))
      await page.goto(site.url + hash)
      return page
    },
    async close() {
      await browser.close()
      await site.close()
      if (faults.length > 0) throw new Error(`Scripts of the page failed: ${faults.join('; ')}`)
    },
  }
}

export const queryBox = (page: Page): Locator => page.getByLabel('Sequences to search with, or an accession')
export const searchButton = (page: Page): Locator => page.getByRole('button', { name: 'Search', exact: true })
export const hitRows = (page: Page): Locator => page.getByRole('grid', { name: 'Hits' }).locator('[aria-selected]')

/** Waits until the search is over, whatever came out. */
export const finished = (page: Page): Promise<void> => page.getByRole('toolbar', { name: 'Result' }).waitFor()

/** Types a query and searches. */
export async function searchFor(page: Page, text: string): Promise<void> {
  await queryBox(page).fill(text)
  await page.getByText('→').waitFor()
  await searchButton(page).click()
  await finished(page)
}

/** Texts of the rows that are drawn, top to bottom. */
export async function rowTexts(page: Page): Promise<string[]> {
  const rows = await hitRows(page).evaluateAll((elements) =>
    elements.map((element) => [
      Number(element.getAttribute('aria-rowindex')),
      element.textContent.replaceAll(/\s+/g, ' '),
    ]),
  )
  return (rows as [number, string][]).sort((a, b) => a[0] - b[0]).map(([, text]) => text.trim())
}
