import { CatalogError } from '../../src/engine/errors.ts'
import type { IndexOptions } from '../publish/indexers.ts'
import type { Values } from './types.ts'

/**
 * Which indexes options ask for.
 * @throws CatalogError `usage` where they contradict each other.
 */
export function indexOptions(values: Values): IndexOptions {
  const seeds = values.index !== 'none'
  const sensitive = values.sensitive === true
  const vectors = values.vectors as string | undefined
  if (sensitive && !seeds)
    throw new CatalogError('usage', '--sensitive is about the index of seeds, which --index none leaves out.')
  const own = ['index', 'sensitive', 'vectors'].find((name) => values[name] !== undefined)
  if (own !== undefined && values.parameters !== undefined)
    throw new CatalogError(
      'usage',
      `--${own} and --parameters exclude each other: parameters say which indexes there are.`,
    )
  return { seeds, sensitive, vectors: vectors === undefined || vectors === 'none' ? [] : [vectors] }
}
