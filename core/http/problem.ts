/** Turns any error into an answer of application/problem+json (RFC 9457). */
import { type ErrorCode, errorTable, type Fault, fault, isFault } from '../errors.ts'
import type { Log } from '../log.ts'
import { failureOf } from '../plugin.ts'

export const problemType = 'application/problem+json'

/** Where the code is explained, below our own origin. */
const problemPath = (code: ErrorCode): string => `/problems/${code}`

/** Members of the answer; `more` are members of this one problem, such as the state of checks. */
export const problemBody = (
  error: Fault,
  requestId: string,
  more: Readonly<Record<string, unknown>> = {},
) => ({
  type: problemPath(error.code),
  title: errorTable[error.code].title,
  status: error.status,
  code: error.code,
  detail: errorTable[error.code].next,
  instance: `urn:uuid:${requestId}`,
  ...(error.errors.length === 0 ? {} : { errors: error.errors }),
  ...more,
})

/** Every error as a fault that a client may see; the unknown says nothing. */
export const faultFor = (error: unknown): Fault => {
  if (isFault(error)) {
    // a stale role is reloaded by us, and no request holds a lease: neither is the client's affair
    const isInner = error.code === 'stale-authz' || error.code === 'lease-lost'
    return isInner ? fault('internal', { cause: error }) : error
  }
  const failed = failureOf(error)
  if (failed === undefined) return fault('internal', { cause: error })
  if (failed.kind === 'auth') return fault('credentials-refused', { cause: error })
  if (failed.kind === 'rejected') return fault(refusalOf(failed.code), { cause: error })
  const { retryAfterMs, code } = failed
  const isOfStorage = code === 'storage-unavailable' || code === 'keys-unavailable'
  return fault(isOfStorage ? code : 'marketplace-unavailable', {
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) }),
  })
}

const refusals = ['not-found', 'forbidden', 'limit-reached'] as const
/** What a plugin says by the code of a `rejected`; without one of these the request itself is wrong. */
const refusalOf = (code: string | undefined): ErrorCode =>
  refusals.find((one) => one === code) ?? 'invalid-request'

const retrySoonSeconds = 5
const transient: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'database-unavailable',
  'keys-unavailable',
  'storage-unavailable',
  'not-ready',
  'idempotency-in-flight',
  'quota-exceeded',
  'mail-throttled',
])

export const problemHeaders = (error: Fault): Record<string, string> => {
  const wait = error.retryAfterSeconds ??
    (transient.has(error.code) ? retrySoonSeconds : undefined)
  return {
    'content-type': problemType,
    ...(wait === undefined ? {} : { 'retry-after': String(wait) }),
    // RFC 9110 asks for a challenge; this one opens no dialogue in a browser
    ...(error.status === 401 ? { 'www-authenticate': 'Bearer realm="robnu"' } : {}),
  }
}

/** What broke on our side, with its cause; what the client did wrong is in the access log. */
export const logProblem = (
  log: Log,
  error: Fault,
  fields: Readonly<Record<string, unknown>>,
): void => {
  if (error.status < 500) return
  const { code, cause } = error
  if (code === 'internal') log.error('http.failed', { ...fields, error: cause ?? error })
  else log.warn('http.unavailable', { ...fields, code, error: cause })
}
