import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requiresChromium } from '../support/browser.ts'
import { cli } from '../support/site.ts'
import { finished, queryBox, rowTexts, searchButton, searchFor, startWeb } from '../support/web.ts'
import type { Web } from '../support/web.ts'

describe.runIf(requiresChromium())('links and privacy', () => {
  let web: Web
  let letters = ''

  beforeAll(async () => {
    web = await startWeb()
    letters = (await cli('fetch', web.site.catalog, 'gi15896971')).split('\n').slice(3, 12).join('')
  })
  afterAll(() => web.close())

  it('repeats a search from its link, options included', async () => {
    const page = await web.open()
    await page.getByRole('button', { name: 'Options' }).click()
    await page.getByLabel('Hits per query').fill('7')
    await page.getByLabel('Gap opening').fill('4')
    await searchFor(page, `>shared with colleagues\n${letters}`)
    const rows = await rowTexts(page)
    expect(rows).toHaveLength(7)
    const address = page.url()
    await page.context().close()

    const other = await web.open(address.slice(web.site.url.length))
    await finished(other)
    expect(await rowTexts(other)).toEqual(rows)
    expect(await queryBox(other).inputValue()).toContain('>shared with colleagues')
    await other.context().close()
  })

  it('copies the link that the address shows', async () => {
    const page = await web.open('', { permissions: ['clipboard-read', 'clipboard-write'] })
    await searchFor(page, letters.slice(0, 120))
    await page.getByRole('button', { name: 'Link', exact: true }).click()
    await page.getByRole('button', { name: 'Link copied' }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url())
    await page.context().close()
  })

  it('sends neither query nor options to any host', async () => {
    const page = await web.open()
    const hosts = new Set<string>()
    page.context().on('request', (request) => hosts.add(new URL(request.url()).host))
    web.site.seen.length = 0
    await page.reload()
    await searchFor(page, `>secret-name\n${letters}`)
    expect(page.url()).toContain('#/?')
    await page.reload()
    await finished(page)

    expect(web.site.seen.length).toBeGreaterThan(15)
    const words = [letters.slice(0, 12), letters.slice(100, 112).toLowerCase(), 'secret-name', 'catalog=', 'z=']
    for (const { method, url, headers, body } of web.site.seen) {
      expect(method).toBe('GET')
      expect(body).toBe('')
      for (const word of words) expect(`${url} ${headers}`).not.toContain(word)
    }
    expect([...hosts]).toEqual([new URL(web.site.url).host])

    await page.getByRole('button', { name: /Nothing leaves this browser/ }).click()
    const log = page.getByRole('dialog', { name: 'Requests this page has made' })
    await log.getByText('catalog/catalog.json').waitFor()
    expect(await log.innerText()).not.toContain(letters.slice(0, 12))
    await page.context().close()
  })

  it('keeps recent searches on the device until they are cleared', async () => {
    const page = await web.open()
    await searchFor(page, `>remembered\n${letters.slice(0, 200)}`)
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Search' }).click()
    await page.getByRole('heading', { name: 'Recent searches' }).waitFor()
    await page.getByRole('link', { name: 'remembered' }).click()
    await finished(page)
    expect((await rowTexts(page))[0]).toContain('gi15896971')
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Search' }).click()
    await page.getByRole('heading', { name: 'Recent searches' }).waitFor()
    await page.getByRole('button', { name: 'Clear', exact: true }).last().click()
    expect(await page.getByRole('heading', { name: 'Recent searches' }).count()).toBe(0)
    await page.reload()
    expect(await page.getByRole('heading', { name: 'Recent searches' }).count()).toBe(0)
    await page.context().close()
  })

  it('says so where a query is too long for a link', async () => {
    const page = await web.open()
    let seed = 1
    const random = () => 'ACGT'[(seed = (seed * 48271) % 2147483647) & 3]
    await page.getByRole('button', { name: 'Options' }).click()
    await page.getByLabel('Mode').selectOption('exact')
    await searchFor(page, Array.from({ length: 80_000 }, random).join(''))
    expect(await page.getByRole('button', { name: 'Too long to link' }).isDisabled()).toBe(true)
    await page.context().close()
  })

  it('says so where a link is cut off', async () => {
    const page = await web.open()
    await searchFor(page, `>whole\n${letters}`)
    const link = page.url().slice(web.site.url.length)
    await page.context().close()
    const other = await web.open(link.slice(0, link.length - 60))
    await other.getByText('This link is cut off or damaged').waitFor()
    expect(await searchButton(other).isDisabled()).toBe(true)
    await other.context().close()
  })
})
