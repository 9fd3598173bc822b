import { openStore as openUrl } from '../../src/engine/source/http.ts'
import type { HttpOptions } from '../../src/engine/source/http.ts'
import type { FileStore } from '../../src/engine/source/types.ts'
import { FileSystemStore } from './file.ts'

/** The catalog at a URL, or in a directory of this computer (its `catalog.json` may be named too). */
export function openStore(location: string, options: HttpOptions = {}): FileStore {
  if (/^https?:\/\//i.test(location)) return openUrl(location, options)
  return new FileSystemStore(location.replace(/(^|[\\/])catalog\.json$/, '') || '.')
}
