/** An E-value in parts, so that a page can set the exponent as one. */
export interface EvalueParts {
  mantissa: string
  /** null where no power of ten is needed. */
  exponent: number | null
}

/** Splits an E-value: 1.2 × 10⁻⁸⁰, 0.003, 4.1. */
export function evalueParts(value: number): EvalueParts {
  if (value === 0) return { mantissa: '0', exponent: null }
  if (value >= 0.001 && value < 100_000) {
    return { mantissa: Number(value.toPrecision(value < 100 ? 2 : 3)).toString(), exponent: null }
  }
  const [mantissa, exponent] = value.toExponential(1).split('e')
  return { mantissa, exponent: Number(exponent) }
}

const integers = new Intl.NumberFormat('en-US')

/** 1,689. */
export const count = (value: number) => integers.format(value)

/** "1 entry", "1,689 entries". */
export const counted = (value: number, one: string, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`

/** A percentage with one decimal that never rounds up to 100. */
export function percent(value: number): string {
  if (value >= 100) return '100'
  return (Math.floor(value * 10 + 1e-9) / 10).toFixed(1)
}

/** Share of `part` in `whole`, as a percentage. */
export const share = (part: number, whole: number) => (whole === 0 ? 0 : (100 * part) / whole)

/** 512 B, 3.0 MB. */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let scaled = value
  let unit = -1
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000
    unit++
  }
  return `${scaled < 10 ? scaled.toFixed(1) : Math.round(scaled)} ${units[unit]}`
}

/** 2.3 million, 870; for residues and matrix cells. */
export function large(value: number): string {
  const steps: [number, string][] = [
    [1e12, 'trillion'],
    [1e9, 'billion'],
    [1e6, 'million'],
  ]
  for (const [size, name] of steps) {
    if (value >= size) return `${value / size < 10 ? (value / size).toFixed(1) : Math.round(value / size)} ${name}`
  }
  return count(Math.round(value))
}

/** "about 1 s", "about 3 min"; for estimates. */
export function aboutSeconds(value: number): string {
  if (value < 1) return 'under 1 s'
  if (value < 90) return `about ${Math.round(value)} s`
  if (value < 5400) return `about ${Math.round(value / 60)} min`
  return `about ${(value / 3600).toFixed(value < 36_000 ? 1 : 0)} h`
}

/** 0.8 s, 12 s, 2 min 4 s; for what was measured. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}

/** Unit of a sequence's length. */
export const unit = (alphabet: 'dna' | 'rna' | 'protein') => (alphabet === 'protein' ? 'aa' : 'nt')

/** How an alphabet is called. */
export const alphabetName = (alphabet: 'dna' | 'rna' | 'protein') =>
  ({ dna: 'DNA', rna: 'RNA', protein: 'Protein' })[alphabet]
