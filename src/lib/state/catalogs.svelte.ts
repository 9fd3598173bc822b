import { resolveUrl } from '#lib/search/urls.ts'

/** One line of `catalogs.json`. */
export interface CatalogListing {
  /** As written: relative to the app, or absolute. */
  url: string
  title: string
  description: string
}

/** Reads the list, leaving out what is not a listing. */
export function parseListings(json: unknown): CatalogListing[] {
  const list = (json as { catalogs?: unknown } | null)?.catalogs
  if (!Array.isArray(list)) return []
  return list.flatMap((item: Partial<CatalogListing> | null) => {
    if (typeof item?.url !== 'string' || item.url === '') return []
    return [
      {
        url: item.url,
        title: typeof item.title === 'string' && item.title !== '' ? item.title : item.url,
        description: typeof item.description === 'string' ? item.description : '',
      },
    ]
  })
}

/** The catalogs that this site offers: `catalogs.json` beside the app. */
class Catalogs {
  list = $state.raw<CatalogListing[]>([])
  /** Why the list could not be read; a site without one is no error. */
  problem = $state('')
  #loading: Promise<void> | null = null

  load(): Promise<void> {
    return (this.#loading ??= this.#load())
  }

  async #load() {
    const url = resolveUrl('catalogs.json')
    try {
      const response = await fetch(url)
      if (response.status === 404) return
      if (!response.ok) throw new Error(`${url} answered with status ${response.status}.`)
      this.list = parseListings(await response.json())
    } catch (error) {
      this.problem = `The list of catalogs could not be read: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  /** The title under which `url` is listed, if it is. */
  titleOf(url: string): string | null {
    const absolute = resolveUrl(url)
    return this.list.find((listing) => resolveUrl(listing.url) === absolute)?.title ?? null
  }
}

export const catalogs = new Catalogs()
