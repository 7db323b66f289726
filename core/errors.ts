/** The one table of error codes, and the error that carries one. */

/** `next` tells the caller what to do; none of the texts ever holds a value from the request. */
export const errorTable = {
  'invalid-request': {
    status: 400,
    title: 'The request does not have the form that this route asks for',
    next: 'Correct the members listed under `errors`; the form is described at /docs',
  },
  'idempotency-key-missing': {
    status: 400,
    title: 'The request carries no Idempotency-Key, or one of the wrong form',
    next: 'Send `Idempotency-Key` with 1 to 255 characters of your making, the same when you retry',
  },
  'invalid-cursor': {
    status: 400,
    title: 'The page cursor does not belong to this list',
    next: 'Start again without `cursor`, and keep the filters while paging',
  },
  'not-signed-in': {
    status: 401,
    title: 'The request carries no session',
    next:
      'Sign in with POST /v1/auth/login (staff: /v1/staff/login) and send the cookie that it sets',
  },
  'push-refused': {
    status: 401,
    title: 'The request is not signed by the marketplace of this account',
    next: 'Check the address and the secret that were given to the marketplace',
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
  'step-up-required': {
    status: 401,
    title: 'This act asks for a fresh proof of who you are',
    next: 'Call POST /v1/auth/step-up (staff: /v1/staff/step-up), then repeat the request',
  },
  'step-up-refused': {
    status: 401,
    title: 'That does not prove who you are',
    next: 'Check the password, or the code of the second factor, and send it again',
  },
  'mfa-required': {
    status: 401,
    title: 'Signing in takes a code of the second factor',
    next: 'Send the same request with `code` from the app, or with a `recovery_code`',
  },
  'mfa-refused': {
    status: 401,
    title: 'The code of the second factor is wrong, or was used before',
    next: 'Wait for the next code of the app, or use a recovery code',
  },
  'forbidden': {
    status: 403,
    title: 'Your role does not allow this',
    next: 'Ask an OWNER or ADMIN of the seller to do it, or to change your role',
  },
  'out-of-scope': {
    status: 403,
    title: 'The scopes of the API key do not allow this',
    next: 'Make a key with the scope that the documentation names for this route',
  },
  'not-for-keys': {
    status: 403,
    title: 'No API key may do this',
    next: 'Sign in as a person',
  },
  'read-only-session': {
    status: 403,
    title: 'The impersonation session is for reading only',
    next: 'Ask the seller for a session that may write',
  },
  'not-for-staff': {
    status: 403,
    title: 'Staff may never do this for a seller',
    next: 'Ask an OWNER of the seller to do it',
  },
  'impersonation-over': {
    status: 403,
    title: 'The impersonation session is not live',
    next: 'Ask for a new one with POST /v1/staff/impersonations',
  },
  'not-on-oneself': {
    status: 403,
    title: 'Nobody may do this to themselves',
    next: 'Ask another OWNER of the seller to do it',
  },
  'conflict-of-interest': {
    status: 403,
    title: 'You work for this seller yourself',
    next: 'Ask somebody else of the staff to do it',
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
  'request-timeout': {
    status: 408,
    title: 'The request body came too slowly',
    next: 'Send it again, within half a minute',
  },
  'account-exists': {
    status: 409,
    title: 'The seller has connected this marketplace account already',
    next: 'Use the existing account, listed by GET /v1/marketplace-accounts',
  },
  'listing-exists': {
    status: 409,
    title: 'This SKU of the account leads to a product already',
    next: 'See GET /v1/listings with its `account`',
  },
  'stock-changed': {
    status: 409,
    title: 'The stock has changed since the version that you named',
    next: 'Read it again with GET /v1/inventory, and decide anew',
  },
  'stock-out-of-range': {
    status: 409,
    title: 'That would leave less than nothing on hand, or more than can be counted',
    next: 'Count what is there, and send it as `on_hand`',
  },
  'buyer-orders-changed': {
    status: 409,
    title: 'The orders of this buyer are not as many as you have said',
    next: 'Find them again with POST /v1/data-principals/find, and send its `total` as `orders`',
  },
  'offboarding-open': {
    status: 409,
    title: 'The seller is about to leave already',
    next: 'See GET /v1/seller/offboarding; DELETE calls it back',
  },
  'seller-gone': {
    status: 409,
    title: 'The seller has left for good: its keys are destroyed',
    next: 'Read its certificate; nothing brings it back, and a new seller is another one',
  },
  'account-paused': {
    status: 409,
    title: 'The account is paused',
    next: 'Resume it with PATCH /v1/marketplace-accounts/{id}, then ask again',
  },
  'last-owner': {
    status: 409,
    title: 'The seller would be left without an OWNER',
    next: 'Make another person OWNER first, with POST /v1/seller/transfer',
  },
  'user-exists': {
    status: 409,
    title: 'This person belongs to the seller already',
    next: 'See GET /v1/users; the role is changed with PATCH /v1/users/{id}',
  },
  'invitation-exists': {
    status: 409,
    title: 'An invitation for this address is open already',
    next: 'Send it once more with POST /v1/invitations/{id}/resend, or revoke it first',
  },
  'invitation-closed': {
    status: 409,
    title: 'The invitation has been accepted or revoked',
    next: 'Make a new one with POST /v1/invitations where it is still wanted',
  },
  'api-key-rotated': {
    status: 409,
    title: 'The API key has been replaced already',
    next: 'Rotate the key that took its place: its id is `rotated_to`',
  },
  'limit-reached': {
    status: 409,
    title: 'There are as many of these as there can be',
    next: 'Remove what is no longer needed, and try again',
  },
  'refresh-raced': {
    status: 409,
    title: 'Another request has refreshed the session at the same moment',
    next: 'Go on with the cookies that its answer has set',
  },
  'mfa-on': {
    status: 409,
    title: 'A second factor is set up already',
    next: 'Take it away with DELETE /v1/auth/mfa/totp to set up another one',
  },
  'mfa-off': {
    status: 409,
    title: 'No second factor is set up',
    next: 'Begin with POST /v1/auth/mfa/totp',
  },
  'impersonation-state': {
    status: 409,
    title: 'The impersonation session is in no state for this',
    next: 'See its `state`: it is decided once by those it asks, then started by whoever asked',
  },
  'impersonation-open': {
    status: 409,
    title: 'You have an impersonation session that is not over',
    next: 'Use it or end it: GET /v1/staff/impersonations lists it',
  },
  'manifest-closed': {
    status: 409,
    title: 'The manifest is closed already',
    next: 'Read it with GET /v1/manifests/{id}; a closed manifest never opens again',
  },
  'manifest-empty': {
    status: 409,
    title: 'The manifest holds no shipment',
    next: 'Process orders first; the marketplace closes no empty manifest',
  },
  'upload-missing': {
    status: 409,
    title: 'The file of this upload has not come',
    next: 'PUT it to `put.url` with `put.headers`, then complete the upload',
  },
  'upload-taken': {
    status: 409,
    title: 'The file is being imported already',
    next: 'See GET /v1/imports, or upload the file again',
  },
  'idempotency-in-flight': {
    status: 409,
    title: 'A request with this Idempotency-Key is under way',
    next: 'Send the same request again after the seconds in `Retry-After`, for its answer',
  },
  'too-many-anchors': {
    status: 409,
    title: 'The seller has as many places for digests as there may be',
    next: 'Take one away with DELETE /v1/audit/anchors/{id} first',
  },
  'buyer-erased': {
    status: 410,
    title: 'What was kept of the buyer has been erased, with the papers that show them',
    next: 'See GET /v1/erasures for when and why; the marketplace may still show the buyer',
  },
  'payload-too-large': {
    status: 413,
    title: 'The request body is too large',
    next: 'Send less than the limit of the route',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The request body has a content type that this route does not take',
    next: 'Send `content-type: application/json`; a file goes as `application/octet-stream`',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'This Idempotency-Key belongs to another request',
    next: 'Make a new key for a new request; retry an old one as it was',
  },
  'upload-differs': {
    status: 422,
    title: 'The file that was put is not the one that was announced',
    next: 'See `errors`: PUT the right file, or announce this one with POST /v1/uploads',
  },
  'password-expired': {
    status: 403,
    title: 'The password is older than a year',
    next: 'Choose a new one with POST /v1/staff/password, then sign in',
  },
  'password-refused': {
    status: 422,
    title: 'The password may not be chosen',
    next: 'Choose another one: any 15 characters or more do, unless they are easy to guess',
  },
  'link-refused': {
    status: 422,
    title: 'The link is unknown, used or too old',
    next: 'Ask for a new one',
  },
  'marketplace-unknown': {
    status: 422,
    title: 'No enabled plugin serves this marketplace',
    next: 'See GET /v1/marketplaces for the codes, or have the plugin enabled',
  },
  'switch-unknown': {
    status: 422,
    title: 'There is no such sweep, marketplace or account to switch',
    next: 'See GET /v1/staff/switches for the keys; an account is `account:` with its id',
  },
  'schedule-refused': {
    status: 422,
    title: 'The schedule cannot be read, or runs more often than every five minutes',
    next: 'Send a cron of five fields, such as `*/15 * * * *`, read in Asia/Kolkata',
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
  'quota-exceeded': {
    status: 429,
    title: 'The rate limit is used up',
    next: 'Wait for the seconds in `Retry-After`; the `RateLimit` header tells what is left',
  },
  'mail-throttled': {
    status: 429,
    title: 'Enough mails have gone to this address, or out for this seller',
    next: 'Wait for the seconds in `Retry-After`',
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
  'storage-unavailable': {
    status: 503,
    title: 'The storage of files does not answer',
    next: 'Try again after the seconds in `Retry-After`',
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
