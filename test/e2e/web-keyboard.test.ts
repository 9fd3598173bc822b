import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requiresChromium } from '../support/browser.ts'
import { finished, queryBox, startWeb } from '../support/web.ts'
import type { Web } from '../support/web.ts'
import type { Page } from 'playwright-core'

const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? ''
  })

/** Tabs until the focused element's name matches; fails after `most` steps. */
async function tabTo(page: Page, name: RegExp, most = 80): Promise<void> {
  for (let step = 0; step < most; step++) {
    await page.keyboard.press('Tab')
    if (name.test(await focused(page))) return
  }
  throw new Error(`${most} tabs did not reach ${name}; the focus is on "${await focused(page)}"`)
}

describe.runIf(requiresChromium())('the keyboard alone', () => {
  let web: Web

  beforeAll(async () => {
    web = await startWeb()
  })
  afterAll(() => web.close())

  it('searches, moves through hits, opens an alignment, selects and downloads', async () => {
    const page = await web.open()
    await page.getByText('1,689').or(page.getByText('Demo')).first().waitFor()
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    expect(await queryBox(page).evaluate((element) => element === document.activeElement)).toBe(true)
    await tabTo(page, /^DNA, a 16S rRNA fragment$/)
    await page.keyboard.press('Enter')
    await page.getByText('→').waitFor()
    expect(await queryBox(page).evaluate((element) => element === document.activeElement)).toBe(true)
    await page.keyboard.press('Control+Enter')
    await finished(page)

    await tabTo(page, /^Hits$/)
    await page.keyboard.press('j')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('k')
    const grid = page.getByRole('grid', { name: 'Hits' })
    const active = page.locator(`[id="${await grid.getAttribute('aria-activedescendant')}"]`)
    expect(await active.getAttribute('aria-rowindex')).toBe('3')
    await page.keyboard.press('Enter')
    const panel = page.getByRole('complementary', { name: 'Alignment' })
    await panel.getByText('Hit 2 of 500').waitFor()
    await page.keyboard.press('j')
    await panel.getByText('Hit 3 of 500').waitFor()
    await page.keyboard.press('x')
    await page.getByText('1 selected').waitFor()
    await page.keyboard.press('Escape')
    expect(await panel.count()).toBe(0)
    await page.keyboard.press('End')
    await page.locator('[aria-rowindex="501"]').waitFor()
    await page.keyboard.press('/')
    expect(await queryBox(page).evaluate((element) => element === document.activeElement)).toBe(true)

    await tabTo(page, /^Download$/, 200)
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Download' })
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(await focused(page)).toBe('Download')
    await page.context().close()
  })

  it('cancels with Escape and lists its keys', async () => {
    const page = await web.open()
    await queryBox(page).fill('ACGTTGCA'.repeat(6000))
    await page.getByText('→').waitFor()
    await page.keyboard.press('Control+Enter')
    await page.getByRole('progressbar').first().waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('Cancelled. The query is still there.').waitFor()
    await page.getByRole('button', { name: 'Search again' }).focus()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).getByText('Open the alignment').waitFor()
    await page.context().close()
  })
})
