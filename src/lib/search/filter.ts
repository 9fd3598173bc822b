import type { FieldSummary } from '#engine/format/types.ts'

/** Words of SQL after which fields are called; in a filter they need quotes. */
const words =
  /^(case|check|column|default|end|fetch|from|group|limit|offset|order|primary|references|table|to|unique|when|where|window)$/i

/** The names that a filter may use, spelled as it spells them. */
export function filterFields(fields: readonly FieldSummary[]): string[] {
  const spelled = fields.map(({ name }) =>
    /^[a-z_]\w*$/i.test(name) && !words.test(name) ? name : `"${name.replaceAll('"', '""')}"`,
  )
  return [...new Set([...spelled, 'accession', 'description', 'length'])]
}

/** A filter that can be asked of a catalog with these fields, to show how one is written. */
export function filterExample(fields: readonly FieldSummary[]): string {
  const texts = fields.filter(({ type }) => type === 'string')
  const [name] = filterFields(texts)
  return `${texts.length > 0 ? name : 'accession'} LIKE 'A%' AND length >= 500`
}
