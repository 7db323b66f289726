/** What we ask of Amazon, and what its refusals mean. */
import { type Account, type Context, failure, type HttpInit, type Schema } from 'robnu/plugin'
import type { Credentials, Details, Walk } from './schemas.ts'
import { SearchOrdersAnswer, TokenAnswer } from './schemas.ts'

export type Connection = Account<Details, Credentials>

const tokenUrl = 'https://api.amazon.com/auth/o2/token'
const ordersPath = '/orders/2026-01-01/orders'
const pageSize = 100 // the most that Amazon gives: pages are what the rate limit counts
// a token must outlive its request, and the wait for a permit before it (three minutes for one)
const expiryMarginMs = 4 * 60_000
// what we read, and no buyer's data beyond it: taxes and payments are not asked for
const includedData = ['BUYER', 'RECIPIENT', 'PROCEEDS', 'FULFILLMENT', 'PACKAGES']

export const refresh = async (account: Connection, ctx: Context): Promise<Credentials> => {
  const asked = ctx.now().getTime()
  const answer = await signIn(account, ctx)
  return {
    ...account.credentials,
    lwa_refresh_token: answer.refresh_token ?? account.credentials.lwa_refresh_token,
    access_token: answer.access_token,
    access_token_expires_at: new Date(asked + answer.expires_in * 1000).toISOString(),
  }
}

/** The code of the failure for a page token that is too old. */
export const pageTokenRefused = 'page-token-refused'

/** One page of a window; throws `auth` without asking when the access token is about to die. */
export const searchOrders = async (
  account: Connection,
  walk: Walk,
  ctx: Context,
): Promise<SearchOrdersAnswer> => {
  const explain: HttpInit['explain'] = (status) => {
    if (status !== 400 || walk.token === null) return undefined
    const message = 'Cannot go on with the walk over orders: Amazon refused the page token'
    return { kind: 'rejected', code: pageTokenRefused, message }
  }
  return await askAmazon(account, ctx)(SearchOrdersAnswer, ordersPath, {
    operation: 'searchOrders',
    query: {
      marketplaceIds: [account.details.marketplace_id],
      lastUpdatedAfter: walk.from,
      lastUpdatedBefore: walk.to,
      maxResultsPerPage: pageSize,
      includedData,
      paginationToken: walk.token ?? undefined,
    },
    explain,
  })
}

/** `token`: a restricted data token instead of the account's own. */
export type AmazonInit = HttpInit & { readonly operation: string; readonly token?: string }
export type AskAmazon = <T>(schema: Schema<T>, path: string, init: AmazonInit) => Promise<T>

/**
 * A request of the Selling Partner API in the account's name; `operation` is Amazon's operationId.
 * Throws `auth` without asking when the access token is about to die. What `explain` leaves open, a 403
 * above all, is read as everywhere.
 */
export const askAmazon =
  (account: Connection, ctx: Context): AskAmazon => async (schema, path, { token, ...init }) => {
    ctx.signal.throwIfAborted()
    return await ctx.http(schema, account.details.endpoint + path, {
      ...init,
      headers: { ...headersOf(account, ctx, token), ...init.headers },
      explain: (status, body) =>
        init.explain?.(status, body) ?? (status === 403 ? accessRefused(body) : undefined),
    })
  }

/** What every request of the Selling Partner API carries. */
const headersOf = (
  account: Connection,
  ctx: Context,
  token = accessToken(account, ctx),
): Readonly<Record<string, string>> => ({
  'x-amz-access-token': token,
  'x-amz-date': ctx.now().toISOString().replace(/[-:]|\.\d+/g, ''),
  'user-agent': 'Robnu/0.1 (Language=JavaScript)',
})

const accessToken = ({ credentials }: Connection, ctx: Context): string => {
  const { access_token: token, access_token_expires_at: expiresAt } = credentials
  const diesMs = expiresAt ? Date.parse(expiresAt) : 0
  if (token && diesMs - expiryMarginMs > ctx.now().getTime()) return token
  // the host refreshes and calls again with the last stored cursor
  throw failure('auth', tokenExpiredMessage, { code: tokenExpired })
}

/** An access token for the refresh token; throws `auth` with the next step when Amazon gives none. */
export const signIn = (
  { details, credentials }: Connection,
  ctx: Context,
): Promise<{ access_token: string; expires_in: number; refresh_token?: string | undefined }> =>
  ctx.http(TokenAnswer, tokenUrl, {
    method: 'POST',
    form: {
      grant_type: 'refresh_token',
      refresh_token: credentials.lwa_refresh_token,
      client_id: details.lwa_client_id,
      client_secret: credentials.lwa_client_secret,
    },
    explain: (_status, body) => {
      const message = tokenRefusals.get(errorCode(body))
      return message === undefined ? undefined : { kind: 'auth', message }
    },
  })

const tokenRefusals: ReadonlyMap<string | undefined, string> = new Map([
  [
    'invalid_grant',
    'Cannot sign in to Amazon: the authorization was withdrawn or is not valid, ' +
    'authorize Robnu again in Seller Central',
  ],
  [
    'invalid_client',
    'Cannot sign in to Amazon: the client id and secret do not belong together, ' +
    'copy both again from the app in Seller Central',
  ],
  [
    'unauthorized_client',
    'Cannot sign in to Amazon: the app may not use this authorization, ' +
    'authorize Robnu again in Seller Central',
  ],
])

const errorCode = (body: unknown): string | undefined =>
  body instanceof Object && 'error' in body && typeof body.error === 'string'
    ? body.error
    : undefined

const accessRefused = (body: unknown): { kind: 'auth'; code: string; message: string } => {
  // a dead token and a missing role share one code: only the words tell them apart
  const expired = JSON.stringify(body ?? '').includes('expired')
  return expired
    ? { kind: 'auth', code: tokenExpired, message: tokenExpiredMessage }
    : { kind: 'auth', code: 'access-refused', message: accessRefusedMessage }
}

const tokenExpired = 'token-expired'
const tokenExpiredMessage = 'Cannot ask Amazon: the access token has expired'
const accessRefusedMessage =
  'Cannot ask Amazon: access was refused, check in Seller Central that ' +
  'Robnu is authorized and has the roles for what it does'

/** Behind a presigned URL nobody's session is asked for: what it refuses is that it is too old. */
export const explainDocument: NonNullable<HttpInit['explain']> = (status) =>
  [400, 401, 403, 404, 410].includes(status)
    ? {
      kind: 'unavailable',
      code: 'document-expired',
      message: 'Cannot read the document of Amazon: its address has expired, it is asked for anew',
    }
    : undefined
