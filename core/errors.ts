/** The one table of error codes, and the error that carries one. */

/** `next` tells the caller what to do; none of the texts ever holds a value from the request. */
export const errorTable = {
  'invalid-request': {
    status: 400,
    title: 'The request does not have the form that this route asks for',
    next: 'Correct the members listed under `errors`; the form is described at /docs',
  },
  'invalid-cursor': {
    status: 400,
    title: 'The page cursor does not belong to this list',
    next: 'Start again without `cursor`, and keep the filters while paging',
  },
  'not-signed-in': {
    status: 401,
    title: 'The request carries no session',
    next: 'Sign in with POST /v1/auth/login and send the cookie that it sets',
  },
  'sign-in-refused': {
    status: 401,
    title: 'The e-mail address and the password do not belong together',
    next: 'Check both and sign in again',
  },
  'session-over': {
    status: 401,
    title: 'The session is over',
    next: 'Sign in again with POST /v1/auth/login',
  },
  'forbidden': {
    status: 403,
    title: 'Your role does not allow this',
    next: 'Ask an OWNER or ADMIN of the seller to do it, or to change your role',
  },
  'seller-suspended': {
    status: 403,
    title: 'The seller is suspended: nothing can be changed',
    next: 'Reading still works; write to support to have the suspension lifted',
  },
  'cross-site': {
    status: 403,
    title: 'The request comes from a page of another site',
    next: 'Send it from the origin of this API, or without a browser',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing here',
    next: 'Check the address and the id; what belongs to another seller does not exist for you',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This address does not take this method',
    next: 'See the `Allow` header',
  },
  'account-exists': {
    status: 409,
    title: 'The seller has connected this marketplace account already',
    next: 'Use the existing account, listed by GET /v1/marketplace-accounts',
  },
  'payload-too-large': {
    status: 413,
    title: 'The request body is too large',
    next: 'Send less than the limit of the route',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The request body is not JSON',
    next: 'Send `content-type: application/json`',
  },
  'marketplace-unknown': {
    status: 422,
    title: 'No enabled plugin serves this marketplace',
    next: 'See GET /v1/marketplaces for the codes, or have the plugin enabled',
  },
  'target-unsupported': {
    status: 422,
    title: 'The marketplace plugin has no ability for this target',
    next: 'Ask for one of the targets listed by GET /v1/marketplaces',
  },
  'credentials-refused': {
    status: 422,
    title: 'The marketplace refused the credentials',
    next: 'Make new credentials in the portal of the marketplace and send them again',
  },
  'sign-in-throttled': {
    status: 429,
    title: 'Too many attempts to sign in',
    next: 'Wait for the seconds in `Retry-After`',
  },
  'internal': {
    status: 500,
    title: 'Something went wrong on our side',
    next: 'Try again; if it stays, tell support the `instance` of this answer',
  },
  'marketplace-unavailable': {
    status: 503,
    title: 'The marketplace does not answer',
    next: 'Try again in a few minutes',
  },
  'database-unavailable': {
    status: 503,
    title: 'The database does not answer',
    next: 'Try again after the seconds in `Retry-After`',
  },
  'keys-unavailable': {
    status: 503,
    title: 'The key service does not answer',
    next: 'Try again after the seconds in `Retry-After`; nothing was stored',
  },
  'not-ready': {
    status: 503,
    title: 'The service is not ready',
    next: 'See the failed checks, and try again after the seconds in `Retry-After`',
  },
  // the two below never leave the process: the server reloads, the worker gives up its lease
  'stale-authz': {
    status: 401,
    title: 'Role or seller have changed since the token was made',
    next: 'The server reloads the session and asks again',
  },
  'lease-lost': {
    status: 409,
    title: 'The work item is not leased to this worker any more',
    next: 'Another worker goes on where this one stopped',
  },
} as const satisfies Record<string, { status: number; title: string; next: string }>

export type ErrorCode = keyof typeof errorTable

/** One member of the request that is wrong: a JSON pointer, and why. */
export interface FieldFault {
  readonly pointer: string
  readonly message: string
}
export interface Fault extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly errors: readonly FieldFault[]
  readonly retryAfterSeconds?: number
}

const brand = Symbol.for('robnu.fault')

/** An error with a code of the table; `cause` is for the log and never for the client. */
export const fault = (
  code: ErrorCode,
  detail: {
    readonly errors?: readonly FieldFault[]
    readonly retryAfterSeconds?: number
    readonly cause?: unknown
  } = {},
): Fault => {
  const { status, title } = errorTable[code]
  const error = new Error(title, detail.cause === undefined ? undefined : { cause: detail.cause })
  const { retryAfterSeconds } = detail
  return Object.assign(error, {
    [brand]: true,
    code,
    status,
    errors: detail.errors ?? [],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}

export const isFault = (error: unknown): error is Fault => error instanceof Error && brand in error

export const hasCode = (error: unknown, code: ErrorCode): boolean =>
  isFault(error) && error.code === code
