import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requiresChromium } from '../support/browser.ts'
import { finished, searchButton, startWeb } from '../support/web.ts'
import type { Web } from '../support/web.ts'
import type { Page } from 'playwright-core'

const example = async (page: Page, name: string) => {
  await page.getByRole('button', { name }).click()
  await page.getByText('→').waitFor()
  await searchButton(page).click()
  await finished(page)
}

/** States of the app, and how each is reached. */
const states: [string, string, (page: Page) => Promise<unknown>][] = [
  ['the empty form', '', (page) => page.getByText('Demo').waitFor()],
  [
    'options and the catalog list',
    '',
    async (page) => {
      await page.getByRole('button', { name: 'Options' }).click()
      await page.getByText('Demo').click()
    },
  ],
  ['marked characters', '', (page) => page.getByRole('textbox').first().fill('>x\nACGT@@ACGT')],
  ['hits', '', (page) => example(page, 'DNA, a 16S rRNA fragment')],
  [
    'an alignment by residue class, a filter and a selection',
    '',
    async (page) => {
      await example(page, 'DNA, a 16S rRNA fragment')
      await page.getByRole('grid').focus()
      await page.keyboard.press('x')
      await page.keyboard.press('Enter')
      await page.getByLabel('Residue class').check()
    },
  ],
  ['several queries', '', (page) => example(page, 'Three sequences at once')],
  [
    'no hits',
    '',
    async (page) => {
      await example(page, 'Three sequences at once')
      await page.getByRole('button', { name: 'random-3' }).click()
    },
  ],
  [
    'the request log',
    '',
    (page) =>
      page
        .getByRole('button', { name: /Nothing leaves this browser/ })
        .first()
        .click(),
  ],
  ['catalogs', '#/catalogs', (page) => page.getByText('1,689 entries').waitFor()],
  ['a catalog', '#/catalog?catalog=catalog%2F', (page) => page.getByText('Content digest').first().waitFor()],
  ['a record', '#/record?catalog=catalog%2F&accession=gi15896971', (page) => page.getByText('SHA-256').waitFor()],
  ['a failure', '#/catalog?catalog=nowhere%2F', (page) => page.getByRole('alert').waitFor()],
  ['about', '#/about', (page) => page.getByText('Keyboard').first().waitFor()],
  ['hosting', '#/hosting', (page) => page.getByRole('heading', { name: 'Byte ranges' }).waitFor()],
]

describe.runIf(requiresChromium())('accessibility, by axe', () => {
  let web: Web

  beforeAll(async () => {
    web = await startWeb()
  })
  afterAll(() => web.close())

  for (const [name, hash, reach] of states) {
    it.each(['light', 'dark'] as const)(`finds nothing wrong with ${name}, %s`, async (colorScheme) => {
      const page = await web.open(hash, { colorScheme, reducedMotion: 'reduce' })
      await reach(page)
      const { violations, passes } = await new AxeBuilder({ page }).analyze()
      expect(passes.length).toBeGreaterThan(10)
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
      await page.context().close()
    })
  }

  it('finds nothing wrong with hits and an alignment in a narrow window', async () => {
    const page = await web.open('', { viewport: { width: 400, height: 800 } })
    await example(page, 'DNA, a 16S rRNA fragment')
    expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([])
    await page.getByRole('grid').locator('[aria-rowindex="3"]').click()
    await page.getByRole('dialog', { name: 'Alignment' }).waitFor()
    expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    await page.context().close()
  })
})
