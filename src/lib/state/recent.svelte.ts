const KEY = 'genomic-catalog:recent'
const MOST = 12

/** A search made on this device. */
export interface RecentSearch {
  /** The fragment that repeats it. */
  link: string
  /** Name of the query, or its first letters. */
  query: string
  catalog: string
  /** One line about the outcome. */
  outcome: string
  /** ISO 8601. */
  when: string
}

function stored(): RecentSearch[] {
  try {
    const list = JSON.parse(localStorage.getItem(KEY) ?? '[]') as unknown
    return Array.isArray(list) ? (list as RecentSearch[]).filter((item) => typeof item?.link === 'string') : []
  } catch {
    return []
  }
}

/** The last searches, kept on the device and nowhere else. */
class Recent {
  list = $state.raw<RecentSearch[]>(stored())

  add(search: RecentSearch) {
    this.list = [search, ...this.list.filter((other) => other.link !== search.link)].slice(0, MOST)
    this.#save()
  }

  clear() {
    this.list = []
    this.#save()
  }

  #save() {
    try {
      if (this.list.length === 0) localStorage.removeItem(KEY)
      else localStorage.setItem(KEY, JSON.stringify(this.list))
    } catch {
      // Storage is full or switched off: the list lasts as long as the page.
    }
  }
}

export const recent = new Recent()
