import type { Fetch } from '../../src/engine/source/http.ts'

/** Response headers that a page may read without leave (Fetch standard, "CORS-safelisted response-header name"). */
const SAFELISTED = [
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
]

/**
 * `fetch` as a page of another origin has it: a request that would need a preflight fails, an answer without leave is a
 * TypeError, and headers that are not exposed cannot be seen.
 */
export const browserFetch: Fetch = async (url, init) => {
  for (const [name, value] of Object.entries(init.headers)) {
    if (name.toLowerCase() !== 'range' || !/^bytes=\d+-\d*$/.test(value)) {
      throw new TypeError(`The header ${name}: ${value} needs a preflight.`)
    }
  }
  const response = await fetch(url, { ...init, headers: { ...init.headers, Origin: 'https://app.example' } })
  const leave = response.headers.get('access-control-allow-origin')
  if (leave !== '*' && leave !== 'https://app.example') {
    await response.body?.cancel()
    throw new TypeError('Failed to fetch')
  }
  const exposed = (response.headers.get('access-control-expose-headers') ?? '').toLowerCase().split(/\s*,\s*/)
  const visible = (name: string) =>
    SAFELISTED.includes(name.toLowerCase()) || exposed.includes('*') || exposed.includes(name.toLowerCase())
  return {
    status: response.status,
    body: response.body,
    headers: { get: (name) => (visible(name) ? response.headers.get(name) : null) },
  }
}
