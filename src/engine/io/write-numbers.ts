/**
 * `printf("%.<digits>f")`: unlike `toFixed`, exact halves go to the even digit, as C libraries round.
 */
export function formatFixed(value: number, digits: number): string {
  const text = value.toFixed(digits)
  const exact = value.toFixed(Math.min(100, digits + 60))
  const point = exact.indexOf('.') + 1
  if (point === 0 || exact[point + digits] !== '5' || /[1-9]/.test(exact.slice(point + digits + 1))) return text
  const shorter = exact.slice(0, digits === 0 ? point - 1 : point + digits)
  return Number(shorter[shorter.length - 1]) % 2 === 0 ? shorter : text
}

/** `printf("%.<digits>e")`: an exponent of at least two digits. */
function formatScientific(value: number, digits: number): string {
  return value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2')
}

function formatEvalueWith(evalue: number, digits: number): string {
  if (evalue < 1e-180) return '0.0'
  if (evalue < 0.0009) return formatScientific(evalue, digits)
  if (evalue < 0.1) return formatFixed(evalue, 3)
  if (evalue < 1) return formatFixed(evalue, 2)
  if (evalue < 10) return formatFixed(evalue, 1)
  return formatFixed(evalue, 0)
}

/** An E-value as BLAST's reports write it: `2e-08`, `0.005`, `0.12`, `2.1`, `18`; `0.0` below 1e-180. */
export function formatEvalue(evalue: number): string {
  return formatEvalueWith(evalue, 0)
}

/** An E-value as BLAST's tables write it: as `formatEvalue`, with two more digits in `4.97e-13`. */
export function formatEvalueInTable(evalue: number): string {
  return formatEvalueWith(evalue, 2)
}

/** A bit score as BLAST writes it: one decimal, none (cut, not rounded) from 100 bits, `1.235e+05` from 100,000. */
export function formatBitScore(bits: number): string {
  if (bits > 99999) return formatScientific(bits, 3)
  if (bits > 99.9) return Math.trunc(bits).toString()
  return formatFixed(bits, 1)
}

/** Whole percent as BLAST's reports write it: rounded, but 100 only where all columns agree. */
export function wholePercent(part: number, whole: number): number {
  return part === whole ? 100 : Math.min(99, Math.trunc(0.5 + (100 * part) / whole))
}

/** Query coverage as BLAST's tables write it. */
export function coveragePercent(percent: number): number {
  return Math.trunc(percent < 99 ? percent + 0.5 : percent)
}

/** `1842773` as `1,842,773`. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}
