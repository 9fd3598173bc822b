import { transferHandlers } from 'comlink'
import { CatalogError, type ErrorFields, type ErrorTag } from '../src/engine/errors.ts'

interface Thrown {
  value: unknown
}

interface PlainError {
  name: string
  message: string
  stack: string | undefined
  tag: ErrorTag | null
  fields: ErrorFields
  cause: PlainError | null
}

/** Makes errors cross between workers whole: Comlink alone would drop the tag, the fields and the cause. */
export function carryErrors(): void {
  transferHandlers.set('throw', {
    canHandle: (value): value is Thrown => isThrown(value) && 'value' in (value as object),
    serialize: ({ value }: Thrown) => [toPlain(value), []],
    deserialize(plain: PlainError): never {
      throw fromPlain(plain)
    },
  })
}

/** Comlink marks thrown values with a symbol of its own, which only its own handler can recognise. */
const { canHandle: isThrown } = transferHandlers.get('throw')!

function toPlain(value: unknown): PlainError {
  const error = value instanceof Error ? value : new Error(String(value))
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    tag: error instanceof CatalogError ? error.tag : null,
    fields: error instanceof CatalogError ? error.fields : {},
    cause: error.cause instanceof Error ? toPlain(error.cause) : null,
  }
}

function fromPlain(plain: PlainError): Error {
  const cause = plain.cause === null ? undefined : fromPlain(plain.cause)
  const error: Error =
    plain.tag === null
      ? new Error(plain.message, cause === undefined ? undefined : { cause })
      : new CatalogError(plain.tag, plain.message, plain.fields, cause)
  if (plain.tag === null) error.name = plain.name
  if (plain.stack !== undefined) error.stack = plain.stack
  return error
}
