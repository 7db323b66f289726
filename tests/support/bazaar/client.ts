/** What is asked of Bazaar, and what its refusals mean. */
import { type Account, type Context, failure } from 'robnu/plugin'
import { Config, type Credentials, type Details, OrdersAnswer, TokenAnswer } from './schemas.ts'

export type Connection = Account<Details, Credentials>

export const origin = 'https://api.bazaar.example'
const expiryMarginMs = 30_000 // a token must outlive the request that carries it

export const verify = async (account: Connection, ctx: Context): Promise<void> => {
  await exchange(account, ctx)
}

export const refresh = async (account: Connection, ctx: Context): Promise<Credentials> => {
  const asked = ctx.now().getTime()
  const { token, valid_seconds } = await exchange(account, ctx)
  return {
    ...account.credentials,
    session_token: token,
    session_expires_at: new Date(asked + valid_seconds * 1000).toISOString(),
  }
}

export const listOrders = async (
  account: Connection,
  { since, after }: { readonly since: string; readonly after: string | null },
  ctx: Context,
): Promise<OrdersAnswer> => {
  const { pageSize } = Config.parse(ctx.config ?? {})
  const { shop_id } = account.details
  return await ctx.http(OrdersAnswer, `${origin}/v3/shops/${shop_id}/orders`, {
    operation: 'listOrders',
    headers: { authorization: authorization(account, ctx) },
    query: { since, after: after ?? undefined, limit: pageSize },
    explain: (status) => status === 401 ? { kind: 'auth', message: refusedMessage } : undefined,
  })
}

export const authorization = ({ details, credentials }: Connection, ctx: Context): string => {
  if (details.signs_in_by === 'KEY') return `Key ${credentials.api_key}`
  const { session_token: token, session_expires_at: expiresAt } = credentials
  const diesMs = expiresAt ? Date.parse(expiresAt) : 0
  if (token && diesMs - expiryMarginMs > ctx.now().getTime()) return `Bearer ${token}`
  // the host refreshes and calls again with the last stored cursor
  throw failure('auth', 'Cannot ask Bazaar: the token has expired', { code: 'token-expired' })
}

const exchange = (
  { credentials }: Connection,
  ctx: Context,
): Promise<{ token: string; valid_seconds: number }> =>
  ctx.http(TokenAnswer, `${origin}/v3/token`, {
    method: 'POST',
    form: { api_key: credentials.api_key },
    explain: (status) => status === 401 ? { kind: 'auth', message: keyRefusedMessage } : undefined,
  })

export const refusedMessage = 'Bazaar refuses the sign-in of this shop'
export const keyRefusedMessage =
  'Bazaar refuses the API key: make a new one in the shop panel and connect the shop again'
