/** Resolves a URL against the folder that the app is served from, whatever the route. */
export function resolveUrl(url: string): string {
  return new URL(url, document.baseURI.split('#')[0]).href
}

/**
 * A catalog's URL as a person typed it, made whole: `https://` where no scheme is given but a host is, without
 * `catalog.json`, with a slash at the end. Null where it cannot be a URL.
 */
export function catalogUrl(text: string): string | null {
  const trimmed = text.trim().replace(/[?#].*$/, '')
  if (trimmed === '' || /\s/.test(trimmed)) return null
  const folder = trimmed.replace(/catalog\.json$/, '').replace(/\/*$/, '/')
  if (/^[a-z][a-z\d+.-]*:/i.test(folder)) return /^https?:/i.test(folder) ? folder : null
  if (/^[\w-]+(\.[\w-]+)+(:\d+)?\//.test(folder) && !folder.startsWith('.')) return `https://${folder}`
  return folder
}

/** The address of another page of the app with parameters, as a hash route. */
export function route(path: string, parameters: Record<string, string> = {}): string {
  const search = new URLSearchParams(parameters).toString()
  return `#${path}${search === '' ? '' : `?${search}`}`
}

/** Parameters of a hash route such as `#/record?catalog=…`. */
export function routeParameters(hash: string): URLSearchParams {
  const query = hash.indexOf('?')
  return new URLSearchParams(query < 0 ? '' : hash.slice(query + 1))
}
