import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requiresChromium } from '../support/browser.ts'
import { cli } from '../support/site.ts'
import { finished, queryBox, rowTexts, searchButton, startWeb } from '../support/web.ts'
import type { Web } from '../support/web.ts'

describe.runIf(requiresChromium())('a filter in the page', () => {
  let web: Web
  let part = ''

  beforeAll(async () => {
    web = await startWeb()
    part = (await cli('fetch', web.site.catalog, 'gi15896971')).split('\n').slice(3, 9).join('')
  })
  afterAll(() => web.close())

  it('is marked where it is wrong, and chooses the hits once it is right', async () => {
    const page = await web.open()
    await queryBox(page).fill(part)
    await page.getByRole('button', { name: 'Options', exact: true }).click()
    const field = page.getByLabel('Only entries where')
    await field.fill("genus LIKE 'M%'; DROP TABLE entries")
    await field.blur()
    const problem = page.getByRole('alert').filter({ hasText: 'The filter cannot be used' })
    await problem.waitFor()
    expect(await problem.textContent()).toContain('character 16: “;” ends a statement')
    expect(await problem.locator('mark').textContent()).toBe(';')
    expect(await field.getAttribute('aria-invalid')).toBe('true')

    await field.fill("genus LIKE 'M%'")
    await field.blur()
    await problem.waitFor({ state: 'detached' })
    await searchButton(page).click()
    await finished(page)
    const listed = await cli('query', web.site.catalog, '--where', "genus LIKE 'M%'")
    const passing = new Set(listed.split('\n').map((line) => line.split('\t')[0]))
    const rows = await rowTexts(page)
    expect(rows.length).toBeGreaterThan(5)
    for (const row of rows)
      expect(
        [...passing].some((accession) => accession !== '' && row.includes(accession)),
        row,
      ).toBe(true)
    await page.context().close()
  })
})
