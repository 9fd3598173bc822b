/**
 * The truth values of SQL, as bits, so that a set of them (what a group of rows may come to) is a number too.
 */
export const TRUE = 1
export const FALSE = 2
export const NULL = 4

/** A truth value, or a set of them. */
export type Truth = number

/** `AND_TABLE[a * 8 + b]`, of values and of sets: every value that some pair of members comes to. */
export const AND_TABLE = table((a, b) => (a === FALSE || b === FALSE ? FALSE : a === NULL || b === NULL ? NULL : TRUE))
export const OR_TABLE = table((a, b) => (a === TRUE || b === TRUE ? TRUE : a === NULL || b === NULL ? NULL : FALSE))

export function not(truth: Truth): Truth {
  return (truth & NULL) | ((truth & TRUE) << 1) | ((truth & FALSE) >> 1)
}

function table(operation: (a: Truth, b: Truth) => Truth): Uint8Array {
  const members = [TRUE, FALSE, NULL]
  return Uint8Array.from({ length: 64 }, (_, key) => {
    let set = 0
    for (const a of members) for (const b of members) if ((key >> 3) & a && key & b) set |= operation(a, b)
    return set
  })
}
