/** Failures of the local parts: one sentence that tells the developer what to do; no stack is needed. */

const brand = Symbol.for('robnu.local-fault')

/** An error whose message is all that the launcher prints before it ends with 1. */
export const localFault = (message: string, cause?: unknown): Error => {
  const error = new Error(message, cause === undefined ? undefined : { cause })
  return Object.assign(error, { [brand]: true })
}

export const isLocalFault = (error: unknown): error is Error =>
  error instanceof Error && brand in error

/** The system's code of a failed call, such as `ENOENT`. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
