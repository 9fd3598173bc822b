import type { AheadRange, AheadUse, FileReference, Segment } from '../types.ts'
import type { FileTail } from './data-file.ts'

/** What of a segment is worth reading together with the manifest. `entries`: the end of its entry table. */
export function aheadRanges(segment: Segment, entries: FileTail): AheadRange[] {
  const whole = (use: AheadUse, { path, bytes, sha256 }: FileReference) => ({ use, path, start: 0, bytes, sha256 })
  return [
    whole('checksums', segment.checksums),
    whole('blocks', segment.blocks),
    { use: 'entries', path: segment.entryTable.path, ...entries },
    ...(segment.seeds === null ? [] : [whole('seeds', segment.seeds.directory)]),
    ...segment.vectors.map(({ directory }) => whole('vectors', directory)),
  ]
}
