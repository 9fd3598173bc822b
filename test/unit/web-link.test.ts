import { describe, expect, it } from 'vitest'
import { quoted, searchCommand } from '../../src/lib/search/command.ts'
import { decodeLink, encodeLink, type LinkedSearch } from '../../src/lib/search/link.ts'
import { catalogUrl, routeParameters } from '../../src/lib/search/urls.ts'

const searches: LinkedSearch[] = [
  { catalog: 'demo/', text: 'ACGTACGT', options: {} },
  { catalog: 'https://example.org/a b/?x=1&y=#z/', text: '>q one\nACGT\n>å 二\nMKV*', options: { evalue: 1e-5 } },
  {
    catalog: 'demo/',
    text: 'A'.repeat(5000),
    options: {
      mode: 'exact',
      program: 'tblastx',
      task: 'megablast',
      evalue: 0.001,
      maxTargetSeqs: 5,
      maxHsps: 1,
      matrix: 'PAM30',
      reward: 1,
      penalty: -4,
      gapopen: 0,
      gapextend: 2,
      strand: 'minus',
      percIdentity: 97.5,
      qcovHspPerc: 80,
      seg: true,
      dust: false,
      compositionBias: true,
      queryGencode: 4,
      dbGencode: 11,
      dbsize: 1e6,
      searchsp: 12345678901,
      where: "organism LIKE '%é' AND year >= 2020",
    },
  },
]

describe('links', () => {
  it('bring back query, catalog and every option', async () => {
    for (const search of searches) {
      const link = await encodeLink(search)
      expect(link).toMatch(/^#\/\?[\w%.&=+*-]+$/)
      expect(await decodeLink(link)).toEqual(search)
      // Hash routers decode the fragment once before they compare it.
      expect(() => decodeURIComponent(link)).not.toThrow()
    }
  })

  it('keep short queries readable and pack long ones', async () => {
    expect(await encodeLink(searches[0])).toBe('#/?catalog=demo%2F&q=ACGTACGT')
    expect((await encodeLink(searches[2])).length).toBeLessThan(500)
  })

  it('are nothing without a query, and fail where they are cut', async () => {
    expect(await decodeLink('#/?catalog=demo%2F')).toBeNull()
    const link = await encodeLink({ ...searches[1], text: '>q\nGATTACAGGCATCAGT' })
    const short = link.replace(/(z=[\w-]{8})[\w-]+/, '$1')
    await expect(decodeLink(short)).rejects.toThrow()
  })
})

describe('catalog URLs as people type them', () => {
  it.each([
    ['https://example.org/cat/catalog.json', 'https://example.org/cat/'],
    [' https://example.org/cat ', 'https://example.org/cat/'],
    ['example.org/cat', 'https://example.org/cat/'],
    ['localhost:8080/cat/', null],
    ['demo', 'demo/'],
    ['./demo/', './demo/'],
    ['file:///etc/', null],
    ['javascript:alert(1)', null],
    ['two words', null],
    ['', null],
  ])('%s is %s', (text, url) => {
    expect(catalogUrl(text)).toBe(url)
  })

  it('stand in routes as parameters', () => {
    expect(routeParameters('#/record?catalog=a%2Fb%3Fc%26d&accession=x').get('catalog')).toBe('a/b?c&d')
  })
})

describe('the same search as a command line', () => {
  it('names only what differs from the defaults, as the command line spells it', () => {
    expect(searchCommand('https://example.org/c/', 'q.fasta', { evalue: 1e-5, dust: false, maxTargetSeqs: 10 })).toBe(
      'genomic-catalog search https://example.org/c/ q.fasta --evalue 0.00001 --max-target-seqs 10 --dust no',
    )
  })

  it('quotes for a shell', () => {
    expect(quoted("it's here")).toBe(`'it'\\''s here'`)
    expect(quoted('https://example.org/a?b&c')).toBe(`'https://example.org/a?b&c'`)
  })
})
