/** What we ask of Amazon, and what its refusals mean. */
import { type Account, type Context, failure } from 'robnu/plugin'
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

/** Proves that the refresh token, client id and secret belong together and are alive. */
export const verify = async (account: Connection, ctx: Context): Promise<void> => {
  await exchange(account, ctx)
}

export const refresh = async (account: Connection, ctx: Context): Promise<Credentials> => {
  const asked = ctx.now().getTime()
  const answer = await exchange(account, ctx)
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
  ctx.signal.throwIfAborted()
  return await ctx.http(SearchOrdersAnswer, account.details.endpoint + ordersPath, {
    operation: 'searchOrders',
    headers: {
      'x-amz-access-token': accessToken(account, ctx),
      'x-amz-date': ctx.now().toISOString().replace(/[-:]|\.\d+/g, ''),
      'user-agent': 'Robnu/0.1 (Language=JavaScript)',
    },
    query: {
      marketplaceIds: [account.details.marketplace_id],
      lastUpdatedAfter: walk.from,
      lastUpdatedBefore: walk.to,
      maxResultsPerPage: pageSize,
      includedData,
      paginationToken: walk.token ?? undefined,
    },
    explain: (status, body) => {
      if (status === 403) return accessRefused(body)
      if (status === 400 && walk.token !== null) {
        const message = 'Cannot go on with the walk over orders: Amazon refused the page token'
        return { kind: 'rejected', code: pageTokenRefused, message }
      }
      return undefined
    },
  })
}

const accessToken = ({ credentials }: Connection, ctx: Context): string => {
  const { access_token: token, access_token_expires_at: expiresAt } = credentials
  const diesMs = expiresAt ? Date.parse(expiresAt) : 0
  if (token && diesMs - expiryMarginMs > ctx.now().getTime()) return token
  // the host refreshes and calls again with the last stored cursor
  throw failure('auth', tokenExpiredMessage, { code: tokenExpired })
}

const exchange = (
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
const accessRefusedMessage = 'Cannot read orders from Amazon: access was refused, check in ' +
  'Seller Central that Robnu is authorized and has the roles for orders and buyers'
