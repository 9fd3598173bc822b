/** Round positions from 1 to `length` for an axis with about `wanted` marks; both ends are among them. */
export function ticks(length: number, wanted: number): number[] {
  if (length <= 1) return [1]
  const rough = length / Math.max(1, wanted)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough)
  const marks = [1]
  // A mark closer than half a step to the end would run into its label.
  for (let mark = step; mark <= length - step * 0.6; mark += step) if (mark > 1) marks.push(mark)
  marks.push(length)
  return marks
}
