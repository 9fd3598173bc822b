/** Lanes of a vector: narrowest first, with the score that saturates and the greatest gap cost that fits. */
export const WIDTHS = [
  { bytes: 1, lanes: 16, saturated: 255, cost: 127 },
  { bytes: 2, lanes: 8, saturated: 65535, cost: 32767 },
  { bytes: 4, lanes: 4, saturated: Infinity, cost: Infinity },
] as const

export type Width = (typeof WIDTHS)[number]
