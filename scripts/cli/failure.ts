/** What went wrong, for people and as data. */
import { errorTable, isFault } from '#core/errors.ts'
import { isWrongCall } from './wrong-call.ts'

export interface Failure {
  /** A code of `core/errors.ts`, `wrong-call`, `faults`, `stopped`, or `failed`. */
  readonly code: string
  readonly message: string
  /** What to do about it, where that is known. */
  readonly next?: string
  /** Of a configuration or of plugins: all of them. */
  readonly faults?: readonly unknown[]
  /** What was probably meant. */
  readonly nearest?: string
}

export const describeFailure = (error: unknown): Failure => {
  if (!(error instanceof Error)) return { code: 'failed', message: String(error) }
  const { message } = error
  if (isWrongCall(error)) {
    const [first = ''] = message.split(/(?<=')\. To specify/)
    return { code: 'wrong-call', message: first, ...pick(error, 'nearest') }
  }
  if (isFault(error)) return { code: error.code, message, next: errorTable[error.code].next }
  if ('faults' in error && Array.isArray(error.faults)) {
    return { code: 'faults', message, faults: error.faults }
  }
  return { code: 'failed', message: message || error.name }
}

/** A sentence, and below it what to do. */
export const linesOf = ({ message, next }: Failure): readonly string[] => [
  message,
  ...next === undefined ? [] : [`  ${next}`],
]

const pick = (error: object, name: 'nearest'): { readonly nearest?: string } =>
  name in error ? { [name]: String((error as Record<string, unknown>)[name]) } : {}
