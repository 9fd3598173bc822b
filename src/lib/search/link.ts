import type { SearchOptions } from '#engine/search/types.ts'
import { optionFields } from './options.ts'
import { route, routeParameters } from './urls.ts'

/** What a link has to hold so that opening it repeats the search. */
export interface LinkedSearch {
  catalog: string
  text: string
  options: SearchOptions
}

/** Links longer than this are cut or refused by mail programs and chats. */
export const LONGEST_LINK = 16_000

/** Queries of plain letters up to this length stand in the link as they are. */
const READABLE = 200

/** The fragment (`#/?…`) that repeats `search`. Nothing of it is ever sent to a host. */
export async function encodeLink(search: LinkedSearch): Promise<string> {
  const parameters: Record<string, string> = { catalog: search.catalog }
  for (const field of optionFields) {
    const value = search.options[field.key]
    if (value !== undefined) parameters[field.blast] = String(value)
  }
  if (/^[A-Za-z]+$/.test(search.text) && search.text.length <= READABLE) parameters.q = search.text
  else
    parameters.z = toBase64Url(await pipe(new TextEncoder().encode(search.text), new CompressionStream('deflate-raw')))
  return route('/', parameters)
}

/** Reads a fragment back; null where it holds no query. */
export async function decodeLink(hash: string): Promise<LinkedSearch | null> {
  const parameters = routeParameters(hash)
  const packed = parameters.get('z')
  const plain = parameters.get('q')
  if (packed === null && plain === null) return null
  const text =
    packed === null
      ? plain!
      : new TextDecoder().decode(await pipe(fromBase64Url(packed), new DecompressionStream('deflate-raw')))
  return { catalog: parameters.get('catalog') ?? '', text, options: optionsOf(parameters) }
}

function optionsOf(parameters: URLSearchParams): SearchOptions {
  const options: Record<string, unknown> = {}
  for (const field of optionFields) {
    const value = parameters.get(field.blast)
    if (value === null) continue
    if (field.kind === 'switch') options[field.key] = value === 'true'
    else if (field.kind === 'number' || field.numeric === true) options[field.key] = Number(value)
    else options[field.key] = value
  }
  return options as SearchOptions
}

async function pipe(bytes: Uint8Array<ArrayBuffer>, through: CompressionStream | DecompressionStream) {
  const stream = new Blob([bytes]).stream().pipeThrough(through)
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

function toBase64Url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0))
}
