import { describe, expect, it } from 'vitest'
import { CatalogError } from '../../src/engine/errors.ts'
import type { Entry, FieldSummary } from '../../src/engine/format/types.ts'
import { bindFilter } from '../../src/engine/metadata/bind.ts'
import { prepareFilter } from '../../src/engine/metadata/catalog.ts'
import { matchesEntry } from '../../src/engine/metadata/entry.ts'
import { parseFilter } from '../../src/engine/metadata/parse.ts'
import type { FilterField } from '../../src/engine/metadata/types.ts'

const SUMMARIES: FieldSummary[] = [
  { name: 'organism', type: 'string', filled: 1 },
  { name: 'Year', type: 'integer', filled: 1 },
  { name: 'ok', type: 'boolean', filled: 1 },
  { name: 'collection date', type: 'string', filled: 1 },
  { name: 'group', type: 'string', filled: 1 },
  { name: 'host.name', type: 'string', filled: 1 },
  { name: 'Description', type: 'string', filled: 1 },
  { name: 'strain', type: 'string', filled: 1 },
  { name: 'Strain', type: 'string', filled: 1 },
]
const FIELDS: FilterField[] = [
  { name: 'organism', path: ['organism'], type: 'string', list: false },
  { name: 'year', path: ['year'], type: 'integer', list: false },
  { name: 'score', path: ['score'], type: 'number', list: false },
  { name: 'ok', path: ['ok'], type: 'boolean', list: false },
  { name: 'genes', path: ['genes'], type: 'string', list: true },
  { name: 'host', path: ['host'], type: null, list: false },
  { name: 'when', path: ['when'], type: null, list: false, unknown: 'holds dates' },
]

const ENTRY: Entry = {
  accession: 'NC_1.1',
  description: 'a gene',
  record: 0,
  index: 0,
  metadata: {
    organism: 'Salmonella enterica',
    Year: 2021,
    ok: true,
    'collection date': null,
    group: 'A',
    'host.name': 'cow',
    Description: 'other',
    strain: 'small',
    Strain: 'LARGE',
  },
  lowerCase: null,
  quality: null,
  stop: false,
}

const passes = (text: string): boolean => matchesEntry(prepareFilter(text, SUMMARIES), ENTRY, 900)

function refusal(text: string, fields = FIELDS): { at: unknown; end: unknown; message: string } {
  try {
    bindFilter(parseFilter(text), fields)
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error
    expect(error.tag).toBe('usage')
    return { at: error.fields.position, end: error.fields.end, message: error.message }
  }
  throw new Error(`not refused: ${text}`)
}

describe('the grammar of filters', () => {
  it.each([
    ["organism LIKE 'Salmonella%'", true],
    ["organism like '%ENTERICA'", false],
    ["organism ILIKE '%ENTERICA'", true],
    ["organism LIKE '__lmonella%' and YEAR >= 2020", true],
    ["organism LIKE 'Salmonella!%' ESCAPE '!'", false],
    ['year = 2021 OR nothing_like_it = 1', null],
    ['"collection date" IS NULL', true],
    ['"collection date" IS NOT NULL', false],
    ['"collection date" = \'x\'', false],
    ['NOT "collection date" = \'x\'', false],
    ['"collection date" = \'x\' OR ok', true],
    ['"group" = \'A\'', true],
    ["host.name = 'cow'", true],
    ["HOST.NAME <> 'cow'", false],
    ["accession = 'NC_1.1' AND description = 'a gene' AND length BETWEEN 900 AND 1000", true],
    ["Description_ = 'other'", true],
    ["strain = 'small' AND Strain = 'LARGE'", true],
    ['NOT ok', false],
    ['not not (ok)', true],
    ['(year) NOT IN (2020, 2022)', true],
    ['year NOT IN (2020, NULL)', false],
    ['2021 = year', true],
    ['2022 > year AND +2000 < year', true],
    ['ok OR year = 1 AND year = 2', true],
    ['(ok OR year = 1) AND year = 2', false],
    ['year = 2021.0 AND year <> 2020.5 AND year < 2.1e4', true],
    ["organism > 'Salmonella' AND organism < 'Salmonellb'", true],
    ['ok = true AND ok <> FALSE AND ok >= false', true],
    ['NULL OR year = 2021', true],
    ['year = NULL', false],
    ['NOT (year = NULL)', false],
    ["organism = 'it''s'\n\tOR ok", true],
    ['strain = "Strain"', false],
  ])('%s', (text, expected) => {
    if (expected === null) expect(() => passes(text)).toThrow(/there is no field/)
    else expect(passes(text)).toBe(expected)
  })

  it('counts characters from 1 and UTF-16 units from 0', () => {
    expect(refusal("organism = '😀' ; DROP TABLE entries")).toMatchObject({ at: 16, end: 17 })
    expect(refusal("organism = '😀' ; DROP TABLE entries").message).toContain('character 16:')
  })

  it('names the fields that exist', () => {
    expect(refusal('orgnism = 1').message).toContain('organism, year, score, ok, genes, host, when')
    expect(refusal('organism = "Salmonella"').message).toContain('Texts take single quotes')
    const many = Array.from({ length: 30 }, (_, i): FilterField => ({ ...FIELDS[0], name: `f ${i}` }))
    expect(refusal('x = 1', many).message).toContain('"f 19" and 10 more')
    expect(() => passes("STRAIN = 'x'")).toThrow('“STRAIN” may mean "strain", "Strain"')
  })
})

describe('what is no filter is refused where it begins:', () => {
  it.each([
    ["organism = 'x'; DROP TABLE entries", 14, '“;” ends a statement'],
    ["organism = 'x'); DELETE FROM entries; --", 14, 'closes nothing'],
    ["read_csv('/etc/passwd')", 0, 'is a function'],
    ["organism = read_text('/etc/passwd')", 11, 'functions are not known'],
    ["organism LIKE lower('A')", 14, 'functions are not known'],
    ["lower(organism) = 'a'", 0, 'is a function'],
    ['"read_csv"(organism)', 0, 'is a function'],
    ['organism IN (SELECT organism FROM entries)', 13, 'SELECT begins a query'],
    ['year = (SELECT max(year) FROM entries)', 7, '“(” cannot be here'],
    ['(SELECT 1) = 1', 1, 'SELECT begins a query'],
    ['EXISTS (SELECT 1)', 0, 'EXISTS begins a query'],
    ["organism = 'a' UNION SELECT * FROM entries", 15, '“UNION” cannot follow'],
    ['year = 1 LIMIT 1', 9, '“LIMIT” cannot follow'],
    ["COPY entries TO 'x'", 5, '“entries” cannot follow'],
    ["ATTACH 'x'", 7, 'cannot follow'],
    ['PRAGMA version', 7, 'cannot follow'],
    ["organism = 'x' -- OR ok", 15, 'begins a comment'],
    ["organism /* */ = 'x'", 9, 'begins a comment'],
    ['ok AND --1 = year', 7, 'begins a comment'],
    ['CASE WHEN ok THEN true END', 0, 'CASE cannot be here'],
    ['CAST(year AS INT) = 1', 0, 'CAST cannot be here'],
    ['year::int = 1', 4, '“:” is not known'],
    ['year + 1 = 2', 5, '“+” cannot follow'],
    ['year * 2 = 2', 5, '“*” is not known'],
    ["organism || 'x' = 'y'", 9, '“||” is not known'],
    ['organism = $1', 11, '“$” is not known'],
    ['organism = ?', 11, '“?” is not known'],
    ['organism = $$x$$', 11, '“$” is not known'],
    ["organism = E'x'", 12, 'cannot follow'],
    ["genes[1] = 'x'", 5, '“[” is not known'],
    ["{'a': 1}", 0, '“{” is not known'],
    ["organism SIMILAR TO 'x'", 9, 'cannot follow'],
    ['1 = 1', 0, 'One side has to be a field'],
    ["'a' = 'a'", 0, 'One side has to be a field'],
    ["organism = 'x' OR 1 = 1", 18, 'One side has to be a field'],
    ['year IS NOT DISTINCT FROM 1', 12, 'after IS'],
    ['year IS TRUE', 8, 'after IS'],
    ['', 0, 'it is empty'],
    ['  ', 2, 'it is empty'],
    ['NOT', 3, 'it ends where'],
    ['(year = 1', 0, 'no closing )'],
    ['year = 1)', 8, 'closes nothing'],
    ['year = 1 year = 2', 9, 'cannot follow'],
    ['year == 1', 5, 'Write “=”'],
    ['! ok', 0, 'Write NOT'],
    ['year < 1 < 2', 9, 'cannot be chained'],
    ['year BETWEEN 1', 14, 'two values joined by AND'],
    ['year IN ()', 9, 'cannot be here'],
    ['year IN 1', 8, 'values in parentheses'],
    ["organism NOT 'a'", 13, 'NOT goes before'],
    ["organism = 'abc", 11, "no closing '"],
    ['"organism', 0, 'no closing "'],
    ['"" = 1', 0, 'cannot be empty'],
    ['year = 1e', 7, 'is no number'],
    ['year = 0x10', 7, 'is no number'],
    ['year = 1.2.3', 7, 'is no number'],
    ['order = 1', 0, 'write "order"'],
    ['list_contains(genes)', 19, 'takes a field and a value'],
    ["list_contains(genes, 'a', 'b')", 24, 'one value'],
    ["organism LIKE 'a' ESCAPE 'ab'", 25, 'one ASCII character'],
    ["organism LIKE 'a!' ESCAPE '!'", 14, 'ends with its ESCAPE'],
  ])('%s', (text, position, what) => {
    const { at, end, message } = refusal(text)
    expect(message).toContain(what)
    expect(at).toBe(position)
    expect(end).toBeGreaterThanOrEqual(position)
  })

  it.each([
    ["year = '2020'", 7, 'Write a number without quotes'],
    ['organism = 5', 11, "Write it in quotes: '5'"],
    ['ok = 1', 5, 'Write true or false without quotes'],
    ["year IN (1, 'a')", 12, 'holds whole numbers'],
    ['year = organism', 7, 'cannot be compared'],
    ['organism', 0, 'alone is no condition'],
    ['ok AND year', 7, 'alone is no condition'],
    ["ok AND 'x'", 7, 'a condition is wanted'],
    ["genes = 'a'", 0, 'list_contains'],
    ['genes IN (1)', 0, 'list_contains'],
    ["list_contains(organism, 'a')", 14, 'is none'],
    ['list_contains(genes, 5)', 21, "Write it in quotes: '5'"],
    ["host = 'a'", 0, 'is a structure'],
    ["when = 'a'", 0, 'cannot be here'],
    ['"when" = \'a\'', 0, 'holds dates'],
    ["year LIKE '2%'", 0, 'LIKE is for texts'],
    ['organism LIKE organism', 14, 'takes a text'],
    ['organism IN (organism)', 13, 'only values'],
    ["'x' IS NULL", 0, 'a field should be here'],
    ['1 IN (1)', 0, 'a field should be here'],
    ['score = 1.2345678901234567', 8, 'too many digits'],
    ['score = 1e999', 8, 'too large'],
  ])('types that do not fit: %s', (text, position, what) => {
    const { at, message } = refusal(text)
    expect(message).toContain(what)
    expect(at).toBe(position)
  })

  it('limits length and depth', () => {
    expect(refusal(`organism = '${'x'.repeat(10_000)}'`)).toMatchObject({ at: 10_000 })
    const nested = (depth: number): string => '('.repeat(depth) + 'year = 1' + ')'.repeat(depth)
    expect(() => bindFilter(parseFilter(nested(100)), FIELDS)).not.toThrow()
    expect(refusal(nested(101))).toMatchObject({ at: 100 })
    expect(refusal('NOT '.repeat(101) + 'ok')).toMatchObject({ at: 400 })
    const long = Array.from({ length: 600 }, (_, i) => `year = ${i}`).join(' OR ')
    expect(() => bindFilter(parseFilter(long), FIELDS)).not.toThrow()
  })

  it('takes no time that grows out of hand', () => {
    const filter = bindFilter(parseFilter(`organism LIKE '${'%a'.repeat(40)}%b'`), FIELDS)
    const entry = { ...ENTRY, metadata: { organism: 'a'.repeat(20_000) } }
    const fields = filter.fields.map((field) => ({ ...field, metadata: field.name }))
    expect(matchesEntry({ ...filter, fields }, entry)).toBe(false)
  })
})
