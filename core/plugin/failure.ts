/** Failures as values of a kind, recognised by brand: there may be two copies of this package. */

/**
 * `auth`: refresh, then ask the seller. `rate-limit`: wait. `unavailable`: retry later.
 * `bad-response`: dead letter and alert. `rejected`: tell the seller.
 */
export type FailureKind = 'auth' | 'rate-limit' | 'unavailable' | 'bad-response' | 'rejected'

export interface FailureDetail {
  /**
   * A finer word for the plugin's own use, such as `page-token-expired`. Of a `rejected` that a route
   * throws, `not-found`, `forbidden` and `limit-reached` are answered as what they say.
   */
  readonly code?: string
  /** How long to wait, on the upstream's clock. */
  readonly retryAfterMs?: number
  readonly status?: number
  readonly cause?: unknown
}
export interface Failure extends FailureDetail {
  readonly kind: FailureKind
  readonly message: string
}

const brand = Symbol.for('robnu.failure')

/** An error to throw. The message is shown to the seller: no secret, no buyer's data. */
export const failure = (kind: FailureKind, message: string, detail: FailureDetail = {}): Error => {
  const { cause, ...rest } = detail
  const error = new Error(message, cause === undefined ? undefined : { cause })
  return Object.assign(error, { [brand]: true, kind, ...rest })
}

/** The failure in a thrown value, or undefined when it is any other error. */
export const failureOf = (error: unknown): Failure | undefined =>
  error instanceof Object && brand in error ? (error as unknown as Failure) : undefined

export const failureKind = (error: unknown): FailureKind | undefined => failureOf(error)?.kind
