import { CatalogError } from '../errors.ts'
import type { Digests } from '../sequence/digest.ts'
import { toHex } from '../sequence/digest.ts'
import type { FileSink, FileStore } from '../source/types.ts'
import type { SegmentIndexers } from './build/options.ts'
import { readWhole } from './checksums.ts'
import { referencesIn } from './references.ts'
import type { Alphabet, CatalogParameters } from './types.ts'

/** Parameters with their digest. */
export function describeParameters(
  digests: Digests,
  { seeds, vectors }: Omit<CatalogParameters, 'digest'>,
): CatalogParameters {
  const text = JSON.stringify({ seeds, vectors })
  return { digest: toHex(digests.sha256(new TextEncoder().encode(text))), seeds, vectors }
}

/**
 * Parameters that the indexes of a segment were built with.
 * @throws CatalogError `usage` where they are others than the catalog's.
 */
export function parametersOf(
  digests: Digests,
  indexers: SegmentIndexers | null,
  given: CatalogParameters | null,
): CatalogParameters {
  const seeds = indexers?.seeds?.parameters() ?? null
  const vectors = (indexers?.vectors ?? []).map((indexer) => indexer.parameters())
  const found = describeParameters(digests, { seeds, vectors })
  if (given === null || given.digest === found.digest) return found
  throw new CatalogError(
    'usage',
    'The indexes of this segment were built with other parameters than those of the catalog. Rebuild the catalog to change them.',
    { found: found.digest, expected: given.digest },
  )
}

/** @throws CatalogError `usage` where the seeds of these parameters are those of the other kind of molecule. */
export function checkParameters({ seeds }: CatalogParameters, alphabet: Alphabet): void {
  if (seeds === null || (seeds.alphabet === 'protein') === (alphabet === 'protein')) return
  const [own, other] = alphabet === 'protein' ? ['proteins', 'nucleotides'] : ['nucleotides', 'proteins']
  throw new CatalogError(
    'usage',
    `These sequences are ${own}, and the parameters are those of a catalog of ${other}. Take them from another one.`,
    { alphabet },
  )
}

/** Copies the files that parameters name. */
export async function copyParameters(parameters: CatalogParameters, from: FileStore, sink: FileSink): Promise<void> {
  for (const file of referencesIn([parameters.seeds, parameters.vectors])) {
    await sink.put(file.path, await readWhole(from.open(file.path), file))
  }
}
